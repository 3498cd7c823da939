"""Principal components of what no memory holds: small sketches of regions, which merge in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

Array = NDArray[np.float64]
MORE = 20
"""Directions that a sketch keeps beyond those that are wanted."""


@dataclass(frozen=True)
class Sketch:
    """What is kept of rows: their number, mean, leading directions times singular values, and sum of squares.

    Attributes
    ----------
    n_rows : int
    mean : ndarray of shape (n_points,)
    axes : ndarray of shape (rank, n_points)
        Of the centred rows.
    total : float
        Sum of squares of the centred rows.
    """

    n_rows: int
    mean: Array
    axes: Array
    total: float


def sketch(rows: Array, rank: int) -> Sketch:
    """Sketch rows (n_rows, n_points) by a randomised range finder with one power iteration (doi:10.1137/090771806).

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(50, 3)) @ np.eye(3, 8)
    >>> bool(np.allclose(np.linalg.norm(sketch(rows, 3).axes) ** 2, sketch(rows, 3).total))
    True
    """
    mean = rows.mean(axis=0)
    centred = rows - mean
    rank = min(rank, *rows.shape)
    _, values, directions = randomized_svd(centred, rank, n_oversamples=10, n_iter=1, random_state=0)
    return Sketch(len(rows), mean, values[:, np.newaxis] * directions, float(np.sum(centred**2)))


def merged(sketches: Iterable[Sketch], rank: int) -> Sketch:
    """Merge sketches one after another, so that the order decides the bits and nothing else.

    Means by Chan, Golub and LeVeque (doi:10.1080/00031305.1983.10483115), directions by one more decomposition.
    """
    whole: Sketch | None = None
    for one in sketches:
        whole = one if whole is None else _joined(whole, one, rank)
    if whole is None:
        raise ValueError("no sketches")
    return whole


def _joined(first: Sketch, second: Sketch, rank: int) -> Sketch:
    n_rows = first.n_rows + second.n_rows
    apart = second.mean - first.mean
    between = first.n_rows * second.n_rows / n_rows
    stacked = np.vstack([first.axes, second.axes, np.sqrt(between) * apart])
    _, values, directions = np.linalg.svd(stacked, full_matrices=False)
    total = first.total + second.total + between * float(apart @ apart)
    mean = first.mean + apart * (second.n_rows / n_rows)
    return Sketch(n_rows, mean, values[:rank, np.newaxis] * directions[:rank], total)
