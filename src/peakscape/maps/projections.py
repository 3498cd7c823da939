"""Principal components as a map, with the face of the autoencoder: the plainest baseline."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from peakscape.errors import InputError
from peakscape.maps.span_map import SpanMap


def principal_axes(centered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return singular values and orthonormal directions of patterns, with signs that do not depend on chance.

    Parameters
    ----------
    centered
        Patterns, shape (n_samples, n_points), centred or not.

    Returns
    -------
    values : ndarray
        Singular values in falling order, shape (min(n_samples, n_points),).
    axes : ndarray
        Directions, shape (n_points, min(n_samples, n_points)); of each, the entry of largest size is positive.

    Examples
    --------
    >>> values, axes = principal_axes(np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, -1.0]]))
    >>> axes
    array([[1., 0.],
           [0., 1.]])
    """
    with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
        _, values, rows = np.linalg.svd(centered, full_matrices=False)
    return values, with_fixed_signs(rows.T)


def with_fixed_signs(directions: np.ndarray) -> np.ndarray:
    """Return directions, shape (n_points, n_directions), turned so that of each the entry of largest size is positive.

    Examples
    --------
    >>> with_fixed_signs(np.array([[1.0, -3.0], [0.0, 2.0]])).tolist()
    [[1.0, 3.0], [0.0, -2.0]]
    """
    largest = directions[np.argmax(np.abs(directions), axis=0), np.arange(directions.shape[1])]
    return np.ascontiguousarray(directions * np.where(largest < 0, -1.0, 1.0))


def check_not_constant(patterns: np.ndarray) -> None:
    """Raise InputError if all patterns are the same: there is nothing to map.

    Examples
    --------
    >>> check_not_constant(np.ones((4, 5)))
    Traceback (most recent call last):
    ...
    peakscape.errors.InputError: all 4 patterns are identical: there is nothing to map; check how they were read
    """
    if np.abs(patterns - patterns[0]).max() <= 1e-12 * np.abs(patterns).max():
        raise InputError(
            f"all {len(patterns)} patterns are identical: there is nothing to map; check how they were read"
        )


class PCA(SpanMap):
    """Map of patterns by their two leading principal components.

    The coordinates are the scores, in units of intensity. Linear and deterministic: a pattern has the same
    coordinates whatever else is in the batch, up to rounding.

    Parameters
    ----------
    random_state
        Not used, for the map involves no chance; it is here so that maps can be swapped.

    Attributes
    ----------
    scale_ : float
        1: the patterns are not scaled.
    mean_ : ndarray of shape (n_points,)
        Mean of the training patterns.
    basis_ : ndarray of shape (n_points, 2)
        Principal axes; of each, the entry of largest size is positive.
    explained_variance_ratio_ : ndarray of shape (2,)
        Share of the variance of the training patterns along each axis.
    n_features_in_ : int
        Points of a pattern.

    Examples
    --------
    >>> patterns = np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 0.0], [0.0, 3.0, 1.0], [2.0, 0.0, 1.0]])
    >>> space = PCA().fit(patterns)
    >>> space.transform(patterns).shape
    (4, 2)
    >>> space.explained_variance_ratio_.sum().round(2)
    np.float64(0.96)
    """

    def __init__(self, *, random_state: int | None = None) -> None:
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the two leading principal components.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same.
        y
            Not used.

        Returns
        -------
        PCA
            This map.

        Raises
        ------
        InputError
            If there are fewer than three patterns or two points, a value is not finite, or all patterns are the same.
        """
        patterns = self._check_patterns(X, training=True)
        check_not_constant(patterns)
        self.scale_ = 1.0
        self.mean_ = patterns.mean(axis=0)
        values, axes = principal_axes(patterns - self.mean_)
        self.basis_ = np.ascontiguousarray(axes[:, :2])
        self.explained_variance_ratio_ = values[:2] ** 2 / np.sum(values**2)
        return self

    @property
    def components_(self) -> np.ndarray:
        """The principal axes, shape (2, n_points)."""
        check_is_fitted(self)
        return self.basis_.T

    def _place(self, span: np.ndarray) -> np.ndarray:
        return span[None]

    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        return points
