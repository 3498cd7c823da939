"""The command that tells cell parameters: lattice."""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.cli.inputs import add_spectra_options, open_spectra
from peakscape.cli.output import add_output_options, emit, lines_of
from peakscape.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def add_commands(commands: Any) -> None:
    """Add the command to the program."""
    lattice = commands.add_parser(
        "lattice",
        help="cell parameters of every pattern of an indexed series",
        description="Cell parameters with standard errors of the known patterns of a feature space, or of new ones,"
        " beside the shift of all their peaks: the places of all reflections are fitted at once, with an error of the"
        " zero.",
    )
    lattice.add_argument("space", metavar="SPACE")
    lattice.add_argument("spectra", nargs="*", metavar="SPECTRA", help="raw files; none: the known spectra")
    phase = lattice.add_argument_group("the phase")
    phase.add_argument("--structure", metavar="FILE.cif", help="tells the cell and the reflections")
    phase.add_argument("--cell", metavar="A,B,C,ALPHA,BETA,GAMMA", help="about, in angstrom and degree; instead")
    phase.add_argument("--space-group", metavar="SYMBOL", help="of --cell, such as P4mm; default: as its numbers show")
    phase.add_argument("--hkl", metavar="LIST", help="the only reflections of --cell, such as '1 0 0, 1 1 0'")
    fitted = lattice.add_argument_group("the fit")
    fitted.add_argument("--limits", nargs=2, type=float, metavar="X", help="first and last point that is fitted")
    fitted.add_argument("--no-zero", action="store_true", help="the zero is exact: do not fit its error")
    fitted.add_argument("--k-alpha2", action="store_true", help="the patterns hold the second line of the tube")
    add_spectra_options(lattice)
    add_output_options(lattice)
    lattice.set_defaults(run=run_lattice)


def run_lattice(options: argparse.Namespace) -> None:
    """Fit the cells and print them."""
    from peakscape import structures
    from peakscape.feature_space import open_space

    if (options.structure is None) == (options.cell is None):
        raise InputError("the phase is told by --structure FILE.cif or by --cell A,B,C,ALPHA,BETA,GAMMA: give one")
    more: dict[str, Any] = {"limits": tuple(options.limits) if options.limits else None, "zero": not options.no_zero}
    if options.structure is not None:
        by: Any = structures.read(options.structure)
    else:
        by = _numbers(options.cell, "--cell")
    if options.space_group:
        more["space_group"] = options.space_group
    if options.hkl:
        more["hkl"] = [[int(one) for one in _numbers(part, "--hkl")] for part in options.hkl.split(",")]
    space = open_space(options.space)
    dataset = open_spectra(options.spectra, options) if options.spectra else None
    table = space.lattice(by, dataset, k_alpha2=options.k_alpha2, **more)
    told = {key: table.attrs[key] for key in ("space_group", "n_reflections", "zero_unit")}
    head = f"{told['space_group']}, {told['n_reflections']} reflections; angstrom and degree; standard errors beside"
    emit(options, {"space": options.space, **told, "patterns": table}, [head, "", *lines_of(_free(table), digits=6)])


def _numbers(text: str, option: str) -> list[float]:
    try:
        return [float(word) for word in text.replace(",", " ").split()]
    except ValueError as error:
        raise InputError(f"expected numbers for {option}, got {text!r}") from error


def _free(table: "pd.DataFrame") -> "pd.DataFrame":
    """What a person reads: without what symmetry fixes or makes the same."""
    gone = [name for name in ("alpha", "beta", "gamma") if not table[f"{name}_error"].any()]
    gone += [
        name for name, other in (("b", "a"), ("c", "a")) if np.allclose(table[name], table[other], rtol=1e-12, atol=0.0)
    ]
    kept = table.drop(columns=[column for name in gone for column in (name, f"{name}_error")])
    return kept.drop(columns=["zero", "zero_error"]) if table["zero_error"].isna().all() else kept
