"""The ways to read a quantity between known points, by name."""

from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.readout.near_points import DelaunayInterpolator, NeighborInterpolator, TriangleInterpolator
from peakscape.analysis.readout.path import PathInterpolator, PlaneInterpolator
from peakscape.errors import InputError
from peakscape.signal.gaussian_process import GaussianProcess

Method = Literal["triangle", "delaunay", "neighbors", "gaussian_process", "plane", "path"]
METHODS: tuple[Method, ...] = get_args(Method)
PLANAR: tuple[Method, ...] = ("triangle", "delaunay", "neighbors", "gaussian_process")
"""Those for samples that spread over the plane; the others suit a series along one label."""


class Interpolator(Protocol):
    """What every method offers: predictions at points of one map."""

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the quantities, shape (n_queries, n_labels), at points (n_queries, 2)."""


def make_interpolator(
    method: Method,
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    groups: NDArray[np.intp],
    *,
    n_neighbors: int = 6,
) -> Interpolator:
    """Build the interpolator of a name.

    Parameters
    ----------
    method
        One of `METHODS`.
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, n_labels).
    groups
        Number of the composition of each point, shape (n_samples,); the Gaussian process chooses its length by them.
    n_neighbors
        Nearest points taken by ``"triangle"`` and ``"neighbors"``.

    Returns
    -------
    Interpolator

    Raises
    ------
    InputError
        If there is no such method.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> make_interpolator("delaunay", points, points, np.arange(3)).predict(np.array([[0.25, 0.5]])).round(9).tolist()
    [[0.25, 0.5]]
    """
    if method == "triangle":
        return TriangleInterpolator(points, values, n_neighbors=n_neighbors)
    if method == "delaunay":
        return DelaunayInterpolator(points, values)
    if method == "neighbors":
        return NeighborInterpolator(points, values, n_neighbors=n_neighbors)
    if method == "gaussian_process":
        return GaussianProcess(points, values, groups)
    if method == "plane":
        return PlaneInterpolator(points, values)
    if method == "path":
        return PathInterpolator(points, values)
    raise InputError(f"expected method to be one of {', '.join(METHODS)}, got {method!r}")
