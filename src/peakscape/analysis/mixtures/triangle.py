"""Where mixtures lie on a plane: pure parts as corners, samples between them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]


N_DIRECTIONS = 72
"""Directions in which the reach of an interval region is asked for."""


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


class MixtureMap(NamedTuple):
    """The figure of a set of mixtures, in numbers.

    Attributes are `coordinates` of the samples, shape (n_samples, 2); `ends`, where the parts are: corners for two and
    three parts, for more the tips of arrows from `origin` (2,), shape (n_parts, 2); `regions`, one polygon a sample of
    all places that the intervals allow, shape (n_vertices, 2); and `shown`, the share of the variance of the fractions
    that the plane shows, 1 for two and three parts.
    """

    coordinates: Array
    ends: Array
    origin: Array
    regions: tuple[Array, ...]
    shown: float


def mixture_map(fractions: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> MixtureMap:
    """Draw mixtures by their parts: a line for two, a triangle for three, the plane of most variance for more.

    For more than three parts the plane is that of the principal components of the fractions, with an arrow for each
    part (K. R. Gabriel, Biometrika 58, 453 (1971), doi:10.1093/biomet/58.3.453): along it samples hold more of it.

    Parameters
    ----------
    fractions, lower, upper
        And the ends of their intervals, shape (n_samples, n_parts), not negative; an unknown rest is left out of
        account.

    Returns
    -------
    MixtureMap

    Raises
    ------
    InputError
        If there are fewer than two parts.

    Examples
    --------
    >>> drawn = mixture_map([[0.5, 0.5, 0.0]], [[0.4, 0.4, 0.0]], [[0.6, 0.6, 0.0]])
    >>> drawn.coordinates.tolist(), drawn.regions[0].round(2).tolist()
    ([[0.5, 0.0]], [[0.6, 0.0], [0.4, 0.0]])
    """
    shares = np.atleast_2d(np.asarray(fractions, dtype=np.float64))
    low, high = np.minimum(lower, shares), np.maximum(upper, shares)
    total = shares.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares, low, high = (np.where(total > 0, part / total, np.nan) for part in (shares, low, high))
    if shares.shape[1] <= 3:
        ends, origin, shown = mixture_plane(shares).corners, np.zeros(2), 1.0
        basis = ends
    else:
        known = shares[np.isfinite(shares).all(axis=1)]
        mean = known.mean(axis=0) if len(known) else np.full(shares.shape[1], 1.0 / shares.shape[1])
        _, values, right = np.linalg.svd(known - mean, full_matrices=False)
        plane = _signed(right[:2]) if len(right) > 1 else np.eye(2, shares.shape[1])
        shown = float(np.sum(values[:2] ** 2) / max(float(np.sum(values**2)), 1e-300)) if len(known) > 1 else 1.0
        basis = plane.T - mean @ plane.T
        ends, origin = basis, np.zeros(2)
    regions = tuple(_region(*one, basis) for one in zip(shares, low, high, strict=True))
    return MixtureMap(shares @ basis, ends, origin, regions, shown)


def shortened(coordinates: ArrayLike, ends: ArrayLike) -> Array:
    """Return the tips of the arrows of parts, all shortened alike so that samples stay the larger, (n_parts, 2).

    Parameters
    ----------
    coordinates, ends
        Of a `MixtureMap`, shapes (n_samples, 2) and (n_parts, 2).

    Examples
    --------
    >>> shortened([[0.2, 0.0], [-0.4, 0.1]], [[2.0, 0.0], [0.0, 1.0]]).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    points, tips = np.asarray(coordinates, dtype=np.float64), np.asarray(ends, dtype=np.float64)
    known = points[np.isfinite(points).all(axis=1)]
    reach = float(np.abs(known).max()) if len(known) else 1.0
    return np.asarray(tips * min(1.0, 1.25 * max(reach, 1e-3) / max(float(np.abs(tips).max()), 1e-9)))


def _signed(rows: Array) -> Array:
    """Give each direction the sign that makes its largest entry positive."""
    largest = rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)]
    return np.asarray(rows * np.where(largest < 0, -1.0, 1.0)[:, None])


def _region(shares: Array, low: Array, high: Array, basis: Array) -> Array:
    """Vertices of all places of fractions within their ends that sum to one, in the order around them."""
    if not np.isfinite(shares).all():
        return np.zeros((0, 2))
    angles = 2.0 * np.pi * np.arange(N_DIRECTIONS) / N_DIRECTIONS
    found: list[Array] = []
    for direction in np.stack([np.cos(angles), np.sin(angles)], axis=1):
        mixed, left = low.copy(), 1.0 - low.sum()
        for part in np.argsort(-(basis @ direction), kind="stable"):  # most of the parts that lie farthest
            more = min(high[part] - low[part], left)
            mixed[part] += more
            left -= more
        place = mixed @ basis
        if not any(np.allclose(place, other, atol=1e-9) for other in found):
            found.append(place)
    return np.array(found)
