"""Where the absorption edge of a measured curve is. Arrays in, numbers out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]
ENOUGH_POINTS = 10
"""An edge, a line before it and a curve after it cannot be told from fewer."""


def find_edge_energy(
    energy: ArrayLike, absorption: ArrayLike, *, near: float | None = None, within: float = 50.0
) -> float:
    """Find the edge of a measured curve: the largest slope, smoothed over about one step of the scan.

    The slope is brought onto even steps, smoothed by a Gaussian whose width grows with the energy (0.12 eV and half
    a step at 6 keV, as resolution and lifetime do), and its maximum is refined by a parabola. The first and the last
    fiftieth of the points are left out: scans often begin and end with a glitch.

    Parameters
    ----------
    energy
        Rising, eV (n_points,).
    absorption
        In any unit (n_points,).
    near
        Look only around this energy, eV; None looks everywhere.
    within
        How far around `near`, eV.

    Returns
    -------
    float
        Energy of the edge, eV.

    Raises
    ------
    InputError
        If the curve is too short, not finite, not rising, or has no points around `near`.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7400.0, 0.5)
    >>> round(find_edge_energy(energy, np.arctan((energy - 7112.2) / 1.5)), 1)
    7112.2
    """
    points, values = checked_curve(energy, absorption)
    slope = np.gradient(values, points)
    margin = end_margin(points)
    allowed = np.zeros(len(points), dtype=bool)
    allowed[margin:-margin] = True
    if near is not None:
        allowed &= np.abs(points - near) <= within
        if allowed.sum() < 3:
            raise InputError(
                f"no edge near {near:g} eV: the scan runs from {points[0]:g} to {points[-1]:g} eV"
                f"{other_unit(points, near)}"
            )
    # On even steps the slope at the closely spaced points around the edge is not drowned by glitches elsewhere.
    rough = float(points[allowed][np.argmax(slope[allowed])])
    step = scan_step(points, rough)
    width = 0.5 * (step + np.clip(rough / 25000.0, 0.01, 1.0))
    low, high = points[allowed][0], points[allowed][-1]
    even = np.arange(low, high + 0.25 * step, 0.5 * step) if (high - low) / step < 1e6 else points[allowed]
    smooth = _smoothed(np.interp(even, points, slope), width / (even[1] - even[0]))
    best = int(np.argmax(smooth))
    return float(even[best] + (even[1] - even[0]) * _vertex(smooth, best))


def end_margin(points: Array) -> int:
    """Return how many points at each end of a scan are not searched for its edge.

    Examples
    --------
    >>> end_margin(np.arange(400.0))
    8
    """
    return max(2, len(points) // 50)


def checked_curve(energy: ArrayLike, absorption: ArrayLike) -> tuple[Array, Array]:
    """Return energy and absorption as double precision, after both were checked.

    Raises
    ------
    InputError
        If they do not belong together, are not finite, do not rise, or are too few.

    Examples
    --------
    >>> checked_curve([1.0, 2.0], [3.0])
    Traceback (most recent call last):
    peakscape.errors.InputError: expected as many absorptions as energies, 2, got 1
    """
    points, values = np.asarray(energy, dtype=np.float64), np.asarray(absorption, dtype=np.float64)
    if points.ndim != 1 or points.shape != values.shape:
        raise InputError(f"expected as many absorptions as energies, {points.size}, got {values.size}")
    wrong = ~(np.isfinite(points) & np.isfinite(values))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"expected energies and absorptions that are finite numbers, got {values[first]:g} at {points[first]:g} eV"
            f" ({int(wrong.sum())} of {len(points)} points are not finite); cut them out"
        )
    if len(points) < ENOUGH_POINTS:
        raise InputError(f"expected a scan of {ENOUGH_POINTS} points or more, got {len(points)}")
    if not (np.diff(points) > 0).all():
        raise InputError("expected energies that rise; sort the scan and merge points that occur twice")
    return points, values


def other_unit(points: Array, edge: float) -> str:
    """Say which other unit would put an edge into a scan, else what scan is expected.

    Examples
    --------
    >>> other_unit(np.array([6.9, 7.9]), 7112.0)
    '; the axis looks like keV, expected eV'
    >>> other_unit(np.array([6900.0, 7900.0]), 7.112)
    '; 7.112 looks like keV, expected eV'
    """
    low, high = float(points[0]), float(points[-1])
    if low <= edge * 1000.0 <= high:
        return f"; {edge:g} looks like keV, expected eV"
    if low * 1000.0 <= edge <= high * 1000.0:
        return "; the axis looks like keV, expected eV"
    if low > 1.0 and high < 90.0:
        return "; the axis looks like angles in degree or keV, expected energies in eV"
    return "; expected a scan that begins below the edge and ends above it"


def scan_step(points: Array, edge: float) -> float:
    """Return the usual step of a scan around its edge, between 0.01 and 2 eV.

    Examples
    --------
    >>> scan_step(np.array([0.0, 10.0, 10.5, 11.0, 11.5, 20.0]), 11.0)
    0.5
    """
    near = np.abs(points - edge) <= 25.0
    steps = np.diff(points[near]) if near.sum() > 3 else np.diff(points)
    return float(np.clip(np.median(steps), 0.01, 2.0))


def _smoothed(values: Array, width: float) -> Array:
    """Convolve with a Gaussian of a width in points; the ends are continued by their last value."""
    reach = max(1, int(np.ceil(4.0 * width)))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(width, 1e-6)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.convolve(padded, weights / weights.sum(), mode="valid"))


def _vertex(values: Array, best: int) -> float:
    """Return how far the top of the parabola through three points lies from the middle one, in points."""
    if not 0 < best < len(values) - 1:
        return 0.0
    left, middle, right = values[best - 1 : best + 2]
    bend = left - 2.0 * middle + right
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
