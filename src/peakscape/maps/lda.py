"""Linear discriminant analysis as a map: the plane in which known classes lie farthest apart."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from peakscape.errors import InputError
from peakscape.maps.span import check_not_constant, principal_axes, with_fixed_signs
from peakscape.maps.span_map import SupervisedMap
from peakscape.threads import one_blas_thread

_RANK = 1e-9
"""Directions with a smaller share of the largest singular value are left out."""


class LDA(SupervisedMap):
    """Supervised map of patterns: the two directions along which these differ most against their spread.

    R. A. Fisher, Ann. Eugen. 7 (1936) 179, DOI 10.1111/j.1469-1809.1936.tb02137.x, as scikit-learn has it, on the
    leading principal components of the patterns ("Fisherfaces": P. N. Belhumeur et al., IEEE Trans. PAMI 19 (1997) 711,
    DOI 10.1109/34.598228), for there are more points than patterns. Classes lie apart on such a map because it was made
    so: judge it on groups of samples that were left out, never on its training patterns.

    Two classes have one such direction; the second axis is then the leading component of what is left. Generated
    patterns come from a plane of least squares through the training patterns over the map.

    Parameters
    ----------
    n_components
        Principal components that are looked at; fewer where the patterns do not span as many, at most a third of their
        number.
    random_state
        Not used, for the map involves no chance; it is here so that maps can be swapped.

    Attributes
    ----------
    scale_ : float
        1: the patterns are not scaled.
    mean_ : ndarray of shape (n_points,)
        Mean of the training patterns.
    basis_ : ndarray of shape (n_points, rank)
        Principal axes; of each, the entry of largest size is positive.
    directions_ : ndarray of shape (rank, 2)
        What the components are multiplied by.
    decoder_ : ndarray of shape (2, rank)
        What coordinates are multiplied by to give components.
    n_classes_ : int
        Number of classes.
    n_features_in_ : int
        Points of a pattern.

    Examples
    --------
    >>> chance = np.random.default_rng(0)
    >>> patterns = chance.normal(size=(30, 8)) + 6 * np.eye(8)[np.repeat([0, 1, 2], 10)]
    >>> space = LDA().fit(patterns, np.repeat(["c", "h", "w"], 10))
    >>> space.transform(patterns).shape, space.n_classes_
    ((30, 2), 3)
    """

    directions_: np.ndarray

    def __init__(self, *, n_components: int = 15, random_state: int | None = None) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the plane.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same.
        y
            Class of each, shape (n_samples,): text or numbers.

        Returns
        -------
        LDA
            This map.

        Raises
        ------
        InputError
            If there are fewer than three patterns, a value is not finite, all patterns are the same, there are no
            classes, one only, or as many as patterns, or `n_components` is not positive.
        """
        if self.n_components < 1:
            raise InputError(f"n_components must be 1 or more, got {self.n_components}")
        patterns = self._check_patterns(X, training=True)
        classes = self._check_classes(y, len(patterns))
        check_not_constant(patterns)
        self.scale_ = 1.0
        self.mean_ = patterns.mean(axis=0)
        with one_blas_thread():  # the same bits on any number of cores
            values, axes = principal_axes(patterns - self.mean_)
            rank = min(self.n_components, max(len(patterns) // 3, 1), int((values > _RANK * values[0]).sum()))
            self.basis_ = np.ascontiguousarray(axes[:, :rank])
            span = (patterns - self.mean_) @ self.basis_
            self.directions_ = _directions(span, classes)
            self.n_classes_ = len(np.unique(classes))
            self.decoder_ = np.linalg.lstsq(span @ self.directions_, span, rcond=None)[0]
        return self

    def _place(self, span: np.ndarray) -> np.ndarray:
        return np.asarray(span @ self.directions_)[None]

    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        return np.asarray(points @ self.decoder_)


def _directions(span: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Two directions (rank, 2); where there is one only, the second is that in which the rest varies most."""
    found = LinearDiscriminantAnalysis(solver="svd").fit(span, classes).scalings_[:, :2]
    if found.shape[1] < 2:
        unit = found[:, :1] / np.linalg.norm(found[:, 0]) if found.shape[1] else np.zeros((span.shape[1], 1))
        _, axes = principal_axes(span - span @ unit @ unit.T)
        size = float(np.linalg.norm(found[:, 0])) if found.shape[1] else 1.0
        found = np.hstack([found, *([axes[:, :1] * size] * (2 - found.shape[1]))])
    return with_fixed_signs(found)
