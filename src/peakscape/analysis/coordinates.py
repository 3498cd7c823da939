"""Coordinates of a map: their check, and those of each member, of which the collapsed ones are left out."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError


def check_coordinates(coordinates: ArrayLike, *, name: str = "coordinates") -> NDArray[np.float64]:
    """Return coordinates as an array with a leading axis for the members of an ensemble.

    Parameters
    ----------
    coordinates
        Points of a map, shape (n_samples, 2), or (n_members, n_samples, 2) for an ensemble.
    name
        What the message of an error calls them.

    Returns
    -------
    ndarray of shape (n_members, n_samples, 2)
        ``n_members`` is 1 for a single map.

    Raises
    ------
    InputError
        If the shape is another one, or a value is not finite.

    Examples
    --------
    >>> check_coordinates([[0, 0], [1, 0], [0, 1]]).shape
    (1, 3, 2)
    """
    points = np.asarray(coordinates, dtype=np.float64)
    if points.ndim == 2:
        points = points[np.newaxis]
    if points.ndim != 3 or points.shape[2] != 2:
        raise InputError(
            f"expected {name} of shape (n_samples, 2) or (n_members, n_samples, 2), got {np.shape(coordinates)}"
        )
    if not np.isfinite(points).all():
        raise InputError(f"{name} hold values that are not finite; leave out the samples that the map cannot place")
    return points


def trusted_members(space: Any, n_members: int) -> NDArray[np.bool_]:
    """Tell which members of a map did not collapse; all of them where all did or the map does not say.

    Parameters
    ----------
    space
        A fitted map; ``collapsed_``, shape (n_members,), is read where it has one.
    n_members
        Number of members.

    Returns
    -------
    ndarray of bool, shape (n_members,)

    Examples
    --------
    >>> class Ensemble:
    ...     collapsed_ = np.array([False, True])
    >>> trusted_members(Ensemble(), 2).tolist()
    [True, False]
    """
    collapsed = np.asarray(getattr(space, "collapsed_", np.zeros(n_members, dtype=bool)), dtype=bool)
    return np.ones(n_members, dtype=bool) if collapsed.shape != (n_members,) or collapsed.all() else ~collapsed


def place_members(space: Any, spectra: ArrayLike) -> NDArray[np.float64]:
    """Place spectra on the map by each trusted member.

    Parameters
    ----------
    space
        A fitted map: anything with ``transform``; its ``transform_members`` is used where it has one.
    spectra
        Shape (n_samples, n_points).

    Returns
    -------
    ndarray of shape (n_members, n_samples, 2)

    Examples
    --------
    >>> class Ends:
    ...     def transform(self, X):
    ...         return X[:, [0, -1]]
    >>> place_members(Ends(), np.arange(6.0).reshape(2, 3)).tolist()
    [[[0.0, 2.0], [3.0, 5.0]]]
    """
    patterns = np.asarray(spectra, dtype=np.float64)
    if not hasattr(space, "transform_members"):
        return np.asarray(space.transform(patterns), dtype=np.float64)[np.newaxis]
    coordinates = np.asarray(space.transform_members(patterns), dtype=np.float64)
    return coordinates[trusted_members(space, len(coordinates))]


def decode_members(space: Any, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decode points of the map by each trusted member.

    Parameters
    ----------
    space
        A fitted map with ``inverse_transform``; its ``inverse_transform_members`` is used where it has one.
    coordinates
        Shape (n_points, 2), the same points for all members.

    Returns
    -------
    ndarray of shape (n_members, n_points, n_intensities)

    Examples
    --------
    >>> class Ends:
    ...     def inverse_transform(self, coordinates):
    ...         return coordinates @ [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]
    >>> decode_members(Ends(), np.array([[2.0, 4.0]])).tolist()
    [[[2.0, 3.0, 4.0]]]
    """
    if not hasattr(space, "inverse_transform_members"):
        return np.asarray(space.inverse_transform(coordinates), dtype=np.float64)[np.newaxis]
    spectra = np.asarray(space.inverse_transform_members(coordinates), dtype=np.float64)
    return spectra[trusted_members(space, len(spectra))]
