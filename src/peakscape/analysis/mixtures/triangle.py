"""Where mixtures lie on a plane: pure parts as corners, samples between them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]


class MixturePlane(NamedTuple):
    """Samples and pure parts on one plane.

    Attributes are `coordinates` of shape (n_samples, 2), `corners` of the parts, shape (n_parts, 2), and `exact`:
    whether fractions follow from the place, as they do for two and three parts.
    """

    coordinates: Array
    corners: Array
    exact: bool


def mixture_plane(fractions: ArrayLike) -> MixturePlane:
    """Place mixtures at the centre of gravity of their parts.

    Two parts are the ends of a line, three the corners of a triangle of side 1, in which lines parallel to a side have
    one fraction of the part opposite. More parts lie at the corners of a regular polygon, in the order given: there
    different fractions may share a place.

    Parameters
    ----------
    fractions
        Shape (n_samples, n_parts), not negative; an unknown rest is left out of account.

    Returns
    -------
    MixturePlane

    Raises
    ------
    InputError
        If there are fewer than two parts.

    Examples
    --------
    >>> plane = mixture_plane([[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    >>> plane.coordinates.round(3).tolist(), plane.corners.round(3).tolist(), plane.exact
    ([[0.0, 0.0], [0.5, 0.289]], [[0.0, 0.0], [1.0, 0.0], [0.5, 0.866]], True)
    """
    shares = np.atleast_2d(np.asarray(fractions, dtype=np.float64))
    n_parts = shares.shape[1]
    if n_parts < 2:
        raise InputError(f"expected fractions of two parts or more, got {n_parts}")
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])[:n_parts]
    if n_parts > 3:
        angle = 2.0 * np.pi * np.arange(n_parts) / n_parts
        corners = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    total = shares.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        places = np.where(total > 0, shares / total, np.nan) @ corners
    return MixturePlane(places, corners, n_parts <= 3)
