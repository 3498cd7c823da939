"""Patterns between the known ones: mixtures whose weights a Gaussian process gives."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

SLOPE_VARIANCE = 1e2
"""Variance of the linear part of the kernel: wide enough that linear changes are followed to about 1e-4."""


def kernel(first: np.ndarray, second: np.ndarray, length: float) -> np.ndarray:
    """Return the covariance of a smooth bend of variance 1 plus a linear change, between points of a map.

    Parameters
    ----------
    first, second
        Standardised points, shape (n_first, 2) and (n_second, 2).
    length
        Of the bend (RBF).

    Returns
    -------
    ndarray
        Shape (n_first, n_second).

    Examples
    --------
    >>> kernel(np.zeros((1, 2)), np.zeros((1, 2)), 2.0)
    array([[101.]])
    """
    bend = np.exp(-cdist(first, second, "sqeuclidean") / (2.0 * length**2))
    return np.asarray(bend + SLOPE_VARIANCE * (1.0 + first @ second.T))


def mixing_table(points: np.ndarray, patterns: np.ndarray, *, length: float, noise: float) -> np.ndarray:
    """Return what `kernel` between new points and the known ones is multiplied by to give the new patterns.

    The mean of a Gaussian process (Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.25): at
    each point of the map a mixture of the known patterns.

    Parameters
    ----------
    points
        Known points, standardised, shape (n_samples, 2).
    patterns
        Known patterns less their mean, shape (n_samples, n_points).
    length
        Of the smooth bend, in standard deviations of the known points.
    noise
        Variance of what the map does not explain, in units of that of the bend.

    Returns
    -------
    ndarray
        Shape (n_samples, n_points).

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> table = mixing_table(points, points, length=2.0, noise=1e-2)
    >>> (kernel(np.array([[0.5, 0.25]]), points, 2.0) @ table).round(2)
    array([[0.5 , 0.25]])
    """
    covariance = kernel(points, points, length) + noise * np.eye(len(points))
    return np.asarray(cho_solve(cho_factor(covariance), patterns))
