"""The decoder beside a map that has none: how smooth the mixture of the known patterns is to be."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from peakscape.maps.mixing import kernel

LENGTHS = (2.0, 1.0, 0.5, 0.25, 0.125)
"""Lengths that are tried, in units of the size of the map."""

NOISES = (1e-1, 1e-2, 1e-3)
"""Shares of unexplained variance that are tried."""


def choose_smoothness(points: np.ndarray, patterns: np.ndarray) -> tuple[float, float]:
    """Choose length and noise of the Gaussian process that mixes known patterns, by leaving one out.

    The error of a pattern that is left out is known in closed form (Rasmussen & Williams, Gaussian Processes for
    Machine Learning, 2006, eq. 5.12).

    Parameters
    ----------
    points
        Points of the known patterns, in units of the size of the map, shape (n_samples, 2).
    patterns
        The patterns less their mean, shape (n_samples, n_points) or their coordinates in an orthonormal basis.

    Returns
    -------
    length, noise : float
        Those with the smallest error; the smoothest of equals.

    Examples
    --------
    >>> points = np.stack([np.linspace(-2.0, 2.0, 12), np.zeros(12)], axis=1)
    >>> choose_smoothness(points, points[:, :1])
    (2.0, 0.001)
    """
    best, found = np.inf, (LENGTHS[0], NOISES[0])
    for length in LENGTHS:
        covariance = kernel(points, points, length)
        for noise in NOISES:
            inverse = cho_solve(cho_factor(covariance + noise * np.eye(len(points))), np.eye(len(points)))
            error = float(np.sum((inverse @ patterns / np.diagonal(inverse)[:, None]) ** 2))
            if error < (1.0 - 1e-9) * best:
                best, found = error, (length, noise)
    return found
