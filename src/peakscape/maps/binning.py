"""Patterns on an even grid: bin means, background and heights evened out, and the width of their peaks."""

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d

NARROW, WIDE = 0.175, 0.75
"""Gaussians whose difference takes the background away and the peaks not, in peak widths. The width that the
autocorrelation gives is that of the broadest strong peaks (at low angles, on an axis of ln q); these are 0.7 and 3
widths of peaks a quarter as wide."""

SIGMA = float(1.0 / np.sqrt(8.0 * np.log(2.0)))
"""Standard deviation of a Gaussian of FWHM 1."""

MOST_BINS = 16384
"""Bins at most: finer grids would cost time and tell nothing."""


def bin_means(axis: np.ndarray, edges: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    """Average patterns, taken as straight between their points, over bins.

    Parameters
    ----------
    axis
        Rising, shape (n_points,).
    edges
        Ends of the bins within the axis, shape (n_bins + 1,).
    patterns
        Shape (n_samples, n_points).

    Returns
    -------
    ndarray
        Shape (n_samples, n_bins).

    Examples
    --------
    >>> bin_means(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.5, 3.0]), np.array([[2.0, 2.0, 2.0]]))
    array([[2., 2.]])
    """
    running = np.zeros_like(patterns)
    np.cumsum(0.5 * (patterns[:, 1:] + patterns[:, :-1]) * np.diff(axis), axis=1, out=running[:, 1:])
    left = np.clip(np.searchsorted(axis, edges, side="right") - 1, 0, len(axis) - 2)
    share = (edges - axis[left]) / (axis[left + 1] - axis[left])
    ends = running[:, left] * (1.0 - share) + running[:, left + 1] * share
    return np.asarray(np.diff(ends, axis=1) / np.diff(edges))


def difference_root(binned: np.ndarray, n_bins_wide: float) -> np.ndarray:
    """Return the square root of what a difference of two Gaussians leaves above zero, along the last axis.

    Parameters
    ----------
    binned
        Patterns on an even grid, shape (..., n_bins).
    n_bins_wide
        Width of the peaks (FWHM) in bins.

    Examples
    --------
    >>> difference_root(np.full(50, 3.0), 4.0).max().round(6)
    np.float64(0.0)
    """
    sigma = SIGMA * n_bins_wide
    narrow = gaussian_filter1d(binned, NARROW * sigma, axis=-1, mode="nearest")
    wide = gaussian_filter1d(binned, WIDE * sigma, axis=-1, mode="nearest")
    above = narrow - wide
    return np.asarray(np.sqrt(np.where(above > 1e-12 * np.abs(binned).max(axis=-1, keepdims=True), above, 0.0)))


def broaden(rows: np.ndarray, sigma: float) -> np.ndarray:
    """Convolve rows with a Gaussian by Fourier transform: for wide ones many times as fast as sums over its points.

    Parameters
    ----------
    rows
        Shape (n_rows, n_points); beyond their ends stands zero.
    sigma
        Standard deviation in points; 0 leaves them as they are.

    Returns
    -------
    ndarray
        Shape (n_rows, n_points).

    Examples
    --------
    >>> broaden(np.eye(1, 9, 4), 1.0).round(2)
    array([[0.  , 0.  , 0.05, 0.24, 0.4 , 0.24, 0.05, 0.  , 0.  ]])
    """
    if not sigma:
        return rows
    n_points = rows.shape[1]
    n_padded = fft.next_fast_len(n_points + int(np.ceil(6.0 * sigma)) + 4, real=True)
    gaussian = np.exp(-0.5 * (2.0 * np.pi * sigma * fft.rfftfreq(n_padded)) ** 2)
    # row by row, so that a row has the same bits alone and among others
    return np.array([fft.irfft(fft.rfft(row, n_padded) * gaussian, n_padded)[:n_points] for row in rows])


def estimate_fwhm(axis: np.ndarray, patterns: np.ndarray) -> float:
    """Estimate the width of the peaks of a set of patterns from their autocorrelation.

    The autocorrelation of a Gaussian peak is a Gaussian broader by the square root of two. Its width is taken half way
    between its top and its first minimum, in the mean over the patterns.

    Parameters
    ----------
    axis
        Rising, shape (n_points,).
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
    >>> round(estimate_fwhm(axis, peaks[None]), 4)  # 0.012 * sqrt(4 ln 2) = 0.0200
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
