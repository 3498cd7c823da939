"""Mean of the nearest known points, weighted by inverse distance."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


class NeighborInterpolator:
    """Average the nearest known points with weights 1 / distance; on a known point, its own value.

    Parameters
    ----------
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, n_labels).
    n_neighbors
        How many nearest points are averaged.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> nearest = NeighborInterpolator(points, points, n_neighbors=2)
    >>> nearest.predict(np.array([[0.25, 0.0], [1.0, 0.0]])).tolist()
    [[0.25, 0.0], [1.0, 0.0]]
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64], *, n_neighbors: int) -> None:
        self.values = values
        self._tree = cKDTree(points)
        self._n_neighbors = min(n_neighbors, len(points))

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
        >>> NeighborInterpolator(points, points, n_neighbors=1).predict(np.array([[0.9, 0.0]])).tolist()
        [[1.0, 0.0]]
        """
        distance, index = self._tree.query(queries, k=list(range(1, self._n_neighbors + 1)))
        exact = distance == 0
        weights = np.where(exact.any(axis=1, keepdims=True), exact, 1.0 / np.where(exact, 1.0, distance))
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("nv,nvl->nl", weights, self.values[index]))
