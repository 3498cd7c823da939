"""Peaks of one spectrum: where they are, where each begins and ends, how far they lie from expected positions."""

from itertools import pairwise

import numpy as np
import pandas as pd
import scipy.signal
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.masking import check_spectrum
from peakscape.errors import InputError


def find_peaks(
    spectrum: ArrayLike | xr.DataArray,
    *,
    axis: ArrayLike | xr.DataArray | None = None,
    min_height: float = 0.01,
    min_prominence: float | None = None,
    foot: float = 0.01,
) -> pd.DataFrame:
    """Find the peaks of a spectrum and the points that each of them covers.

    Parameters
    ----------
    spectrum
        Shape (n_points,), a DataArray that carries its axis or an array with `axis`.
    axis
        Positions of shape (n_points,), for a spectrum that carries none.
    min_height
        Least height of a peak, relative to the maximum of the spectrum.
    min_prominence
        Least rise above the higher one of the valleys beside the peak, relative to the maximum; by default half of
        `min_height`, so that ripples on a slope are no peaks.
    foot
        A peak ends where the intensity falls below this share of its height, at the latest in the valley towards the
        next peak.

    Returns
    -------
    pandas.DataFrame
        One row a peak in the order of the axis: the position in a column named after the axis, ``intensity``,
        ``index`` of the highest point, ``start`` and ``stop`` (first point and the one after the last).

    Raises
    ------
    InputError
        If the spectrum cannot be used, or is nowhere positive.

    Examples
    --------
    >>> peaks = find_peaks([0.0, 0.0, 1.0, 4.0, 1.0, 0.0, 2.0, 0.0], axis=np.arange(8.0))
    >>> peaks[["two_theta", "intensity", "start", "stop"]].values.tolist()
    [[3.0, 4.0, 2.0, 5.0], [6.0, 2.0, 6.0, 7.0]]
    """
    intensity, positions, name = check_spectrum(spectrum, axis)
    top = float(intensity.max())
    if top <= 0:
        raise InputError("this spectrum is nowhere positive; it has no peaks to find")
    prominence = min_height / 2 if min_prominence is None else min_prominence
    index = scipy.signal.find_peaks(intensity, height=min_height * top, prominence=prominence * top)[0].astype(np.intp)
    starts, stops = _bounds(intensity, index, foot)
    return pd.DataFrame(
        {name: positions[index], "intensity": intensity[index], "index": index, "start": starts, "stop": stops}
    )


def _bounds(
    intensity: NDArray[np.float64], index: NDArray[np.intp], foot: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First point of each peak and the one after its last."""
    borders = [
        0,
        *(a + int(intensity[a:b].argmin()) for a, b in pairwise(index)),
        len(intensity),
    ]
    starts, stops = [], []
    for number, peak in enumerate(index):
        low = intensity <= foot * intensity[peak]
        left, right = borders[number], borders[number + 1]
        before = np.flatnonzero(low[left:peak])
        after = np.flatnonzero(low[peak:right])
        starts.append(left + int(before[-1]) + 1 if len(before) else left)
        stops.append(peak + int(after[0]) if len(after) else right)
    return np.array(starts, dtype=np.intp), np.array(stops, dtype=np.intp)


def compare_positions(
    spectrum: ArrayLike | xr.DataArray,
    expected: ArrayLike,
    *,
    within: float,
    axis: ArrayLike | xr.DataArray | None = None,
    min_height: float = 0.01,
) -> pd.DataFrame:
    """Compare the peaks of a spectrum with the positions where they are expected.

    A peak's position is the vertex of the parabola through its highest point and the two beside it.

    Parameters
    ----------
    spectrum
        Shape (n_points,), a DataArray that carries its axis or an array with `axis`.
    expected
        Positions in units of the axis, shape (n_expected,).
    within
        A peak farther than this from an expected position is another one.
    axis
        Positions of shape (n_points,), for a spectrum that carries none.
    min_height
        Least height of a peak, relative to the maximum of the spectrum.

    Returns
    -------
    pandas.DataFrame
        One row an expected position: ``expected``, ``found`` (the nearest peak, NaN where there is none within reach)
        and ``difference`` (found - expected).

    Raises
    ------
    InputError
        If the spectrum cannot be used.

    Examples
    --------
    >>> axis = np.arange(0, 10, 0.1)
    >>> table = compare_positions(np.exp(-((axis - 4.03) ** 2)), [4.0, 8.0], within=0.5, axis=axis)
    >>> table["difference"].round(2).tolist()
    [0.03, nan]
    """
    intensity, positions, _ = check_spectrum(spectrum, axis)
    index = find_peaks(intensity, axis=positions, min_height=min_height)["index"].to_numpy()
    left, middle, right = intensity[index - 1], intensity[index], intensity[index + 1]
    shift = 0.5 * (left - right) / np.minimum(left - 2 * middle + right, -np.finfo(float).tiny)
    tops = positions[index] + shift * (positions[index + 1] - positions[index - 1]) / 2
    wanted = np.atleast_1d(np.asarray(expected, dtype=np.float64))
    found = np.full(len(wanted), np.nan)
    if len(tops):
        nearest = tops[np.abs(tops - wanted[:, np.newaxis]).argmin(axis=1)]
        found = np.where(np.abs(nearest - wanted) <= within, nearest, np.nan)
    return pd.DataFrame({"expected": wanted, "found": found, "difference": found - wanted})
