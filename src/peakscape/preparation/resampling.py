"""Bring patterns onto other points of the same axis."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from peakscape.errors import InputError
from peakscape.preparation.rows import Array, RowTransformer, monotone_curve


class Resample(ClassNamePrefixFeaturesOutMixin, RowTransformer):  # type: ignore[misc]
    """Interpolate patterns at new points, or average them over the cells around new points.

    Piecewise cubic and monotone between neighbouring points (PCHIP: F. N. Fritsch and J. Butland, SIAM J. Sci. Stat.
    Comput. 5, 300 (1984), doi:10.1137/0905021), as `spectra.resample`. Interpolating keeps heights, and noise;
    averaging keeps the integral over the axis (the cells of the new points, halfway to their neighbours, each give
    their mean), and is for new steps wider than the old. On an axis in other units (q for two_theta) areas of peaks are
    others than before by the derivative of one by the other, whichever is taken; heights remain.

    Parameters
    ----------
    onto
        New points within the range of the axis, shape (n_new_points,), ascending; None leaves them as they are.
    average
        Average over cells instead of interpolating.
    axis
        Points of the patterns, shape (n_points,); None for their numbers.

    Raises
    ------
    InputError
        If the new points leave the old axis or do not ascend.

    Examples
    --------
    >>> Resample(axis=[1, 2, 3], onto=[1.5, 2.5]).fit_transform([[0.0, 1.0, 2.0]])
    array([[0.5, 1.5]])
    """

    def __init__(self, *, onto: ArrayLike | None = None, average: bool = False, axis: ArrayLike | None = None) -> None:
        self.onto = onto
        self.average = average
        self.axis = axis

    def _learn(self, rows: Array) -> None:
        new = self.points_ if self.onto is None else np.asarray(self.onto, dtype=np.float64)
        if new.ndim != 1 or not np.isfinite(new).all() or not (np.diff(new) > 0).all():
            raise InputError("expected new points that are finite numbers in ascending order")
        slack = 1e-9 * max(1.0, abs(float(self.points_[-1])))
        if len(new) < 1 or new[0] < self.points_[0] - slack or new[-1] > self.points_[-1] + slack:
            raise InputError(
                f"the new points, {new[0] if len(new) else 0:g} to {new[-1] if len(new) else 0:g}, must lie within the"
                f" axis, {self.points_[0]:g} to {self.points_[-1]:g}"
            )
        self.onto_ = np.clip(new, self.points_[0], self.points_[-1])
        self._n_features_out = len(new)

    def _row(self, row: Array) -> Array:
        if len(row) < 2:
            return row.copy()
        curve = monotone_curve(self.points_, row)
        if not self.average or len(self.onto_) < 2:
            return np.asarray(curve(self.onto_))
        halfway = (self.onto_[1:] + self.onto_[:-1]) / 2.0
        edges = np.concatenate([self.onto_[:1], halfway, self.onto_[-1:]])
        return np.asarray(np.diff(curve.antiderivative()(edges)) / np.diff(edges))

    def learned(self) -> dict[str, Any]:
        """Return the new points, as a parameter."""
        return super().learned() | {"onto": self.onto_.tolist()}
