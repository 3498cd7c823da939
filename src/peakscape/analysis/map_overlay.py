"""Lay one map on another of the same samples: it may be turned, mirrored, stretched and moved (Procrustes)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MapOverlay:
    """How well one map lies on another.

    Attributes
    ----------
    disparity : float
        Share of the second map's variance that the first one does not have after it was laid on: 0 for maps that differ
        by turning, mirroring, stretching and moving alone, 1 for maps that have nothing in common.
    matrix : ndarray of shape (2, 2)
        Rotation or reflection times scale: ``first @ matrix + offset`` lies on the second map.
    offset : ndarray of shape (2,)
        The move that belongs to it.
    scale : float
        How much the first map is stretched.
    mirrored : bool
        Whether it is mirrored.
    aligned : ndarray of shape (n_shared, 2)
        Shared samples of the first map, laid on the second.
    samples : pandas.DataFrame
        One row a shared sample, the one that moved most on top: ``name``, ``displacement`` in units of the second map
        and ``relative``, in units of its root-mean-square radius.
    """

    disparity: float
    matrix: Array
    offset: Array
    scale: float
    mirrored: bool
    aligned: Array
    samples: pd.DataFrame


def align_maps(coordinates: ArrayLike, reference: ArrayLike) -> tuple[Array, Array]:
    """Find the similarity that lays one map on another with the least squares.

    Orthogonal Procrustes with scale; P. H. Schoenemann, R. M. Carroll, Psychometrika 35 (1970) 245,
    DOI 10.1007/BF02291266.

    Parameters
    ----------
    coordinates
        Points of the map that is moved, shape (n_samples, 2).
    reference
        The same samples on the other map, shape (n_samples, 2).

    Returns
    -------
    matrix : ndarray of shape (2, 2)
        Rotation or reflection times scale.
    offset : ndarray of shape (2,)
        ``coordinates @ matrix + offset`` lies on `reference`.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite, there are fewer than three samples, or all points of a map are one.

    Examples
    --------
    >>> matrix, offset = align_maps([[0, 0], [1, 0], [0, 1]], [[5, 5], [5, 7], [3, 5]])
    >>> matrix.round(6).tolist(), offset.round(6).tolist()
    ([[0.0, 2.0], [-2.0, 0.0]], [5.0, 5.0])
    """
    moved, fixed = (np.asarray(points, dtype=np.float64) for points in (coordinates, reference))
    if moved.shape != fixed.shape or moved.ndim != 2 or moved.shape[1] != 2 or len(moved) < 3:
        raise InputError(
            "expected three shared samples or more, both maps of shape (n_samples, 2), "
            f"got {moved.shape} and {fixed.shape}"
        )
    if not (np.isfinite(moved).all() and np.isfinite(fixed).all()):
        raise InputError("coordinates must be finite; leave out samples that were not placed")
    first, second = moved - moved.mean(axis=0), fixed - fixed.mean(axis=0)
    if not (first.any() and second.any()):
        raise InputError("all points of a map are the same: there is nothing to lay on anything")
    left, sizes, right = np.linalg.svd(first.T @ second)
    matrix = (sizes.sum() / np.sum(first**2)) * (left @ right)
    return matrix, fixed.mean(axis=0) - moved.mean(axis=0) @ matrix


def overlay_maps(
    coordinates: ArrayLike,
    reference: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    reference_names: Sequence[str] | None = None,
) -> MapOverlay:
    """Lay one map on another by the samples that both have, and tell what does not fit.

    Parameters
    ----------
    coordinates
        Points of the first map, shape (n_samples, 2).
    reference
        Points of the second map, shape (n_reference, 2).
    names, reference_names
        Names of their samples: those that occur in both are compared. None for both: row by row.

    Returns
    -------
    MapOverlay

    Raises
    ------
    InputError
        As `align_maps`; or if names are missing on one side, come twice or do not fit the points.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> found = overlay_maps(square, 3 * square[::-1] + 1, names=list("abcd"), reference_names=list("dcba"))
    >>> round(found.disparity, 6), round(found.scale, 6), found.mirrored
    (0.0, 3.0, False)
    """
    moved, fixed = (np.asarray(points, dtype=np.float64) for points in (coordinates, reference))
    if (names is None) != (reference_names is None):
        raise InputError("give the names of the samples of both maps, or of none")
    shared = [str(k) for k in range(len(moved))]
    if names is not None and reference_names is not None:
        rows, fixed_rows = _rows_of(names, moved), _rows_of(reference_names, fixed)
        shared = [name for name in rows if name in fixed_rows]
        if len(shared) < 3:
            raise InputError(f"expected three samples or more that both maps have by name, got {len(shared)}")
        moved, fixed = moved[[rows[name] for name in shared]], fixed[[fixed_rows[name] for name in shared]]
    matrix, offset = align_maps(moved, fixed)
    aligned = moved @ matrix + offset
    displacement = np.linalg.norm(aligned - fixed, axis=1)
    radius = float(np.sqrt(np.mean(np.sum((fixed - fixed.mean(axis=0)) ** 2, axis=1))))
    table = pd.DataFrame({"name": shared, "displacement": displacement, "relative": displacement / radius})
    return MapOverlay(
        disparity=float(np.mean(displacement**2)) / radius**2,
        matrix=matrix,
        offset=offset,
        scale=float(np.sqrt(abs(np.linalg.det(matrix)))),
        mirrored=bool(np.linalg.det(matrix) < 0),
        aligned=aligned,
        samples=table.sort_values("displacement", ascending=False, kind="stable", ignore_index=True),
    )


def _rows_of(names: Sequence[str], points: Array) -> dict[str, int]:
    texts = [str(name) for name in names]
    if len(texts) != len(points) or len(set(texts)) < len(texts):
        raise InputError(f"expected one name of its own for each of {len(points)} samples, got {len(set(texts))}")
    return {name: row for row, name in enumerate(texts)}
