"""What methods err beyond the known values: whole ends of a label left out, and errors that grow with the distance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
SMALL_BLOCK, LARGE_BLOCK = 2, 0.3
"""Values left out at an end at once: so many, and this share of all."""
LEAST_LEFT = 4
"""Values that must remain."""
LEAST_WEIGHT = 1e-3
"""Methods of a smaller weight take no part."""
SOON = 0.5
"""Steps beyond the known values from which intervals are as wide as errors there show."""


@dataclass(frozen=True)
class EndBlock:
    """One end of a label left out: what is asked, and what is learned from, each (n_samples,) of bool."""

    at_top: bool
    left: NDArray[np.bool_]
    kept: NDArray[np.bool_]


def end_blocks(values: Array, groups: Indices, *, few: bool = False) -> list[EndBlock]:
    """Return the blocks to be left out of a label (n_samples,), none where too few values remain.

    What belongs together with a sample that is asked is not learned from. With `few` only one block at each end, for
    methods that take long.

    Examples
    --------
    >>> [int(block.left.sum()) for block in end_blocks(np.arange(10.0), np.arange(10))]
    [2, 3, 2, 3]
    """
    known = np.unique(np.round(values, 9))
    large = max(SMALL_BLOCK, round(LARGE_BLOCK * len(known)))
    sizes = [large] if few else sorted({SMALL_BLOCK, large})
    blocks = []
    for at_top in (False, True):
        for size in sizes:
            if len(known) - size < LEAST_LEFT:
                continue
            rounded = np.round(values, 9)
            left = rounded >= known[-size] if at_top else rounded <= known[size - 1]
            kept = ~left & ~np.isin(groups, groups[left])
            if len(np.unique(rounded[kept])) >= LEAST_LEFT:
                blocks.append(EndBlock(at_top, left, kept))
    return blocks


@dataclass(frozen=True)
class Beyond:
    """What methods answered for samples beyond the values that they were fitted to.

    Attributes
    ----------
    errors : dict of ndarrays of shape (n_records,)
        By method: answers less labels.
    distances : ndarray of shape (n_records,)
        How far beyond, in mean steps between the known values.
    at_top : ndarray of bool, shape (n_records,)
        Whether above the largest.
    samples : ndarray of int, shape (n_records,)
        Which.
    """

    errors: dict[str, Array]
    distances: Array
    at_top: NDArray[np.bool_]
    samples: Indices

    @classmethod
    def measure(
        cls, fit_to: Callable[[str, Indices], Any], residuals: Mapping[str, Array], spectra: Array, values: Array,
        blocks: Sequence[EndBlock], folds: Indices,
    ) -> Self:  # fmt: skip
        """Leave ends out, and take what was erred at the ends when single values were left out.

        Parameters
        ----------
        fit_to
            Gives the method of a name fitted to the samples of these numbers.
        residuals
            By method: labels less answers of left-out samples, (n_samples,).
        spectra, values
            All samples, (n_samples, n_points), and their label, (n_samples,).
        blocks
            Of `end_blocks`.
        folds
            What was left out together for the residuals, (n_samples,).
        """
        known = np.unique(np.round(values, 9))
        step = float(np.ptp(values)) / (len(known) - 1)
        parts, errors = [], {name: [np.empty(0)] for name in residuals}
        for block in blocks:
            parts.append(_place(values, block, step))
            for name in residuals:
                told = fit_to(name, np.flatnonzero(block.kept)).predict(spectra[block.left])
                errors[name].append(np.asarray(told).reshape(-1) - values[block.left])
        for at_top, end in ((False, known[0]), (True, known[-1])):
            left = np.round(values, 9) == end
            parts.append(_place(values, EndBlock(at_top, left, ~np.isin(folds, folds[left])), step))
            for name, own in residuals.items():
                errors[name].append(-own[left])
        distances, tops, samples = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls({name: np.concatenate(own) for name, own in errors.items()}, distances, tops, samples)

    def growth(self, errors: Mapping[str, float], used: NDArray[np.bool_]) -> dict[str, float]:
        """Return by how much the error of each method grows a step, beside what it errs between the known values.

        With e the error in between, errors at a distance d are taken to be sqrt(e^2 + (growth d)^2).
        """
        total = max(float((self.distances[used] ** 2).sum()), np.finfo(float).tiny)
        more = {name: np.maximum(self.errors[name][used] ** 2 - error**2, 0.0) for name, error in errors.items()}
        return {name: float(np.sqrt(own.sum() / total)) for name, own in more.items()}


def _place(values: Array, block: EndBlock, step: float) -> tuple[Array, NDArray[np.bool_], Indices]:
    """Distance in steps, side and number of each sample of a block."""
    own, rest = values[block.left], values[block.kept]
    distance = np.maximum(own - rest.max() if block.at_top else rest.min() - own, 0.0) / step
    return distance, np.full(len(own), block.at_top), np.flatnonzero(block.left)


@dataclass(frozen=True)
class ErrorModel:
    """What methods err between the known values of a label and beyond, and how they are weighed by it.

    Attributes
    ----------
    errors, growth : dict
        By method: the error between the known values, and by how much it grows a step beyond (see `Beyond.growth`).
    power
        Weights are expected errors to the power of minus this.
    low, high, step
        Least and largest known value, and the mean step between them.
    beyond
        By what intervals are wider half a step and more beyond, besides: what the errors there show.
    """

    errors: dict[str, float]
    growth: dict[str, float]
    power: float
    low: float
    high: float
    step: float
    beyond: float = 1.0

    def sizes(self, distance: Array) -> Array:
        """Return the expected errors of all methods at distances (n_samples,): (n_methods, n_samples)."""
        errors, growth = (np.array([[one[name]] for name in self.errors]) for one in (self.errors, self.growth))
        least = 1e-9 * (self.high - self.low)  # an error of nothing is one still, or there would be no ratio
        return np.asarray(np.sqrt(np.maximum(errors, least) ** 2 + (growth * distance) ** 2))

    def weights(self, distance: Array) -> Array:
        """Return the weights of all methods at distances (n_samples,): (n_methods, n_samples), their sum 1.

        Examples
        --------
        >>> model = ErrorModel({"line": 0.02, "curve": 0.01}, {"line": 0.0, "curve": 0.1}, 4.0, 0.0, 1.0, 0.1)
        >>> model.weights(np.array([0.0, 1.0])).round(2).tolist()
        [[0.06, 1.0], [0.94, 0.0]]
        """
        sizes = self.sizes(distance)
        raw = (sizes.min(axis=0) / sizes) ** self.power
        raw = np.where(raw >= LEAST_WEIGHT * raw.sum(axis=0), raw, 0.0)
        return np.asarray(raw / raw.sum(axis=0))

    def size(self, distance: Array) -> Array:
        """Return the expected error of their average at distances (n_samples,)."""
        return np.asarray((self.weights(distance) * self.sizes(distance)).sum(axis=0))

    def outside(self, values: Array) -> Array:
        """Return how far values (n_samples,) lie beyond the known ones, in steps."""
        return np.asarray(np.maximum(np.maximum(self.low - values, values - self.high), 0.0) / self.step)

    def widening(self, distance: Array) -> Array:
        """Return by what intervals are wider at distances (n_samples,): 1 between the known values.

        Examples
        --------
        >>> ErrorModel({"line": 0.1}, {"line": 0.1}, 8.0, 0.0, 1.0, 0.1).widening(np.array([0.0, 1.0, np.inf])).round(2)
        array([1.  , 1.41,  inf])
        """
        near = np.where(np.isfinite(distance), distance, 0.0)
        size = self.size(near) / self.size(np.zeros(1)) * (1.0 + (self.beyond - 1.0) * np.minimum(near / SOON, 1.0))
        return np.where(np.isfinite(distance), size, np.inf)
