"""Energies of absorption edges and widths of core holes, from a table.

``edges.csv``: edge energies of W. T. Elam, B. D. Ravel and J. R. Sieber, Radiat. Phys. Chem. 63, 121 (2002),
doi:10.1016/S0969-806X(01)00227-4; core-hole widths of O. Keski-Rahkonen and M. O. Krause, At. Data Nucl. Data Tables
14, 139 (1974), and for K and L of M. O. Krause and J. H. Oliver, J. Phys. Chem. Ref. Data 8, 329 (1979),
doi:10.1063/1.555595; both as collected in XrayDB 4.5.8 (MIT licence), taken in November 2026.
"""

import csv
import functools
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from peakscape.errors import InputError

EDGES = ("K", "L1", "L2", "L3", "M1", "M2", "M3", "M4", "M5")


def edge_energy(element: str, edge: str = "K") -> float:
    """Return the energy of an absorption edge of an element, eV.

    Parameters
    ----------
    element
        Symbol, "Li" to "Cf".
    edge
        "K", "L1" ... "M5".

    Raises
    ------
    InputError
        If the element or its edge is not in the table.

    Examples
    --------
    >>> edge_energy("B"), edge_energy("Cr"), edge_energy("Pt", "L3")
    (188.0, 5989.0, 11564.0)
    """
    return _row(element, edge)[0]


def core_hole_width(element: str, edge: str = "K") -> float:
    """Return the natural width of a core level (full width at half maximum), eV.

    Raises
    ------
    InputError
        If the element or its edge is not in the table, or its width is not known.

    Examples
    --------
    >>> core_hole_width("Cr")
    1.08
    """
    width = _row(element, edge)[1]
    if np.isnan(width):
        raise InputError(f"the width of {element} {edge} is not in the table; give it")
    return width


def edges_within(energy: ArrayLike, *, margin: float = 0.0) -> list[tuple[str, str, float]]:
    """List the edges of all elements that lie within the range of a scan, rising.

    Parameters
    ----------
    energy
        Energies of the scan, eV, any shape.
    margin
        How far within the ends they must lie, eV.

    Returns
    -------
    list of tuple
        Element, edge, energy in eV.

    Examples
    --------
    >>> edges_within([5950.0, 6060.0])
    [('Pr', 'L3', 5964.0), ('Cr', 'K', 5989.0), ('Ba', 'L1', 5989.0)]
    """
    points = np.asarray(energy, dtype=np.float64)
    low, high = float(points.min()) + margin, float(points.max()) - margin
    found = [(*key, value[0]) for key, value in _table().items() if low <= value[0] <= high]
    return sorted(found, key=lambda row: row[2])


def _row(element: str, edge: str) -> tuple[float, float]:
    symbol, name = element.strip().capitalize(), edge.strip().upper()
    if name not in EDGES:
        raise InputError(f"expected an edge of {', '.join(EDGES)}, got {edge!r}")
    found = _table().get((symbol, name))
    if found is None:
        raise InputError(f"the table has no {name} edge of {element!r}; give the energy instead")
    return found


@functools.cache
def _table() -> dict[tuple[str, str], tuple[float, float]]:
    text = files("peakscape.signal").joinpath("edges.csv").read_text(encoding="ascii")
    return {
        (row["element"], row["edge"]): (float(row["energy"]), float(row["core_hole_width"] or "nan"))
        for row in csv.DictReader(text.splitlines())
    }
