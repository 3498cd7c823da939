"""The registry of readouts: ways to read labels between known points of a map. A new one is one file and one row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.readout.near_points import DelaunayInterpolator, NeighborInterpolator, TriangleInterpolator
from peakscape.analysis.readout.path import PathInterpolator, PlaneInterpolator
from peakscape.signal.gaussian_process import GaussianProcess

Array = NDArray[np.float64]
Method = str
"""Name of a readout: a key of `READOUTS`."""


class Interpolator(Protocol):
    """What every readout offers, fitted on the points of one map.

    One that leaves known points out faster than by being made anew has ``predict_left_out(labels)`` too.
    """

    def predict(self, queries: Array) -> Array:
        """Read the quantities, shape (n_queries, n_labels), at points (n_queries, 2)."""


@dataclass(frozen=True)
class Kind:
    """A readout: ``make(points, values, groups, n_neighbors)``, and whether it suits samples all over the plane.

    Points are (n_samples, 2), what is known there (n_samples, n_labels), the numbers of the compositions (n_samples,).
    """

    make: Callable[[Array, Array, NDArray[np.intp], int], Any]
    is_planar: bool = True


READOUTS: dict[str, Kind] = {
    "triangle": Kind(lambda points, values, groups, n: TriangleInterpolator(points, values, n_neighbors=n)),
    "delaunay": Kind(lambda points, values, groups, n: DelaunayInterpolator(points, values)),
    "neighbors": Kind(lambda points, values, groups, n: NeighborInterpolator(points, values, n_neighbors=n)),
    "gaussian_process": Kind(lambda points, values, groups, n: GaussianProcess(points, values, groups)),
    "plane": Kind(lambda points, values, groups, n: PlaneInterpolator(points, values), is_planar=False),
    "path": Kind(lambda points, values, groups, n: PathInterpolator(points, values), is_planar=False),
}
PLANAR: tuple[Method, ...] = tuple(name for name, kind in READOUTS.items() if kind.is_planar)
"""Those for samples that spread over the plane; the others suit a series along one label."""
