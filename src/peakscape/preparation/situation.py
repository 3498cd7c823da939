"""What a step of preparation meets: kind, axis and wavelength of spectra."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from peakscape import spectra
from peakscape.preparation.rows import Array
from peakscape.spectra.container import SAME_WAVELENGTH

SAME_POINTS = 1e-6
"""Relative to the length of the axis: axes that differ by less are one axis."""


@dataclass(frozen=True)
class Situation:
    """What a step meets.

    Attributes
    ----------
    kind : str
        "diffraction" or "absorption".
    axis : str
        "two_theta", "q" or "energy".
    points : ndarray of shape (n_points,)
        The axis itself.
    wavelength : float or None
        In angstrom, None if it is not known.
    """

    kind: str
    axis: str
    points: Array
    wavelength: float | None


def situation_of(dataset: xr.Dataset) -> Situation:
    """Return what the first step meets in spectra.

    Examples
    --------
    >>> situation_of(spectra.make([[0, 1, 0]], q=[1, 2, 3])).axis
    'q'
    """
    axis = spectra.axis_name(dataset)
    wavelength = dataset.attrs.get("wavelength")
    points = np.asarray(dataset[axis].values, dtype=np.float64)
    return Situation(dataset.attrs["kind"], axis, points, None if wavelength is None else float(wavelength))


def are_same_points(own: Array, wanted: Array) -> bool:
    """Say whether two axes are one, up to a millionth of its length.

    Examples
    --------
    >>> are_same_points(np.arange(3.0), np.arange(3.0) + 1e-9)
    True
    """
    return len(own) == len(wanted) and bool(np.abs(own - wanted).max() <= SAME_POINTS * (wanted[-1] - wanted[0]))


def is_other_wavelength(own: Situation, met: Situation) -> bool:
    """Say whether spectra are not of the wavelength that was met, or theirs is not known where that matters.

    Examples
    --------
    >>> one, other = (Situation("diffraction", "two_theta", np.arange(3.0), w) for w in (1.5406, 0.71))
    >>> is_other_wavelength(one, other), is_other_wavelength(one, one)
    (True, False)
    """
    if met.wavelength is None:
        return False
    return own.wavelength is None or abs(own.wavelength - met.wavelength) > SAME_WAVELENGTH * met.wavelength


def with_rows(dataset: xr.Dataset, rows: Array, left: Situation, lines: list[str]) -> xr.Dataset:
    """Return the samples with other intensities, maybe on another axis, and more lines in their history.

    Parameters
    ----------
    dataset
        The spectra as they were.
    rows
        New intensities, shape (n_samples, n_new_points).
    left
        Their axis and wavelength.
    lines
        What was done.

    Examples
    --------
    >>> left = Situation("diffraction", "q", np.array([1.0, 2.0]), None)
    >>> with_rows(spectra.make([[0, 1, 0]], q=[1, 2, 3]), np.ones((1, 2)), left, ["cut"]).attrs["history"]
    'cut'
    """
    old = spectra.axis_name(dataset)
    fresh = dataset.drop_vars(["intensity", old])
    fresh = fresh.assign_coords({left.axis: (left.axis, left.points, {"units": spectra.AXES[left.axis][0]})})
    fresh["intensity"] = (("sample", left.axis), rows, dict(dataset["intensity"].attrs))
    if left.wavelength is not None:
        fresh.attrs["wavelength"] = left.wavelength
    for line in lines:
        fresh = spectra.remember(fresh, line)
    return spectra.check(fresh)
