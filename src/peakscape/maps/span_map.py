"""Maps that look at a pattern along fixed directions: the face of a map, worked on span coordinates.

`SpanMap` is the base of most maps, `SupervisedMap` of those that learn from classes, `MixingMap` of those that generate
by mixing their training patterns.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.maps.feature_map import FeatureMap, as_coordinates, check_windows, masked_changes
from peakscape.maps.span import blocks, check_not_constant, is_large, leading_span, principal_axes, scale_and_mean
from peakscape.signal.gaussian_process import choose_smoothness, kernel, weights

RANK_TOLERANCE = 1e-6
"""Directions of the training patterns with a smaller share of the largest singular value are left out."""

MOST_MIXED = 512
"""At most this many training patterns are mixed into generated ones; of more, evenly chosen in their order."""


class SpanMap(FeatureMap):
    """Base of the maps that see only the span coordinates of a pattern: its products with orthonormal directions.

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
        """Place patterns on the map by each member."""
        if not is_large(X):
            return self._place(self._project(self._check_patterns(X)))
        check_is_fitted(self)
        self._check_patterns(X[:1])
        span = np.empty((X.shape[0], self._sight().shape[1]))
        for rows, block in blocks(X):
            span[rows] = self._project(block)
        return self._place(span)

    def inverse_transform_members(self, coordinates: ArrayLike) -> np.ndarray:
        """Generate the patterns at points of the map by each member."""
        check_is_fitted(self)
        span = self._bring_back(as_coordinates(coordinates, n_members=len(self._trusted())))
        return np.asarray((span @ self.basis_.T + self.mean_) * self.scale_)

    def transform_masked(
        self, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, *, fill: ArrayLike | None = None
    ) -> np.ndarray:
        """Place copies of one pattern, each with one window filled, exactly and without making the copies."""
        check_is_fitted(self)
        pattern, removed, first, last = check_windows(self.n_features_in_, spectrum, starts, stops, fill)
        return self._place_masked(self._project(pattern[None]), removed, first, last)

    def _place_masked(self, span: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """Return coordinates (n_members, n_windows, 2) of copies of the pattern at `span` with windows removed."""
        return self._place(span - masked_changes(self._sight(), removed, starts, stops) / self.scale_)

    def _project(self, patterns: np.ndarray) -> np.ndarray:
        """Return span coordinates (n_samples, rank) without a centred copy; no training starts from these bits."""
        sight = self._sight()
        return np.asarray(patterns @ sight / self.scale_ - self.mean_ @ sight)

    def _sight(self) -> np.ndarray:
        """Return the directions along which the map looks at a pattern, shape (n_points, rank): here the basis."""
        return self.basis_


class SupervisedMap(SpanMap):
    """Base of the supervised maps, whose ``fit`` needs the class of each pattern.

    Attributes
    ----------
    n_classes_ : int
        Number of classes.
    """

    n_classes_: int
    _learns_classes = True

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that classes are needed."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _check_classes(self, y: object, n_patterns: int) -> np.ndarray:
        """Return classes as text; InputError where they cannot be told apart."""
        if y is None:
            raise InputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: the class of each pattern"
            )
        classes = np.asarray(y)
        if classes.ndim == 2 and classes.shape[1] == 1:
            classes = classes[:, 0]
        if classes.shape != (n_patterns,):
            raise InputError(f"expected a class for each of {n_patterns} patterns, got shape {classes.shape}")
        if any(_is_missing(one) for one in classes):
            raise InputError("classes hold NaN, None, infinity or an empty text; leave those patterns out")
        names = classes.astype(str)
        count = len(np.unique(names))
        if not 2 <= count < n_patterns:
            raise InputError(
                f"expected two classes or more, fewer than the {n_patterns} patterns, got {count} class(es)"
            )
        return names


def _is_missing(name: object) -> bool:
    if isinstance(name, float | np.floating):
        return not np.isfinite(float(name))
    return name is None or (isinstance(name, str) and not name.strip())


class MixingMap(SpanMap):
    """Base of the maps that know their training patterns, in their span, and generate mixtures of them.

    Generated patterns are mixtures of the training patterns by the mean of a Gaussian process over the map, its length
    and noise chosen by leaving one pattern out: a decoder beside the method, which has none.

    Attributes
    ----------
    scale_ : float
        The largest size of a training intensity: all patterns are divided by this one number.
    mean_ : ndarray of shape (n_points,)
        Mean of the scaled training patterns.
    basis_ : ndarray of shape (n_points, rank)
        Orthonormal basis of the scaled, centred training patterns.
    known_ : ndarray of float32, shape (n_samples, rank)
        Coordinates of the training patterns in it.
    embedding_ : ndarray of shape (n_samples, 2)
        Points of the training patterns.
    size_ : float
        Root-mean-square of the points of `embedding_` along an axis.
    decoder_length_, decoder_noise_ : float
        Of the Gaussian process that generates, in units of `size_` and of its variance.
    mixed_ : ndarray of shape (n_mixed, 2)
        Training points, in units of `size_`, whose patterns are mixed.
    mixing_ : ndarray of shape (n_mixed, rank)
        What the kernel with them is multiplied by.
    n_features_in_ : int
        Points of a pattern.
    """

    known_: np.ndarray
    embedding_: np.ndarray

    def _fit_span(self, X: Any) -> np.ndarray:
        """Learn scale, mean and basis; return the span coordinates of the training patterns, float32."""
        if is_large(X):
            self._check_patterns(X[:3], training=True)
            self.scale_, self.mean_ = scale_and_mean(X)
            span = leading_span(X, self.scale_, self.mean_)
            self.basis_ = span.basis
            return span.coordinates
        patterns = self._check_patterns(X, training=True)
        check_not_constant(patterns)
        self.scale_ = float(np.abs(patterns).max())
        self.mean_ = (patterns / self.scale_).mean(axis=0)
        centered = patterns / self.scale_ - self.mean_
        values, axes = principal_axes(centered)
        self.basis_ = np.ascontiguousarray(axes[:, values > RANK_TOLERANCE * values[0]])
        return np.asarray(centered @ self.basis_, dtype=np.float32)

    def _fit_decoder(self) -> None:
        """Take the size of the map and prepare the Gaussian process that generates."""
        self.size_ = float(np.sqrt(np.mean(self.embedding_**2))) or 1.0
        n_samples = len(self.known_)
        chosen = np.linspace(0, n_samples - 1, min(n_samples, MOST_MIXED)).astype(int)
        self.mixed_ = self.embedding_[chosen] / self.size_
        patterns = self.known_[chosen].astype(np.float64)  # their mean is zero, or nearly, where some were chosen
        self.decoder_length_, self.decoder_noise_ = choose_smoothness(self.mixed_, patterns)
        table = weights(self.mixed_, patterns, length=self.decoder_length_, noise=self.decoder_noise_)
        self.mixing_ = np.ascontiguousarray(table)  # as a loaded one, so that products have the same bits

    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        # a matrix product of a few rows may differ in its last bits from one of many: row by row
        rows = [kernel(row[None], self.mixed_, self.decoder_length_) @ self.mixing_ for row in points[0] / self.size_]
        return np.reshape(rows, (1, len(points[0]), self.mixing_.shape[1]))
