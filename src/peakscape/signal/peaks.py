"""Peaks of curves: how wide they are, and where their tops lie to less than a step. Widths are in points."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.signal import find_peaks
from scipy.signal import peak_widths as widths_at_height

from peakscape.signal.interpolation import bin_means
from peakscape.signal.smoothing import SIGMA_OF_FWHM, difference_of_gaussians, gaussian

Array = NDArray[np.float64]
Peaks = tuple[Array, Array]
"""Positions, in points, and square roots of heights relative to the highest."""

STRONG = 0.1
"""Peaks that rise by this share of the highest, or more, have a width that can be trusted (package choice)."""

NARROW, BROAD = 0.7, 3.0
"""Standard deviations of the two Gaussians, in those of a peak: below lies noise, above lies background."""

MOST_BINS = 16384
"""Bins of an even grid at most: finer ones cost time and add nothing."""


def sharpen(spectra: ArrayLike, fwhm: float) -> Array:
    """Take background and noise off spectra: the difference of two Gaussians, 0.7 and 3 times as wide as a peak.

    Parameters
    ----------
    spectra
        Shape (..., n_points).
    fwhm
        Full width at half maximum of the peaks in points.

    Examples
    --------
    >>> bool(np.abs(sharpen(np.full((1, 50), 7.0), 5.0)).max() < 1e-12)
    True
    """
    sigma = fwhm * SIGMA_OF_FWHM
    return difference_of_gaussians(spectra, NARROW * sigma, BROAD * sigma)


def widths_seen(spectra: ArrayLike, *, smoothing: float = 1.0, above_median: bool = False) -> Array:
    """Return the median width of the strong peaks of each spectrum as it is after a smoothing; NaN without peaks.

    The width is taken half way up the rise (`STRONG`) of a peak above its surroundings.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    smoothing
        Standard deviation in points of the Gaussian that keeps noise from being peaks; 0 for none.
    above_median
        Measure the highest rise from the median of the spectrum, which lies on its background, not from its minimum.

    Returns
    -------
    ndarray of shape (n_samples,)
        In points, the widening by the smoothing still in it (`without_smoothing` takes it off).

    Examples
    --------
    >>> pattern = np.exp(-4 * np.log(2) * ((np.arange(200) - 70.3) / 8.0) ** 2)
    >>> widths_seen(pattern[None], smoothing=0.0).round(1)
    array([8.])
    """
    rows = np.asarray(spectra, dtype=np.float64)
    widths = np.full(len(rows), np.nan)
    for number, row in enumerate(gaussian(rows, smoothing) if smoothing else rows):
        ground = np.median(row) if above_median else row.min()
        peaks, _ = find_peaks(row, prominence=max(STRONG * float(row.max() - ground), np.finfo(float).tiny))
        if len(peaks):
            widths[number] = np.median(widths_at_height(row, peaks, rel_height=0.5)[0])
    return widths


def without_smoothing(width: float, smoothing: float = 1.0) -> float:
    """Return the width that a Gaussian peak of a width seen after a smoothing had before.

    Examples
    --------
    >>> round(without_smoothing(5.0, 1.0), 2)
    4.41
    """
    return float(np.sqrt(max(width**2 - (smoothing / SIGMA_OF_FWHM) ** 2, 0.0))) if smoothing else float(width)


def peak_width(spectrum: ArrayLike) -> float:
    """Return the median width of the strong peaks of one spectrum, at least 1 point; NaN without peaks.

    Parameters
    ----------
    spectrum
        Shape (n_points,).

    Examples
    --------
    >>> axis = np.arange(200.0)
    >>> round(peak_width(np.exp(-(((axis - 80) / 10) ** 2)) + np.exp(-(((axis - 150) / 10) ** 2))), 1)
    16.7
    """
    seen = float(widths_seen(np.asarray(spectrum, dtype=np.float64)[np.newaxis])[0])
    return max(without_smoothing(seen), 1.0) if np.isfinite(seen) else float("nan")


def median_width(spectra: ArrayLike) -> float:
    """Return the median of `peak_width` over spectra of shape (n_samples, n_points); 1 where none has peaks.

    Examples
    --------
    >>> median_width(np.ones((2, 50)))
    1.0
    """
    widths = np.array([peak_width(row) for row in np.asarray(spectra, dtype=np.float64)])
    widths = widths[np.isfinite(widths)]
    return float(np.median(widths)) if len(widths) else 1.0


def common_width(spectra: ArrayLike) -> float:
    """Estimate the full width at half maximum that the strong peaks of spectra have in common.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).

    Returns
    -------
    float
        In points: the median of `widths_seen`, measured above the median, with the widening by the smoothing taken off.
        At least 2 and at most an eighth of the axis; 4 where there are no peaks.

    Examples
    --------
    >>> points = np.arange(200.0)
    >>> round(common_width(np.exp(-((points - 90.3) ** 2) / (2 * 4.0**2))[np.newaxis]), 1)
    9.4
    """
    rows = np.asarray(spectra, dtype=np.float64)
    seen = widths_seen(rows, above_median=True)
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return 4.0
    return float(np.clip(without_smoothing(float(np.median(seen))), 2.0, max(2.0, rows.shape[1] / 8)))


def autocorrelation_width(axis: Array, patterns: Array) -> float:
    """Estimate the width of the broadest strong peaks of a set of patterns from their autocorrelation.

    The autocorrelation of a Gaussian peak is a Gaussian broader by the square root of two. Its width is taken half way
    between its top and its first minimum, in the mean over the patterns. Unlike `common_width` it needs no peaks that
    stand apart, and takes an axis of uneven steps.

    Parameters
    ----------
    axis
        Ascending, shape (n_points,).
    patterns
        Shape (n_samples, n_points).

    Returns
    -------
    float
        Full width at half maximum in units of the axis, at least that of one step.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 1001)
    >>> peaks = np.exp(-(((axis[:, None] - [0.2, 0.55, 0.8]) / 0.012) ** 2)).sum(axis=1)
    >>> round(autocorrelation_width(axis, peaks[None]), 4)  # 0.012 * sqrt(4 ln 2) = 0.0200
    0.02
    """
    span = axis[-1] - axis[0]
    n_bins = int(np.clip(np.ceil(span / np.diff(axis).min()), 8, MOST_BINS))
    step = span / n_bins
    binned = bin_means(axis, np.linspace(axis[0], axis[-1], n_bins + 1), patterns)
    centered = binned - np.median(binned, axis=1, keepdims=True)
    power = np.abs(fft.rfft(centered, fft.next_fast_len(2 * n_bins, real=True), axis=1)) ** 2
    size = power.sum(axis=1, keepdims=True)
    power = (power / np.where(size > 0.0, size, 1.0)).mean(axis=0)
    lags = fft.irfft(power)[:n_bins]
    rising = np.flatnonzero(np.diff(lags) >= 0.0)
    base = lags[rising[0]] if len(rising) else lags[-1]
    below = np.flatnonzero(lags < 0.5 * (lags[0] + base))
    if not len(below):
        return float(step)
    last = int(below[0])
    before = last - 1 + (lags[last - 1] - 0.5 * (lags[0] + base)) / (lags[last - 1] - lags[last])
    return float(max(2.0 * before * step / np.sqrt(2.0), step))


def vertex(values: Array, index: ArrayLike) -> Array:
    """Return how far the top of the parabola through three points lies from the middle one, in points.

    Parameters
    ----------
    values
        A curve, shape (n_points,).
    index
        Numbers of the middle points: highest points of peaks, shape (n_peaks,) or a single number.

    Returns
    -------
    ndarray
        In the shape of `index`, within half a point; 0 at an end of the curve and where it does not bend downward.

    Examples
    --------
    >>> points = np.arange(9.0)
    >>> float(vertex(-((points - 4.2) ** 2), 4).round(6))
    0.2
    """
    middle = np.asarray(index, dtype=np.intp)
    inside = (middle > 0) & (middle < len(values) - 1)
    safe = np.where(inside, middle, 1) if len(values) > 2 else np.zeros_like(middle)
    left, top, right = (values[np.clip(safe + move, 0, len(values) - 1)] for move in (-1, 0, 1))
    bend = left - 2.0 * top + right
    found = np.divide(0.5 * (left - right), bend, out=np.zeros(middle.shape), where=inside & (bend < 0))
    return np.asarray(np.clip(found, -0.5, 0.5))


def locate_peaks(spectra: Array, *, fwhm: float, min_height: float = 0.01, n_strongest: int = 60) -> list[Peaks]:
    """Locate the peaks of each spectrum by parabolas through the three highest points of the sharpened one.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    fwhm
        Full width at half maximum of the peaks in points.
    min_height
        Least height and rise of a peak, relative to the highest of its spectrum.
    n_strongest
        At most this many peaks of a spectrum are kept.

    Returns
    -------
    list of (positions, heights)
        For each spectrum positions in points (0 is the first), increasing, and square roots of the heights relative to
        the highest.

    Examples
    --------
    >>> points = np.arange(80.0)
    >>> [(positions, heights)] = locate_peaks(np.exp(-((points - 31.3) ** 2) / 18.0)[np.newaxis], fwhm=7.0)
    >>> positions.round(1).tolist(), heights.tolist()
    ([31.3], [1.0])
    """
    return [_locate(spectrum, min_height, n_strongest) for spectrum in sharpen(spectra, fwhm)]


def _locate(spectrum: Array, min_height: float, n_strongest: int) -> Peaks:
    top = float(spectrum.max())
    if len(spectrum) < 3 or not top > 0:
        return np.empty(0), np.empty(0)
    index = find_peaks(spectrum, height=min_height * top, prominence=min_height * top)[0]
    index = np.sort(index[np.argsort(-spectrum[index], kind="stable")[:n_strongest]])
    return index + vertex(spectrum, index), np.sqrt(spectrum[index] / top)
