"""Noise of a spectrum, how far neighbouring residuals go together, and whether a remainder is more than noise."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import log_ndtr

Array = NDArray[np.float64]
NORMAL_DEVIATION = 1.4826
"""Standard deviation of normal noise over its median absolute deviation."""
FOURTH = np.array([1.0, -4.0, 6.0, -4.0, 1.0]) / np.sqrt(70.0)
"""Fourth differences, which smooth curves do not show, with the variance of one point."""
WIDTHS = (1.0, 2.0, 4.0, 8.0)
"""Standard deviations, in points, of the features that a remainder is searched for."""


def point_noise(curve: Array) -> float:
    """Estimate the standard deviation of one point's noise by the median of fourth differences.

    A curve without noise gets 1e-6 of its largest value.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0.0, 0.5, 2000)
    >>> round(point_noise(np.sin(np.arange(2000) / 50) + noise), 1)
    0.5
    """
    differences = np.convolve(curve, FOURTH, mode="valid") if len(curve) >= 5 else np.zeros(1)
    noise = NORMAL_DEVIATION * float(np.median(np.abs(differences)))
    return max(noise, 1e-6 * float(np.abs(curve).max()))


def correlated_points(residual: Array) -> float:
    """Return as how many independent points correlated residuals count.

    n / (1 + 2 sum of the autocorrelation up to its first value below zero).

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=2000)
    >>> correlated_points(noise) > 1500, correlated_points(np.convolve(noise, np.ones(10))) < 400
    (True, True)
    """
    centered = residual - residual.mean()
    n_points = len(centered)
    power = np.abs(np.fft.rfft(centered, 2 * n_points)) ** 2
    correlation = np.fft.irfft(power)[:n_points]
    if correlation[0] <= 0:
        return float(n_points)
    correlation = correlation / correlation[0]
    ends = np.flatnonzero(correlation <= 0)
    reach = int(ends[0]) if len(ends) else n_points
    return float(max(n_points / (1.0 + 2.0 * correlation[1:reach].sum()), 4.0))


def remainder_p_value(residual: Array) -> float:
    """Return the p-value of the largest positive feature of a remainder, were it noise, whatever the feature's width.

    The remainder is smoothed at several widths; its largest value is compared with its own robust deviation and with
    as many tries as there are widths and points apart (Bonferroni). A few strong features do not hide one another.

    Parameters
    ----------
    residual
        Over the standard deviation of each point, shape (n_points,).

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=1000)
    >>> remainder_p_value(noise) > 0.05, remainder_p_value(noise + 3 * (np.abs(np.arange(1000) - 500) < 5)) < 1e-3
    (True, True)
    """
    p_value = 1.0
    for width in WIDTHS:
        if 4 * width > len(residual):
            break
        smooth = gaussian_filter1d(residual, width, mode="nearest")
        of_noise = np.sqrt(1.0 / (2.0 * np.sqrt(np.pi) * width))
        deviation = max(NORMAL_DEVIATION * float(np.median(np.abs(smooth - np.median(smooth)))), of_noise)
        highest = float(smooth.max()) / deviation
        tries = len(WIDTHS) * len(residual) / width
        p_value = min(p_value, float(tries * np.exp(log_ndtr(-highest))))
    return min(p_value, 1.0)
