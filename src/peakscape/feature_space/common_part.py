"""Spectra that lack a little of the space's axis: placed on the part that they share with it."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.spectra.container import AXES, remember

Array = NDArray[np.float64]
MOST_MISSING = 0.1
"""Share of the space's axis, both ends together, that a spectrum may lack."""


def extended(dataset: xr.Dataset, points: Array) -> xr.Dataset:
    """Continue spectra to the ends of an axis by their first and last values where they lack a little of it.

    Parameters
    ----------
    dataset
        Spectra on the axis of `points`.
    points
        The space's axis, rising, (n_points,).

    Returns
    -------
    xarray.Dataset
        The same dataset where nothing is missing, or more than `MOST_MISSING` of the axis is.
    """
    axis = spectra.axis_name(dataset)
    own = np.asarray(dataset[axis].values, dtype=np.float64)
    slack = 1e-6 * (points[-1] - points[0])
    before, after = points[points < own[0] - slack], points[points > own[-1] + slack]
    missing = max(own[0] - points[0], 0.0) + max(points[-1] - own[-1], 0.0)
    if not (len(before) or len(after)) or missing > MOST_MISSING * (points[-1] - points[0]):
        return dataset
    rows = np.asarray(dataset["intensity"].values, dtype=np.float64)
    parts = [np.repeat(rows[:, :1], len(before), axis=1), rows, np.repeat(rows[:, -1:], len(after), axis=1)]
    axis_values = np.concatenate([before, own, after])
    fresh = dataset.drop_vars(["intensity", axis]).assign_coords({axis: (axis, axis_values, {"units": AXES[axis][0]})})
    fresh["intensity"] = (("sample", axis), np.concatenate(parts, axis=1), dict(dataset["intensity"].attrs))
    return spectra.check(remember(fresh, f"continued from {axis} {own[0]:g} to {own[-1]:g} by its ends"))


def filled(rows: Array, known: Array, shared: NDArray[np.bool_]) -> Array:
    """Take what spectra lack from the known spectrum that is nearest on what they share.

    What is missing then counts neither for nor against any known spectrum.

    Parameters
    ----------
    rows
        Prepared spectra, (n_samples, n_points).
    known
        The space's prepared spectra, (n_known, n_points).
    shared
        Points that were measured, (n_points,).

    Examples
    --------
    >>> filled(np.array([[0.0, 2.1, 3.0]]), np.array([[9.0, 2.0, 3.0], [8.0, 5.0, 5.0]]), np.array([False, True, True]))
    array([[9. , 2.1, 3. ]])
    """
    whole = rows.copy()
    for row in whole:  # one by one: the same bits alone and among others
        apart = ((known[:, shared] - row[shared]) ** 2).sum(axis=1)
        row[~shared] = known[int(np.argmin(apart))][~shared]
    return whole
