"""Augmented training patterns: variants that the encoder sees while the decoder is to give the clean patterns.

The map knows no physics: variants come as arrays from outside. Training needs only their coordinates along a basis,
which is that of the clean patterns, in which nothing is lost of what is wanted, and the leading directions that the
variants have outside it. What they have beyond is lost; the share is reported.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d

from peakscape.errors import InputError
from peakscape.maps.span import blocks, with_fixed_signs

POOL_BYTES = 2**27
"""Variants from which the directions are learned: the first 128 MiB of them in float32, at least one of each pattern;
the later ones are projected and forgotten."""

N_DIRECTIONS = 128
"""At most this many directions are added to those of the clean patterns."""

OVERSAMPLING, N_ITERATIONS = 16, 2
"""Of the randomised subspace iteration (Halko, Martinsson and Tropp 2011, doi:10.1137/090771806, algorithm 4.4)."""


@dataclass(frozen=True)
class Sight:
    """The directions along which variants are seen.

    Attributes
    ----------
    basis : ndarray of shape (n_points, rank)
        Orthonormal: that of the clean patterns, then the added directions.
    encoder_basis : ndarray of shape (n_points, rank) or None
        The same for the smoothed patterns that an encoder sees.
    lost : float
        Share of the pool's variance about the mean of the clean patterns that lies outside the basis.
    """

    basis: np.ndarray
    encoder_basis: np.ndarray | None
    lost: float


def draw_order(rng: np.random.Generator, n_samples: int, n_versions: int) -> np.ndarray:
    """Draw the order of an epoch, rows (n_samples,): each pattern once, in one of its versions.

    Version v of pattern i is row ``v * n_samples + i`` of the table.
    """
    order = rng.permutation(n_samples)
    if n_versions > 1:
        order = order + n_samples * rng.integers(n_versions, size=n_samples)
    return np.asarray(order, dtype=np.int32)


def rounds_of(variants: Iterable[ArrayLike], shape: tuple[int, int]) -> Iterator[np.ndarray]:
    """Read variants round by round, float32: one of each training pattern in their order, of that shape."""
    for number, part in enumerate(variants):
        values = np.asarray(part, dtype=np.float32)
        if values.shape != tuple(shape):
            raise InputError(
                f"expected variants as rounds of shape {tuple(shape)}, one of each training pattern in their order;"
                f" round {number} has shape {values.shape}"
            )
        if not np.isfinite(values).all():
            raise InputError(f"round {number} of the variants holds NaN or infinity; remove or repair them")
        yield values


def take_pool(rounds: Iterator[np.ndarray]) -> np.ndarray:
    """Take the first rounds, shape (n_rounds, n_samples, n_points); InputError if there is none."""
    pool: list[np.ndarray] = []
    for part in rounds:
        pool.append(part)
        if sum(array.nbytes for array in pool) + part.nbytes > POOL_BYTES:
            break
    if not pool:
        raise InputError("expected at least one round of variants, got none; leave variants out to train without")
    return np.stack(pool)


def sight_of(
    pool: np.ndarray,
    scale: float,
    mean: np.ndarray,
    basis: np.ndarray,
    encoder_basis: np.ndarray | None,
    smoothing: float,
) -> Sight:
    """Find along which directions variants (n_rounds, n_samples, n_points) are to be seen.

    Patterns are divided by `scale` and `mean` is subtracted; `basis` and `encoder_basis` (None without smoothing) are
    those of the clean patterns; `smoothing` is the standard deviation of the Gaussian before the encoder, in points.
    """
    centered = pool.reshape(-1, pool.shape[-1]) / np.float32(scale) - mean.astype(np.float32)
    total = _sum_of_squares(centered)
    added = directions_outside(centered, basis)
    joint = np.hstack([basis, added])
    lost = 1.0 - _sum_of_squares(centered @ joint.astype(np.float32)) / total if total else 0.0
    if encoder_basis is None:
        return Sight(joint, None, max(lost, 0.0))
    smoothed = gaussian_filter1d(centered, smoothing, axis=1, mode="constant")
    seen = directions_outside(smoothed, np.linalg.qr(encoder_basis)[0], most=added.shape[1])
    gain = np.linalg.norm(encoder_basis, axis=0).max()  # as the clean patterns' own directions are brought to size
    seen = np.pad(seen, ((0, 0), (0, added.shape[1] - seen.shape[1])))
    seen = gain * gaussian_filter1d(seen, smoothing, axis=0, mode="constant")
    return Sight(joint, np.hstack([encoder_basis, seen]), max(lost, 0.0))


def directions_outside(patterns: np.ndarray, basis: np.ndarray, *, most: int = N_DIRECTIONS) -> np.ndarray:
    """Find the leading directions of patterns outside an orthonormal basis, shape (n_points, n_directions).

    By randomised subspace iteration in float32; they are orthonormal and at right angles to the basis.
    """
    known = basis.astype(np.float32)
    outside = patterns.astype(np.float32)
    outside -= (outside @ known) @ known.T
    n_free = max(0, min(most, len(outside), patterns.shape[1] - basis.shape[1]))
    n_tried = min(n_free + OVERSAMPLING, patterns.shape[1])
    rng = np.random.default_rng(0)  # fixed: the same set has the same directions
    image = outside.T @ (outside @ rng.normal(size=(patterns.shape[1], n_tried)).astype(np.float32))
    for _ in range(N_ITERATIONS):
        image = outside.T @ (outside @ np.linalg.qr(image)[0])
    axes = np.linalg.qr(image)[0]
    _, values, turn = np.linalg.svd(outside @ axes, full_matrices=False)
    real = np.flatnonzero(values[:n_free] > 1e-5 * max(float(np.abs(patterns).max()), 1e-30))
    found = axes.astype(np.float64) @ turn[real].T.astype(np.float64)
    for _ in range(2):  # in double precision: at right angles to the last digit
        found = np.linalg.qr(found - basis @ (basis.T @ found))[0]
    return with_fixed_signs(found)


def see(patterns: Any, scale: float, mean: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the coordinates of patterns along directions, float32, shape (n_samples, n_directions), by blocks.

    Examples
    --------
    >>> see(np.array([[2.0, 4.0]]), 2.0, np.zeros(2), np.eye(2)).tolist()
    [[1.0, 2.0]]
    """
    seen = np.empty((patterns.shape[0], directions.shape[1]), dtype=np.float32)
    for rows, block in blocks(patterns):
        seen[rows] = (block / scale - mean) @ directions
    return seen


def _sum_of_squares(values: np.ndarray) -> float:
    return float(np.einsum("ij,ij->", values, values, dtype=np.float64))
