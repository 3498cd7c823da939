"""Windows of the axis that are masked in a whole series: where its peaks lie, and what stands in their place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.peaks import find_peaks
from peakscape.errors import InputError
from peakscape.signal.peaks import common_width
from peakscape.signal.smoothing import SIGMA_OF_FWHM, gaussian

Array = NDArray[np.float64]
WIDER = 1.5
"""Factor from one broadening to the next until a moving peak is one."""
MOST_WINDOWS = 60
"""The strongest so many are ranked."""
FOOT = 0.1
"""A peak ends where the mean spectrum falls below this share of its height."""


@dataclass(frozen=True)
class Windows:
    """Windows that do not overlap, in the order of the axis.

    Attributes
    ----------
    starts, stops : ndarrays of shape (n_windows,)
        First point of each and the one after its last.
    tops : ndarray of shape (n_windows,)
        Highest point of the mean spectrum in each.
    """

    starts: NDArray[np.intp]
    stops: NDArray[np.intp]
    tops: NDArray[np.intp]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.starts)

    def inside(self, n_points: int, chosen: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.bool_]:
        """Tell which points lie in the chosen windows, shape (n_points,)."""
        points = np.zeros(n_points, dtype=bool)
        for start, stop in zip(self.starts[chosen], self.stops[chosen], strict=True):
            points[start:stop] = True
        return points


def windows_of(spectra: Array, axis: Array, *, min_height: float = 0.01) -> Windows:
    """Find where the peaks of a series lie: one window a peak of the mean spectrum, which covers its way.

    A peak that moves leaves several maxima in the mean of few spectra. The mean is therefore broadened until it has no
    more peaks than a single spectrum usually has.

    Parameters
    ----------
    spectra
        Of the series, shape (n_samples, n_points).
    axis
        Positions of the points, shape (n_points,).
    min_height
        Least height of a peak, relative to the maximum.

    Returns
    -------
    Windows
        Sixty at most, those of the highest peaks.

    Raises
    ------
    InputError
        If there are fewer than two peaks to compare.

    Examples
    --------
    >>> axis = np.linspace(10.0, 30.0, 401)
    >>> centres = np.array([15.0, 24.0]) + np.linspace(0.0, 1.0, 5)[:, None]
    >>> rows = np.exp(-(((axis - centres[..., None]) / 0.15) ** 2)).sum(axis=1)
    >>> found = windows_of(rows, axis)
    >>> axis[found.starts].round(1).tolist(), axis[found.stops].round(1).tolist()
    ([14.8, 23.8], [16.3, 25.3])
    """
    mean = np.asarray(spectra.mean(axis=0))
    usual = float(np.median([_n_peaks(row, axis, min_height) for row in spectra]))
    sigma = common_width(spectra) * SIGMA_OF_FWHM
    broad = mean
    while _n_peaks(broad, axis, min_height) > max(usual, 2.0) and sigma < len(axis) / 10:
        broad, sigma = gaussian(mean[np.newaxis], sigma)[0], sigma * WIDER
    peaks = find_peaks(broad, axis=axis, min_height=min_height, foot=FOOT)
    if len(peaks) < 2:
        raise InputError(f"expected two peaks or more to rank, found {len(peaks)}; lower min_height")
    peaks = peaks.nlargest(MOST_WINDOWS, "intensity").sort_values("index")
    starts, stops = peaks["start"].to_numpy(), peaks["stop"].to_numpy()
    tops = np.array([a + int(mean[a:b].argmax()) for a, b in zip(starts, stops, strict=True)])
    return Windows(starts.astype(np.intp), stops.astype(np.intp), tops.astype(np.intp))


def _n_peaks(row: Array, axis: Array, min_height: float) -> int:
    return len(find_peaks(row, axis=axis, min_height=min_height)) if row.max() > 0 else 0
