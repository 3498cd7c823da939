"""Maps that generate by mixing: the span of the training patterns, and a decoder beside a method that has none."""

from typing import Any

import numpy as np

from peakscape.maps.decoder import choose_smoothness
from peakscape.maps.mixing import kernel, mixing_table
from peakscape.maps.projections import check_not_constant, principal_axes
from peakscape.maps.span import is_large, leading_span, scale_and_mean
from peakscape.maps.span_map import SpanMap

RANK_TOLERANCE = 1e-6
"""Directions of the training patterns with a smaller share of the largest singular value are left out."""

MOST_MIXED = 512
"""So many training patterns at most are mixed into generated ones; of more, evenly chosen in their order."""


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
        table = mixing_table(self.mixed_, patterns, length=self.decoder_length_, noise=self.decoder_noise_)
        self.mixing_ = np.ascontiguousarray(table)  # as a loaded one, so that products have the same bits

    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        # a matrix product of a few rows may differ in its last bits from one of many: row by row
        rows = [kernel(row[None], self.mixed_, self.decoder_length_) @ self.mixing_ for row in points[0] / self.size_]
        return np.reshape(rows, (1, len(points[0]), self.mixing_.shape[1]))
