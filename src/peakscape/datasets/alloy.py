"""The alloy series Sm(1-y)Zr(y)Fe(12-x)Ti(x) of the paper's Table I, relaxed with CHGNet."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from ase import Atoms
from numpy.typing import NDArray

from peakscape.datasets.files import path
from peakscape.errors import InputError

_INFO = (
    *("x", "y", "supercell", "series", "ti_pattern", "configuration", "degeneracy", "n_configurations", "n_selected"),
    *("formula_units", "energy", "fmax_reached", "stress_reached", "n_steps", "converged"),
)


def load_alloy_structures(*, series: Literal["paper", "second", "all"] = "paper") -> list[Atoms]:
    """Load the relaxed alloy structures: Sm and Zr on 2a, Ti on 8i of the ThMn12 type.

    The counts are those of Table I of the paper, the configurations are our own enumeration and the relaxation is
    CHGNet's: no density functional theory. ``alloy_provenance.md`` beside the data tells how they were made.

    Parameters
    ----------
    series
        "paper": 150 structures of ten cells. "second": the Zr series (26 structures) on another Ti pattern, to tell the
        effect of Zr from that of the pattern. "all": both.

    Returns
    -------
    list of Atoms
        With the array ``site`` and, in ``info``: ``name``, ``x``, ``y``, ``series``, ``supercell``, ``ti_pattern``
        (number among all Ti configurations of the 52-atom cell), ``configuration``, ``degeneracy``,
        ``n_configurations`` (complete count; for 2x2x2 cells that of Zr on the one Ti pattern), ``n_selected``,
        ``formula_units``, ``energy`` (eV per cell), ``fmax_reached`` (eV/angstrom), ``stress_reached`` (GPa),
        ``n_steps``, ``converged`` and the parent's cell, so that ``structures.parent_cell`` works.

    Raises
    ------
    InputError
        If `series` is not one of the three.

    Examples
    --------
    >>> structures = load_alloy_structures()
    >>> len(structures), structures[0].info["name"]
    (150, 'SmFe12 2x2x1 pattern 0 configuration 0')
    """
    if series not in ("paper", "second", "all"):
        raise InputError(f"unknown series {series!r}; expected 'paper', 'second' or 'all'")
    with np.load(path("alloy.npz"), allow_pickle=False) as archive:
        data = {name: archive[name] for name in archive.files}
    ends = np.cumsum(data["n_atoms"].astype(int))
    starts = ends - data["n_atoms"]
    wanted = range(len(ends)) if series == "all" else np.flatnonzero(data["series"] == series)
    return [_structure(data, int(number), slice(starts[number], ends[number])) for number in wanted]


def alloy_table() -> pd.DataFrame:
    """Tabulate how many configurations each cell of Table I has, and how many are used.

    Returns
    -------
    DataFrame
        One row a cell of the table: ``x``, ``y``, ``supercell`` (of the 13-atom primitive cell), ``complete`` (our
        count of inequivalent placements; for 2x2x2 that of Zr on the one Ti pattern used), ``used`` and ``paper``.

    Examples
    --------
    >>> table = alloy_table()
    >>> table[table.y == 0.0].complete.tolist()
    [1, 13, 134, 539, 854, 1]
    """
    table = pd.read_csv(path("alloy_table.csv"))
    with np.load(path("alloy.npz"), allow_pickle=False) as archive:
        shipped = pd.DataFrame({name: archive[name] for name in ("x", "y", "supercell", "series", "n_configurations")})
    counted = shipped[shipped.series == "paper"].groupby(["x", "y", "supercell"]).n_configurations
    summary = counted.agg(complete="first", used="size").reset_index()
    joined = table.merge(summary, on=["x", "y", "supercell"], how="left")
    return joined[["x", "y", "supercell", "complete", "used", "paper"]]


def _structure(data: dict[str, NDArray[Any]], number: int, atoms_of: slice) -> Atoms:
    """Rebuild one structure."""
    atoms = Atoms(
        numbers=data["numbers"][atoms_of],
        scaled_positions=data["scaled_positions"][atoms_of].astype(float),
        cell=data["cell"][number],
        pbc=True,
    )
    atoms.set_array("site", data["site"][atoms_of])
    atoms.info.update({name: data[name][number].item() for name in _INFO})
    atoms.info["parent_transformation"] = data["parent_transformation"][number]
    for name in ("parent_cell", "parent_scaled_positions", "parent_numbers"):
        atoms.info[name] = data[name].copy()
    atoms.info["name"] = _name(atoms.info)
    return atoms


def _name(info: dict[str, Any]) -> str:
    """Name a structure by composition, Ti pattern, cell and configuration."""
    x, y = info["x"], info["y"]
    zirconium = f"Zr{y:g}" if y else ""
    titanium = f"Ti{x:g}" if x else ""
    samarium = "Sm" if y == 0 else f"Sm{1 - y:g}"
    formula = f"{samarium}{zirconium}Fe{12 - x:g}{titanium}"
    return f"{formula} {info['supercell']} pattern {info['ti_pattern']} configuration {info['configuration']}"
