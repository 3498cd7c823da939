"""Bring patterns to a common scale: each by itself, all by one number, or by the step of an absorption edge."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from peakscape.errors import InputError
from peakscape.preparation.step import Array, SameAxisStep
from peakscape.signal.edge import NormalizedAbsorption, normalize
from peakscape.signal.interpolation import points_within

MEASURES = ("maximum", "area", "norm", "standard")


class Normalize(SameAxisStep):
    """Divide each pattern by a measure of its own.

    Parameters
    ----------
    by
        ``"maximum"``: the largest value, by size. ``"area"``: the integral over the axis (trapezoidal), which texture
        affects less than the maximum, and a remaining background more. ``"norm"``: the root of the summed squares,
        between the two. ``"standard"``: the area of an internal standard's peak above the straight line between the
        ends of `window`.
    window
        Lowest and highest axis value of the standard's peak; for the other measures, the part of the pattern that is
        measured, None for all.
    axis
        Points of the patterns, shape (n_points,); None for their numbers.

    Raises
    ------
    InputError
        If a parameter cannot be used, or a pattern has no positive measure (one of nothing but zeros stays as it is).

    Examples
    --------
    >>> Normalize(by="area").fit_transform([[0.0, 4.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]).round(2)
    array([[0.  , 1.  , 0.  , 0.  ],
           [0.33, 0.33, 0.33, 0.33]])
    """

    def __init__(
        self,
        *,
        by: Literal["maximum", "area", "norm", "standard"] = "maximum",
        window: tuple[float, float] | None = None,
        axis: ArrayLike | None = None,
    ) -> None:
        self.by = by
        self.window = window
        self.axis = axis

    def sizes(self, X: ArrayLike) -> Array:
        """Return the measure of each pattern, shape (n_samples,)."""
        return np.array([self._size(row) for row in self._check(X, reset=False)])

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say nothing; refuse a pattern without a positive value."""
        wrong = np.flatnonzero(rows.max(axis=1) <= 0)
        if len(wrong):
            raise InputError(f"pattern {wrong[0]}: it has no positive maximum, so there is nothing to normalise by")
        return ""

    def _what(self) -> str:
        return "peak of the standard in the window" if self.by == "standard" else self.by

    def _learn(self, rows: Array) -> None:
        if self.by not in MEASURES:
            raise InputError(f"expected by to be one of {', '.join(MEASURES)}, got {self.by!r}")
        if self.by == "standard" and self.window is None:
            raise InputError("normalising by a standard needs the window of its peak, such as (28.2, 28.7)")
        points_within(self.points_, self.window)

    def _row(self, row: Array) -> Array:
        size = self._size(row)
        if size <= 0 and row.any():
            raise InputError(f"no positive {self._what()} to normalise by: it is {size:.4g}")
        return row / size if size > 0 else row.copy()

    def _size(self, row: Array) -> float:
        if self.window is None:
            return self._measure(row, self.points_)
        inside = points_within(self.points_, self.window)
        return self._measure(row[inside], self.points_[inside])

    def _measure(self, part: Array, points: Array) -> float:
        if self.by == "maximum":
            return float(np.abs(part).max())
        if self.by == "norm":
            return float(np.sqrt(np.sum(part * part)))
        if self.by == "standard":
            slope = (part[-1] - part[0]) / (points[-1] - points[0])
            part = part - (part[0] + slope * (points - points[0]))
        return float(np.trapezoid(part, points))


class Scale(SameAxisStep):
    """Divide all patterns by one number, so that their intensities stay comparable.

    Parameters
    ----------
    scale
        The number; None takes the largest value, by size, of the training patterns.
    axis
        Not used; all steps take it.

    Attributes
    ----------
    scale_ : float
        The number.

    Raises
    ------
    InputError
        If the number is not positive or all training patterns are zero.

    Examples
    --------
    >>> Scale().fit_transform([[0.0, 4.0], [1.0, 2.0]])
    array([[0.  , 1.  ],
           [0.25, 0.5 ]])
    """

    def __init__(self, *, scale: float | None = None, axis: ArrayLike | None = None) -> None:
        self.scale = scale
        self.axis = axis

    def _learn(self, rows: Array) -> None:
        self.scale_ = float(np.abs(rows).max()) if self.scale is None else float(self.scale)
        if not (np.isfinite(self.scale_) and self.scale_ > 0):
            raise InputError(f"expected patterns with values other than zero to scale by, got scale {self.scale_:g}")

    def _row(self, row: Array) -> Array:
        return row / self.scale_

    def learned(self) -> dict[str, Any]:
        """Return the number, as a parameter."""
        return super().learned() | {"scale": self.scale_}


class NormalizeEdge(SameAxisStep):
    """Subtract the line before the edge and divide by the edge step, each spectrum by itself.

    The same numbers as `absorption.normalize`, with windows that stay the same for all spectra that are placed later.
    Raw scans are better normalised on reading, on their own points (`peakscape read`); this is for spectra that were
    stored raw, and for computed ones.

    Parameters
    ----------
    near
        Where to look for the edge, eV (50 eV either way); None looks everywhere.
    before
        Range of the line before the edge, as distances below it in eV; None as `absorption.normalize`.
    after
        Range of the polynomial after the edge, as distances above it in eV; None as `absorption.normalize`.
    degree
        Of that polynomial, 0 to 3; None by the length of the range.
    victoreen
        Power of the energy by which the background falls: 0 for a line, about 3 for counts of electron energy loss.
    flatten
        Take the curvature after the edge out too.
    axis
        Energies of the points, eV (n_points,).

    Raises
    ------
    InputError
        If a spectrum has no edge, or one that falls, or a parameter cannot be used.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7700.0, 1.0)
    >>> step = NormalizeEdge(axis=energy).fit([2.0 - 1e-4 * energy + 0.7 * (energy > 7112)])
    >>> step.transform([5.0 - 1e-4 * energy + 0.2 * (energy > 7112)])[0, [0, -1]].round(2) + 0.0
    array([0., 1.])
    """

    def __init__(
        self,
        *,
        near: float | None = None,
        before: tuple[float, float] | None = None,
        after: tuple[float, float] | None = None,
        degree: int | None = None,
        victoreen: int = 0,
        flatten: bool = True,
        axis: ArrayLike | None = None,
    ) -> None:
        self.near = near
        self.before = before
        self.after = after
        self.degree = degree
        self.victoreen = victoreen
        self.flatten = flatten
        self.axis = axis

    def edges(self, X: ArrayLike) -> list[NormalizedAbsorption]:
        """Return the edge, its step and both curves of each spectrum, X of shape (n_samples, n_points)."""
        return [self._normalized(row) for row in self._check(X, reset=False)]

    def _learn(self, rows: Array) -> None:
        for name, window in (("before", self.before), ("after", self.after)):
            if window is not None and not 0 <= min(window) < max(window):
                raise InputError(f"expected {name} as two distances from the edge in eV, such as 50-150, got {window}")
        self._before = None if self.before is None else (-max(self.before), -min(self.before))

    def _normalized(self, row: Array) -> NormalizedAbsorption:
        return normalize(
            self.points_,
            row,
            near=self.near,
            pre_edge=self._before,
            post_edge=self.after,
            degree=self.degree,
            victoreen=self.victoreen,
        )

    def _row(self, row: Array) -> Array:
        found = self._normalized(row)
        return found.flattened if self.flatten else found.normalized

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say where the edges are and how high their steps."""
        edges = self.edges(rows)
        energies, heights = [each.edge_energy for each in edges], [each.edge_step for each in edges]
        return (
            f" (edges at {min(energies):.2f} to {max(energies):.2f} eV, steps {min(heights):.4g} to {max(heights):.4g})"
        )
