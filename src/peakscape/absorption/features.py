"""Numbers that describe a core-hole spectrum and the electrons behind it: gap, onset, first peak, edge of the bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import find_peaks
from scipy.special import ndtr

from peakscape.absorption.band_gap import find_band_gap
from peakscape.absorption.broadening import spectra_from_sticks
from peakscape.absorption.levels import LAST_ENERGY
from peakscape.absorption.spectrum import CoreHoleSpectrum

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
_SIGMA = 0.5 / np.sqrt(8 * np.log(2))
_STEP = 0.05


def electronic_features(spectrum: CoreHoleSpectrum, *, reference: CoreHoleSpectrum | None = None) -> dict[str, float]:
    """Describe a spectrum by its ground state, its first peaks and the bands at its edge.

    Parameters
    ----------
    spectrum
        Result of :func:`peakscape.absorption.core_hole`.
    reference
        The same of the perfect crystal in a cell of as many sites: tells which bands are those of a defect, see
        :func:`peakscape.absorption.find_band_gap`.

    Returns
    -------
    dict
        ``gap``, ``lowest_excitation``, ``n_in_gap_states``, ``in_gap_energy``: as in
        :class:`peakscape.absorption.BandGap`, of the neutral ground state; NaN if the settings hold none.

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
    before, top, after = curve[peaks - 1], curve[peaks], curve[peaks + 1]
    offset = 0.5 * (before - after) / (before - 2 * top + after)
    return axis[peaks] + offset * _STEP, top - 0.25 * (before - after) * offset


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
