"""What a readout says at every point of a map, and where on the map a composition is to be expected."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from peakscape.analysis.inputs import check_coordinates
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.errors import InputError, OutsideMapError
from peakscape.signal.gaussian_process import GaussianProcess

_CELLS_REFINED = 300
_REFINEMENT = 7  # points along each side of a refined cell
LENGTH = 2.0
"""Of the Gaussian process over compositions, in standard deviations of the known ones."""


@dataclass(frozen=True)
class Painted:
    """A readout painted over the map.

    Attributes
    ----------
    axis_0, axis_1 : ndarray of shape (n_grid,)
        Grid along the two coordinates of the map.
    composition : ndarray of shape (n_grid, n_grid, n_labels)
        Median over members at ``(axis_0[j], axis_1[i])`` in row i, column j, as images are drawn.
    outside : ndarray of bool, shape (n_grid, n_grid)
        Where no triangle of known points lies.
    elements : list of str or None
        Names of the labels.
    """

    axis_0: NDArray[np.float64]
    axis_1: NDArray[np.float64]
    composition: NDArray[np.float64]
    outside: NDArray[np.bool_]
    elements: list[str] | None


def paint(
    readout: CompositionReadout, coordinates: ArrayLike | None = None, *, n_grid: int = 200, margin: float = 0.05
) -> Painted:
    """Read the composition at every point of a grid over the map (Fig. 4, DOI 10.1002/adts.202200613).

    Parameters
    ----------
    readout
        Fitted.
    coordinates
        Points that the grid has to cover, (n_samples, 2) or (n_members, n_samples, 2); by default the known ones.
    n_grid
        Points along each side.
    margin
        Added on every side, relative to the extent of the points.

    Returns
    -------
    Painted

    Raises
    ------
    InputError
        If the readout is not fitted, or the grid has fewer than two points a side.

    Examples
    --------
    >>> readout = CompositionReadout().fit([[0, 0], [1, 0], [0, 1]], [0.0, 1.0, 2.0])
    >>> painted = paint(readout, n_grid=21, margin=0.0)
    >>> painted.composition[4, 10].round(6).tolist(), bool(painted.outside[15, 15])
    ([0.9], True)
    """
    if n_grid < 2:
        raise InputError(f"expected a grid of two points or more a side, got {n_grid}")
    if not hasattr(readout, "coordinates_"):
        raise InputError("this readout knows no points yet; call fit(coordinates, composition) first")
    points = check_coordinates(readout.coordinates_ if coordinates is None else coordinates).reshape(-1, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    # A map collapsed onto a line along one axis still needs a grid with some height.
    room = np.maximum(margin * (high - low), 1e-3 * (high - low).max())
    axis_0, axis_1 = (np.linspace(low[i] - room[i], high[i] + room[i], n_grid) for i in (0, 1))
    grid = np.stack(np.meshgrid(axis_0, axis_1), axis=-1).reshape(-1, 2)
    composition = np.median(readout.predict_members(grid), axis=0)
    return Painted(
        axis_0=axis_0,
        axis_1=axis_1,
        composition=composition.reshape(n_grid, n_grid, -1),
        outside=readout.outside(grid).reshape(n_grid, n_grid),
        elements=readout.elements_,
    )


def contour_readout(readout: CompositionReadout) -> CompositionReadout:
    """Return the readout whose contours are followed.

    For the method ``"triangle"`` it is ``"delaunay"`` on the same known points: equation (2) in every triangle. The
    rule for siblings makes steps beside clusters, along which no contour runs. All others are their own.
    """
    if not hasattr(readout, "coordinates_"):
        raise InputError("this readout knows no points yet; call fit(coordinates, composition) first")
    if readout.method != "triangle":
        return readout
    linear = CompositionReadout(method="delaunay", level=readout.level, groups=readout.groups)
    return linear.fit(readout.coordinates_, readout.composition_, elements=readout.elements_)


def contour_points(
    readout: CompositionReadout,
    wanted: ArrayLike,
    *,
    n_points: int = 5,
    tolerance: float = 0.05,
    n_grid: int = 100,
) -> NDArray[np.float64]:
    """Find points inside the known ones where the readout (see `contour_readout`) gives a wanted composition.

    Of a painted grid, the cells closest to the wanted composition are searched again seven times finer. Of the points
    within the tolerance (within a fifth of it, where enough are), the half nearest to known points is kept, and of
    these `n_points` at most that lie far apart, the one nearest to known points first. The tolerance is a distance in
    units of the labels, the root of eq. (3).

    Raises
    ------
    OutsideMapError
        If the readout gives the wanted composition nowhere inside the known points.
    InputError
        If the wanted composition has another number of labels.
    """
    target = np.atleast_1d(np.asarray(wanted, dtype=np.float64))
    readout = contour_readout(readout)
    painted = paint(readout, n_grid=n_grid, margin=0.0)
    if target.shape != painted.composition.shape[2:]:
        raise InputError(f"expected {painted.composition.shape[2]} wanted amounts, got shape {target.shape}")
    error = np.linalg.norm(painted.composition - target, axis=2)
    inside = ~painted.outside
    best = np.flatnonzero(inside)[error[inside].argsort(kind="stable")[:_CELLS_REFINED]]
    fine = _refine(painted, best)
    fine = fine[~readout.outside(fine)] if len(fine) else fine
    off = (
        np.linalg.norm(np.median(readout.predict_members(fine), axis=0) - target, axis=1) if len(fine) else np.array([])
    )
    hits = fine[off <= tolerance]
    if not len(hits):
        nearest = f"the nearest it gives is {off.min():.3g} away" if len(off) else "it has no triangles"
        raise OutsideMapError(
            f"nowhere inside the known points does the map give the wanted composition within {tolerance:g}: "
            f"{nearest}; add known samples around that composition or allow a larger tolerance"
        )
    exact = fine[off <= tolerance / 5]
    hits = exact if len(exact) >= n_points else hits
    distance = cdist(hits, np.median(readout.coordinates_, axis=0)).min(axis=1)
    return _far_apart(hits[distance.argsort(kind="stable")[: max(n_points, (len(hits) + 1) // 2)]], n_points)


def _refine(painted: Painted, cells: NDArray[np.intp]) -> NDArray[np.float64]:
    """Points on a finer grid around some points of the painted one."""
    rows, columns = np.unravel_index(cells, painted.outside.shape)
    centres = np.column_stack([painted.axis_0[columns], painted.axis_1[rows]])
    half = np.array([painted.axis_0[1] - painted.axis_0[0], painted.axis_1[1] - painted.axis_1[0]]) / 2
    steps = np.linspace(-1, 1, _REFINEMENT)
    offsets = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * half
    return np.asarray((centres[:, np.newaxis] + offsets).reshape(-1, 2))


def _far_apart(points: NDArray[np.float64], n_points: int) -> NDArray[np.float64]:
    """The first point, then again and again the one farthest from those already chosen."""
    chosen = [0]
    distance = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < n_points and distance.max() > 0:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return points[chosen]


def typical_point(readout: CompositionReadout, wanted: ArrayLike) -> NDArray[np.float64]:
    """Find where on the map samples of a composition lie on average, by a Gaussian process; shape (1, 2).

    The other way round than `contour_points`, which looks for all points that read as the composition: known points of
    one composition are averaged, and the process (RBF of length 2 plus a linear kernel) goes through these means.
    """
    target = np.atleast_1d(np.asarray(wanted, dtype=np.float64))
    if target.shape != readout.composition_.shape[1:]:
        raise InputError(f"expected {readout.composition_.shape[1]} wanted amounts, got shape {target.shape}")
    points, groups = np.median(readout.coordinates_, axis=0), readout.groups_
    chosen = np.unique(groups)
    places = np.array([points[groups == group].mean(axis=0) for group in chosen])
    amounts = np.array([readout.composition_[groups == group].mean(axis=0) for group in chosen])
    process = GaussianProcess(amounts, places, np.arange(len(chosen)), length=LENGTH)
    return process.predict(target[np.newaxis])
