"""The face of the steps of preparation: transformers that treat each pattern by itself."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.errors import InputError

Array = NDArray[np.float64]


class RowTransformer(TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Base of the steps: a scikit-learn transformer whose result for a pattern does not depend on the batch.

    Patterns are treated one after the other, so that one alone gives the same bits as among thousands.

    Attributes
    ----------
    points_ : ndarray of shape (n_points,)
        The axis of the patterns; point numbers where none was given.
    n_features_in_ : int
        Points of a pattern.
    """

    axis: ArrayLike | None
    n_features_in_: int
    points_: Array

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameters and learn what the step needs from training patterns.

        Parameters
        ----------
        X
            Patterns, shape (n_samples, n_points).
        y
            Not used.

        Raises
        ------
        InputError
            If a parameter or a pattern cannot be used.
        """
        rows = self._check(X, reset=True)
        self.points_ = _points(self.axis, self.n_features_in_)
        self._learn(rows)
        return self

    def transform(self, X: ArrayLike) -> Array:
        """Apply the step to patterns of shape (n_samples, n_points).

        Raises
        ------
        InputError
            If a pattern cannot be used.
        sklearn.exceptions.NotFittedError
            If the step is not fitted.
        """
        check_is_fitted(self)
        prepared = []
        for number, row in enumerate(self._check(X, reset=False)):
            try:
                prepared.append(self._row(row))
            except InputError as error:
                raise InputError(f"pattern {number}: {error}") from error
        return np.stack(prepared)

    def learned(self) -> dict[str, Any]:
        """Return the parameters that make the same step without the training patterns, as JSON can hold them.

        The axis is left out; it is known from the patterns.
        """
        check_is_fitted(self)
        return {key: value for key, value in self.get_params(deep=False).items() if key != "axis"}

    def _learn(self, rows: Array) -> None:
        """Check parameters and learn from patterns (n_samples, n_points)."""

    @abstractmethod
    def _row(self, row: Array) -> Array:
        """Treat one pattern of shape (n_points,)."""

    def _check(self, X: ArrayLike, *, reset: bool) -> Array:
        try:
            rows = validate_data(self, X, reset=reset, dtype=np.float64, order="C")
        except ValueError as error:
            raise InputError(str(error)) from error
        return np.asarray(rows, dtype=np.float64)


class SameAxis(OneToOneFeatureMixin, RowTransformer):  # type: ignore[misc]
    """Base of the steps that leave patterns on their axis."""


def _points(axis: ArrayLike | None, n_points: int) -> Array:
    if axis is None:
        return np.arange(n_points, dtype=np.float64)
    points = np.asarray(axis, dtype=np.float64)
    if points.shape != (n_points,):
        raise InputError(f"expected an axis of shape ({n_points},) as the patterns have points, got {points.shape}")
    if not (np.isfinite(points).all() and (np.diff(points) > 0).all()):
        raise InputError("expected an axis of finite numbers in ascending order")
    return points


def monotone_curve(points: Array, row: Array) -> PchipInterpolator:
    """Return the piecewise cubic curve through a pattern that is monotone between neighbouring points (PCHIP).

    F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984), doi:10.1137/0905021.

    Examples
    --------
    >>> float(monotone_curve(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))(1.5))
    0.5
    """
    # Slopes in the far tail of a simulated peak are too small to be inverted; the slope between them is then zero.
    with np.errstate(over="ignore", divide="ignore"):
        return PchipInterpolator(points, row)


def median_step(points: Array) -> float:
    """Return the median distance of neighbouring points; 1 for a single point.

    Examples
    --------
    >>> median_step(np.array([1.0, 1.5, 2.0, 4.0]))
    0.5
    """
    return float(np.median(np.diff(points))) if len(points) > 1 else 1.0


def points_within(points: Array, window: tuple[float, float] | None, *, at_least: int = 3) -> NDArray[np.intp]:
    """Return the numbers of the points within a window of the axis, all for None.

    Raises
    ------
    InputError
        If the window holds fewer than `at_least` points.

    Examples
    --------
    >>> points_within(np.arange(10.0), (2.5, 6.0))
    array([3, 4, 5, 6])
    """
    if window is None:
        return np.arange(len(points))
    low, high = window
    inside = np.flatnonzero((points >= low) & (points <= high))
    if len(inside) < at_least:
        raise InputError(
            f"the window {low:g} to {high:g} holds {len(inside)} points of the axis, {points[0]:g} to {points[-1]:g}; "
            f"expected {at_least} or more"
        )
    return inside
