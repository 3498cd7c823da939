"""Common oxides, carbonates and hydroxides by name, entered from the literature that the table cites."""

import csv
from functools import cache
from importlib.resources import files

import gemmi
import numpy as np
from ase import Atoms

from peakscape.errors import StructureError

SAME_SITE = 2e-3
"""Fractional coordinates closer than this are one atom on a special position."""


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("peakscape.structures").joinpath("phases.csv").read_text(encoding="utf-8")
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def phase_names() -> tuple[str, ...]:
    """Return the names of the phases that `phase` knows.

    Examples
    --------
    >>> {"quartz", "calcite", "corundum"} <= set(phase_names())
    True
    """
    return tuple(_table())


def phase(name: str) -> Atoms:
    """Return a common oxide, carbonate or hydroxide by its name, or by a formula that only one has.

    Parameters
    ----------
    name
        Such as ``"quartz"`` or ``"ZnO"``; see `phase_names`.

    Returns
    -------
    Atoms
        The conventional cell, with ``name``, ``density`` (g/cm^3, of handbooks) and ``source`` in ``info``.

    Raises
    ------
    StructureError
        If there is no such phase, or several have the formula.

    Examples
    --------
    >>> zincite = phase("ZnO")
    >>> zincite.info["name"], len(zincite), zincite.cell.lengths().round(3).tolist()
    ('zincite', 4, [3.25, 3.25, 5.207])
    """
    row = _table().get(name.strip().lower()) or _by_formula(name.strip())
    group = gemmi.find_spacegroup_by_name(row["space_group"])
    symbols: list[str] = []
    places: list[np.ndarray] = []
    for site in row["sites"].split(";"):
        symbol, *place = site.split()
        orbit: list[np.ndarray] = []
        for operation in group.operations():
            moved = np.array(operation.apply_to_xyz([float(one) for one in place])) % 1.0
            if all(np.abs((moved - one + 0.5) % 1.0 - 0.5).max() > SAME_SITE for one in orbit):
                orbit.append(moved)
        symbols += [symbol] * len(orbit)
        places += orbit
    cell = [float(row[one]) for one in ("a", "b", "c", "alpha", "beta", "gamma")]
    info = {"name": row["name"], "density": float(row["density"]), "source": row["source"]}
    return Atoms(symbols, scaled_positions=places, cell=cell, pbc=True, info=info)


def _by_formula(formula: str) -> dict[str, str]:
    """The one row with a formula."""
    found = [row for row in _table().values() if row["formula"] == formula]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(row["name"] for row in found)
        raise StructureError(f"{formula} may be {several}: name one of them, or give a CIF file")
    raise StructureError(f"no phase is called {formula!r}; known are {', '.join(_table())}; or give a CIF file")
