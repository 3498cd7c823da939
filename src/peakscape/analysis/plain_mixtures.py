"""Spectra between two known ones without a map: a plain mixture, and one that knows of peaks that move."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape import maps


def stretch_and_mix(first: ArrayLike, second: ArrayLike, share: float, *, axis: ArrayLike) -> NDArray[np.float64]:
    """Mix two spectra after bringing both to the shift that lies between them.

    The shift of one against the other is found by correlation, without labels: the plainest way to a spectrum in
    between that knows of peaks that move.

    Parameters
    ----------
    first, second
        Spectra, shape (n_points,).
    share
        Of the second one, from 0 to 1.
    axis
        Positions on which a shift moves all peaks alike, such as ln q, shape (n_points,).

    Returns
    -------
    ndarray of shape (n_points,)

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 201)
    >>> first, second = (np.exp(-(((axis - place) / 0.03) ** 2)) for place in (0.4, 0.5))
    >>> float(axis[stretch_and_mix(first, second, 0.5, axis=axis).argmax()])
    0.45
    """
    two, places = np.array([first, second], dtype=np.float64), np.asarray(axis, dtype=np.float64)
    space = maps.ShiftMap(axis=places, template="medoid")
    shifts = space.fit(np.vstack([two, two.mean(axis=0, keepdims=True)])).register(two)[0]
    between = (1 - share) * shifts[0] + share * shifts[1]
    number = np.arange(two.shape[1], dtype=np.float64)
    moved = [
        np.interp(np.interp(places + shift - between, places, number), number, row)
        for row, shift in zip(two, shifts, strict=True)
    ]
    return np.asarray((1 - share) * moved[0] + share * moved[1])
