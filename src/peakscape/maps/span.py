"""The span of a training set: its scale, mean and leading directions, at once or by blocks of rows.

For sets that are large, or that lie on disk (a Zarr array, an HDF5 data set, a memory map, a DataArray that is not
loaded), nothing of the size of the set is made: only a block of rows, a few directions and the coordinates on them.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.sparse.linalg import ArpackError, svds

from peakscape.errors import InputError
from peakscape.threads import one_blas_thread

BYTES_PER_BLOCK = 2**25
"""Size of a block of rows in double precision: 32 MiB."""

MOST_AT_ONCE = 2**27
"""Sets of more bytes in double precision (128 MiB) are read by blocks of rows."""

MOST_DIRECTIONS = 512
"""Of a set that is read by blocks, at most this many directions are kept."""

LEFT_OUT = 1e-6
"""Share of the variance that may be left out: as many of the leading directions are kept as this needs."""

FEW_ENOUGH = 1000
"""Of `leading_axes`: with at most this many patterns or points all directions are computed."""

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
    """Read patterns (n_samples, n_points) block by block: which rows they are, and the patterns as float64.

    X is anything of this shape that gives rows by slicing; InputError if a value is not finite.
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
    """Return singular values, falling, and directions (n_points, n_directions) of patterns, centred or not.

    Of each direction the entry of largest size is positive, so that signs do not depend on chance.
    """
    with one_blas_thread():  # the same bits on any number of cores
        _, values, rows = np.linalg.svd(centered, full_matrices=False)
    return values, with_fixed_signs(rows.T)


def leading_axes(centered: np.ndarray, n_axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading values and directions that `principal_axes` gives, of large sets many times as fast.

    Of sets of more than `FEW_ENOUGH` patterns and points by Lanczos iteration (R. B. Lehoucq, D. C. Sorensen, C. Yang,
    ARPACK Users' Guide, 1998), always begun alike, and taken where the directions are right to 1e-10; where they are
    not, as where two values are nearly equal, from all of them.
    """
    if min(centered.shape) > FEW_ENOUGH:
        with one_blas_thread(), suppress(ArpackError):
            start = np.random.default_rng(0).normal(size=min(centered.shape))
            _, values, rows = svds(centered, k=n_axes + 1, v0=start, return_singular_vectors="vh")
            order = np.argsort(values)[::-1]
            squares, axes = values[order] ** 2, rows[order].T[:, :n_axes]
            missing = np.linalg.norm(centered.T @ (centered @ axes) - axes * squares[:n_axes], axis=0)
            if (missing <= 1e-10 * (squares[:n_axes] - squares[1:])).all():
                return values[order][:n_axes], with_fixed_signs(axes)
    values, axes = principal_axes(centered)
    return values[:n_axes], np.ascontiguousarray(axes[:, :n_axes])


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
    """Raise InputError if all patterns are the same: there is nothing to map."""
    highest, lowest = patterns.max(axis=0), patterns.min(axis=0)
    if (highest - lowest).max() <= 1e-12 * max(highest.max(), -lowest.min()):
        raise InputError(
            f"all {len(patterns)} patterns are identical: there is nothing to map; check how they were read"
        )


def scale_and_mean(X: Any) -> tuple[float, np.ndarray]:
    """Return the largest size of an intensity, and the mean pattern divided by it; InputError as of `blocks`."""
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

    `smoothing` is the standard deviation of a Gaussian that they pass through afterwards, in points, 0 for none; `rank`
    the number of directions, by default as many as leave out less than LEFT_OUT of the variance, at most
    MOST_DIRECTIONS.
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
