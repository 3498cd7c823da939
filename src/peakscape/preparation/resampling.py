"""Bring patterns onto other points of the same axis, or onto another axis: even steps, or geometric ones of q."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin

from peakscape.errors import InputError, SpectraError
from peakscape.preparation.step import Array, Situation, Step
from peakscape.signal.interpolation import monotone_curve
from peakscape.signal.radiation import q_from_two_theta, two_theta_from_q

Spacing = Literal["even", "geometric"]
MOST = 4
"""Unless a number of points is given, a new axis has at most this many times those of the old one."""

TARGETS = {"two_theta": "two_theta", "q": "q", "log-q": "q", "energy": "energy"}
"""What `resample` can aim at, and the axis that it gives."""


class Resample(ClassNamePrefixFeaturesOutMixin, Step):  # type: ignore[misc]
    """Interpolate patterns at new points, or average them over the cells around new points.

    Piecewise cubic and monotone between neighbouring points (PCHIP: F. N. Fritsch and J. Butland, SIAM J. Sci. Stat.
    Comput. 5, 300 (1984), doi:10.1137/0905021), as `spectra.resample`. Interpolating keeps heights, and noise;
    averaging keeps the integral over the axis (the cells of the new points, halfway to their neighbours, each give
    their mean), and is for new steps wider than the old. On an axis in other units (q for two_theta) the areas of peaks
    change by the derivative of one by the other, whichever is taken; heights remain.

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

    @classmethod
    def meet(cls, parameters: Mapping[str, Any], met: Situation) -> tuple[dict[str, Any], Situation]:
        """Lay out the new axis by ``to``, ``first``, ``last``, ``points`` or ``step``, where it is not given."""
        target = parameters.get("to", met.axis)
        if target not in TARGETS:
            raise InputError(f"expected resample to one of {', '.join(TARGETS)}, got {target!r}")
        old = points_in(met, TARGETS[target], wavelength=met.wavelength)
        new = parameters.get("onto")
        if new is None:
            new = spaced_axis(
                old,
                spacing="geometric" if target == "log-q" else "even",
                first=parameters.get("first"),
                last=parameters.get("last"),
                n_points=parameters.get("points"),
                step=parameters.get("step"),
            )
        new = np.asarray(new, dtype=np.float64)
        own = {"onto": new, "average": bool(parameters.get("average", False)), "axis": old}
        return own, replace(met, axis=TARGETS[target], points=new)

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say what the new axis is."""
        return f" ({len(self.onto_)} points, {self.onto_[0]:g} to {self.onto_[-1]:g})"

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


def spaced_axis(
    points: Array,
    *,
    spacing: Spacing = "even",
    first: float | None = None,
    last: float | None = None,
    n_points: int | None = None,
    step: float | None = None,
) -> Array:
    """Lay out an axis in even or geometric steps within the range of an old one.

    Parameters
    ----------
    points
        The old axis, shape (n_old_points,), ascending.
    spacing
        ``"even"``, or ``"geometric"``: even steps of the logarithm, on which a uniform change of a lattice is a
        translation of a pattern on q.
    first, last
        Ends; None takes those of the old axis (in geometric steps, its first positive point).
    n_points
        Number of points; None makes the steps as fine as the old one's finest, with at most four times its points.
    step
        Instead of `n_points`: the step (of the natural logarithm for geometric steps); the last point may lie before
        `last`.

    Returns
    -------
    array
        The new axis, shape (n_points,).

    Raises
    ------
    InputError
        If the ends leave the old axis, or the numbers make no axis.

    Examples
    --------
    >>> spaced_axis(np.linspace(1.0, 8.0, 8), spacing="geometric", n_points=4)
    array([1., 2., 4., 8.])
    """
    logarithmic = spacing == "geometric"
    kept = points[points > 0] if logarithmic else points
    first, last = (float(kept[0]) if first is None else first), (float(kept[-1]) if last is None else last)
    slack = 1e-9 * abs(float(points[-1]))
    if not (kept[0] - slack <= first < last <= kept[-1] + slack):
        raise InputError(
            f"the new axis {first:g} to {last:g} must ascend and lie within what was measured, {kept[0]:g} to"
            f" {kept[-1]:g}"
        )
    old = np.log(kept) if logarithmic else kept
    low, high = (math.log(first), math.log(last)) if logarithmic else (first, last)
    if step is not None:
        if n_points is not None or not (np.isfinite(step) and 0 < step <= high - low):
            raise InputError(f"expected either n_points or a positive step below {high - low:g}, got step {step}")
        count = int(min((high - low) / step + 1e-6, 1e18)) + 1
        _check_count(count)
        new = low + step * np.arange(count)
    else:
        finest = max(float(np.diff(old).min()), (high - low) / (MOST * len(points)))
        count = math.ceil((high - low) / finest - 1e-6) + 1 if n_points is None else n_points
        if count < 2:
            raise InputError(f"expected an axis of two points or more, got {n_points}")
        _check_count(count)
        new = np.linspace(low, high, count)
    return np.clip(np.exp(new), first, last) if logarithmic else np.asarray(new)


LARGEST = 2_000_000
"""Points of an axis: twenty times those of the longest measured pattern."""


def _check_count(count: int) -> None:
    if count > LARGEST:
        raise InputError(f"the new axis would have {count:.3g} points, at most {LARGEST} are made; take a wider step")


def points_in(met: Situation, axis: str, *, wavelength: float | None) -> Array:
    """Return the points of spectra on another axis: two_theta, at a wavelength, or q.

    Raises
    ------
    SpectraError
        If there is no way from one to the other.

    Examples
    --------
    >>> met = Situation("diffraction", "two_theta", np.array([30.0, 60.0]), 1.0)
    >>> points_in(met, "q", wavelength=None).round(4)
    array([3.2524, 6.2832])
    """
    same = met.wavelength == wavelength or axis == "q"
    if met.axis == axis and same:
        return met.points
    if "energy" in (axis, met.axis) or met.kind != "diffraction":
        raise SpectraError(f"spectra of {met.kind} on {met.axis} cannot be brought onto {axis}")
    if ("two_theta", None) in ((met.axis, met.wavelength), (axis, wavelength)):
        raise SpectraError(f"from {met.axis} to {axis} needs the wavelength, which is not known; give it")
    q = met.points if met.axis == "q" else q_from_two_theta(met.points, float(met.wavelength or 0.0))
    return q if axis == "q" else two_theta_from_q(q, float(wavelength or 0.0))
