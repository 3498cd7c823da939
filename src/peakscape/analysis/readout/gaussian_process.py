"""Gaussian process on the map whose length is chosen by leaving out whole compositions."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

NOISE = 1e-2  # variance on standardised labels
SLOPE_VARIANCE = 1e2  # of the linear part: wide enough that a linear field is reproduced to about 1e-4
LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # in standard deviations of the known points
DEFAULT_LENGTH = 2.0


class GaussianProcessInterpolator:
    """Predict by a Gaussian process with an RBF plus a linear kernel on standardised coordinates and labels.

    The length of the RBF is the one of 0.25, 0.5, 1, 2, 4 with the smallest rms error when whole groups
    (compositions) are left out inside the known points, by the block form of leave-one-out (Rasmussen & Williams,
    Gaussian Processes for Machine Learning, 2006, section 5.4.2). Maximum likelihood is not used: on clustered
    points, where siblings share one composition, it collapses to the distance between siblings. Where there is but
    one group, the length is 2.

    Parameters
    ----------
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, n_labels).
    groups
        Number of the composition of each point, shape (n_samples,).
    length
        Length of the RBF in standard deviations of the points; None chooses it.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> process = GaussianProcessInterpolator(points, points.sum(axis=1)[:, None], np.arange(4))
    >>> process.predict(np.array([[0.5, 0.25]])).round(3).tolist()
    [[0.75]]
    """

    def __init__(
        self,
        points: NDArray[np.float64],
        values: NDArray[np.float64],
        groups: NDArray[np.intp],
        *,
        length: float | None = None,
    ) -> None:
        self.values = values
        self._center, self._scale = _standard(points)
        self._mean, self._deviation = _standard(values)
        self._points = (points - self._center) / self._scale
        self._targets = (values - self._mean) / self._deviation
        self.length = _choose_length(self._points, self._targets, groups) if length is None else length
        covariance = _kernel(self._points, self._points, self.length) + NOISE * np.eye(len(points))
        self._weights = cho_solve(cho_factor(covariance), self._targets)

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the quantities at the queries.

        Parameters
        ----------
        queries
            Points, shape (n_queries, 2).

        Returns
        -------
        ndarray of shape (n_queries, n_labels)

        Examples
        --------
        >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> process = GaussianProcessInterpolator(points, np.full((3, 1), 7.0), np.zeros(3, dtype=int))
        >>> process.predict(np.array([[3.0, 3.0]])).tolist()
        [[7.0]]
        """
        standardised = (queries - self._center) / self._scale
        answers = _kernel(standardised, self._points, self.length) @ self._weights
        return np.asarray(answers * self._deviation + self._mean)

    def predict_left_out(self, labels: NDArray[np.intp]) -> NDArray[np.float64]:
        """Predict each known point from those with another label, the length kept.

        Parameters
        ----------
        labels
            Points of one label are left out together, shape (n_samples,).

        Returns
        -------
        ndarray of shape (n_samples, n_labels)

        Examples
        --------
        >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.4]])
        >>> process = GaussianProcessInterpolator(points, points[:, :1], np.arange(5))
        >>> process.predict_left_out(np.arange(5)).round(1).ravel().tolist()
        [0.0, 1.0, 0.0, 1.0, 0.5]
        """
        residuals = _residuals_left_out(self._points, self._targets, labels, self.length)
        return np.asarray(self.values - residuals * self._deviation)


def _standard(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column; 1 for a constant one."""
    deviation = table.std(axis=0)
    tiny = deviation <= 1e-12 * (1.0 + np.abs(table).max(axis=0))
    return table.mean(axis=0), np.where(tiny, 1.0, deviation)


def _kernel(first: NDArray[np.float64], second: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """RBF of variance 1 plus a linear part with an intercept."""
    bend = np.exp(-cdist(first, second, "sqeuclidean") / (2.0 * length**2))
    return np.asarray(bend + SLOPE_VARIANCE * (1.0 + first @ second.T))


def _choose_length(points: NDArray[np.float64], targets: NDArray[np.float64], groups: NDArray[np.intp]) -> float:
    """Length with the smallest error of points whose whole group is left out."""
    if len(np.unique(groups)) < 2:
        return DEFAULT_LENGTH
    errors = [(_residuals_left_out(points, targets, groups, length) ** 2).mean() for length in LENGTHS]
    return LENGTHS[int(np.argmin(errors))]


def _residuals_left_out(
    points: NDArray[np.float64], targets: NDArray[np.float64], labels: NDArray[np.intp], length: float
) -> NDArray[np.float64]:
    """Targets minus predictions: the inverse of a block of K^-1 times the block's rows of K^-1 y."""
    inverse = np.linalg.inv(_kernel(points, points, length) + NOISE * np.eye(len(points)))
    weights = inverse @ targets
    residuals = np.empty_like(targets)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        residuals[rows] = np.linalg.solve(inverse[np.ix_(rows, rows)], weights[rows])
    return residuals
