"""The gap of a ground state, and the levels that a defect puts into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError

_ISOLATED = 0.3
"""eV without a level that set a group of bands apart."""

_FEW = 8
"""A group of at most one in so many of the filled bands can be that of a defect."""

_ABOVE = 0.1
"""eV by which the middle of a band must lie above the valence top of the perfect cell to be none of its bands."""


@dataclass(frozen=True)
class BandGap:
    """Where the filled levels end and the empty ones begin.

    Parameters
    ----------
    gap
        From the highest valence level to the lowest conduction level in eV, levels inside the gap not counted.
    lowest_excitation
        From the highest filled to the lowest empty level in eV, whatever they are; 0 where a band is filled in part.
    valence_top
        Highest level of the valence bands, eV on the scale of the calculation.
    n_in_gap_states
        Bands inside the gap, each for two electrons.
    in_gap_energy
        Mean of their middles in eV above `valence_top`; NaN without any.

    Examples
    --------
    >>> BandGap(4.2, 4.2, 0.0, 0, float("nan")).gap
    4.2
    """

    gap: float
    lowest_excitation: float
    valence_top: float
    n_in_gap_states: int
    in_gap_energy: float


def find_band_gap(ground: Mapping[str, Any], *, reference: Mapping[str, Any] | None = None) -> BandGap:
    """Tell valence bands, conduction bands and levels of defects apart.

    With the perfect cell at hand, the deep bands of the two are brought together (the median of the middles below the
    widest hole among the filled bands; in BN: nitrogen 2s). Bands whose middle lies more than 0.1 eV above the perfect
    cell's valence top are no valence bands; the ones among these whose middle lies less than the perfect cell's gap
    above the valence top found here belong to the defect, save those whose middle lies within the bands beside them.
    Without it, a group of bands near the Fermi level belongs to the defect if it holds at most an eighth as many bands
    as are filled and 0.3 eV without a level set it apart from both sides: levels that touch a band are then counted as
    that band. In the small cells of core-hole calculations levels of defects are bands an eV wide; neither rule is
    sharp.

    Parameters
    ----------
    ground
        Result of :func:`peakscape.absorption.ground_state`: ``band_edges``, ``n_electrons``, ``homo`` and ``lumo``.
    reference
        The same of the perfect cell of as many sites, made with the same settings.

    Returns
    -------
    BandGap
        Extrema between the points of the mesh are not seen.

    Raises
    ------
    InputError
        If the bands do not hold the electrons.

    Examples
    --------
    Twelve valence bands, one level of a defect with one electron, and conduction bands.

    >>> bands = [[-6.0, 0.0]] * 12 + [[2.0, 2.5]] + [[4.0, 9.0]] * 12
    >>> found = find_band_gap({"band_edges": bands, "n_electrons": 25, "homo": 2.4, "lumo": 2.1})
    >>> found.gap, found.lowest_excitation, found.n_in_gap_states, found.in_gap_energy
    (4.0, 0.0, 1, 2.25)
    """
    edges = np.asarray(ground["band_edges"], dtype=float)
    n_filled = ground["n_electrons"] / 2
    if not 0 < n_filled < len(edges):
        raise InputError(
            f"expected more bands than {n_filled:g} filled ones, got {len(edges)}; compute some empty ones"
        )
    if reference is None:
        first, last = _isolated(edges, n_filled)
    else:
        first, last = _inside(edges, n_filled, reference)
    top = float(edges[first - 1, 1])
    inside = edges[first:last].mean(axis=1)
    return BandGap(
        gap=max(float(edges[last, 0]) - top, 0.0),
        lowest_excitation=max(float(ground["lumo"] - ground["homo"]), 0.0),
        valence_top=top,
        n_in_gap_states=last - first,
        in_gap_energy=float(inside.mean()) - top if len(inside) else float("nan"),
    )


def _isolated(edges: NDArray[np.float64], n_filled: float) -> tuple[int, int]:
    """Number of the first band inside the gap and of the first above it, from holes between groups of bands."""
    starts = [0, *(np.flatnonzero(edges[1:, 0] - edges[:-1, 1] >= _ISOLATED) + 1).tolist(), len(edges)]
    few = n_filled / _FEW
    large = [(a, b) for a, b in pairwise(starts) if b - a > few or b == len(edges)]
    above = next((group for group in large if group[1] > n_filled), large[-1])
    # the Fermi level lies in these bands; those of a defect may have merged with the side that is nearer
    if above[0] < n_filled and above[1] - n_filled <= n_filled - above[0]:
        above = next((group for group in large if group[0] >= above[1]), above)
    below = next((group for group in reversed(large) if group[1] <= above[0]), None)
    if below is None or above[0] - below[1] > 2 * few:
        middle = int(np.floor(n_filled))
        return middle, middle
    return below[1], above[0]


def _inside(edges: NDArray[np.float64], n_filled: float, reference: Mapping[str, Any]) -> tuple[int, int]:
    """Find the same from the gap of the perfect cell."""
    perfect = np.asarray(reference["band_edges"], dtype=float)
    n_perfect = round(reference["n_electrons"] / 2)
    top, bottom = perfect[n_perfect - 1, 1], perfect[n_perfect, 0]
    shift = _deep(edges, n_filled) - _deep(perfect, n_perfect)
    middles = edges.mean(axis=1)
    first = min(max(int(np.searchsorted(middles, top + shift + _ABOVE)), 1), len(edges) - 1)
    last = int(np.searchsorted(middles, edges[first - 1, 1] + bottom - top))
    last = min(max(last, first), len(edges) - 1)
    # what lies half within the bands beside it is one of them
    while first < last and middles[first] <= edges[first - 1, 1]:
        first += 1
    while first < last and middles[last - 1] >= edges[last, 0]:
        last -= 1
    return first, last


def _deep(edges: NDArray[np.float64], n_filled: float) -> float:
    """Median of the middles of the bands below the widest hole among the filled ones, eV."""
    first, last = max(int(n_filled / _FEW), 1), int(n_filled)
    holes = edges[first:last, 0] - edges[first - 1 : last - 1, 1]
    n_deep = first + int(holes.argmax()) if len(holes) else last
    return float(np.median(edges[:n_deep].mean(axis=1)))
