"""Numbers that describe a core-hole spectrum and the electrons behind it: gap, onset, first peak, edge of the bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import find_peaks
from scipy.special import ndtr

from peakscape.absorption.broadening import spectra_from_sticks
from peakscape.absorption.levels import LAST_ENERGY
from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError
from peakscape.signal.peaks import vertex
from peakscape.signal.smoothing import SIGMA_OF_FWHM

FEATURES = MappingProxyType(
    {
        "gap": "eV",
        "lowest_excitation": "eV",
        "n_in_gap_states": "1",
        "in_gap_energy": "eV",
        "moment": "1",
        "onset": "eV",
        "pi_star_energy": "eV",
        "pi_star_height": "1",
        "sigma_star_distance": "eV",
        "anisotropy": "1",
        "p_dos_edge": "1",
        "s_dos_edge": "1",
    }
)
"""Name and unit of each feature."""

# What the docstring of electronic_features says of each: shares, and distances in eV.
_ONSET_SHARE = 0.01
_ONSET_RANGE = 10.0
_FIRST_PEAK = 3.0
_ABOVE_ONSET = 25.0
_PROMINENCE = 0.25
_EARLY = 2.5
_DOS_MARGIN = 0.3
_SIGMA = 0.5 * SIGMA_OF_FWHM
_STEP = 0.05

_ISOLATED = 0.3
"""eV without a level that set a group of bands apart."""
_FEW = 8
"""A group of at most one in so many of the filled bands can be that of a defect."""
_ABOVE = 0.1
"""eV by which the middle of a band must lie above the valence top of the perfect cell to be none of its bands."""


def electronic_features(spectrum: CoreHoleSpectrum, *, reference: CoreHoleSpectrum | None = None) -> dict[str, float]:
    """Describe a spectrum by its ground state, its first peaks and the bands at its edge.

    Parameters
    ----------
    spectrum
        Result of :func:`peakscape.absorption.core_hole`.
    reference
        The same of the perfect crystal in a cell of as many sites: tells which bands are those of a defect, see
        :func:`peakscape.absorption.features.find_band_gap`.

    Returns
    -------
    dict
        ``gap``, ``lowest_excitation``, ``n_in_gap_states``, ``in_gap_energy``: as in
        :class:`peakscape.absorption.features.BandGap`, of the neutral ground state; NaN if the settings hold none.

        ``moment``: unpaired electrons of the ground state; NaN likewise.

        ``onset``: energy in eV at which 1 % of the strength up to 10 eV above ``edge_energy`` have come, all directions
        together, each stick a Gaussian of 0.5 eV, so that it does not jump with single k points; NaN without strength.

        ``pi_star_energy``, ``pi_star_height``: place in eV of the first peak within 3 eV above the onset, in the powder
        spectrum broadened by 0.5 eV and the lifetime, and its height over the mean from the onset to 25 eV above it. A
        peak stands out by a quarter of that mean at least; NaN without one. It is what the name says in layered
        phases only: c-BN and w-BN have a first peak too, and only the anisotropy tells that it is no pi*.

        ``sigma_star_distance``: from there to the highest peak above it, up to 25 eV above the onset, eV; NaN without.

        ``anisotropy``: largest less smallest share of x, y and z in the strength up to 2.5 eV above the onset: 0 if all
        are equal, 1 if there is one. Products of components are not stored, so that it is exact where x, y, z are the
        principal axes of the site, and too small elsewhere.

        ``p_dos_edge``, ``s_dos_edge``: density of states of the absorber from the onset (less 0.3 eV, its own width) to
        2 eV above it, over that to 20 eV, of one angular momentum, with the core hole present; NaN if the channel is
        missing or empty.

    Examples
    --------
    >>> from peakscape.absorption.spectrum import example
    >>> features = electronic_features(example())
    >>> round(features["onset"], 2), round(features["pi_star_energy"], 1), features["anisotropy"]
    (191.2, 191.5, 1.0)
    """
    return _features_of([spectrum], [reference])[0]


def features_table(spectra: Sequence[CoreHoleSpectrum]) -> pd.DataFrame:
    """Tabulate the features of spectra.

    The reference of a spectrum whose label ``defect`` is neither "none" nor missing is the first one among `spectra`
    that has the same label ``phase`` and the label ``kind`` "pristine"; without one, its gap is found without.

    Parameters
    ----------
    spectra
        Results of :func:`peakscape.absorption.core_hole`.

    Returns
    -------
    DataFrame
        One row a spectrum, by name; columns as in :func:`electronic_features`.

    Examples
    --------
    >>> from peakscape.absorption.spectrum import example
    >>> features_table([example()]).loc["hBN pristine", "anisotropy"]
    np.float64(1.0)
    """
    perfect: dict[Any, CoreHoleSpectrum] = {}
    for spectrum in spectra:
        if spectrum.labels.get("kind") == "pristine":
            perfect.setdefault(spectrum.labels.get("phase"), spectrum)
    references = [
        None if spectrum.labels.get("defect") in (None, "none") else perfect.get(spectrum.labels.get("phase"))
        for spectrum in spectra
    ]
    rows = _features_of(spectra, references)
    return pd.DataFrame(rows, index=[spectrum.name for spectrum in spectra], columns=list(FEATURES))


def _features_of(
    spectra: Sequence[CoreHoleSpectrum], references: Sequence[CoreHoleSpectrum | None]
) -> list[dict[str, float]]:
    """Features of each spectrum; broadened all at once, which is much the faster."""
    lowest = min((one.energy.min(initial=0.0) for one in spectra), default=0.0)
    axis = np.arange(lowest - 2.0, LAST_ENERGY, _STEP)
    curves = spectra_from_sticks(spectra, axis, relative=True) if spectra else np.empty((0, len(axis)))
    found = []
    for spectrum, reference, curve in zip(spectra, references, curves, strict=True):
        onset = _onset(spectrum)
        found.append(
            _ground_features(spectrum, reference)
            | {"onset": onset}
            | _peak_features(axis + spectrum.edge_energy, curve, onset)
            | {"anisotropy": _anisotropy(spectrum, onset)}
            | {f"{letter}_dos_edge": _dos_edge(spectrum, f"absorber_{letter}", onset) for letter in "ps"}
        )
    return found


def _ground_features(spectrum: CoreHoleSpectrum, reference: CoreHoleSpectrum | None) -> dict[str, float]:
    """Gap and moment of the ground state."""
    ground = _ground_state(spectrum)
    if ground is None:
        return dict.fromkeys(("gap", "lowest_excitation", "n_in_gap_states", "in_gap_energy", "moment"), float("nan"))
    found = find_band_gap(ground, reference=None if reference is None else _ground_state(reference))
    return {
        "gap": found.gap,
        "lowest_excitation": found.lowest_excitation,
        "n_in_gap_states": float(found.n_in_gap_states),
        "in_gap_energy": found.in_gap_energy,
        "moment": float(ground.get("moment", float("nan"))),
    }


def _ground_state(spectrum: CoreHoleSpectrum) -> Mapping[str, Any] | None:
    """What is known of the ground state, None if its bands are not."""
    ground = spectrum.settings.get("ground_state")
    return ground if ground and "band_edges" in ground else None


def _onset(spectrum: CoreHoleSpectrum) -> float:
    """Energy at which the spectrum begins, eV."""
    early = spectrum.energy <= _ONSET_RANGE
    energy, strength = spectrum.energy[early], spectrum.strength[early].sum(axis=1)
    total = strength.sum()
    if not total > 0:
        return float("nan")

    def surplus(place: float) -> float:
        return float(ndtr((place - energy) / _SIGMA) @ strength - _ONSET_SHARE * total)

    margin = 10 * _SIGMA
    return float(spectrum.edge_energy + brentq(surplus, energy[0] - margin, energy[-1] + margin, xtol=1e-6))


def _peak_features(axis: NDArray[np.float64], curve: NDArray[np.float64], onset: float) -> dict[str, float]:
    """Find the first peak and the highest one above it."""
    missing = float("nan")
    found = {"pi_star_energy": missing, "pi_star_height": missing, "sigma_star_distance": missing}
    if np.isnan(onset):
        return found
    mean = curve[(axis >= onset) & (axis <= onset + _ABOVE_ONSET)].mean()
    peaks, _ = find_peaks(curve, prominence=_PROMINENCE * mean)
    places, heights = _refined(axis, curve, peaks[axis[peaks] <= onset + _ABOVE_ONSET])
    first = np.flatnonzero((places >= onset) & (places <= onset + _FIRST_PEAK))[:1]
    if not len(first):
        return found
    found |= {"pi_star_energy": float(places[first[0]]), "pi_star_height": float(heights[first[0]] / mean)}
    if first[0] + 1 < len(places):
        highest = first[0] + 1 + heights[first[0] + 1 :].argmax()
        found["sigma_star_distance"] = float(places[highest] - places[first[0]])
    return found


def _refined(
    axis: NDArray[np.float64], curve: NDArray[np.float64], peaks: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vertices of parabolas through three points each: places and heights."""
    offset = vertex(curve, peaks)
    return axis[peaks] + offset * _STEP, curve[peaks] - 0.25 * (curve[peaks - 1] - curve[peaks + 1]) * offset


def _anisotropy(spectrum: CoreHoleSpectrum, onset: float) -> float:
    """Largest less smallest share of a direction in the first strength."""
    early: NDArray[np.float64] = spectrum.strength[spectrum.edge_energy + spectrum.energy <= onset + _EARLY].sum(axis=0)
    total = early.sum()
    return float((early.max() - early.min()) / total) if total > 0 else float("nan")


def _dos_edge(spectrum: CoreHoleSpectrum, channel: str, onset: float) -> float:
    """Share of the first 2 eV in the first 20 eV of a density of states."""
    if channel not in spectrum.dos_channels or np.isnan(onset):
        return float("nan")
    density = spectrum.dos[spectrum.dos_channels.index(channel)]
    distance = spectrum.dos_energy - (onset - spectrum.edge_energy)
    whole = density[(distance >= -_DOS_MARGIN) & (distance <= 20.0)].sum()
    part = density[(distance >= -_DOS_MARGIN) & (distance <= 2.0)].sum()
    return float(part / whole) if whole > 0 else float("nan")


@dataclass(frozen=True)
class BandGap:
    """Where the filled levels end and the empty ones begin, eV."""

    gap: float
    """From the highest valence level to the lowest conduction level, levels inside the gap not counted."""
    lowest_excitation: float
    """From the highest filled to the lowest empty level, whatever they are; 0 where a band is filled in part."""
    valence_top: float
    """Highest level of the valence bands on the scale of the calculation."""
    n_in_gap_states: int
    """Bands inside the gap, each for two electrons."""
    in_gap_energy: float
    """Mean of their middles above `valence_top`; NaN without any."""


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
