"""Sums over saved arrays, in which order, sign, size and every element count: a probe that sees each array."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH = 2**18
"""Elements summed at once."""


def sums_of(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Sum each array in ways that tell its elements, their order, their size and their number.

    Parameters
    ----------
    arrays
        Numbers of any shape and type, by name; NaN and infinity count by their places.

    Returns
    -------
    ndarray
        Shape (n_arrays, 4), in the order of the names: of each array the weighted sum of its elements, divided by
        the root of the sum of their squares; the logarithm of that root (0 where all are zero); the weighted count of
        what is no number, divided by the count of elements; and the logarithm of one more than that count.

    Examples
    --------
    >>> rising = np.arange(3.0)
    >>> bool(np.allclose(sums_of({"a": rising}), sums_of({"a": rising[::-1]})))
    False
    """
    return np.array([_of_one(arrays[name]) for name in sorted(arrays)]).reshape(-1, 4)


@cache
def _weights() -> NDArray[np.float64]:
    return np.asarray(1.5 + np.cos(np.arange(LENGTH, dtype=np.float64)))


def _of_one(array: NDArray[Any]) -> list[float]:
    flat = array.reshape(-1)
    largest = max((_largest(flat[first : first + LENGTH]) for first in range(0, flat.size, LENGTH)), default=0.0)
    total = squares = missing = 0.0
    for number, first in enumerate(range(0, flat.size, LENGTH)):
        block = np.asarray(flat[first : first + LENGTH], dtype=np.float64)
        known, weights = np.isfinite(block), (2.0 + np.cos(number)) * _weights()[: len(block)]
        scaled = np.where(known, block, 0.0) / (largest or 1.0)
        total += float(np.sum(weights * scaled))
        squares += float(np.sum(scaled**2))
        missing += float(np.sum(weights[~known]))
    size = float(np.sqrt(squares))
    return [
        total / size if size else 0.0,
        float(np.log(size) + np.log(largest)) if size else 0.0,
        missing / max(flat.size, 1),
        float(np.log1p(flat.size)),
    ]


def _largest(block: NDArray[Any]) -> float:
    numbers = np.abs(np.asarray(block, dtype=np.float64))
    return float(np.max(numbers, where=np.isfinite(numbers), initial=0.0))
