"""Curves of pure parts, each moved along its axis and broadened by its own amount, with derivatives."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline

from peakscape.signal.projection import Shapes
from peakscape.signal.smoothing import broaden_by_fourier

Array = NDArray[np.float64]
MOST_EVEN = 16_384
"""Points of the even grid on which parts are broadened."""


class MovedParts:
    """Pure spectra that can be moved and broadened.

    Parameters
    ----------
    axis
        On which a uniform change is a translation, ascending, shape (n_points,).
    parts
        Shape (n_parts, n_points).
    max_width
        Largest standard deviation of the Gaussian that a part is broadened by, in units of the axis; 0 for none.

    Examples
    --------
    >>> axis = np.arange(100.0)
    >>> parts = MovedParts(axis, np.exp(-(((axis - 40.0) / 5.0) ** 2))[None], 0.0)
    >>> int(parts.curve(0, 3.0, 0.0)[0].argmax())
    43
    """

    def __init__(self, axis: Array, parts: Array, max_width: float) -> None:
        self.axis, self.parts = axis, parts
        self.max_variance = max_width**2
        self._splines: list[list[BSpline]] = [[make_interp_spline(axis, row, k=3)] for row in parts]
        if max_width > 0:
            for splines, middle, broad in zip(
                self._splines, self._broadened(max_width * np.sqrt(0.5)), self._broadened(max_width), strict=True
            ):
                splines += [make_interp_spline(axis, middle, k=3), make_interp_spline(axis, broad, k=3)]
        self._slopes = [[spline.derivative() for spline in splines] for splines in self._splines]

    def _broadened(self, sigma: float) -> Array:
        """Convolve on an even grid; the ends go on with their values."""
        n_even = min(4 * len(self.axis), MOST_EVEN)
        even = np.linspace(self.axis[0], self.axis[-1], n_even)
        step = even[1] - even[0]
        room = int(np.ceil(4.0 * sigma / step))
        rows = np.array([np.pad(np.interp(even, self.axis, row), room, mode="edge") for row in self.parts])
        smooth = broaden_by_fourier(rows, sigma / step)[:, room : room + n_even]
        return np.array([np.interp(self.axis, even, row) for row in smooth])

    def curve(self, part: int, shift: float, variance: float) -> tuple[Array, Array, Array]:
        """Return a part moved to the right by a shift and broadened, and its derivatives by shift and variance."""
        where = self.axis - shift
        beyond = (where < self.axis[0]) | (where > self.axis[-1])
        where = np.clip(where, self.axis[0], self.axis[-1])
        curves = [spline(where) for spline in self._splines[part]]
        slopes = [np.where(beyond, 0.0, -slope(where)) for slope in self._slopes[part]]
        if len(curves) == 1:
            return curves[0], slopes[0], np.zeros_like(where)
        # a parabola through the curves broadened by nothing, half and all of the largest variance
        t = variance / self.max_variance
        weights = np.array([(1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1)])
        bend = np.array([4 * t - 3, 4 - 8 * t, 4 * t - 1]) / self.max_variance
        return weights @ curves, weights @ slopes, bend @ curves

    def shapes(self, chosen: NDArray[np.intp], parameters: Array, *, constrained: bool = False) -> Shapes:
        """Return the curves of chosen parts at their shifts, followed by their variances where they may broaden.

        With `constrained`, each curve has one point more, of value 1: its sum is the sum of the amounts.
        """
        n_parts = len(chosen)
        moves = len(parameters) > 0
        widens = len(parameters) > n_parts
        made = [
            self.curve(part, parameters[k] if moves else 0.0, parameters[n_parts + k] if widens else 0.0)
            for k, part in enumerate(chosen)
        ]
        columns = np.array([curve for curve, _, _ in made])
        by_shift, by_width = np.array([one[1] for one in made]), np.array([one[2] for one in made])
        every = [by_shift, by_width] if widens else [by_shift] if moves else []
        if constrained:
            columns = np.pad(columns, ((0, 0), (0, 1)), constant_values=1.0)

        def slopes(amounts: Array) -> Array:
            rows = np.concatenate([amounts[:, None] * block for block in every])
            return np.pad(rows, ((0, 0), (0, 1))) if constrained else rows

        return Shapes(columns, slopes)
