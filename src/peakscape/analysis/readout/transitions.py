"""Transitions along a series by the change per unit of the label, judged by what repeats scatter."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]
NEIGHBOURS = 6
"""Steps on each side that say how fast the path usually goes there."""
TO_STANDARD_DEVIATION = 1.4826  # of a normal distribution, from the median absolute deviation
TRANSITION = ("at", "start", "stop", "excess", "onset", "onset_error", "end", "end_error")
FEWEST_LEVELS = 8
"""Different values of the label from which a path is judged."""
SAME = 0.05
"""Values closer than this share of the median step are one: what differs between them is noise."""
REACH = 4
"""Levels on each side from which the noise at a step is taken."""
DOUBTFUL = 1.0
"""Excess of a step, in its own errors, from which it may belong to the transition beside it."""


@dataclass(frozen=True)
class _Path:
    """Levels of the label, where the samples lie there on average, how many there are, and the noise at each step."""

    levels: Array
    points: Array
    counts: Array
    noise: Array


def find_transitions(
    coordinates: ArrayLike, label: ArrayLike, *, threshold: float = 5.0, n_neighbors: int = NEIGHBOURS
) -> pd.DataFrame:
    """Find where samples change faster with a label than usual, by more than their noise allows.

    The change of a step is compared with what the running median of the speed (change per unit of the label) predicts
    for a step of that length. Its error is made of the noise of the two means and of how much speeds scatter along the
    path. Noise is what repeats of one value differ by, or what points deviate from the straight line between their
    neighbours, whichever is larger. Values that lie much closer together than usual are taken as repeats: a difference
    between labels 0.001 apart is noise and no jump.

    Parameters
    ----------
    coordinates
        Points of the map, shape (n_samples, n_dimensions).
    label
        What the series runs over, shape (n_samples,).
    threshold
        Excess that counts, in standard errors; steps beside it above half of that are joined.
    n_neighbors
        Steps on each side that the usual speed is the median of.

    Returns
    -------
    pandas.DataFrame
        One row a transition in the order of the label: ``at``, ``start`` and ``stop`` (of the joined steps), ``excess``
        (the largest), ``onset`` and ``end`` with ``onset_error`` and ``end_error``: half the range in which each may
        lie, at least half a step, more where a step beside is above one standard error.

    Raises
    ------
    InputError
        If shapes do not fit, a value is not finite, or fewer than eight different labels remain.

    Examples
    --------
    >>> kelvin = np.r_[np.arange(20.0), 4.001]
    >>> points = np.c_[kelvin + 3.0 * (kelvin > 9.5) + 0.05 * np.sin(7 * kelvin), 0 * kelvin]
    >>> points[-1] += 0.1
    >>> find_transitions(points, kelvin)[["at", "start", "stop", "onset_error"]].values.tolist()
    [[9.5, 9.0, 10.0, 0.5]]
    """
    path = _path(coordinates, label)
    steps = _judged(path, n_neighbors)
    excess = steps["excess"].to_numpy()
    joined = np.r_[False, excess > threshold / 2, False].astype(int)
    edges = np.flatnonzero(np.diff(joined))
    rows = [
        _transition(steps, excess, first, last)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
        if excess[first:last].max() > threshold
    ]
    return pd.DataFrame(rows, columns=list(TRANSITION), dtype=np.float64)


def path_steps(coordinates: ArrayLike, label: ArrayLike, *, n_neighbors: int = NEIGHBOURS) -> pd.DataFrame:
    """Measure each step of the path that the samples take over the map as a label grows.

    Samples of one value are taken at their mean, as `find_transitions` does; parameters and errors are its own.

    Returns
    -------
    pandas.DataFrame
        One row a step: ``start`` and ``stop`` (the label), ``speed`` (map units per unit of the label) and ``excess``
        over the usual change there, in standard errors.
    """
    return _judged(_path(coordinates, label), n_neighbors)


def _path(coordinates: ArrayLike, label: ArrayLike) -> _Path:
    """Average samples of one level, and estimate the noise of a sample, a standard deviation over all axes."""
    points, values = np.asarray(coordinates, dtype=np.float64), np.asarray(label, dtype=np.float64)
    if points.ndim != 2 or values.shape != points.shape[:1]:
        raise InputError(f"expected coordinates (n_samples, 2) and as many labels, got {points.shape}, {values.shape}")
    if not (np.isfinite(points).all() and np.isfinite(values).all()):
        raise InputError("coordinates and labels must be finite; leave samples without a label out")
    different = np.unique(values)
    near = SAME * float(np.median(np.diff(different))) if len(different) > 1 else 0.0
    starts = np.r_[True, np.diff(different) > near]
    numbers = (np.cumsum(starts) - 1)[np.searchsorted(different, values)]
    n_levels = int(starts.sum())
    if n_levels < FEWEST_LEVELS:
        raise InputError(f"expected at least eight different labels to judge a path by, got {n_levels}")
    counts = np.bincount(numbers).astype(np.float64)
    levels = np.bincount(numbers, values) / counts
    at = np.stack([np.bincount(numbers, column) / counts for column in points.T], axis=1)
    n_repeats = len(values) - n_levels
    repeats = float(np.sqrt(((points - at[numbers]) ** 2).sum() / n_repeats)) if n_repeats > 0 else 0.0
    return _Path(levels, at, counts, np.maximum(repeats, _roughness(levels, at)))


def _roughness(levels: Array, at: Array) -> Array:
    """How far points lie from the line between their neighbours, as the noise of a single one at each step.

    The median over the levels on one side of the step, on the quieter side: what comes after may be noise altogether,
    as the places of a melt that has no peaks. The two levels of the step itself are left out, for a jump is no noise.
    At least the median of the whole path.
    """
    share = ((levels[1:-1] - levels[:-2]) / (levels[2:] - levels[:-2]))[:, np.newaxis]
    apart = np.linalg.norm(at[1:-1] - (1.0 - share) * at[:-2] - share * at[2:], axis=1)
    each = apart / np.sqrt(1.0 + share[:, 0] ** 2 + (1.0 - share[:, 0]) ** 2)
    each = np.r_[each[0], each, each[-1]]
    sides = [(each[max(0, k - 1 - REACH) : k - 1], each[k + 1 : k + 1 + REACH]) for k in range(1, len(each))]
    usual = float(np.median(each))
    return np.array([max(usual, min(np.median(part) for part in both if len(part) >= 2)) for both in sides])


def _judged(path: _Path, n_neighbors: int) -> pd.DataFrame:
    """Each step with its excess over the usual change, in standard errors."""
    length = np.diff(path.levels)
    change = np.linalg.norm(np.diff(path.points, axis=0), axis=1)
    speed = change / length
    near = [speed[max(0, k - n_neighbors) : k + n_neighbors + 1] for k in range(len(speed))]
    usual = np.array([np.median(part) for part in near])
    of_means = path.noise * np.sqrt(1.0 / path.counts[:-1] + 1.0 / path.counts[1:])
    # what speeds scatter beyond the noise, which short steps turn into high speeds
    beyond = (TO_STANDARD_DEVIATION * (speed - usual)) ** 2 - (of_means / length) ** 2
    scatter = np.sqrt(max(float(np.median(beyond)), 0.0))
    error = np.sqrt(of_means**2 + (scatter * length) ** 2)
    over = change - usual * length
    excess = np.where(error > 0, over / np.where(error > 0, error, 1.0), np.where(over > 0, np.inf, 0.0))
    return pd.DataFrame({"start": path.levels[:-1], "stop": path.levels[1:], "speed": speed, "excess": excess})


def _transition(steps: pd.DataFrame, excess: Array, first: int, last: int) -> dict[str, float]:
    """Place, onset and end of the steps from `first` to before `last`."""
    start, stop = steps["start"].to_numpy(), steps["stop"].to_numpy()
    before, after = first, last
    while before > 0 and excess[before - 1] > DOUBTFUL:
        before -= 1
    while after < len(excess) and excess[after] > DOUBTFUL:
        after += 1
    centres = 0.5 * (start + stop)[first:last]
    return {
        "at": float(np.average(centres, weights=np.minimum(excess[first:last], 1e6))),
        "start": float(start[first]),
        "stop": float(stop[last - 1]),
        "excess": float(excess[first:last].max()),
        "onset": float(0.5 * (start[first] + stop[first])),
        "onset_error": float(0.5 * (stop[first] - start[before])),
        "end": float(0.5 * (start[last - 1] + stop[last - 1])),
        "end_error": float(0.5 * (stop[after - 1] - start[last - 1])),
    }
