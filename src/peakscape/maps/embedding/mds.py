"""Multidimensional scaling: a map that keeps the distances between patterns as well as a plane can."""

import numpy as np
from scipy.spatial.distance import cdist

from peakscape.errors import InputError
from peakscape.maps.embedding.placed_map import PlacedMap, PointCost, Slopes

MOST_SAMPLES = 8192
"""All pairs of distances are held at once: 512 MiB at this many patterns."""


class MDS(PlacedMap):
    """Map of patterns by metric multidimensional scaling.

    Lowers the stress, the sum of squared differences between distances on the map and distances between patterns, by
    majorisation (SMACOF; I. Borg, P. Groenen, Modern Multidimensional Scaling, 2005, chapter 8), from the two leading
    principal components, so without chance. Coordinates are in units of the largest training intensity.

    A new pattern, by our own rule, is placed where its own stress against the fixed training points is lowest: see
    `PlacedMap` for what is common to all such rules and for the decoder.

    Parameters
    ----------
    n_iterations
        Steps of the majorisation at most.
    tolerance
        Relative fall of the stress in one step at which it ends.
    random_state
        Not used, for the map involves no chance; it is here so that maps can be swapped.

    Attributes
    ----------
    stress_ : float
        Square root of the stress over the sum of squared distances between patterns (Kruskal's stress 1): 0 for a
        perfect map, more than 0.2 for a poor one.
    n_iterations_ : int
        Steps that were done.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 40)
    >>> patterns = np.array([np.exp(-(((axis - 0.5 - 0.02 * k) / 0.05) ** 2)) for k in range(8)])
    >>> space = MDS().fit(patterns)
    >>> space.transform(patterns).shape, space.stress_ < 0.2
    ((8, 2), True)
    """

    def __init__(self, *, n_iterations: int = 1000, tolerance: float = 1e-7, random_state: int | None = None) -> None:
        self.n_iterations = n_iterations
        self.tolerance = tolerance
        self.random_state = random_state

    def _check_parameters(self) -> None:
        self._check_positive("n_iterations", "tolerance")

    def _arrange(self, known: np.ndarray) -> np.ndarray:
        if len(known) > MOST_SAMPLES:
            raise InputError(
                f"MDS holds the distances of all pairs and takes {MOST_SAMPLES} patterns at most, got {len(known)};"
                " fit it to a part of them and place the rest"
            )
        distances = cdist(known, known)
        points = _two_columns(known)
        total, before = float(np.sum(distances**2)), np.inf
        for step in range(int(self.n_iterations)):
            on_map = cdist(points, points)
            stress = float(np.sum((on_map - distances) ** 2))
            self.n_iterations_, self.stress_ = step, float(np.sqrt(stress / total))
            if before - stress <= self.tolerance * stress:
                break
            before = stress
            ratio = np.divide(distances, on_map, out=np.zeros_like(distances), where=on_map > 0)
            pulled = np.stack([(ratio * points[:, 0]).sum(axis=1), (ratio * points[:, 1]).sum(axis=1)], axis=1)
            points = (ratio.sum(axis=1)[:, None] * points - pulled) / len(points)
        return points

    def _costs(self, squares: np.ndarray) -> tuple[list[PointCost], np.ndarray]:
        wanted = np.sqrt(squares)
        floor = 1e-12 * float(np.mean(self.embedding_**2))  # a cost without a cusp

        def stress(on_map: np.ndarray, rows: np.ndarray) -> Slopes:
            length = np.sqrt(on_map + floor)
            ratio = wanted[rows] / length
            return Slopes(((length - wanted[rows]) ** 2).sum(axis=1), 1.0 - ratio, 0.5 * ratio / length**2)

        return [stress], _near(squares)


def _near(squares: np.ndarray) -> np.ndarray:
    """Return weights of known patterns that fall with the square of the distance, in units of the fifth smallest."""
    unit = np.partition(squares, min(4, squares.shape[1] - 1), axis=1)[:, [min(4, squares.shape[1] - 1)]]
    return np.asarray(np.exp(-squares / np.where(unit > 0, unit, 1.0)))


def _two_columns(known: np.ndarray) -> np.ndarray:
    """Return the two leading span coordinates, shape (n_samples, 2)."""
    return np.ascontiguousarray(np.pad(known, ((0, 0), (0, 2)))[:, :2])
