"""Alignment within bounds: a new spectrum is moved to where it is most like a known one, once, before all else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis import Identifier, Search
from peakscape.signal import interpolation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Aligned:
    """Spectra after alignment.

    Attributes
    ----------
    rows : ndarray of shape (n_samples, n_points)
        Moved.
    shift, stretch : ndarray of shape (n_samples,)
        By which: a position p became ``pivot + (p - pivot) * stretch + shift``.
    at_bound : ndarray of bool, shape (n_samples,)
        Whether the shift is the largest allowed.
    """

    rows: Array
    shift: Array
    stretch: Array
    at_bound: NDArray[np.bool_]


def align(rows: Array, known: Array, axis: Array, search: Search) -> Aligned:
    """Move each spectrum to where it is most like the known spectrum that is most like it.

    Likeness is Pearson's correlation, as for `analysis.Identifier`, so that the class and every other answer are those
    of one position. A search that moves nothing leaves spectra as they are, bit by bit.

    Parameters
    ----------
    rows, known
        Prepared spectra, (n_samples, n_points) and (n_known, n_points).
    axis
        Positions, (n_points,).
    search
        The bounds.
    """
    moves = search.moves()
    n_samples = len(rows)
    if len(moves) == 1:
        return Aligned(rows, np.zeros(n_samples), np.ones(n_samples), np.zeros(n_samples, dtype=bool))
    finder = Identifier(axis=axis, search=search)
    # two classes by name only: the finder is asked for the best move, not for a class
    finder.know(known, np.arange(len(known)).astype(str), groups=np.arange(len(known)))
    pivot = float(axis[[0, -1]].mean()) if search.pivot is None else search.pivot
    largest = max(abs(shift) for shift, _ in moves)
    moved = np.empty_like(rows)
    shifts, stretches = np.empty(n_samples), np.empty(n_samples)
    for number, row in enumerate(rows):
        shift, stretch = finder.best_move(row)
        moved[number] = interpolation.move(row, axis, shift, stretch=stretch, pivot=pivot)
        shifts[number], stretches[number] = shift, stretch
    at_bound = (largest > 0) & (np.abs(shifts) >= largest - 1e-12)
    return Aligned(moved, shifts, stretches, at_bound)
