"""Series along one label: read from the path over the map or from a plane, and where the path jumps."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]
NEIGHBOURS = 6
"""Steps on each side that say how fast the path usually goes there."""
TO_STANDARD_DEVIATION = 1.4826  # of a normal distribution, from the median absolute deviation


class PathInterpolator:
    """Read one label from the nearest place on the path that the known samples take over the map as it grows.

    Known points of one label are averaged and neighbours in the label are joined by straight lines. The answer is the
    label at the foot of the nearest perpendicular, linear along each line: a principal curve (Hastie and Stuetzle, J.
    Am. Stat. Assoc. 84, 502 (1989), DOI 10.1080/01621459.1989.10478797) whose order is known. Distances are taken in
    standard deviations of the known points along each axis. Beyond an end the answer is the label there: a last line
    that went on would catch points of other parts of a path that bends back. It suits series that bend or jump, such as
    those through a phase transition. InputError if there is more than one label, or fewer than two values of it.
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        if values.shape[1] != 1:
            raise InputError(f"the readout 'path' follows one label, got {values.shape[1]}; choose another readout")
        self._levels, numbers = np.unique(np.round(values[:, 0], 12), return_inverse=True)
        if len(self._levels) < 2:
            raise InputError("the readout 'path' needs at least two different values of the label")
        spread = points.std(axis=0)
        self._unit = np.where(spread > 1e-12 * np.abs(points).max(), spread, 1.0)
        scaled = points / self._unit
        self._path = np.array([scaled[numbers == number].mean(axis=0) for number in range(len(self._levels))])

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the label at points (n_queries, 2), shape (n_queries, 1)."""
        places = queries / self._unit
        start, line = self._path[:-1], np.diff(self._path, axis=0)
        length = np.maximum((line**2).sum(axis=1), 1e-300)
        along = np.einsum("nlc,lc->nl", places[:, np.newaxis] - start, line) / length
        along = np.clip(along, 0.0, 1.0)
        feet = start + along[..., np.newaxis] * line
        nearest = np.argmin(((places[:, np.newaxis] - feet) ** 2).sum(axis=2), axis=1)
        share = along[np.arange(len(queries)), nearest]
        return np.asarray((self._levels[nearest] + share * np.diff(self._levels)[nearest])[:, np.newaxis])


class PlaneInterpolator:
    """Read labels from a straight plane through the known points: for few samples, and for reading beyond them.

    Ridge regression on the standardised coordinates with a penalty of a thousandth of a sample, which only decides
    where the points lie on a line.
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self._centre, spread = points.mean(axis=0), points.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._mean = values.mean(axis=0)
        known = (points - self._centre) / self._spread
        self._slope = np.linalg.solve(known.T @ known + 1e-3 * np.eye(known.shape[1]), known.T @ (values - self._mean))

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the labels at points (n_queries, 2), shape (n_queries, n_labels)."""
        return np.asarray((queries - self._centre) / self._spread @ self._slope + self._mean)


def path_steps(coordinates: ArrayLike, label: ArrayLike, *, n_neighbors: int = NEIGHBOURS) -> pd.DataFrame:
    """Measure each step of the path that the samples take over the map as a label grows.

    Samples of one label are taken at their mean. The speed is the distance on the map over the difference of the label;
    its excess over the running median of `n_neighbors` steps on each side is told in robust standard deviations (1.4826
    times the median absolute deviation; Rousseeuw and Croux, J. Am. Stat. Assoc. 88, 1273 (1993),
    DOI 10.1080/01621459.1993.10476408).

    Returns
    -------
    pandas.DataFrame
        One row a step: ``start`` and ``stop`` (the label), ``speed`` (map units per unit of the label) and ``excess``
        (robust standard deviations).

    Raises
    ------
    InputError
        If shapes do not fit, a value is not finite, or there are fewer than eight different labels.
    """
    points, values = np.asarray(coordinates, dtype=np.float64), np.asarray(label, dtype=np.float64)
    if points.ndim != 2 or values.shape != points.shape[:1]:
        raise InputError(f"expected coordinates (n_samples, 2) and as many labels, got {points.shape}, {values.shape}")
    if not (np.isfinite(points).all() and np.isfinite(values).all()):
        raise InputError("coordinates and labels must be finite; leave samples without a label out")
    levels, numbers = np.unique(values, return_inverse=True)
    if len(levels) < 8:
        raise InputError(f"expected at least eight different labels to judge a path by, got {len(levels)}")
    at = np.array([points[numbers == number].mean(axis=0) for number in range(len(levels))])
    speed = np.linalg.norm(np.diff(at, axis=0), axis=1) / np.diff(levels)
    near = [speed[max(0, k - n_neighbors) : k + n_neighbors + 1] for k in range(len(speed))]
    over = speed - np.array([np.median(part) for part in near])
    spread = TO_STANDARD_DEVIATION * float(np.median(np.abs(over)))
    excess = over / spread if spread > 0 else np.where(over > 0, np.inf, 0.0)
    return pd.DataFrame({"start": levels[:-1], "stop": levels[1:], "speed": speed, "excess": excess})


def find_transitions(
    coordinates: ArrayLike, label: ArrayLike, *, threshold: float = 5.0, n_neighbors: int = NEIGHBOURS
) -> pd.DataFrame:
    """Find where the path over the map jumps: a candidate for a phase transition each.

    Steps that are faster than usual by `threshold` robust standard deviations are joined with their neighbours above
    half of that, since a transition may take several steps. The place is the mean of the joined steps' centres,
    weighted by their excess.

    Parameters
    ----------
    coordinates
        Points of the map, shape (n_samples, n_dimensions).
    label
        What the series runs over, shape (n_samples,).
    threshold
        Excess that counts, in robust standard deviations.
    n_neighbors
        See `path_steps`.

    Returns
    -------
    pandas.DataFrame
        One row a transition in the order of the label: ``at``, ``start`` and ``stop`` (the range of the joined steps)
        and ``excess`` (the largest).

    Raises
    ------
    InputError
        As for `path_steps`.

    Examples
    --------
    >>> temperature = np.arange(20.0)
    >>> points = np.c_[temperature + 3.0 * (temperature > 9.5) + 0.05 * np.sin(5 * temperature), 0 * temperature]
    >>> find_transitions(points, temperature)[["at", "start", "stop"]].values.tolist()
    [[9.5, 9.0, 10.0]]
    """
    steps = path_steps(coordinates, label, n_neighbors=n_neighbors)
    excess = steps["excess"].to_numpy()
    above = excess > threshold / 2
    rows = []
    edges = np.flatnonzero(np.diff(np.r_[False, above, False].astype(int)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        part = steps.iloc[first:last]
        if part["excess"].max() <= threshold:
            continue
        centres = 0.5 * (part["start"] + part["stop"])
        finite = np.minimum(part["excess"], 1e6)
        rows.append(
            {
                "at": float(np.average(centres, weights=finite)),
                "start": float(part["start"].iloc[0]),
                "stop": float(part["stop"].iloc[-1]),
                "excess": float(part["excess"].max()),
            }
        )
    return pd.DataFrame(rows, columns=["at", "start", "stop", "excess"])
