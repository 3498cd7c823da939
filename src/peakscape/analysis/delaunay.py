"""Linear interpolation in the Delaunay triangles of the known points."""

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.coordinates import Hull


class DelaunayInterpolator:
    """Interpolate linearly in the Delaunay triangle around a point; outside the hull take the nearest known point.

    Parameters
    ----------
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, n_labels).

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> DelaunayInterpolator(points, points).predict(np.array([[0.25, 0.5], [9.0, 0.0]])).round(9).tolist()
    [[0.25, 0.5], [1.0, 0.0]]
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self.values = values
        self._hull = Hull(points)

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the quantities at the queries.

        Parameters
        ----------
        queries
            Points, shape (n_queries, 2).

        Returns
        -------
        ndarray of shape (n_queries, n_labels)

        Examples
        --------
        >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> DelaunayInterpolator(points, points[:, :1]).predict(np.array([[0.5, 0.0]])).round(9).tolist()
        [[0.5]]
        """
        corners, weights = self._hull.triangles(queries)
        return np.asarray(np.einsum("nv,nvl->nl", weights, self.values[corners]))
