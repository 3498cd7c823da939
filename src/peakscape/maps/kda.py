"""Kernel discriminant analysis as a map: known classes told apart by more than straight lines."""

from numbers import Real
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist
from scipy.special import erf

from peakscape.errors import InputError
from peakscape.maps.span import PAIRS_PER_BLOCK, with_fixed_signs
from peakscape.maps.span_map import MixingMap, SupervisedMap
from peakscape.threads import one_thread

MOST_PATTERNS = 8_000
"""The map needs a few square tables of this size: 2 GB, measured."""

_LEAST_PENALTY = 1e-9

_LEAST_SPREAD = 1e-9
"""Spread within classes that is taken for the least, as a share of all."""


class KDA(SupervisedMap, MixingMap):
    """Supervised map of patterns that may bend: discriminant analysis in the space of a Gaussian kernel.

    Kernel discriminant analysis (S. Mika et al., Neural Networks for Signal Processing IX (1999) 41, DOI
    10.1109/NNSP.1999.788121) in the form of T. Hastie, R. Tibshirani and A. Buja, J. Am. Stat. Assoc. 89 (1994) 1255,
    DOI 10.1080/01621459.1994.10476866: kernel ridge regression of the classes on the patterns, and the two directions
    along which the fitted values of classes differ most against their spread. Of more than three classes a pair counts
    for what it adds to the chance of telling them apart (M. Loog, R. P. W. Duin and R. Haeb-Umbach, IEEE Trans.
    PAMI 23 (2001) 762, DOI 10.1109/34.935849): Fisher's criterion gives both axes to the far ones. The kernel falls to
    1/e at the median distance of two patterns of different classes, however many repeats one class has. Two classes
    have one direction only; the leading principal component then makes the plane full.

    Classes lie apart on such a map because it was made so: judge it on groups of samples that were left out, never on
    its training patterns. A pattern unlike all known ones lies at one point amid the classes, because the kernel
    sees nothing there (of two classes: on one line through it).

    Parameters
    ----------
    penalty
        Of the regression, beside the kernel's 1 of a pattern with itself: more makes a smoother map.
    random_state
        Not used, for the map involves no chance; it is here so that maps can be swapped.

    Attributes
    ----------
    scale_, mean_, basis_, known_, embedding_, size_, n_features_in_
        As every `MixingMap` has them, with its decoder.
    width_ : float
        Median distance of two training patterns of different classes in units of `scale_`.
    weights_ : ndarray of shape (n_samples, 2)
        What the kernel with each training pattern is multiplied by.
    linear_ : ndarray of shape (2,)
        What the first principal component is multiplied by; zero for three classes and more.
    offset_ : ndarray of shape (2,)
        What is subtracted then.
    n_classes_ : int
        Number of classes.

    Examples
    --------
    >>> chance = np.random.default_rng(0)
    >>> patterns = chance.normal(size=(30, 8)) + 6 * np.eye(8)[np.repeat([0, 1, 2], 10)]
    >>> space = KDA().fit(patterns, np.repeat(["c", "h", "w"], 10))
    >>> space.transform(patterns).shape, space.n_classes_
    ((30, 2), 3)
    """

    width_: float
    weights_: np.ndarray
    linear_: np.ndarray
    offset_: np.ndarray

    def __init__(self, *, penalty: float = 0.1, random_state: int | None = None) -> None:
        self.penalty = penalty
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the map.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same, at most 8 000.
        y
            Class of each, shape (n_samples,): text or numbers.

        Returns
        -------
        KDA
            This map.

        Raises
        ------
        InputError
            If there are fewer than three patterns or too many, a value is not finite, all patterns are the same, there
            are no classes, one only, or as many as patterns, or `penalty` is too small.
        """
        if not (isinstance(self.penalty, Real) and _LEAST_PENALTY <= self.penalty < np.inf):
            raise InputError(f"penalty must be a number of {_LEAST_PENALTY:g} or more, got {self.penalty!r}")
        with one_thread():  # the same bits on any number of cores
            self.known_ = self._fit_span(X)
            if len(self.known_) > MOST_PATTERNS:
                raise InputError(f"KDA learns from {MOST_PATTERNS} patterns at most, got {len(self.known_)}")
            names = self._check_classes(y, len(self.known_))
            kinds = np.unique(names)
            self.n_classes_ = len(kinds)
            known = self.known_.astype(np.float64)
            self.width_ = _width(known, names)
            table = self._table(known, known)
            belongs = (names[:, np.newaxis] == kinds[:-1]).astype(np.float64)  # the last class is what the others leave
            regression = np.linalg.solve(table + self.penalty * np.eye(len(known)), belongs - belongs.mean(axis=0))
            fitted = np.hstack([table @ regression, known[:, :1]] if self.n_classes_ == 2 else [table @ regression])
            directions = pairwise_directions(fitted, names)
            self.weights_ = np.ascontiguousarray(regression @ directions[: self.n_classes_ - 1])
            self.linear_ = directions[-1] if self.n_classes_ == 2 else np.zeros(2)
            self.offset_ = np.zeros(2)
            points = self._place(known)[0]
            self.offset_ = points.mean(axis=0)
            self.embedding_ = points - self.offset_
            self._fit_decoder()
        return self

    def _table(self, span: np.ndarray, known: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(-cdist(span, known, "sqeuclidean") / self.width_**2))

    def _place(self, span: np.ndarray) -> np.ndarray:
        known = self.known_.astype(np.float64)
        points = np.empty((1, len(span), 2))
        n_rows = max(1, PAIRS_PER_BLOCK // len(known))
        for first in range(0, len(span), n_rows):
            rows = span[first : first + n_rows]
            bent = self._table(rows, known) @ self.weights_
            points[0, first : first + n_rows] = bent + rows[:, :1] * self.linear_ - self.offset_
        return points


def _width(known: np.ndarray, names: np.ndarray) -> float:
    """Median distance of two patterns of different classes; their mean where half of them are the same."""
    parts = []
    for kind in np.unique(names)[:-1]:
        later = known[names > kind]
        parts.append(cdist(known[names == kind], later, "sqeuclidean").ravel())
    squares = np.concatenate(parts)
    width = float(np.sqrt(np.median(squares) or np.mean(squares)))
    if width == 0:
        raise InputError("the patterns of all classes are the same: nothing tells them apart; look at the labels")
    return width


def pairwise_directions(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return two directions, shape (n_values, 2), by the weighted pairwise Fisher criterion.

    The scatter of each pair of class means counts as much as it adds to the chance of telling the two apart (Loog et
    al. 2001: "approximate pairwise accuracy"), where Fisher's criterion counts it by the square of its distance. Of
    each direction the largest entry is positive.
    """
    kinds, counts = np.unique(classes, return_counts=True)
    means = np.array([values[classes == kind].mean(axis=0) for kind in kinds])
    within = values - means[np.searchsorted(kinds, classes)]
    spread, axes = np.linalg.eigh(within.T @ within / (len(values) - len(kinds)))
    white = axes / np.sqrt(np.maximum(spread, _LEAST_SPREAD * float(np.var(values, axis=0).sum())))
    first, second = np.triu_indices(len(kinds), 1)
    apart = (means[first] - means[second]) @ white
    distances = np.maximum(np.linalg.norm(apart, axis=1), 1e-12)
    weights = counts[first] * counts[second] * erf(distances / np.sqrt(8.0)) / distances**2
    _, leading = np.linalg.eigh((apart * weights[:, np.newaxis]).T @ apart)
    return with_fixed_signs(white @ leading[:, ::-1][:, :2])
