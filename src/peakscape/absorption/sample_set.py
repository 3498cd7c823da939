"""From core-hole calculations to a container of spectra that maps and readouts take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape import spectra
from peakscape.absorption.broadening import spectra_from_sticks
from peakscape.absorption.features import FEATURES, features_table
from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError
from peakscape.spectra.container import INSTRUMENT, check_axis

_OF_RELAXATION = {"fmax_reached": "eV/angstrom", "largest_move": "angstrom"}
_OF_LABELS = {"edge_energy": "eV", "complete_to": "eV", "distance": "angstrom", "amplitude": "angstrom", "strain": "%"}
_UNITS = {**FEATURES, **_OF_RELAXATION, **_OF_LABELS}
_HOW_COMPUTED = ("complete_to", "fmax_reached", "multiplicity")
"""What says nothing about the sample: no label to read from a map."""


def dataset_from_core_holes(
    found: Sequence[CoreHoleSpectrum],
    energy: ArrayLike,
    *,
    gaussian: float = 0.5,
    lorentzian: float = 0.1,
    lorentzian_slope: float = 0.1,
    direction: ArrayLike | None = None,
    shift: float = 0.0,
    normalize: Literal["none", "area"] = "area",
) -> xr.Dataset:
    """Broaden core-hole calculations of one element onto one axis, with their labels and electronic features.

    Parameters
    ----------
    found
        One spectrum a row, in this order. Perfect cells among them serve the features of the others
        (:func:`peakscape.absorption.features.features_table`).
    energy
        Axis in eV (n_points,). Sticks end 30 eV above the edge, so that the last few eV before that lack what lies
        beyond, and an axis that goes further shows the end of the calculation: ``complete_to`` says where.
    gaussian, lorentzian, lorentzian_slope, direction
        As in :func:`peakscape.absorption.spectra_from_sticks`.
    shift
        Added to all energies of the spectra in eV, not to the features.
    normalize
        "area" divides each spectrum by its mean over the axis, so that computed and measured near-edge curves can be
        compared without an edge step; strengths of different absorbers then cannot. "none" leaves oscillator strengths
        per eV.

    Returns
    -------
    xarray.Dataset
        Kind "absorption", with attributes ``element`` and ``edge`` and, for each sample: ``name``, ``source`` (the
        program), ``edge_energy``, ``complete_to`` (eV, unshifted), all labels that are numbers, truth values or texts
        (a missing number is NaN, a missing text ""), ``fmax_reached`` and ``largest_move`` of the relaxation if any,
        and the features.

    Raises
    ------
    InputError
        If there are no spectra, two elements among them, or one without intensity on the axis.
    SpectraError
        If the axis does not keep the convention.

    Examples
    --------
    >>> from peakscape.absorption.spectrum import example
    >>> made = dataset_from_core_holes([example()], np.arange(185.0, 205.0, 0.1))
    >>> made.attrs["element"], made.phase.item(), round(made.intensity.mean().item(), 6)
    ('B', 'h-BN', 1.0)
    """
    if normalize not in ("none", "area"):
        raise InputError(f"expected normalize to be 'none' or 'area', got {normalize!r}")
    element = _one_element(found)
    axis = np.asarray(energy, dtype=float)
    check_axis(axis, "energy")
    _check_range(found, axis, shift)
    widths = {"gaussian": gaussian, "lorentzian": lorentzian, "lorentzian_slope": lorentzian_slope}
    intensity = spectra_from_sticks(
        found,
        axis,
        gaussian=gaussian,
        lorentzian=lorentzian,
        lorentzian_slope=lorentzian_slope,
        direction=direction,
        shift=shift,
    )
    history = [f"broadened core-hole spectra: {', '.join(f'{key} {value:g}' for key, value in widths.items())} eV"]
    if direction is not None:
        history.append(f"polarised along {np.asarray(direction).tolist()}")
    if shift:
        history.append(f"shifted by {shift:g} eV")
    if normalize == "area":
        intensity /= intensity.mean(axis=1, keepdims=True)
        history.append("divided by the mean over the axis")
    dataset = spectra.make(
        intensity,
        energy=axis,
        kind="absorption",
        name=[one.name for one in found],
        source=[str(one.settings.get("reported", {}).get("code", "")) for one in found],
        labels=_labels(found),
        history=history,
    ).assign_attrs(element=element, edge="K")
    for name, unit in _UNITS.items():
        if name in dataset.coords:
            dataset[name].attrs["units"] = unit
    for name in _HOW_COMPUTED:
        if name in dataset.coords:
            dataset[name].attrs["role"] = INSTRUMENT
    return dataset


def _one_element(found: Sequence[CoreHoleSpectrum]) -> str:
    """Symbol of the absorbers."""
    elements = sorted({one.element for one in found})
    if len(elements) != 1:
        raise InputError(
            f"expected spectra of one absorbing element, got {', '.join(elements) or 'no spectra'}; "
            "make one set for each element"
        )
    return elements[0]


def _check_range(found: Sequence[CoreHoleSpectrum], axis: NDArray[np.float64], shift: float) -> None:
    """Raise InputError if the axis misses a spectrum; far tails of its lines are none."""
    for one in found:
        position = one.edge_energy + shift + one.energy[one.strength.sum(axis=1) > 0]
        if not ((position >= axis[0]) & (position <= axis[-1])).any():
            raise InputError(
                f"{one.name} has no lines from {axis[0]:g} to {axis[-1]:g} eV; its edge lies at "
                f"{one.edge_energy + shift:.2f} eV, give an axis there, in eV"
            )


def _labels(found: Sequence[CoreHoleSpectrum]) -> dict[str, NDArray[Any]]:
    """Collect labels and features, name to array (n_samples,)."""
    rows = [
        {"edge_energy": one.edge_energy, "complete_to": one.edge_energy + one.energy[-1]} | _scalars(one.labels)
        for one in found
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    table = features_table(found)
    labels = {name: _column([row.get(name) for row in rows]) for name in names}
    return labels | {str(name): table[name].to_numpy(dtype=float) for name in table}


def _scalars(labels: Mapping[str, Any]) -> dict[str, Any]:
    """Labels that a coordinate can hold; the element is an attribute of the set."""
    scalar = str | bool | int | float | None
    plain = {name: value for name, value in labels.items() if name != "element" and isinstance(value, scalar)}
    relaxation = labels.get("relaxation")
    if isinstance(relaxation, Mapping):
        plain |= {name: relaxation.get(name) for name in _OF_RELAXATION}
    return plain


def _column(values: Iterable[Any]) -> NDArray[Any]:
    """Turn values, None among them, into an array without objects."""
    listed = list(values)
    given = [value for value in listed if value is not None]
    if any(isinstance(value, str) for value in given):
        return np.array(["" if value is None else str(value) for value in listed])
    if len(given) == len(listed):
        return np.array(listed)
    return np.array([np.nan if value is None else float(value) for value in listed])
