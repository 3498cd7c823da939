"""What a masked window changes: exactly, without copies of the pattern."""

import numpy as np
from numpy.typing import ArrayLike

from peakscape.errors import InputError


def check_windows(
    n_points: int, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, fill: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Check one pattern and its windows.

    Parameters
    ----------
    n_points
        Points of the map's axis.
    spectrum
        One pattern, shape (n_points,).
    starts, stops
        First point of each window and the point after its last, shape (n_windows,), integers.
    fill
        What stands in the windows instead, shape (n_points,); None for zeros.

    Returns
    -------
    pattern, removed : ndarray of shape (n_points,)
        The pattern, and what is taken away at each point where it is masked.
    starts, stops : ndarray of int, shape (n_windows,)

    Raises
    ------
    InputError
        If a shape is wrong, a value is not finite, or a window leaves the pattern.

    Examples
    --------
    >>> _, removed, _, _ = check_windows(3, [5.0, 6.0, 7.0], starts=[1], stops=[3], fill=[1.0, 1.0, 1.0])
    >>> removed
    array([4., 5., 6.])
    """
    pattern = _as_pattern(spectrum, n_points, "spectrum")
    removed = pattern if fill is None else pattern - _as_pattern(fill, n_points, "fill")
    first, last = np.asarray(starts), np.asarray(stops)
    if first.ndim != 1 or first.shape != last.shape or first.dtype.kind not in "iu" or last.dtype.kind not in "iu":
        raise InputError(
            f"expected starts and stops as integers of one shape (n_windows,), got {first.dtype} {first.shape} and "
            f"{last.dtype} {last.shape}"
        )
    if np.any(first < 0) or np.any(last > n_points) or np.any(first > last):
        raise InputError(f"a window leaves the pattern: expected 0 <= start <= stop <= {n_points}")
    return pattern, removed, first.astype(np.int64), last.astype(np.int64)


def masked_changes(basis: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return by how much the coordinates of one pattern in a basis fall when windows of it are masked.

    With the window `w` masked, the coordinates are those of the whole pattern less `removed[w] @ basis[w]`; the sums
    over all windows are differences of one running sum.

    Parameters
    ----------
    basis
        Directions that the map looks at, shape (n_points, rank).
    removed
        What is taken away at each point where it is masked, shape (n_points,).
    starts, stops
        First point of each window and the point after its last, shape (n_windows,), integers.

    Returns
    -------
    ndarray
        Changes, shape (n_windows, rank), to be subtracted.

    Examples
    --------
    >>> masked_changes(np.eye(3), np.array([5.0, 6.0, 7.0]), starts=np.array([1]), stops=np.array([3]))
    array([[0., 6., 7.]])
    """
    running = np.zeros((len(basis) + 1, basis.shape[1]))
    np.cumsum(removed[:, None] * basis, axis=0, out=running[1:])
    return np.asarray(running[stops] - running[starts])


def _as_pattern(values: ArrayLike, n_points: int, name: str) -> np.ndarray:
    """Return one pattern as float64 after checking its shape and values."""
    pattern = np.asarray(values, dtype=np.float64)
    if pattern.shape != (n_points,):
        raise InputError(f"expected {name} of shape ({n_points},), one pattern of the map's axis; got {pattern.shape}")
    if not np.isfinite(pattern).all():
        raise InputError(f"{name} must be finite; it holds NaN or infinity")
    return pattern
