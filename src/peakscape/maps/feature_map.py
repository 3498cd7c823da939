"""The face of a map: what every map of this package offers, and the checks of its input."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.errors import InputError

SAMPLES_PER_BLOCK = 64
"""Patterns treated at once, so that ten members of long patterns fit into memory."""


class FeatureMap(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Base of the maps: an ensemble of members, each of which places a pattern at a point of a plane.

    A map is a scikit-learn transformer. Its coordinates are the median over the members that can be trusted; the
    members themselves are at hand for error bars. Coordinates are float64 arrays.

    A map of one's own derives from it and names its row in the registry (`peakscape.maps.registry`).

    Attributes
    ----------
    n_features_in_ : int
        Points of a pattern.

    Examples
    --------
    >>> class Ends(FeatureMap):
    ...     def __init__(self, *, random_state=None):
    ...         self.random_state = random_state
    ...     def fit(self, X, y=None):
    ...         self.mean_ = self._check_patterns(X, training=True).mean(axis=0)
    ...         return self
    ...     def transform_members(self, X):
    ...         return self._check_patterns(X)[None, :, [0, -1]]
    ...     def inverse_transform_members(self, coordinates):
    ...         patterns = np.tile(self.mean_, (len(coordinates), 1))
    ...         patterns[:, [0, -1]] = coordinates
    ...         return patterns[None]
    >>> space = Ends().fit([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 0.0]])
    >>> space.transform([[1.0, 5.0, 2.0]]), space.inverse_transform([[1.0, 2.0]])
    (array([[1., 2.]]), array([[1., 5., 2.]]))
    """

    n_features_in_: int
    _n_features_out = 2

    @abstractmethod
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the map from patterns of shape (n_samples, n_points)."""

    @abstractmethod
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

    @abstractmethod
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

    def transform_masked(
        self, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, *, fill: ArrayLike | None = None
    ) -> np.ndarray:
        """Place copies of one pattern, each with one window filled.

        The maps of this package do it exactly and without making the copies; this serves a map that has no such way.

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
        points = np.arange(len(pattern))
        parts = [np.empty((len(self._trusted()), 0, 2))]
        for start in range(0, len(first), SAMPLES_PER_BLOCK):
            rows = slice(start, start + SAMPLES_PER_BLOCK)
            masked = (points >= first[rows, None]) & (points < last[rows, None])
            parts.append(self.transform_members(pattern - masked * removed))
        return np.concatenate(parts, axis=1)

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Place patterns on the map.

        Parameters
        ----------
        X
            Patterns, shape (n_samples, n_points), on the axis of the training patterns.

        Returns
        -------
        ndarray
            Coordinates, shape (n_samples, 2): the median over the members that did not collapse. A pattern has the
            same coordinates alone and in a batch.

        Raises
        ------
        InputError
            If a value is not finite or the number of points is not that of the training patterns.
        """
        return np.asarray(np.median(self.transform_members(X)[self._trusted()], axis=0))

    def inverse_transform(self, coordinates: ArrayLike) -> np.ndarray:
        """Generate the patterns at points of the map.

        Parameters
        ----------
        coordinates
            Points of the map, shape (n_samples, 2).

        Returns
        -------
        ndarray
            Patterns, shape (n_samples, n_points): at each point of the axis the median over the members that did not
            collapse.

        Raises
        ------
        InputError
            If the coordinates are not finite or not of shape (n_samples, 2).
        """
        check_is_fitted(self)
        points = as_coordinates(coordinates, n_members=None)[0]
        patterns = np.empty((len(points), self.n_features_in_))
        for first in range(0, len(points), SAMPLES_PER_BLOCK):
            block = slice(first, first + SAMPLES_PER_BLOCK)
            patterns[block] = np.median(self.inverse_transform_members(points[block])[self._trusted()], axis=0)
        return patterns

    def _trusted(self) -> np.ndarray:
        """Return which members the median is taken over: here all, shape (n_members,)."""
        return np.ones(1, dtype=bool)

    def _check_patterns(self, X: ArrayLike, *, training: bool = False) -> np.ndarray:
        """Return patterns as a float64 array after scikit-learn's checks, its errors translated."""
        if not training:
            check_is_fitted(self)
        limits = {"ensure_min_samples": 3, "ensure_min_features": 2} if training else {}
        try:
            given = validate_data(self, X, reset=training, dtype=np.float64, ensure_all_finite=False, **limits)
            patterns = np.asarray(given)
            # One pass without a copy, which finds NaN, too: placing patterns takes little longer than reading them.
            with np.errstate(over="ignore"):
                usable = float(np.vdot(patterns, patterns)) < LARGEST_SQUARES
            if not usable:
                assert_all_finite(patterns)
        except ValueError as error:
            raise InputError(_in_own_words(X, error, least=3 if training else 1)) from error
        if not usable:
            raise InputError("patterns hold values whose squares are too large to be summed; scale them down")
        return patterns


LARGEST_SQUARES = 1e200
"""Sum of the squares of all intensities: products of larger ones overflow."""


def _in_own_words(X: Any, error: Exception, *, least: int) -> str:
    """Say in one line what keeps patterns from being used."""
    if np.iscomplexobj(X):
        return "Complex data not supported: every intensity must be a real number"
    try:
        patterns = np.asarray(X, dtype=np.float64)
    except (ValueError, TypeError):
        return (
            "expected patterns as numbers of shape (n_samples, n_points): some are no numbers, or rows differ in length"
        )
    if patterns.ndim != 2:
        return (
            f"expected patterns of shape (n_samples, n_points), got shape {patterns.shape}. Reshape your data: one"
            " pattern is X.reshape(1, -1)"
        )
    if len(patterns) < least:
        counted = "1 sample" if len(patterns) == 1 else f"{len(patterns)} samples"
        return f"a map needs at least {least} patterns, got {counted}; give more spectra"
    rows, columns = np.nonzero(~np.isfinite(patterns))
    if len(rows):
        value = "NaN" if np.isnan(patterns[rows[0], columns[0]]) else "infinity"
        return f"pattern {rows[0]} holds {value} at point {columns[0]}; every intensity must be a finite number"
    reason = " ".join(str(error).split(". ")[0].split())
    return f"{reason} (expected patterns of shape (n_samples, n_points))"


def as_coordinates(coordinates: ArrayLike, *, n_members: int | None) -> np.ndarray:
    """Return checked coordinates as a float64 array of shape (1 or n_members, n_samples, 2).

    They are points of a map, shape (n_samples, 2), or (n_members, n_samples, 2) where `n_members` is given.
    """
    points = np.asarray(coordinates, dtype=np.float64)
    own = points.ndim == 3 and n_members is not None and len(points) == n_members
    if points.shape[-1:] != (2,) or not (points.ndim == 2 or own):
        wanted = "(n_samples, 2)" if n_members is None else f"(n_samples, 2) or ({n_members}, n_samples, 2)"
        raise InputError(f"expected coordinates of shape {wanted}, got {points.shape}")
    if not np.isfinite(points).all():
        raise InputError("coordinates must be finite; remove rows with NaN or infinity")
    return points if points.ndim == 3 else points[None]


def check_windows(
    n_points: int, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, fill: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Check one pattern and its windows; return the pattern, what is removed at each point, starts and stops.

    `fill` stands in the windows instead, shape (n_points,), None for zeros; `starts` and `stops` are the first point of
    each window and the point after its last, integers of shape (n_windows,).
    """
    pattern = _as_pattern(spectrum, n_points, "spectrum")
    removed = pattern if fill is None else pattern - _as_pattern(fill, n_points, "fill")
    first, last = np.asarray(starts), np.asarray(stops)
    if first.ndim != 1 or first.shape != last.shape or first.dtype.kind not in "iu" or last.dtype.kind not in "iu":
        raise InputError(
            f"expected starts and stops as integers of one shape (n_windows,), got {first.dtype} {first.shape} and "
            f"{last.dtype} {last.shape}"
        )
    if np.any(first < 0) or np.any(last > n_points) or np.any(first > last):
        raise InputError(f"a window leaves the pattern: expected 0 <= start <= stop <= {n_points}")
    return pattern, removed, first.astype(np.int64), last.astype(np.int64)


def masked_changes(basis: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return by how much coordinates of one pattern in a basis (n_points, rank) fall when windows are masked.

    With the window `w` masked, the coordinates are those of the whole pattern less `removed[w] @ basis[w]`; the sums
    over all windows (n_windows, rank) are differences of one running sum.
    """
    running = np.zeros((len(basis) + 1, basis.shape[1]))
    np.cumsum(removed[:, None] * basis, axis=0, out=running[1:])
    return np.asarray(running[stops] - running[starts])


def _as_pattern(values: ArrayLike, n_points: int, name: str) -> np.ndarray:
    """Return one pattern as float64 after checking its shape and values."""
    pattern = np.asarray(values, dtype=np.float64)
    if pattern.shape != (n_points,):
        raise InputError(f"expected {name} of shape ({n_points},), one pattern of the map's axis; got {pattern.shape}")
    if not np.isfinite(pattern).all():
        raise InputError(f"{name} must be finite; it holds NaN or infinity")
    return pattern
