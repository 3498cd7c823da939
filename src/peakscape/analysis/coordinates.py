"""Points of a map: what may be passed as coordinates, and where their convex hull ends."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import Delaunay, QhullError, cKDTree

from peakscape.errors import InputError

# Relative to the span of the known points: closer than this, two points are the same one.
SAME_POINT = 1e-9


def check_coordinates(coordinates: ArrayLike, *, name: str = "coordinates") -> NDArray[np.float64]:
    """Return coordinates as an array with a leading axis for the members of an ensemble.

    Parameters
    ----------
    coordinates
        Points of a map, shape (n_samples, 2), or (n_members, n_samples, 2) for an ensemble.
    name
        What the message of an error calls them.

    Returns
    -------
    ndarray of shape (n_members, n_samples, 2)
        ``n_members`` is 1 for a single map.

    Raises
    ------
    InputError
        If the shape is another one, or a value is not finite.

    Examples
    --------
    >>> check_coordinates([[0, 0], [1, 0], [0, 1]]).shape
    (1, 3, 2)
    """
    points = np.asarray(coordinates, dtype=np.float64)
    if points.ndim == 2:
        points = points[np.newaxis]
    if points.ndim != 3 or points.shape[2] != 2:
        raise InputError(
            f"expected {name} of shape (n_samples, 2) or (n_members, n_samples, 2), got {np.shape(coordinates)}"
        )
    if not np.isfinite(points).all():
        raise InputError(f"{name} hold values that are not finite; leave out the samples that the map cannot place")
    return points


class Hull:
    """The convex hull of known points and its Delaunay triangles.

    Points that lie on one line (the code of a collapsed map) have no triangles; then only the points themselves
    are inside.

    Parameters
    ----------
    points
        Known points, shape (n_samples, 2).

    Examples
    --------
    >>> hull = Hull(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    >>> hull.outside(np.array([[0.2, 0.2], [2.0, 2.0]])).tolist()
    [False, True]
    """

    def __init__(self, points: NDArray[np.float64]) -> None:
        self.points = points
        self._span = float(np.ptp(points, axis=0).max())
        self._tree = cKDTree(points)
        try:
            self._triangles = None if _on_a_line(points) else Delaunay(points)
        except QhullError:
            self._triangles = None

    def triangles(self, queries: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Find the Delaunay triangle around each query, or its nearest known point where there is none.

        Parameters
        ----------
        queries
            Points, shape (n_queries, 2).

        Returns
        -------
        corners : ndarray of shape (n_queries, 3)
            Indices of known points.
        weights : ndarray of shape (n_queries, 3)
            Barycentric; outside the hull ``(1, 0, 0)`` with the nearest known point in front.

        Examples
        --------
        >>> hull = Hull(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
        >>> corners, weights = hull.triangles(np.array([[0.25, 0.25], [9.0, 0.0]]))
        >>> float(weights[0].min()), int(corners[1, 0]), weights[1].tolist()
        (0.25, 1, [1.0, 0.0, 0.0])
        """
        nearest = np.asarray(self._tree.query(queries)[1], dtype=np.intp)
        corners = np.repeat(nearest[:, np.newaxis], 3, axis=1)
        weights = np.tile([1.0, 0.0, 0.0], (len(queries), 1))
        if self._triangles is None or not len(queries):
            return corners, weights
        simplex = self._triangles.find_simplex(queries, tol=SAME_POINT)
        inside = np.flatnonzero(simplex >= 0)
        frame = self._triangles.transform[simplex[inside]]
        first = np.einsum("nij,nj->ni", frame[:, :2], queries[inside] - frame[:, 2])
        found = np.column_stack([first, 1.0 - first.sum(axis=1)])
        whole = np.isfinite(found).all(axis=1)  # Qhull marks a degenerate triangle by NaN
        corners[inside[whole]] = self._triangles.simplices[simplex[inside[whole]]]
        weights[inside[whole]] = found[whole]
        return corners, weights

    def outside(self, queries: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which queries lie in no triangle of known points.

        Parameters
        ----------
        queries
            Points, shape (n_queries, 2).

        Returns
        -------
        ndarray of bool, shape (n_queries,)

        Examples
        --------
        >>> Hull(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])).outside(np.array([[0.5, 0.5], [1.0, 1.0]])).tolist()
        [True, False]
        """
        apart = np.asarray(self._tree.query(queries)[0]) > SAME_POINT * self._span
        if self._triangles is None:
            return apart
        return np.asarray(apart & (self._triangles.find_simplex(queries, tol=SAME_POINT) < 0))


def _on_a_line(points: NDArray[np.float64]) -> bool:
    """Whether the points have no area, from the closed-form eigenvalues of their 2 x 2 covariance."""
    (xx, xy), (_, yy) = np.cov(points.T)
    half, gap = (xx + yy) / 2.0, np.hypot((xx - yy) / 2.0, xy)
    return bool(len(points) < 3 or (xx * yy - xy**2) / (half + gap + np.finfo(float).tiny) <= 1e-14 * half)
