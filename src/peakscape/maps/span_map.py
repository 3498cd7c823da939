"""Maps that look at a pattern along fixed directions: the face of a map, worked on span coordinates."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.maps.feature_map import FeatureMap, as_coordinates
from peakscape.maps.masking import check_windows, masked_changes
from peakscape.maps.span import blocks, is_large


class SpanMap(FeatureMap):
    """Base of the maps that see of a pattern its span coordinates: its products with orthonormal directions.

    Attributes
    ----------
    scale_ : float
        The one number that all patterns are divided by.
    mean_ : ndarray of shape (n_points,)
        What is subtracted from the scaled patterns.
    basis_ : ndarray of shape (n_points, rank)
        Orthonormal directions: what the map sees of a pattern are its span coordinates along them.
    n_features_in_ : int
        Points of a pattern.
    """

    scale_: float
    mean_: np.ndarray
    basis_: np.ndarray

    @abstractmethod
    def _place(self, span: np.ndarray) -> np.ndarray:
        """Return coordinates (n_members, n_samples, 2) of span coordinates (n_samples, rank)."""

    @abstractmethod
    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        """Return span coordinates (n_members, n_samples, rank) of points (1 or n_members, n_samples, 2)."""

    def transform_members(self, X: Any) -> np.ndarray:
        """Place patterns on the map by each member.

        Parameters
        ----------
        X
            Patterns, shape (n_samples, n_points); more than 128 MiB of them are read by blocks of rows.

        Returns
        -------
        ndarray
            Coordinates, shape (n_members, n_samples, 2), aligned to one another, collapsed members included.

        Raises
        ------
        InputError
            If a value is not finite or the number of points is not that of the training patterns.
        """
        if not is_large(X):
            return self._place(self._project(self._check_patterns(X)))
        check_is_fitted(self)
        self._check_patterns(X[:1])
        span = np.empty((X.shape[0], self._sight().shape[1]))
        for rows, block in blocks(X):
            span[rows] = self._project(block)
        return self._place(span)

    def inverse_transform_members(self, coordinates: ArrayLike) -> np.ndarray:
        """Generate the patterns at points of the map by each member.

        Parameters
        ----------
        coordinates
            Points of the map, shape (n_samples, 2), the same for each member, or (n_members, n_samples, 2).

        Returns
        -------
        ndarray
            Patterns, shape (n_members, n_samples, n_points), collapsed members included.

        Raises
        ------
        InputError
            If the coordinates have another shape or are not finite.
        """
        check_is_fitted(self)
        span = self._bring_back(as_coordinates(coordinates, n_members=len(self._trusted())))
        return np.asarray((span @ self.basis_.T + self.mean_) * self.scale_)

    def transform_masked(
        self, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, *, fill: ArrayLike | None = None
    ) -> np.ndarray:
        """Place copies of one pattern, each with one window filled, exactly and without making the copies.

        Parameters
        ----------
        spectrum
            One pattern, shape (n_points,).
        starts, stops
            First point of each window and the point after its last, shape (n_windows,), integers.
        fill
            What stands in the windows instead, shape (n_points,); None for zeros, as in the paper.

        Returns
        -------
        ndarray
            Coordinates, shape (n_members, n_windows, 2).

        Raises
        ------
        InputError
            If a shape is wrong, a value is not finite, or a window leaves the pattern.
        """
        check_is_fitted(self)
        pattern, removed, first, last = check_windows(self.n_features_in_, spectrum, starts, stops, fill)
        return self._place_masked(self._project(pattern[None]), removed, first, last)

    def _place_masked(self, span: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """Return coordinates (n_members, n_windows, 2) of copies of the pattern at `span` with windows removed."""
        return self._place(span - masked_changes(self._sight(), removed, starts, stops) / self.scale_)

    def _project(self, patterns: np.ndarray) -> np.ndarray:
        """Return span coordinates (n_samples, rank) of checked patterns."""
        return np.asarray((patterns / self.scale_ - self.mean_) @ self._sight())

    def _sight(self) -> np.ndarray:
        """Return the directions along which the map looks at a pattern, shape (n_points, rank): here the basis."""
        return self.basis_
