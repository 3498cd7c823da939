"""What callers may pass: spectra, their axis, points of a map; and what each member of a map makes of them."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]


def check_spectra(spectra: ArrayLike, *, n_points: int | None = None) -> Array:
    """Return spectra as a finite float64 array (n_samples, n_points); InputError where they are none."""
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] < 2 or n_points not in (None, values.shape[1]):
        wanted = "n_points" if n_points is None else n_points
        raise InputError(f"expected spectra of shape (n_samples, {wanted}), got {values.shape}")
    if not np.isfinite(values).all():
        raise InputError("the spectra hold values that are not finite; cut them off or fill them in")
    return values


def check_spectrum(
    spectrum: ArrayLike | xr.DataArray, axis: ArrayLike | xr.DataArray | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Return one spectrum (n_points,) with its axis and the axis' name.

    A DataArray carries its axis, or `axis` gives it; the name is "two_theta" where nothing tells another one.
    InputError if there is no axis, shapes do not fit, values are not finite or the axis does not rise.
    """
    intensity = np.asarray(spectrum, dtype=np.float64)
    if intensity.ndim != 1:
        raise InputError(f"expected one spectrum of shape (n_points,), got shape {intensity.shape}; pick one by [0]")
    name = "two_theta"
    if axis is None and isinstance(spectrum, xr.DataArray):
        name = str(spectrum.dims[0])
        axis = spectrum.coords.get(name)
    elif isinstance(axis, xr.DataArray):
        name = str(axis.name or axis.dims[0])
    if axis is None:
        raise InputError("this spectrum carries no axis; pass axis= with the position of every point")
    positions = np.asarray(axis, dtype=np.float64)
    if positions.shape != intensity.shape or len(positions) < 3:
        raise InputError(f"expected an axis of {len(intensity)} points, at least three, got shape {positions.shape}")
    if not (np.isfinite(intensity).all() and np.isfinite(positions).all()):
        raise InputError("the spectrum or its axis holds values that are not finite")
    if not (np.diff(positions) > 0).all():
        raise InputError("expected an axis that rises from point to point; sort the points and drop double ones")
    return intensity, positions, name


def check_coordinates(coordinates: ArrayLike, *, name: str = "coordinates") -> NDArray[np.float64]:
    """Return finite points (n_samples, 2) or (n_members, n_samples, 2) with a leading axis for members."""
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
    """Tell which members of a map did not collapse; all of them where all did or the map does not say."""
    collapsed = np.asarray(getattr(space, "collapsed_", np.zeros(n_members, dtype=bool)), dtype=bool)
    return np.ones(n_members, dtype=bool) if collapsed.shape != (n_members,) or collapsed.all() else ~collapsed


def place_members(space: Any, spectra: ArrayLike) -> NDArray[np.float64]:
    """Place spectra (n_samples, n_points) by each trusted member of a map, shape (n_members, n_samples, 2)."""
    patterns = np.asarray(spectra, dtype=np.float64)
    if not hasattr(space, "transform_members"):
        return np.asarray(space.transform(patterns), dtype=np.float64)[np.newaxis]
    coordinates = np.asarray(space.transform_members(patterns), dtype=np.float64)
    return coordinates[trusted_members(space, len(coordinates))]


def decode_members(space: Any, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decode points (n_points, 2) by each trusted member, shape (n_members, n_points, n_intensities)."""
    if not hasattr(space, "inverse_transform_members"):
        return np.asarray(space.inverse_transform(coordinates), dtype=np.float64)[np.newaxis]
    spectra = np.asarray(space.inverse_transform_members(coordinates), dtype=np.float64)
    return spectra[trusted_members(space, len(spectra))]
