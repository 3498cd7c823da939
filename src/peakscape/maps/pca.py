"""Principal components as a map, with the face of the autoencoder: the plainest baseline."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.maps.span import check_not_constant, leading_axes
from peakscape.maps.span_map import SpanMap


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
        centered = patterns - self.mean_
        values, self.basis_ = leading_axes(centered, 2)
        self.explained_variance_ratio_ = values**2 / np.vdot(centered, centered)
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
