"""From where to where along a series a part is seen: onset and end, between two spectra each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

LEAST_RUN = 2
"""Spectra in a row in which a part must be seen: one alone is a false alarm in up to 5 of 100."""


@dataclass(frozen=True)
class Presence:
    """A stretch of a series in which a part is seen.

    Attributes
    ----------
    part : str
        Its name.
    onset : tuple of float or None
        The last place where it is not seen yet and the first where it is; None where it is there from the start.
    end : tuple of float or None
        The last place where it is seen and the first where it is not; None where it stays to the end.
    largest, at : float
        Its largest fraction on the way, and where that is.
    """

    part: str
    onset: tuple[float, float] | None
    end: tuple[float, float] | None
    largest: float
    at: float


def find_presence(
    along: ArrayLike, fractions: ArrayLike, limits: ArrayLike, names: Sequence[str]
) -> tuple[Presence, ...]:
    """Find where along a series each part is seen.

    A part is seen where its fraction is above its detection limit, in two spectra in a row at least; a single spectrum
    in between in which it is not seen does not end it.

    Parameters
    ----------
    along
        What the series runs over, such as time or temperature, shape (n_samples,), in any order.
    fractions, limits
        Of the parts and their detection limits, shape (n_samples, n_parts).
    names
        Of the parts.

    Returns
    -------
    tuple of Presence
        By part, then along the series; a part that is never seen has none.

    Raises
    ------
    InputError
        If the shapes do not agree.

    Examples
    --------
    >>> seen = [[0.0], [0.0], [0.2], [0.5], [0.4], [0.0]]
    >>> find_presence([0, 10, 20, 30, 40, 50], seen, np.full((6, 1), 0.02), ["gypsum"])
    (Presence(part='gypsum', onset=(10.0, 20.0), end=(40.0, 50.0), largest=0.5, at=30.0),)
    """
    places = np.asarray(along, dtype=np.float64)
    order = np.argsort(places, kind="stable")
    shares, least = (np.asarray(one, dtype=np.float64) for one in (fractions, limits))
    if shares.shape != (len(places), len(names)) or least.shape != shares.shape:
        raise InputError(f"expected fractions and limits of {len(places)} spectra and {len(names)} parts")
    places, shares, least = places[order], shares[order], least[order]
    told = []
    for number, name in enumerate(names):
        seen = _without_gaps((shares[:, number] > least[:, number]) & (shares[:, number] > 0))
        for first, last in _runs(seen):
            largest = first + int(np.argmax(shares[first : last + 1, number]))
            onset = (float(places[first - 1]), float(places[first])) if first > 0 else None
            end = (float(places[last]), float(places[last + 1])) if last + 1 < len(places) else None
            told.append(Presence(name, onset, end, float(shares[largest, number]), float(places[largest])))
    return tuple(told)


def _without_gaps(seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill single gaps."""
    filled = seen.copy()
    filled[1:-1] |= seen[:-2] & seen[2:]
    return filled


def _runs(seen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last of each run that is long enough."""
    edges = np.diff(np.concatenate([[0], seen.astype(int), [0]]))
    runs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)
    least = min(LEAST_RUN, len(seen))
    return [(int(first), int(last)) for first, last in runs if last - first + 1 >= least]
