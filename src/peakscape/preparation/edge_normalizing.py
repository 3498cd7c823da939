"""Bring absorption spectra onto the scale of their edge step, as a step of a recipe."""

from typing import Any

from numpy.typing import ArrayLike

from peakscape.errors import InputError
from peakscape.preparation.rows import Array, SameAxis
from peakscape.signal.edge import NormalizedAbsorption, normalize


class NormalizeEdge(SameAxis):
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
    >>> import numpy as np
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

    def learned(self) -> dict[str, Any]:
        """Return the parameters: nothing is learned from the training spectra."""
        return super().learned()
