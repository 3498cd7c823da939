"""Glitches of the monochromator: found, replaced and listed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError
from peakscape.signal.edge import checked_curve

_NEIGHBOURS = 4
"""Points on each side that a point is predicted from."""
_SURROUNDINGS = 20
"""Points on each side from which the usual error of such predictions is taken."""
SMALLEST = 5e-4
"""Share of the span of the curve that counts as noise even where there is less."""
_MOST = 200
"""A curve with more glitches than this is not taken for a scan."""


@dataclass(frozen=True)
class Deglitched:
    """Hold a curve without glitches, and what was removed.

    Attributes
    ----------
    absorption : ndarray of shape (n_points,)
        The curve; points that were removed are replaced by the cubic through their neighbours.
    removed : pandas.DataFrame
        One row for each such point: energy (eV), absorption (as it was), replaced_by, deviation (in standard
        deviations of the surroundings).
    """

    absorption: NDArray[np.float64]
    removed: pd.DataFrame


def deglitch(
    energy: ArrayLike,
    absorption: ArrayLike,
    *,
    edge_energy: float | None = None,
    spare: tuple[float, float] = (-20.0, 60.0),
    threshold: float = 7.0,
    max_width: int = 3,
) -> Deglitched:
    """Replace outliers of a few points that no smooth curve through their neighbours explains, and list them.

    Each point is predicted by the cubic through four points on either side of a gap of `max_width` points; what is off
    by more than `threshold` times the usual error around it (median absolute deviation of 40 points) is replaced, the
    worst first, and the rest judged again. Structure of the spectrum itself is as sharp as a glitch near the edge,
    which is left alone, as are the ends of the scan.
    Within some 25 points of an end a glitch of several points may be mistaken for its neighbours: look at the table.

    Parameters
    ----------
    energy
        Rising, eV (n_points,).
    absorption
        In any unit (n_points,).
    edge_energy
        Position of the edge, eV; None leaves nothing alone.
    spare
        Range around the edge in which nothing is touched, eV relative to it.
    threshold
        In standard deviations; plain noise stays below 5 in scans of some hundred points.
    max_width
        Widest glitch, in points.

    Returns
    -------
    Deglitched

    Raises
    ------
    InputError
        If the curve is too short for this, or a parameter cannot be used.

    Examples
    --------
    >>> energy = np.arange(7000.0, 7200.0, 1.0)
    >>> measured = np.sin(energy / 30.0)
    >>> measured[80] += 0.2
    >>> deglitch(energy, measured).removed[["energy", "replaced_by"]].round(3).values.tolist()
    [[7080.0, -0.371]]
    """
    points, values = checked_curve(energy, absorption)
    if max_width < 1 or not threshold > 0:
        raise InputError(f"expected a positive threshold and a width of 1 or more, got {threshold} and {max_width}")
    if len(points) < 2 * (max_width + _NEIGHBOURS) + 1:
        raise InputError(f"a scan of {len(points)} points is too short to tell glitches {max_width} points wide")
    allowed = np.ones(len(points), dtype=bool)
    if edge_energy is not None:
        allowed &= (points < edge_energy + spare[0]) | (points > edge_energy + spare[1])
    # Points near the ends have no neighbours on one side to be judged by.
    reach = max_width + _NEIGHBOURS
    allowed[: reach - 1] = allowed[1 - reach :] = False
    cleaned = values.copy()
    floor = SMALLEST * float(np.ptp(values))
    off = np.array([cleaned[i] - _predicted(points, cleaned, i, max_width) for i in range(len(points))])
    removed: dict[int, float] = {}
    for _ in range(_MOST):
        scores = np.where(allowed, np.abs(off) / (_usual(off) + floor), 0.0)
        worst = int(np.argmax(scores))
        if scores[worst] <= threshold:
            break
        removed[worst], allowed[worst] = float(scores[worst]), False
        cleaned[worst] = _predicted(points, cleaned, worst, max_width)
        for i in range(max(0, worst - reach), min(len(points), worst + reach + 1)):
            off[i] = cleaned[i] - _predicted(points, cleaned, i, max_width)
    _judge_again(points, values, cleaned, removed, threshold * (_usual(off) + floor))
    rows = [(points[i], values[i], cleaned[i], removed[i]) for i in sorted(removed)]
    return Deglitched(cleaned, pd.DataFrame(rows, columns=["energy", "absorption", "replaced_by", "deviation"]))


def _judge_again(
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    cleaned: NDArray[np.float64],
    removed: dict[int, float],
    bounds: NDArray[np.float64],
) -> None:
    """Put back, in place, what was removed only because a glitch stood among the points that it was judged by.

    Each is now judged by the nearest points that were never removed, those that fit best first.
    """
    numbers = np.arange(len(points))
    while removed:
        good = numbers[~np.isin(numbers, list(removed))]
        for i in removed:
            used = np.concatenate([good[good < i][-_NEIGHBOURS:], good[good > i][:_NEIGHBOURS]])
            cleaned[i] = float(Polynomial.fit(points[used], values[used], 3)(points[i]))
        best = min(removed, key=lambda i: abs(values[i] - cleaned[i]) / bounds[i])
        if abs(values[best] - cleaned[best]) > bounds[best]:
            return
        cleaned[best] = values[best]
        del removed[best]


def _predicted(points: NDArray[np.float64], values: NDArray[np.float64], i: int, max_width: int) -> float:
    """Predict a point from those beyond the gap around it."""
    numbers = np.arange(len(points))
    near = np.abs(numbers - i)
    left = numbers[(numbers < i) & (near >= max_width)][-_NEIGHBOURS:]
    right = numbers[(numbers > i) & (near >= max_width)][:_NEIGHBOURS]
    used = np.concatenate([left, right])
    return float(Polynomial.fit(points[used], values[used], 3)(points[i]))


def _usual(off: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the usual size of the errors around each point, as a standard deviation."""
    padded = np.pad(np.abs(off), _SURROUNDINGS, mode="reflect") if len(off) > _SURROUNDINGS else np.abs(off)
    if len(padded) == len(off):
        return np.full(len(off), np.median(padded) / 0.6745)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _SURROUNDINGS + 1)
    return np.asarray(np.median(windows, axis=1) / 0.6745)
