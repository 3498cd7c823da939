"""Readouts from known points close by: the paper's triangle, Delaunay triangles, weighted neighbours; the hull."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, Delaunay, QhullError, cKDTree

# Relative to the span of the known points: closer than this, two points are the same one.
SAME_POINT = 1e-9
_QUERIES_AT_ONCE = 4096  # bounds the memory: 4096 queries x 120 triangles x 8 bytes = 4 MB an array
_SAME_VALUE = 1e-6  # of the span of the values
_THIN = 1e-9  # twice the area over the squared longest side, below which a triangle is a line


class Hull:
    """The convex hull of known points and its triangles; on one line only the points themselves are inside."""

    def __init__(self, points: NDArray[np.float64]) -> None:
        self.points = points
        self._span = float(np.ptp(points, axis=0).max())
        self._tree = cKDTree(points)
        try:
            self._triangles = None if _on_a_line(points) else Delaunay(points)
        except QhullError:
            self._triangles = None

    def triangles(self, queries: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Find the Delaunay triangle around each query: corners (n_queries, 3), barycentric weights (n_queries, 3).

        Outside the hull the weights are ``(1, 0, 0)``, with the nearest known point in front.
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

    def corners(self) -> NDArray[np.float64]:
        """Return the corners of the hull in their order, shape (n_corners, 2); none where the points have no area."""
        if self._triangles is None:
            return np.empty((0, 2))
        return np.asarray(self.points[ConvexHull(self.points).vertices])

    def outside(self, queries: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which queries lie in no triangle of known points."""
        apart = np.asarray(self._tree.query(queries)[0]) > SAME_POINT * self._span
        if self._triangles is None:
            return apart
        return np.asarray(apart & (self._triangles.find_simplex(queries, tol=SAME_POINT) < 0))


def _on_a_line(points: NDArray[np.float64]) -> bool:
    """Whether the points have no area, from the closed-form eigenvalues of their 2 x 2 covariance."""
    (xx, xy), (_, yy) = np.cov(points.T)
    half, gap = (xx + yy) / 2.0, np.hypot((xx - yy) / 2.0, xy)
    return bool(len(points) < 3 or (xx * yy - xy**2) / (half + gap + np.finfo(float).tiny) <= 1e-14 * half)


class DelaunayInterpolator:
    """Interpolate linearly in the Delaunay triangle around a point; outside the hull take the nearest known point."""

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self.values = values
        self._hull = Hull(points)

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the quantities at points (n_queries, 2), shape (n_queries, n_labels)."""
        corners, weights = self._hull.triangles(queries)
        return np.asarray(np.einsum("nv,nvl->nl", weights, self.values[corners]))


class TriangleInterpolator:
    """Read a quantity from the triangle of near points that encloses a point of the map.

    Fig. 3, eqs. (1) and (2) of Utimula et al., Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613: with
    ``AP = s AB + t AC``, the quantity is ``Q_A + s (Q_B - Q_A) + t (Q_C - Q_A)``, under the paper's conditions
    ``s, t > 0`` and ``s + t < 1``. The paper picks "three nearest points" and leaves open what happens where they do
    not enclose P; here:

    1. If the three nearest known points have one and the same value, this value: eq. (2) gives it for any s and t.
    2. Else candidates are all triangles of the `n_neighbors` known points nearest to P that enclose P. Its edges count
       as inside (a point on a known point takes its value); triangles thinner than a line are no candidates.
    3. Of these, the one with the smallest summed distance of its corners from P.
    4. If none of them encloses P, the Delaunay triangle of all known points around P.
    5. Outside every triangle of known points: the value of the nearest known point, never an extrapolation.

    Step 1 makes steps between clusters of siblings: among known compositions it names the right one, between them it
    is no interpolation. `DelaunayInterpolator` has steps 4 and 5 only and is continuous.
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64], *, n_neighbors: int) -> None:
        self.values = values
        self._points = points
        self._tree = cKDTree(points)
        self._n_neighbors = min(n_neighbors, len(points))
        self._corners = np.array(list(combinations(range(self._n_neighbors), 3)), dtype=np.intp).reshape(-1, 3)
        self._hull: Hull | None = None

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the quantities at points (n_queries, 2), shape (n_queries, n_labels)."""
        corners, weights = self.triangles(queries)
        return np.asarray(np.einsum("nv,nvl->nl", weights, self.values[corners]))

    def triangles(self, queries: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Choose the triangle of each query: corners A, B, C (n_queries, 3), weights ``(1 - s - t, s, t)``.

        A is the nearest of a near triangle. In steps 1 and 5 the weights are ``(1, 0, 0)``, with the nearest known
        point as A.
        """
        corners = np.zeros((len(queries), 3), dtype=np.intp)
        weights = np.zeros((len(queries), 3))
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            block = slice(start, start + _QUERIES_AT_ONCE)
            corners[block], weights[block] = self._near_triangles(queries[block])
        missing = np.flatnonzero(np.isnan(weights[:, 0]))
        if len(missing):
            if self._hull is None:
                self._hull = Hull(self._points)
            corners[missing], weights[missing] = self._hull.triangles(queries[missing])
        if len(queries):
            self._keep_siblings_together(queries, corners, weights)
        return corners, weights

    def _keep_siblings_together(
        self, queries: NDArray[np.float64], corners: NDArray[np.intp], weights: NDArray[np.float64]
    ) -> None:
        """Step 1, in place."""
        _, nearest = self._tree.query(queries, k=3)
        differences = np.abs(self.values[nearest] - self.values[nearest[:, :1]])
        alike = (differences <= _SAME_VALUE * np.ptp(self.values, axis=0)).all(axis=(1, 2))
        corners[alike] = nearest[alike, :1]
        weights[alike] = [1.0, 0.0, 0.0]

    def _near_triangles(self, queries: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Steps 2 and 3: weights are NaN where no near triangle encloses the query."""
        distance, index = self._tree.query(queries, k=self._n_neighbors)
        arrow = self._points[index] - queries[:, np.newaxis]
        # Twice the signed area of P with two neighbours, for all pairs; barycentric weights are ratios of these.
        cross = arrow[:, :, np.newaxis, 0] * arrow[:, np.newaxis, :, 1]
        cross -= cross.transpose(0, 2, 1).copy()
        a, b, c = self._corners.T
        parts = np.stack([cross[:, b, c], cross[:, c, a], cross[:, a, b]])
        area = parts.sum(axis=0)
        gap = np.linalg.norm(arrow[:, :, np.newaxis] - arrow[:, np.newaxis], axis=3)
        longest = np.maximum(np.maximum(gap[:, a, b], gap[:, b, c]), gap[:, c, a])
        with np.errstate(invalid="ignore", divide="ignore"):
            parts /= area
            inside = (parts >= -1e-12).all(axis=0) & (np.abs(area) > _THIN * longest**2)
        summed = np.where(inside, distance[:, a] + distance[:, b] + distance[:, c], np.inf)
        best = summed.argmin(axis=1)
        rows = np.arange(len(queries))
        weights = np.where(inside[rows, best, np.newaxis], parts[:, rows, best].T, np.nan)
        return np.take_along_axis(index, self._corners[best], axis=1), weights


class NeighborInterpolator:
    """Average the nearest known points with weights 1 / distance; on a known point, its own value."""

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64], *, n_neighbors: int) -> None:
        self.values = values
        self._tree = cKDTree(points)
        self._n_neighbors = min(n_neighbors, len(points))

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the quantities at points (n_queries, 2), shape (n_queries, n_labels)."""
        distance, index = self._tree.query(queries, k=list(range(1, self._n_neighbors + 1)))
        exact = distance == 0
        weights = np.where(exact.any(axis=1, keepdims=True), exact, 1.0 / np.where(exact, 1.0, distance))
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray(np.einsum("nv,nvl->nl", weights, self.values[index]))
