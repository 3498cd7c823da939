"""The regular grid of angles that a pattern stands on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """A regular grid of diffraction angles.

    Parameters
    ----------
    start, step
        In degree.
    n_points
        Number of points.

    Examples
    --------
    >>> grid_from_limits((1.0, 119.99, 0.01)).n_points
    11900
    """

    start: float
    step: float
    n_points: int

    @property
    def stop(self) -> float:
        """Last angle in degree."""
        return self.start + self.step * (self.n_points - 1)

    @property
    def two_theta(self) -> Array:
        """All angles in degree, shape (n_points,), rounded to 1e-9 degree."""
        return np.round(self.start + self.step * np.arange(self.n_points), 9)


def grid_from_limits(two_theta: tuple[float, float, float]) -> Grid:
    """Make a grid from its first angle, last angle and step.

    Parameters
    ----------
    two_theta
        First angle, last angle and step in degree; the last angle belongs to the grid.

    Returns
    -------
    Grid
        The grid.

    Raises
    ------
    InputError
        If the numbers do not make a grid of two points or more between 0 and 180 degree.

    Examples
    --------
    >>> grid_from_limits((10.0, 10.3, 0.1)).two_theta
    array([10. , 10.1, 10.2, 10.3])
    """
    try:
        start, stop, step = (float(value) for value in two_theta)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected two_theta=(first, last, step) in degree, got {two_theta!r}") from error
    if not (np.isfinite([start, stop, step]).all() and step > 0 and stop > start):
        raise InputError(f"expected two_theta=(first, last, step) with first < last and step > 0, got {two_theta!r}")
    if start < 0 or stop >= 180:
        raise InputError(f"expected two_theta from 0 to below 180 degree, got {start:g} to {stop:g}")
    n_points = int(np.floor((stop - start) / step + 1e-6)) + 1
    if n_points < 2:
        raise InputError(f"expected at least two points, got two_theta={two_theta!r}: the step exceeds the range")
    return Grid(start, step, n_points)
