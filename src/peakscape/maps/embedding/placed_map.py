"""Maps whose method gives points for the training patterns only: our own placement of new ones, and a decoder."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from peakscape.errors import InputError
from peakscape.maps.span import PAIRS_PER_BLOCK, with_fixed_signs
from peakscape.maps.span_map import MixingMap
from peakscape.threads import one_thread

MOST_STEPS = 200
"""Newton steps at most; 5 to 30 are usual."""

N_HALVINGS = 60
"""Halvings of the interval of widths: down to rounding."""

TOLERANCE = 1e-9
"""A point that moves by a smaller share of the map's size has arrived."""


@dataclass(frozen=True)
class Slopes:
    """A cost of points by their squared distances to the known points, and its derivatives by these.

    Attributes
    ----------
    value : ndarray of shape (n_samples,)
        The cost.
    first, second : ndarray of shape (n_samples, n_known)
        First and second derivative by each squared distance.
    crossed : ndarray of shape (n_samples, n_known) or None
        Where distances act on one another: the mixed second derivatives are minus the products of these.
    """

    value: np.ndarray
    first: np.ndarray
    second: np.ndarray
    crossed: np.ndarray | None = None


PointCost = Callable[[np.ndarray, np.ndarray], Slopes]
"""Takes squared distances (n_samples, n_known) and which of the new patterns they are of, (n_samples,)."""


class PlacedMap(MixingMap):
    """Base of the maps made by a method that places its training patterns only.

    A new pattern is placed by a rule of this package: the training points stay where they are, and the new point goes
    to where its own part of the method's cost is lowest, by damped Newton steps from the nearest training point and
    from the weighted mean of the near ones, whichever ends lower. Distances are taken in the span of the training
    patterns: what a pattern has outside it, noise above all, does not move its point. Each pattern is placed on its
    own, without chance. Training patterns are placed by the same rule, so that a pattern and its copy with a little
    noise lie together; where the method itself put them is in `embedding_`.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, 2)
        Where the method put the training patterns, turned to their principal axes around their mean.
    scale_, mean_, basis_, known_, size_, n_features_in_
        As every `MixingMap` has them, with its decoder.
    """

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise InputError for a parameter out of range."""

    @abstractmethod
    def _arrange(self, known: np.ndarray) -> np.ndarray:
        """Return the method's points (n_samples, 2) of span coordinates (n_samples, rank)."""

    @abstractmethod
    def _costs(self, squares: np.ndarray) -> tuple[list[PointCost], np.ndarray]:
        """Return costs of new points by squared distances (n_samples, n_known) of patterns, and start weights."""

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Arrange the training patterns and learn the decoder.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same. More than 128 MiB of them
            are read by blocks of rows; their span keeps all but 1e-6 of the variance, by at most 512 directions.
        y
            Not used.

        Returns
        -------
        PlacedMap
            This map.

        Raises
        ------
        InputError
            If a parameter is out of range, there are fewer than three patterns or two points, a value is not finite, or
            all patterns are the same.
        """
        self._check_parameters()
        with one_thread():  # the same bits on any number of cores
            self.known_ = self._fit_span(X)
            points = np.asarray(self._arrange(self.known_.astype(np.float64)), dtype=np.float64)
            centered = points - points.mean(axis=0)
            self.embedding_ = _upright(centered)
            self._fit_decoder()
        return self

    def _place(self, span: np.ndarray) -> np.ndarray:
        points = np.empty((1, len(span), 2))
        known = self.known_.astype(np.float64)
        n_rows = max(1, PAIRS_PER_BLOCK // len(known))
        for first in range(0, len(span), n_rows):
            squares = cdist(span[first : first + n_rows], known, "sqeuclidean")
            costs, weights = self._costs(squares)
            points[0, first : first + n_rows] = place_among(costs, self.embedding_, squares, weights)
        return points

    def _check_positive(self, *names: str, least: float = 0.0) -> None:
        """Raise InputError unless the parameters of these names are numbers above `least`."""
        for name in names:
            value = getattr(self, name)
            if not (np.isfinite(value) and value > least):
                raise InputError(f"{name} must be more than {least:g}, got {value!r}")

    def _check_start(self, *starts: str) -> None:
        """Raise InputError unless the start is one of these."""
        start = getattr(self, "start", None)
        if start not in starts:
            raise InputError(f"start must be one of {', '.join(map(repr, starts))}, got {start!r}")


def _upright(points: np.ndarray) -> np.ndarray:
    """Turn points (n_samples, 2) around the origin to their principal axes, the entry of largest size positive.

    By sums and not by matrix products, whose last bits may depend on where in memory the points lie.
    """
    x, y = points[:, 0], points[:, 1]
    angle = 0.5 * np.arctan2(2.0 * np.sum(x * y), np.sum(x * x) - np.sum(y * y))
    turned = np.stack([np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x], axis=1)
    return with_fixed_signs(turned)


def settle(cost: PointCost, known: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move points (n_samples, 2) downhill to the nearest minimum of their cost; return them and their cost.

    Newton steps in the plane; where the cost bends the wrong way or a step does not pay, damped (Levenberg-Marquardt).
    A point goes the same way whatever else is in the batch. `known` are the points of the known patterns, (n_known, 2).
    """
    size = float(np.sqrt(np.mean(np.sum((known - known.mean(axis=0)) ** 2, axis=1)))) or 1.0
    points = np.array(start, dtype=np.float64)
    rows = np.arange(len(points))
    values, slopes, bends = _derivatives(cost, known, points, rows)
    damping = 1e-3 * _trace(bends)
    for _ in range(MOST_STEPS):
        if not len(rows):
            break
        moves = _steps(slopes[rows], bends[rows], damping[rows], size)
        trial = points[rows] + moves
        new_values, new_slopes, new_bends = _derivatives(cost, known, trial, rows)
        better = new_values <= values[rows] + 1e-13 * np.abs(values[rows])
        taken = rows[better]
        points[taken], values[taken] = trial[better], new_values[better]
        slopes[taken], bends[taken] = new_slopes[better], new_bends[better]
        damping[rows] = np.where(better, damping[rows] / 8.0, np.maximum(damping[rows], 1e-6 * _trace(bends[rows])) * 4)
        rows = rows[np.hypot(moves[:, 0], moves[:, 1]) > TOLERANCE * size]
    return points, values


def place_among(
    costs: Sequence[PointCost], known: np.ndarray, distances: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Place new patterns among known points (n_known, 2): from two starts, and where the cost ends lower.

    The starts are the point of the nearest known pattern and the weighted mean of the points of the near ones;
    `distances` and `weights` are of shape (n_samples, n_known). The costs go from the smoothest, whose minimum is the
    start for the next one, to the one that counts.
    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    first = known[np.argmin(distances, axis=1)]
    second = np.stack([(shares * known[:, 0]).sum(axis=1), (shares * known[:, 1]).sum(axis=1)], axis=1)
    for cost in costs:
        first, first_values = settle(cost, known, first)
        second, second_values = settle(cost, known, second)
    return np.where((second_values < first_values)[:, None], second, first)


def _derivatives(
    cost: PointCost, known: np.ndarray, points: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cost (n,), gradient (n, 2) and Hessian (n, 3: xx, xy, yy) at points of the plane."""
    x = points[:, 0, None] - known[:, 0]
    y = points[:, 1, None] - known[:, 1]
    by = cost(x * x + y * y, rows)
    even = 2.0 * by.first.sum(axis=1)
    slopes = 2.0 * np.stack([(by.first * x).sum(axis=1), (by.first * y).sum(axis=1)], axis=1)
    bent_x = by.second * x
    bends = 4.0 * np.stack(
        [(bent_x * x).sum(axis=1), (bent_x * y).sum(axis=1), (by.second * y * y).sum(axis=1)], axis=1
    )
    bends[:, 0] += even
    bends[:, 2] += even
    if by.crossed is not None:
        a, b = 2.0 * (by.crossed * x).sum(axis=1), 2.0 * (by.crossed * y).sum(axis=1)
        bends -= np.stack([a * a, a * b, b * b], axis=1)
    return by.value, slopes, bends


def _trace(bends: np.ndarray) -> np.ndarray:
    """Return a measure of the size of Hessians, shape (n,)."""
    return np.asarray(np.abs(bends[:, 0]) + np.abs(bends[:, 2]) + 1e-300)


def _steps(slopes: np.ndarray, bends: np.ndarray, damping: np.ndarray, size: float) -> np.ndarray:
    """Return damped Newton steps (n, 2) that lead downhill and are no longer than the map's size."""
    half, mean = (bends[:, 0] - bends[:, 2]) / 2.0, (bends[:, 0] + bends[:, 2]) / 2.0
    lowest = mean - np.hypot(half, bends[:, 1])
    added = damping + np.maximum(0.0, -2.0 * lowest) + 1e-300
    a, b, c = bends[:, 0] + added, bends[:, 1], bends[:, 2] + added
    divisor = a * c - b * b
    divisor = np.where(divisor > 0, divisor, 1e-300)
    moves = np.stack([b * slopes[:, 1] - c * slopes[:, 0], b * slopes[:, 0] - a * slopes[:, 1]], axis=1)
    moves /= divisor[:, None]
    length = np.hypot(moves[:, 0], moves[:, 1])
    return np.asarray(moves * (size / np.maximum(length, size))[:, None])


def width_of(measure: Callable[[np.ndarray], np.ndarray], wanted: float, n_rows: int) -> np.ndarray:
    """Find for each row the width, shape (n_rows, 1), at which a rising measure has the wanted value."""
    low, high = np.full((n_rows, 1), -14.0), np.full((n_rows, 1), 14.0)  # natural logarithms
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2.0
        below = measure(np.exp(middle)) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(np.exp((low + high) / 2.0))


def positive(values: np.ndarray) -> np.ndarray:
    """Replace what is not positive by one."""
    return np.where(values > 0, values, 1.0)
