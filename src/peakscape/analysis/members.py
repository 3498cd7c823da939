"""The members of a map: each one's coordinates and spectra, those that collapsed left out."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
