"""The span of a training set: its scale, mean and leading directions, at once or by blocks of rows.

For sets that are large, or that lie on disk (a Zarr array, an HDF5 data set, a memory map, a DataArray that is not
loaded), nothing of the size of the set is made: only a block of rows, a few directions and the coordinates on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d
from threadpoolctl import threadpool_limits

from peakscape.errors import InputError

BYTES_PER_BLOCK = 2**25
"""Size of a block of rows in double precision: 32 MiB."""

MOST_AT_ONCE = 2**27
"""Sets of more bytes in double precision (128 MiB) are read by blocks of rows."""

MOST_DIRECTIONS = 512
"""At most so many directions are kept of a set that is read by blocks."""

LEFT_OUT = 1e-6
"""Share of the variance that may be left out: as many of the leading directions are kept as this needs."""

N_ITERATIONS = 2
"""Passes of subspace iteration (Halko, Martinsson and Tropp 2011, doi:10.1137/090771806, algorithm 4.4)."""

PAIRS_PER_BLOCK = 2**16
"""Pairs of new and known patterns worked on at once: they fit into the processor's cache."""


@dataclass(frozen=True)
class Span:
    """Leading directions of a training set.

    Attributes
    ----------
    basis : ndarray of shape (n_points, rank)
        Orthonormal; along them the variance falls.
    coordinates : ndarray of float32, shape (n_samples, rank)
        Of the scaled, centred, and where asked for smoothed patterns.
    total : float
        Sum of squares of those patterns.
    left_out : float
        Sum of squares of what they have outside the basis.
    """

    basis: np.ndarray
    coordinates: np.ndarray
    total: float
    left_out: float


def is_large(X: Any) -> bool:
    """Tell whether patterns are to be read by blocks: rows that can be sliced, and too many to be copied.

    Examples
    --------
    >>> is_large(np.zeros((3, 4)))
    False
    """
    shape = getattr(X, "shape", ())
    if len(shape) != 2 or hasattr(X, "iloc") or not hasattr(X, "__getitem__") or hasattr(X, "nnz"):
        return False
    return bool(np.prod(shape, dtype=float) * 8 > MOST_AT_ONCE)


def blocks(X: Any) -> Iterator[tuple[slice, np.ndarray]]:
    """Read patterns block by block.

    Parameters
    ----------
    X
        Anything of shape (n_samples, n_points) that gives rows by slicing.

    Yields
    ------
    rows : slice
        Which rows these are.
    block : ndarray of float64
        The patterns.

    Raises
    ------
    InputError
        If a value is not finite.

    Examples
    --------
    >>> [(rows.start, block.shape) for rows, block in blocks(np.zeros((3, 4)))]
    [(0, (3, 4))]
    """
    n_samples, n_points = X.shape
    size = max(1, BYTES_PER_BLOCK // (8 * n_points))
    for first in range(0, n_samples, size):
        rows = slice(first, min(first + size, n_samples))
        block = np.asarray(X[rows], dtype=np.float64)
        if not np.isfinite(block).all():
            raise InputError(f"patterns {first} to {rows.stop - 1} hold NaN or infinity; remove or repair them")
        yield rows, block


def principal_axes(centered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return singular values and orthonormal directions of patterns, with signs that do not depend on chance.

    Parameters
    ----------
    centered
        Patterns, shape (n_samples, n_points), centred or not.

    Returns
    -------
    values : ndarray
        Singular values in falling order, shape (min(n_samples, n_points),).
    axes : ndarray
        Directions, shape (n_points, min(n_samples, n_points)); of each, the entry of largest size is positive.

    Examples
    --------
    >>> values, axes = principal_axes(np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, -1.0]]))
    >>> axes
    array([[1., 0.],
           [0., 1.]])
    """
    with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
        _, values, rows = np.linalg.svd(centered, full_matrices=False)
    return values, with_fixed_signs(rows.T)


def with_fixed_signs(directions: np.ndarray) -> np.ndarray:
    """Return directions, shape (n_points, n_directions), turned so that of each the entry of largest size is positive.

    Examples
    --------
    >>> with_fixed_signs(np.array([[1.0, -3.0], [0.0, 2.0]])).tolist()
    [[1.0, 3.0], [0.0, -2.0]]
    """
    largest = directions[np.argmax(np.abs(directions), axis=0), np.arange(directions.shape[1])]
    return np.ascontiguousarray(directions * np.where(largest < 0, -1.0, 1.0))


def check_not_constant(patterns: np.ndarray) -> None:
    """Raise InputError if all patterns are the same: there is nothing to map.

    Examples
    --------
    >>> check_not_constant(np.ones((4, 5)))
    Traceback (most recent call last):
    ...
    peakscape.errors.InputError: all 4 patterns are identical: there is nothing to map; check how they were read
    """
    if np.abs(patterns - patterns[0]).max() <= 1e-12 * np.abs(patterns).max():
        raise InputError(
            f"all {len(patterns)} patterns are identical: there is nothing to map; check how they were read"
        )


def scale_and_mean(X: Any) -> tuple[float, np.ndarray]:
    """Return the largest size of an intensity, and the mean pattern divided by it.

    Raises
    ------
    InputError
        If a value is not finite or all patterns are the same.

    Examples
    --------
    >>> scale_and_mean(np.array([[1.0, 3.0], [2.0, 4.0]]))
    (4.0, array([0.375, 0.875]))
    """
    largest, spread, total, first = 0.0, 0.0, np.zeros(X.shape[1]), None
    for _, block in blocks(X):
        first = block[0].copy() if first is None else first
        largest = max(largest, float(np.abs(block).max()))
        spread = max(spread, float(np.abs(block - first).max()))
        total += block.sum(axis=0)
    if spread <= 1e-12 * largest:
        raise InputError(f"all {X.shape[0]} patterns are identical: there is nothing to map; check how they were read")
    return largest, total / X.shape[0] / largest


def leading_span(X: Any, scale: float, mean: np.ndarray, *, smoothing: float = 0.0, rank: int | None = None) -> Span:
    """Find the leading directions of scaled, centred patterns by subspace iteration over blocks.

    Parameters
    ----------
    X
        Patterns, shape (n_samples, n_points).
    scale, mean
        What they are divided by, and what is subtracted then, shape (n_points,).
    smoothing
        Standard deviation of a Gaussian that they pass through afterwards, in points; 0 for none.
    rank
        Directions to keep; by default as many as leave out less than LEFT_OUT of the variance, at most MOST_DIRECTIONS.

    Returns
    -------
    Span

    Examples
    --------
    >>> patterns = np.outer([1.0, 2.0, 4.0], [3.0, 4.0])
    >>> span = leading_span(patterns, 1.0, np.zeros(2))
    >>> span.basis.T.round(6)
    array([[0.6, 0.8]])
    """

    def prepared() -> Iterator[tuple[slice, np.ndarray]]:
        for rows, block in blocks(X):
            block = block / scale - mean
            yield rows, gaussian_filter1d(block, smoothing, axis=1, mode="constant") if smoothing else block

    most = min(MOST_DIRECTIONS, *X.shape)
    directions = np.random.default_rng(0).normal(size=(X.shape[1], most))  # fixed: the same set has the same basis
    for _ in range(N_ITERATIONS):
        image = np.zeros_like(directions)
        for _, block in prepared():
            image += block.T @ (block @ directions)
        directions = np.linalg.qr(image)[0]
    coordinates, total = np.empty((X.shape[0], most), dtype=np.float32), 0.0
    square = np.zeros((most, most))
    for rows, block in prepared():
        along = block @ directions
        coordinates[rows], total = along, total + float(np.sum(block**2))
        square += along.T @ along
    variances, turn = np.linalg.eigh(square)
    variances, turn = np.maximum(variances[::-1], 0.0), turn[:, ::-1]
    if rank is None:
        rank = 1 + int(np.searchsorted(np.cumsum(variances), (1.0 - LEFT_OUT) * total))
    rank = max(1, min(rank, most))
    basis = directions @ turn[:, :rank]
    signs = np.sign(basis[np.argmax(np.abs(basis), axis=0), np.arange(rank)])
    turn = (turn[:, :rank] * signs).astype(np.float32)
    left_out = max(total - float(variances[:rank].sum()), 0.0)
    return Span(basis * signs, coordinates @ turn, total, left_out)
