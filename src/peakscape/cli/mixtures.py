"""The command that says what samples consist of: unmix."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import add_spectra_options, open_spectra, positive, scans_of
from peakscape.cli.output import add_output_options, emit, lines_of, remark
from peakscape.errors import InputError, PeakscapeError, SpectraError

if TYPE_CHECKING:
    import pandas as pd
    from ase import Atoms

MUCH_LEFT = 0.05
"""Share of a spectrum from which on it is told that the parts do not explain it."""
CRYSTALS = (".cif", ".mcif", ".vasp", ".poscar", ".extxyz")


def add_commands(commands: Any) -> None:
    """Add the command to the program."""
    unmix = commands.add_parser(
        "unmix",
        help="what samples consist of, and how much of each part",
        description="Fractions of known parts with intervals, other explanations that are nearly as good, and what is"
        " left over. Structures give weight fractions of powder patterns by their computed intensities; pure spectra"
        " give shares of the signal.",
    )
    unmix.add_argument("spectra", nargs="+", metavar="SPECTRA", help="raw files or folders, or spectra.zarr, .nc")
    add_part_options(unmix)
    add_spectra_options(unmix)
    add_output_options(unmix)
    unmix.set_defaults(run=run_unmix)


def add_part_options(command: argparse.ArgumentParser) -> None:
    """Add what says which parts mixtures may have, and what is known of them."""
    command.add_argument(
        "--parts",
        nargs="+",
        required=True,
        metavar="PARTS",
        help="CIF files or folders of them, names of common phases with commas between them (quartz,calcite); or pure"
        " spectra",
    )
    command.add_argument("--level", type=float, default=0.9, metavar="P", help="share that an interval should cover")
    shares = command.add_argument_group("pure spectra")
    shares.add_argument(
        "--max-shift", type=float, metavar="S", help="largest: of a part relative in q (0.005), of all parts in eV (2)"
    )
    shares.add_argument(
        "--saturation",
        choices=("leakage", "self_absorption"),
        help="how high absorption is flattened, where it is known to be; default: not at all",
    )
    shares.add_argument("--max-parts", type=int, default=4, metavar="N", help="most parts of one explanation")
    shares.add_argument("--closure", choices=("relative", "fixed", "free"), default="relative")
    weights = command.add_argument_group("structures")
    weights.add_argument(
        "--grain-radius",
        type=float,
        metavar="UM",
        help="of the grains in micrometre, for their absorption; 0: none; default: unknown, about 1",
    )
    weights.add_argument(
        "--full-from", type=float, default=0.0, metavar="DEG", help="two_theta below which the beam exceeds the sample"
    )
    weights.add_argument("--second-wavelength", type=positive, metavar="W", help="of K-alpha2; default: as files tell")
    weights.add_argument(
        "--standard", metavar="NAME=FRACTION", help="internal standard: fractions of the whole, and the amorphous rest"
    )


def run_unmix(options: argparse.Namespace) -> None:
    """Find the parts of spectra and print them."""
    from peakscape.feature_space.readouts import mixtures

    structures = structures_of(options)
    parts = None if structures else _pure(options)
    samples, skipped = [], []
    for file, dataset in scans_of(options.spectra, options):
        try:
            if isinstance(dataset, PeakscapeError):
                raise dataset
            if parts is None:
                found: Any = mixtures.weigh(dataset, structures, level=options.level, **of_structures(options))
            else:
                found = parts.explain(dataset)
        except PeakscapeError as error:
            if len(options.spectra) == 1 and Path(file) == Path(options.spectra[0]):
                raise
            skipped.append({"file": file, "reason": str(error)})
            remark(f"not unmixed: {file}: {error}")
            continue
        more = mixtures.records_of(found, dataset, None if parts is None else parts.points)
        samples += more
        for one in more:
            if one["remainder"]["share"] > MUCH_LEFT:
                share, at = 100 * one["remainder"]["share"], one["remainder"]["at"]
                remark(f"{one['name']}: the parts leave {share:.2g} %, most of it at {at:.5g}: something else is there")
    if not samples:
        raise SpectraError(f"none of {len(skipped)} files could be unmixed; the reasons stand above")
    result = {"parts": list(samples[0]["fractions"]), "weights": parts is None, "samples": samples, "skipped": skipped}
    emit(options, result, lines_of(_table(samples), digits=3))


def structures_of(options: argparse.Namespace) -> "dict[str, Atoms]":
    """Structures by the names of their files; none where the parts are spectra."""
    from peakscape import structures

    named: dict[str, Atoms] = {}
    files = []
    for path in map(Path, options.parts):
        if not path.exists() and not path.suffix:
            named |= {one.info["name"]: one for one in map(structures.phase, filter(None, str(path).split(",")))}
        else:
            files += sorted(path.glob("*.cif")) if path.is_dir() else [path]
    crystals = [file for file in files if file.suffix.lower() in CRYSTALS]
    if not crystals and (not named or not files):
        return named
    if len(crystals) < len(files):
        other = next(file for file in files if file not in crystals)
        first = crystals[0] if crystals else next(iter(named))
        raise InputError(f"expected parts to be all structures or all spectra, got {first} and {other}")
    stems = [*named, *(file.stem for file in crystals)]
    twice = [stem for stem in stems if stems.count(stem) > 1]
    if twice:
        raise InputError(f"two parts are called {twice[0]!r}; rename one of the files")
    return named | {file.stem: structures.read(file) for file in crystals}


def _pure(options: argparse.Namespace) -> Any:
    from peakscape.feature_space.readouts.mixtures import KnownParts

    return KnownParts(open_spectra(options.parts, options), options={"level": options.level, **of_spectra(options)})


def of_spectra(options: argparse.Namespace) -> dict[str, Any]:
    """What was told of pure spectra, as `Unmix` takes it."""
    told = {"max_parts": options.max_parts, "closure": options.closure}
    more = {"max_shift": options.max_shift, "saturation": options.saturation}
    return told | {name: value for name, value in more.items() if value is not None}


def of_structures(options: argparse.Namespace) -> dict[str, Any]:
    """What was told of structures, as `PhaseMixture` takes it."""
    told = {"grain_radius": options.grain_radius, "full_from": options.full_from}
    if options.second_wavelength is not None:
        told["second_wavelength"] = options.second_wavelength
    if options.standard is not None:
        name, _, share = options.standard.partition("=")
        try:
            told["standard"] = (name, float(share))
        except ValueError:
            raise InputError(f"expected --standard NAME=FRACTION, got {options.standard!r}") from None
    return told


def _table(samples: list[dict[str, Any]]) -> "pd.DataFrame":
    """What a person reads: one row a spectrum and part; what is not seen is below its detection limit."""
    import pandas as pd

    rows = []
    for sample in samples:
        for part, told in sample["fractions"].items():
            seen = f"{told['value']:.3f}" if told["value"] > 0 else f"<{told['detection_limit']:.3f}"
            ends = {"lower": told["lower"], "upper": told["upper"]}
            rows.append({"name": sample["name"], "part": part, "fraction": seen, **ends})
    return pd.DataFrame(rows)
