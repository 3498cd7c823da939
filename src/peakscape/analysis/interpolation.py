"""Spectra along a straight line over a map, each with the nearest known one and the plain mixture of the ends."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from peakscape.analysis.members import decode_members
from peakscape.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class InterpolatedSpectra:
    """Spectra between two ends.

    Attributes
    ----------
    share : ndarray of shape (n_steps,)
        Way from start (0) to stop (1).
    coordinates : ndarray of shape (n_steps, 2)
        Points of the line.
    intensity : ndarray of shape (n_steps, n_points)
        Decoded there, median over members.
    mixture : ndarray of shape (n_steps, n_points)
        The baseline: the two end spectra mixed, (1 - share) start + share stop.
    nearest : ndarray of int, shape (n_steps,)
        Which known spectrum is nearest to the decoded one.
    distance : ndarray of shape (n_steps,)
        Root-mean-square difference from it over its root-mean-square intensity.
    mixture_distance : ndarray of shape (n_steps,)
        The same of the mixture and the known spectrum nearest to that.
    distance_on_map : ndarray of shape (n_steps,)
        From the point of the line to the nearest known point.
    round_trip : ndarray of shape (n_steps,)
        Distance on the map between the point of the line and where the map places the decoded spectrum.
    """

    share: Array
    coordinates: Array
    intensity: Array
    mixture: Array
    nearest: NDArray[np.intp]
    distance: Array
    mixture_distance: Array
    distance_on_map: Array
    round_trip: Array


def interpolate_spectra(
    space: Any, start: ArrayLike, stop: ArrayLike, *, known: ArrayLike, n_steps: int = 9
) -> InterpolatedSpectra:
    """Decode the spectra along the straight line between two samples or points of a map.

    What lies between two spectra on a map is worth no more than the distances say: where the mixture of the ends is as
    near to a real spectrum as the decoded one, the map adds nothing.

    Parameters
    ----------
    space
        A fitted map with ``transform`` and ``inverse_transform``.
    start, stop
        Ends: spectra of shape (n_points,), or points of the map of shape (2,), whose end of the mixture is the known
        spectrum nearest to them on the map.
    known
        Real spectra, shape (n_samples, n_points). Leave the ends out where they are not to count as found.
    n_steps
        Points of the line, both ends counted.

    Returns
    -------
    InterpolatedSpectra

    Raises
    ------
    InputError
        If the map cannot decode, shapes do not fit, values are not finite or there are fewer than two steps.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 1.0]])
    >>> between = interpolate_spectra(PCA(2).fit(spectra), spectra[0], spectra[1], known=spectra, n_steps=3)
    >>> between.intensity[1].round(2).tolist(), between.mixture[1].tolist()
    ([0.0, 1.5, 0.5], [0.0, 1.5, 0.5])
    """
    if not hasattr(space, "inverse_transform"):
        raise InputError(f"{type(space).__name__} cannot decode: it has no inverse_transform, so it cannot interpolate")
    spectra = np.asarray(known, dtype=np.float64)
    if spectra.ndim != 2 or not len(spectra) or not np.isfinite(spectra).all() or n_steps < 2:
        raise InputError(
            f"expected finite known spectra (n_samples, n_points) and two steps or more, got {spectra.shape}, {n_steps}"
        )
    places = np.asarray(space.transform(spectra), dtype=np.float64)
    first_point, first = _end("start", start, space, spectra, places)
    last_point, last = _end("stop", stop, space, spectra, places)
    share = np.linspace(0.0, 1.0, n_steps)
    coordinates = np.outer(1.0 - share, first_point) + np.outer(share, last_point)
    intensity = np.median(decode_members(space, coordinates), axis=0)
    mixture = np.outer(1.0 - share, first) + np.outer(share, last)
    nearest, distance = _nearest(intensity, spectra)
    return InterpolatedSpectra(
        share=share,
        coordinates=coordinates,
        intensity=intensity,
        mixture=mixture,
        nearest=nearest,
        distance=distance,
        mixture_distance=_nearest(mixture, spectra)[1],
        distance_on_map=cdist(coordinates, places).min(axis=1),
        round_trip=np.linalg.norm(np.asarray(space.transform(intensity)) - coordinates, axis=1),
    )


def _end(name: str, end: ArrayLike, space: Any, spectra: Array, places: Array) -> tuple[Array, Array]:
    """Point and spectrum of an end."""
    given = np.asarray(end, dtype=np.float64)
    if not np.isfinite(given).all() or given.shape not in (spectra.shape[1:], (2,)):
        raise InputError(
            f"expected {name} to be a spectrum of shape {spectra.shape[1:]} or a point of shape (2,), finite, "
            f"got shape {given.shape}"
        )
    if given.shape == spectra.shape[1:]:
        return np.asarray(space.transform(given[np.newaxis]), dtype=np.float64)[0], given
    return given, spectra[np.linalg.norm(places - given, axis=1).argmin()]


def _nearest(spectra: Array, known: Array) -> tuple[NDArray[np.intp], Array]:
    apart = cdist(spectra, known)
    nearest = apart.argmin(axis=1).astype(np.intp)
    size = np.maximum(np.linalg.norm(known[nearest], axis=1), np.finfo(float).tiny)
    return nearest, np.asarray(apart.min(axis=1) / size)
