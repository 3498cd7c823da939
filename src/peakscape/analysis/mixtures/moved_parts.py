"""Curves of pure parts, each moved along its axis and broadened by its own amount, with derivatives."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

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
        levels = [parts]
        if max_width > 0:
            levels += [self._broadened(max_width * np.sqrt(0.5)), self._broadened(max_width)]
        # by power from the third down, level, part, and stretch between two points
        made = np.array([CubicSpline(axis, rows, axis=1).c for rows in levels])
        self._cubics = np.ascontiguousarray(made.transpose(1, 0, 3, 2))

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
        made = self._curves(np.array([part]), np.array([shift]), np.array([variance]))
        return made[0][0], made[1][0], made[2][0]

    def _curves(self, chosen: NDArray[np.intp], shifts: Array, variances: Array) -> tuple[Array, Array, Array]:
        """Curves and derivatives of chosen parts, each of shape (n_chosen, n_points)."""
        where = self.axis - shifts[:, None]
        beyond = (where < self.axis[0]) | (where > self.axis[-1])
        where = np.clip(where, self.axis[0], self.axis[-1])
        stretch = np.clip(np.searchsorted(self.axis, where, side="right") - 1, 0, len(self.axis) - 2)
        along = where - self.axis[stretch]
        third, second, first, zeroth = self._cubics[:, :, chosen[:, None], stretch]
        curves = ((third * along + second) * along + first) * along + zeroth
        slopes = np.where(beyond, 0.0, -((3.0 * third * along + 2.0 * second) * along + first))
        if len(curves) == 1:
            return curves[0], slopes[0], np.zeros_like(where)
        # a parabola through the curves broadened by nothing, half and all of the largest variance
        t = variances[:, None] / self.max_variance
        weights = np.array([(1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1)])
        bend = np.array([4 * t - 3, 4 - 8 * t, 4 * t - 1]) / self.max_variance
        return (weights * curves).sum(axis=0), (weights * slopes).sum(axis=0), (bend * curves).sum(axis=0)

    def shapes(self, chosen: NDArray[np.intp], parameters: Array, *, constrained: bool = False) -> Shapes:
        """Return the curves of chosen parts at their shifts, followed by their variances where they may broaden.

        With `constrained`, each curve has one point more, of value 1: its sum is the sum of the amounts.
        """
        n_parts, none = len(chosen), np.zeros(len(chosen))
        moves, widens = len(parameters) > 0, len(parameters) > n_parts
        shifts, variances = parameters[:n_parts] if moves else none, parameters[n_parts:] if widens else none
        columns, by_shift, by_width = self._curves(np.asarray(chosen), shifts, variances)
        every = [by_shift, by_width] if widens else [by_shift] if moves else []
        if constrained:
            columns = np.pad(columns, ((0, 0), (0, 1)), constant_values=1.0)

        def slopes(amounts: Array) -> Array:
            rows = np.concatenate([amounts[:, None] * block for block in every])
            return np.pad(rows, ((0, 0), (0, 1))) if constrained else rows

        return Shapes(columns, slopes)
