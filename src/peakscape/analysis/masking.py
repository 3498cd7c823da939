"""How far a spectrum moves on the map when parts of it are masked."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from peakscape.analysis.members import place_members, trusted_members
from peakscape.errors import InputError

_BYTES_AT_ONCE = 2**26  # of masked copies, where the map cannot do without them


def check_spectrum(
    spectrum: ArrayLike | xr.DataArray, axis: ArrayLike | xr.DataArray | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Return one spectrum with its axis and the axis' name.

    Parameters
    ----------
    spectrum
        Intensities of shape (n_points,): an array, or a DataArray that carries its axis as coordinate.
    axis
        Positions of shape (n_points,), for a spectrum that carries none. A DataArray gives its name too.

    Returns
    -------
    intensity : ndarray of shape (n_points,)
    axis : ndarray of shape (n_points,)
    name : str
        ``"two_theta"`` where nothing tells another one.

    Raises
    ------
    InputError
        If there is no axis, shapes do not fit, values are not finite or the axis does not rise.

    Examples
    --------
    >>> import xarray as xr
    >>> check_spectrum(xr.DataArray([0.0, 1.0, 0.0], dims="q", coords={"q": [1.0, 1.1, 1.2]}))[2]
    'q'
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


def estimate_background(intensity: NDArray[np.float64], *, n_points: int) -> NDArray[np.float64]:
    """Estimate the local background under peaks by a smoothed rolling minimum.

    A morphological opening (rolling minimum, then rolling maximum, both over `n_points`) removes what is narrower than
    `n_points`; a running mean smooths its steps; the result never lies above the spectrum.

    Parameters
    ----------
    intensity
        Shape (n_points,).
    n_points
        Width of the opening; wider than the widest peak.

    Returns
    -------
    ndarray of shape (n_points,)

    Examples
    --------
    >>> estimate_background(np.array([1.0, 1.0, 9.0, 1.0, 1.0, 1.0]), n_points=3).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    opened = maximum_filter1d(minimum_filter1d(intensity, n_points), n_points)
    return np.asarray(np.minimum(uniform_filter1d(opened, n_points, mode="nearest"), intensity))


def mask_displacements(
    space: Any,
    spectrum: ArrayLike,
    starts: ArrayLike,
    stops: ArrayLike,
    *,
    fill: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Measure how far a spectrum moves on the map when points ``starts[i]:stops[i]`` are masked.

    Parameters
    ----------
    space
        A fitted map: anything with ``transform``. Its ``transform_masked`` is used where it has one, its
        ``transform_members`` on masked copies where it has that, else ``transform``.
    spectrum
        Shape (n_points,).
    starts, stops
        First point and the one after the last of each mask, shape (n_masks,).
    fill
        What stands in the place of masked points, shape (n_points,); zero by default.

    Returns
    -------
    ndarray of shape (n_members, n_masks)
        In units of the map; members that collapsed are left out.

    Raises
    ------
    InputError
        If a mask is empty or reaches beyond the spectrum, or the map gives coordinates that are not finite.

    Examples
    --------
    >>> class Sum:
    ...     def transform(self, X):
    ...         return np.column_stack([X.sum(axis=1), X[:, 0]])
    >>> mask_displacements(Sum(), [1.0, 2.0, 4.0], starts=[1, 2], stops=[3, 3])
    array([[6., 4.]])
    """
    intensity = np.asarray(spectrum, dtype=np.float64)
    first, last = np.asarray(starts, dtype=np.intp), np.asarray(stops, dtype=np.intp)
    if first.shape != last.shape or first.ndim != 1 or (first >= last).any() or (first < 0).any():
        raise InputError("expected starts and stops of one shape (n_masks,) with 0 <= start < stop")
    if len(last) and last.max() > len(intensity):
        raise InputError(f"a mask reaches to point {last.max()} of a spectrum of {len(intensity)} points")
    filling = None if fill is None else np.broadcast_to(np.asarray(fill, dtype=np.float64), intensity.shape)
    if hasattr(space, "transform_masked"):
        first, last = np.append(first, 0), np.append(last, 0)  # an empty mask: the whole spectrum, placed the same way
        masked = np.asarray(space.transform_masked(intensity, first, last, fill=filling), dtype=np.float64)
        masked = masked[trusted_members(space, len(masked))]
        masked, whole = masked[:, :-1], masked[:, -1:]
    else:
        whole = place_members(space, intensity[np.newaxis])
        masked = _transform_copies(space, intensity, first, last, filling)
    moved = np.linalg.norm(masked - whole, axis=2)
    if not np.isfinite(moved).all():
        raise InputError("the map gives coordinates that are not finite for this spectrum")
    return np.asarray(moved)


def _transform_copies(
    space: Any,
    intensity: NDArray[np.float64],
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    fill: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Masked copies through the map, a block at a time."""
    points = np.arange(len(intensity))
    filling = np.zeros_like(intensity) if fill is None else fill
    rows = max(1, _BYTES_AT_ONCE // intensity.nbytes)
    blocks = []
    for block in range(0, len(starts), rows):
        some = slice(block, block + rows)
        hidden = (points >= starts[some, np.newaxis]) & (points < stops[some, np.newaxis])
        blocks.append(place_members(space, np.where(hidden, filling, intensity)))
    return np.concatenate(blocks, axis=1) if blocks else place_members(space, intensity[np.newaxis])[:, :0]
