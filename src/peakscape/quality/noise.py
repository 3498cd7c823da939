"""The noise of a curve from its neighbouring points."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_MAD = 1.482602218505602
"""Standard deviation of normal numbers over their median absolute deviation."""
_THIRD = np.array([1.0, -3.0, 3.0, -1.0])
"""Third differences: what a parabola follows is no noise."""
_FEWEST = 30
"""Differences that a correlation is made of, at least."""
_LONGEST = 10
"""Moving averages over fewer points than this are found."""


def _differences(row: Array) -> Array:
    return np.asarray(np.convolve(row, _THIRD, "valid") / np.sqrt(20.0))


def noise_of(row: Array) -> float:
    """Return the standard deviation of one point: of the calmer half of the third differences.

    Examples
    --------
    >>> curve = 100.0 + np.random.default_rng(0).normal(0.0, 2.0, 4000)
    >>> round(noise_of(curve), 1)
    2.0
    """
    off = np.abs(_differences(row))
    if not len(off):
        return 0.0
    return float(_MAD * np.median(off)) if np.median(off) > 0 else float(np.sqrt(np.mean(off**2)) if off.any() else 0.0)


def local_noise(row: Array, place: int, noise: float, ground: float) -> float:
    """Return the noise at a point: grown with the square root of the height where the curve looks like counts.

    Examples
    --------
    >>> round(local_noise(np.array([0.0, 400.0, 0.0]), 1, 2.0, 4.0), 1)
    20.0
    """
    if noise <= 0 or ground <= 0 or not 0.5 < noise / np.sqrt(max(ground, 1e-300)) < 2.0:
        return noise
    return float(noise * np.sqrt(max(float(row[place]) / ground, 1.0)))


def shared_noise(row: Array, noise: float) -> float:
    """Return how alike the noise of neighbours is, 0 where each point has its own: by differences of calm stretches.

    White noise gives third differences correlations of -3/4, 3/10 and -1/20 at one, two and three points' distance and
    none beyond. Smoothing by a bell moves the first up; a moving average over n points leaves it where it was and adds
    -1/2 at the distance n. Both are scaled so that white noise gives 0 and a curve without noise between points 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> curve = rng.normal(0.0, 2.0, 4000)
    >>> [round(shared_noise(np.convolve(curve, np.ones(n) / n, "valid"), 2.0), 1) for n in (1, 3, 5)]
    [0.1, 0.9, 1.0]
    """
    off = _differences(row)
    calm = np.abs(off) < 3.5 * noise
    if noise <= 0 or (calm[:-1] & calm[1:]).sum() < _FEWEST:
        return 0.0
    near = (_correlation(off, calm, 1) + 0.75) / 1.75
    later = (-2.0 * (_correlation(off, calm, n) - (-0.05 if n == 3 else 0.0)) for n in range(3, _LONGEST))
    return min(max(near, *later), 1.0)


def _correlation(off: Array, calm: NDArray[np.bool_], apart: int) -> float:
    """Correlation of differences that lie some points apart, in calm stretches; that of white noise for too few."""
    both = calm[:-apart] & calm[apart:]
    first, second = off[:-apart][both], off[apart:][both]
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    if both.sum() < _FEWEST or size == 0:
        return -0.75 if apart == 1 else 0.0
    return float((first * second).sum()) / size
