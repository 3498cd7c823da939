"""Patterns shifted along a shift axis, back on their own points."""

import numpy as np


def positions(axis: np.ndarray, shift: float) -> np.ndarray:
    """Return where on the pattern its shifted points lie, as point numbers with fractions.

    Parameters
    ----------
    axis
        Shift axis, rising, shape (n_points,).
    shift
        In units of the axis; the point at ``axis[i] + shift`` comes to ``axis[i]``. Beyond an end, the end.

    Returns
    -------
    ndarray
        Shape (n_points,).

    Examples
    --------
    >>> positions(np.array([0.0, 1.0, 3.0]), 1.0).tolist()
    [1.0, 1.5, 2.0]
    """
    return np.asarray(np.interp(axis + shift, axis, np.arange(len(axis), dtype=np.float64)))


def cubic_stencil(where: np.ndarray, n_points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the points and weights of cubic convolution (Keys 1981, doi:10.1109/TASSP.1981.1163711, a = -1/2).

    Parameters
    ----------
    where
        Point numbers with fractions, shape (n_queries,).
    n_points
        Points of the pattern; beyond an end stands the end.

    Returns
    -------
    points : ndarray of int, shape (4, n_queries)
    weights : ndarray of shape (4, n_queries)

    Examples
    --------
    >>> points, weights = cubic_stencil(np.array([1.5]), 5)
    >>> points.ravel().tolist(), weights.ravel().tolist()
    ([0, 1, 2, 3], [-0.0625, 0.5625, 0.5625, -0.0625])
    """
    left = np.clip(np.floor(where), 0, max(n_points - 2, 0)).astype(np.intp)
    t = where - left
    points = np.clip(left + np.arange(-1, 3)[:, None], 0, n_points - 1)
    weights = np.stack(
        [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ]
    )
    return points, weights


def shift_patterns(patterns: np.ndarray, axis: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Shift each pattern to the left by its shift, on the same points.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    axis
        Shift axis, rising, shape (n_points,).
    shifts
        Shape (n_samples,), in units of the axis.

    Returns
    -------
    ndarray
        Shape (n_samples, n_points).

    Examples
    --------
    >>> shift_patterns(np.array([[0.0, 0.0, 1.0, 0.0, 0.0]]), np.arange(5.0), np.array([1.0]))
    array([[0., 1., 0., 0., 0.]])
    """
    shifted = np.empty_like(patterns)
    for row, (pattern, shift) in enumerate(zip(patterns, shifts, strict=True)):
        points, weights = cubic_stencil(positions(axis, shift), len(axis))
        shifted[row] = (pattern[points] * weights).sum(axis=0)
    return shifted


def pull_back(directions: np.ndarray, axis: np.ndarray, shift: float) -> np.ndarray:
    """Return directions whose products with a pattern are those of the given ones with the shifted pattern.

    Parameters
    ----------
    directions
        Shape (n_directions, n_points).
    axis, shift
        As in `shift_patterns`.

    Returns
    -------
    ndarray
        Shape (n_directions, n_points).

    Examples
    --------
    >>> pull_back(np.array([[0.0, 1.0, 0.0, 0.0, 0.0]]), np.arange(5.0), 1.0)
    array([[0., 0., 1., 0., 0.]])
    """
    points, weights = cubic_stencil(positions(axis, shift), len(axis))
    return np.stack([np.bincount(points.ravel(), (weights * row).ravel(), len(axis)) for row in directions])
