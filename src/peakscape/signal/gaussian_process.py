"""Gaussian process with a smooth bend (RBF) plus a linear change, on points of a map or on labels.

C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, MIT Press 2006 (equations by number).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]

SLOPE_VARIANCE = 1e2
"""Variance of the linear part of the kernel: wide enough that a linear field is reproduced to about 1e-4."""

NOISE = 1e-2
"""Variance of what a process on standardised targets does not explain."""

LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Lengths of the bend that are tried, in standard deviations of the known points."""

DEFAULT_LENGTH = 2.0
"""Length where there are no two groups to choose by."""

MIXING_LENGTHS, MIXING_NOISES = (2.0, 1.0, 0.5, 0.25, 0.125), (1e-1, 1e-2, 1e-3)
"""Lengths and shares of unexplained variance that `choose_smoothness` tries, the smoothest first."""


def kernel(first: Array, second: Array, length: float) -> Array:
    """Return the covariance of a smooth bend of variance 1 plus a linear change with an intercept, between points.

    Parameters
    ----------
    first, second
        Standardised points, shape (n_first, n_axes) and (n_second, n_axes).
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


def weights(points: Array, targets: Array, *, length: float, noise: float = NOISE) -> Array:
    """Return what `kernel` between new points and the known ones is multiplied by to give the answer (eq. 2.25).

    At each point the answer is a mixture of the known targets.

    Parameters
    ----------
    points
        Known points, standardised, shape (n_samples, n_axes).
    targets
        What is known there less its mean, shape (n_samples, n_targets).
    length
        Of the bend, in standard deviations of the known points.
    noise
        Variance of what the process does not explain, in units of that of the bend.

    Returns
    -------
    ndarray
        Shape (n_samples, n_targets).

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> table = weights(points, points, length=2.0)
    >>> (kernel(np.array([[0.5, 0.25]]), points, 2.0) @ table).round(2)
    array([[0.5 , 0.25]])
    """
    return np.asarray(cho_solve(cho_factor(kernel(points, points, length) + noise * np.eye(len(points))), targets))


def left_out_residuals(
    points: Array, targets: Array, groups: NDArray[np.intp] | None = None, *, length: float, noise: float = NOISE
) -> Array:
    """Return targets less what is predicted of them with their whole group left out (eq. 5.12, in blocks).

    Parameters
    ----------
    points, targets, length, noise
        As in `weights`.
    groups
        Points of one number are left out together, shape (n_samples,); None leaves out one at a time.

    Returns
    -------
    ndarray
        Shape (n_samples, n_targets).

    Examples
    --------
    >>> points = np.array([[0.0], [1.0], [2.0]])
    >>> left_out_residuals(points, points - 1.0, length=2.0).round(1).ravel().tolist()
    [-0.1, 0.0, 0.1]
    """
    covariance = kernel(points, points, length) + noise * np.eye(len(points))
    inverse = cho_solve(cho_factor(covariance), np.eye(len(points)))
    table = inverse @ targets
    if groups is None:
        return np.asarray(table / np.diagonal(inverse)[:, np.newaxis])
    residuals: Array = np.empty_like(table)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        residuals[rows] = np.linalg.solve(inverse[np.ix_(rows, rows)], table[rows])
    return residuals


def choose_smoothness(points: Array, targets: Array) -> tuple[float, float]:
    """Choose length and noise of the process that mixes known targets, by leaving one out.

    Parameters
    ----------
    points
        In units of their own size, shape (n_samples, n_axes).
    targets
        Less their mean, shape (n_samples, n_targets): patterns, or their coordinates in an orthonormal basis.

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
    best, found = np.inf, (MIXING_LENGTHS[0], MIXING_NOISES[0])
    for length in MIXING_LENGTHS:
        for noise in MIXING_NOISES:
            error = float(np.sum(left_out_residuals(points, targets, length=length, noise=noise) ** 2))
            if error < (1.0 - 1e-9) * best:
                best, found = error, (length, noise)
    return found


class GaussianProcess:
    """Predict by a Gaussian process on standardised points and targets.

    The length is the one of `LENGTHS` with the smallest rms error when whole groups (compositions) are left out inside
    the known points (section 5.4.2). Maximum likelihood is not used: on clustered points, where siblings share one
    composition, it collapses to the distance between siblings. Where there is but one group, the length is 2.

    Parameters
    ----------
    points
        Known points, shape (n_samples, n_axes).
    values
        What is known there, shape (n_samples, n_targets).
    groups
        Number of the composition of each point, shape (n_samples,).
    length
        Length of the bend in standard deviations of the points; None chooses it.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> process = GaussianProcess(points, points.sum(axis=1)[:, None], np.arange(4))
    >>> process.predict(np.array([[0.5, 0.25]])).round(3).tolist()
    [[0.75]]
    """

    def __init__(self, points: Array, values: Array, groups: NDArray[np.intp], *, length: float | None = None) -> None:
        self.values = values
        self._center, self._scale = _standard(points)
        self._mean, self._deviation = _standard(values)
        self._points = (points - self._center) / self._scale
        self._targets = (values - self._mean) / self._deviation
        self.length = self._choose_length(groups) if length is None else length
        self._weights = weights(self._points, self._targets, length=self.length)

    def predict(self, queries: Array) -> Array:
        """Read the values at points of shape (n_queries, n_axes), shape (n_queries, n_targets)."""
        standardised = (queries - self._center) / self._scale
        answers = kernel(standardised, self._points, self.length) @ self._weights
        return np.asarray(answers * self._deviation + self._mean)

    def predict_left_out(self, labels: NDArray[np.intp]) -> Array:
        """Predict each known point from those with another label, the length kept, shape (n_samples, n_targets).

        Examples
        --------
        >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.4]])
        >>> process = GaussianProcess(points, points[:, :1], np.arange(5))
        >>> process.predict_left_out(np.arange(5)).round(1).ravel().tolist()
        [0.0, 1.0, 0.0, 1.0, 0.5]
        """
        residuals = left_out_residuals(self._points, self._targets, labels, length=self.length)
        return np.asarray(self.values - residuals * self._deviation)

    def _choose_length(self, groups: NDArray[np.intp]) -> float:
        """Length with the smallest error of points whose whole group is left out."""
        if len(np.unique(groups)) < 2:
            return DEFAULT_LENGTH
        errors = [
            (left_out_residuals(self._points, self._targets, groups, length=length) ** 2).mean() for length in LENGTHS
        ]
        return LENGTHS[int(np.argmin(errors))]


def _standard(table: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column; 1 for a constant one."""
    deviation = table.std(axis=0)
    tiny = deviation <= 1e-12 * (1.0 + np.abs(table).max(axis=0))
    return table.mean(axis=0), np.where(tiny, 1.0, deviation)
