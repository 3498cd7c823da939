"""What a reader hands back for one measured curve, and the checks that every reader shares."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.spectra import AXES


@dataclass(frozen=True)
class Scan:
    """Hold one curve as read from a file, in the units of the container.

    Parameters
    ----------
    axis
        What `points` are: "two_theta" (degrees), "q" (1/angstrom) or "energy" (eV).
    points
        Positions on the axis, rising, shape (n_points,).
    intensity
        Counts or any other measure of intensity, shape (n_points,).
    name
        Name of the sample.
    source
        The file that it came from.
    wavelength
        In angstrom; None where the file does not tell.

    Examples
    --------
    >>> scan = Scan("two_theta", np.array([5.0, 5.1]), np.array([10.0, 12.0]), name="a", source="a.xy")
    >>> scan.kind
    'diffraction'
    """

    axis: str
    points: NDArray[np.float64]
    intensity: NDArray[np.float64]
    name: str
    source: str
    wavelength: float | None = None

    @property
    def kind(self) -> str:
        """Kind of spectrum that lies on such an axis: "absorption" for energy, else "diffraction"."""
        return "absorption" if self.axis == "energy" else "diffraction"


def check_curve(
    path: Path, axis: str, points: NDArray[np.float64], intensity: NDArray[np.float64], lines: NDArray[np.int_]
) -> None:
    """Raise FormatError, with the line, where a curve breaks the rules of its axis.

    Parameters
    ----------
    path
        The file, for the message.
    axis
        "two_theta", "q" or "energy".
    points, intensity
        The curve, shape (n_points,) each.
    lines
        Line number in the file of each point, shape (n_points,).

    Raises
    ------
    FormatError
        A value that is not finite, a negative axis, two_theta above 180 degrees, points that do not rise, fewer than
        two points.

    Examples
    --------
    >>> check_curve(Path("a.xy"), "q", np.array([1.0, 1.0]), np.array([3.0, 4.0]), np.array([1, 2]))
    Traceback (most recent call last):
    peakscape.errors.FormatError: a.xy, line 2: q 1 stands twice (also on line 1); each point once, please
    """
    for what, values in ((axis, points), ("intensity", intensity)):
        if not np.all(np.isfinite(values)):
            i = int(np.flatnonzero(~np.isfinite(values))[0])
            raise FormatError(f"{path}, line {lines[i]}: {what} is {values[i]}; expected a finite number")
    if np.any(points < 0):
        i = int(np.flatnonzero(points < 0)[0])
        raise FormatError(
            f"{path}, line {lines[i]}: {axis} is negative ({points[i]:g} {AXES[axis][0]}); cut the file there"
            " or name the right axis (two_theta, q or energy)"
        )
    if axis == "two_theta" and np.any(points > 180.0):
        i = int(np.flatnonzero(points > 180.0)[0])
        raise FormatError(
            f"{path}, line {lines[i]}: two_theta is {points[i]:g} degrees, above 180; is the first column energy or q?"
        )
    if len(points) < 2:
        raise FormatError(f"{path}: holds {len(points)} point; a pattern needs at least 2")
    _check_rising(path, axis, points, lines)


def _check_rising(path: Path, axis: str, points: NDArray[np.float64], lines: NDArray[np.int_]) -> None:
    steps = np.diff(points)
    if np.all(steps > 0):
        return
    i = int(np.flatnonzero(steps <= 0)[0])
    if steps[i] == 0:
        raise FormatError(
            f"{path}, line {lines[i + 1]}: {axis} {points[i]:g} stands twice (also on line {lines[i]});"
            " each point once, please"
        )
    raise FormatError(
        f"{path}, line {lines[i + 1]}: {axis} falls from {points[i]:g} to {points[i + 1]:g};"
        " sort the file by its first column"
    )
