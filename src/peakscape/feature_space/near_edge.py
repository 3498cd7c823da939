"""How absorption spectra of classes are aligned by default: for a new one, for errors, for a study, the same way."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape.analysis.naming import Search
from peakscape.analysis.novelty.farness import rms_distances
from peakscape.analysis.validation.class_accuracy import Namer
from peakscape.feature_space import axes
from peakscape.feature_space.known import Labels
from peakscape.signal import interpolation
from peakscape.spectra.container import absorption_scales

Array = NDArray[np.float64]
MOST, STEP = 1.0, 0.1
"""eV: how far energy scales of beam lines are moved, and in which steps. Farther, oxidation states become alike."""


def default_search(dataset: xr.Dataset, labels: Labels) -> Search:
    """Return how a new spectrum may be moved where a user does not say.

    By up to 1 eV for absorption spectra of which only classes are predicted, and of which files tell that they are
    such; nothing else is moved: a number may be read from where an edge lies.
    """
    if not labels.classes or labels.numbers:
        return Search()
    return measured_search(dataset)


def measured_search(dataset: xr.Dataset) -> Search:
    """Return the search of absorption spectra that were read from files; that of others moves nothing."""
    scales = absorption_scales(dataset)
    return Search(max_shift=MOST, step=STEP) if scales and "as counted" not in scales else Search()


def aligned_namer(name: Namer, spectra: Array, axis: Array, search: Search) -> Namer:
    """Let a way to name spectra see new ones after they were aligned with the training spectra, as `place` does.

    Parameters
    ----------
    name
        Of `analysis.validation.class_accuracy`.
    spectra
        All spectra, (n_samples, n_points), of which `name` is told the numbers to learn from.
    axis
        Positions, (n_points,).
    search
        Bounds; one that moves nothing gives `name` back.
    """
    if len(search.moves()) == 1:
        return name

    def name_aligned(train: NDArray[np.intp], sets: list[Array]) -> list[dict[str, NDArray[np.str_]]]:
        return name(train, [aligned(rows, spectra[train], axis, search) for rows in sets])

    return name_aligned


def aligned(rows: Array, known: Array, axis: Array, search: Search) -> Array:
    """Move each spectrum to where it is most like the known one most like it, within the bounds."""
    return axes.align(rows, axis, axes.finder_of(known, axis, search)).rows


def aligned_distances(rows: Array, axis: Array, search: Search) -> Array:
    """Measure the root mean square difference of each spectrum, moved within the bounds, from every other, (n, n)."""
    moves = search.moves()
    if len(moves) == 1:
        return rms_distances(rows, rows)
    pivot = float(axis[[0, -1]].mean()) if search.pivot is None else search.pivot
    nearest = np.full((len(rows), len(rows)), np.inf)
    for shift, stretch in moves:
        moved = np.array([interpolation.move(row, axis, shift, stretch=stretch, pivot=pivot) for row in rows])
        nearest = np.minimum(nearest, rms_distances(moved, rows))
    return nearest
