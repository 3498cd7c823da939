"""Relevance of every part of a spectrum: how far its point moves when a window is masked."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.coordinates import check_coordinates
from peakscape.analysis.masking import check_spectrum, estimate_background, mask_displacements
from peakscape.errors import InputError

# Opening of the local background in widths of the mask: about 1 degree for the paper's 0.03, far wider than a peak.
_BACKGROUND_WIDTHS = 33

Fill = Literal["zero", "background", "mean"] | ArrayLike


@dataclass(frozen=True)
class Relevance:
    """Displacement on the map for every window of a spectrum.

    Attributes
    ----------
    start : ndarray of shape (n_windows,)
        Position on the axis where each window begins.
    displacement : ndarray of shape (n_members, n_windows)
        Dev of each member, in units of the map.
    mean : ndarray of shape (n_windows,)
        Mean over members.
    spread : ndarray of shape (n_windows,)
        Standard deviation over members; NaN with one member.
    width : float
        Width of the windows in units of the axis.
    axis_name : str
        Name of the axis.
    scale : float
        Root-mean-square distance of the known points from their centre; NaN where none were given.
    """

    start: NDArray[np.float64]
    displacement: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    width: float
    axis_name: str
    scale: float

    @property
    def relative(self) -> NDArray[np.float64]:
        """Mean displacement over the spread of the known points, shape (n_windows,)."""
        return self.mean / self.scale


def relevance(
    space: Any,
    spectrum: ArrayLike | xr.DataArray,
    *,
    width: float = 0.03,
    fill: Fill = "zero",
    axis: ArrayLike | xr.DataArray | None = None,
    known: ArrayLike | None = None,
    known_spectra: ArrayLike | None = None,
) -> Relevance:
    """Measure how far a spectrum moves on the map when a window is masked, for every window.

    ``Dev = |P[masked] - P[whole]|`` of Utimula et al., Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613, section
    III B: with the paper's 0.03 degree on 11,900 points a step of 0.01 apart, 11,898 windows of three points.

    Parameters
    ----------
    space
        A fitted map: anything with ``transform``.
    spectrum
        Shape (n_points,), a DataArray that carries its axis or an array with `axis`.
    width
        Width of the windows in units of the axis.
    fill
        What stands in the place of masked points: ``"zero"`` (the paper), ``"background"`` (a smoothed rolling minimum
        over 33 widths, see `estimate_background`), ``"mean"`` (the mean of `known_spectra`), or values of shape
        (n_points,). Take the mean for absorption: what tells this spectrum from the others goes, the edge stays, where
        zero would put a hole into it, and a minimum a step.
    axis
        Positions of shape (n_points,), for a spectrum that carries none.
    known
        Coordinates of known samples, (n_samples, 2) or (n_members, n_samples, 2), whose spread is the unit of
        ``relative``.
    known_spectra
        Shape (n_samples, n_points), for the filling ``"mean"``.

    Returns
    -------
    Relevance

    Raises
    ------
    InputError
        If the spectrum or the width cannot be used.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> patterns = np.random.default_rng(0).random((5, 100))
    >>> found = relevance(PCA(2).fit(patterns), patterns[0], axis=np.arange(100) * 0.01)
    >>> found.displacement.shape
    (1, 98)
    """
    intensity, positions, name = check_spectrum(spectrum, axis)
    starts, stops = window_bounds(positions, width)
    if isinstance(fill, str) and fill == "mean":
        fill = mean_spectrum(known_spectra, len(intensity))
    filling = fill_values(intensity, positions, fill, width=width)
    displacement = mask_displacements(space, intensity, starts, stops, fill=filling)
    scale = np.nan
    if known is not None:
        points = check_coordinates(known, name="known")
        scale = float(np.sqrt(((points - points.mean(axis=1, keepdims=True)) ** 2).sum(axis=2).mean()))
    return Relevance(
        start=positions[starts],
        displacement=displacement,
        mean=displacement.mean(axis=0),
        spread=spread_over_members(displacement),
        width=width,
        axis_name=name,
        scale=scale,
    )


def mean_spectrum(spectra: ArrayLike | None, n_points: int) -> NDArray[np.float64]:
    """Return the mean of known spectra, which stands in the place of what is masked.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    n_points
        How many points there must be.

    Returns
    -------
    ndarray of shape (n_points,)

    Raises
    ------
    InputError
        If there are no spectra or their points do not fit.

    Examples
    --------
    >>> mean_spectrum([[0.0, 1.0], [2.0, 1.0]], 2).tolist()
    [1.0, 1.0]
    """
    if spectra is None:
        raise InputError("fill='mean' needs known_spectra=, whose mean stands in the place of what is masked")
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] != n_points:
        raise InputError(f"expected known_spectra of shape (n_samples, {n_points}), got {values.shape}")
    return np.asarray(values.mean(axis=0))


def spread_over_members(displacement: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation over members, NaN where there is one member only.

    Parameters
    ----------
    displacement
        Shape (n_members, n_masks).

    Returns
    -------
    ndarray of shape (n_masks,)

    Examples
    --------
    >>> spread_over_members(np.array([[1.0], [3.0], [5.0]])).tolist()
    [2.0]
    """
    if len(displacement) < 2:
        return np.full(displacement.shape[1], np.nan)
    return np.asarray(displacement.std(axis=0, ddof=1))


def window_bounds(axis: NDArray[np.float64], width: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the points of every window that begins at a point and ends inside the spectrum.

    Parameters
    ----------
    axis
        Positions of shape (n_points,); the steps may differ.
    width
        Width in units of the axis. A window holds the points from its start up to, not including, start + width.

    Returns
    -------
    starts, stops : ndarrays of int, shape (n_windows,)

    Raises
    ------
    InputError
        If the width is not larger than half a step or wider than the axis.

    Examples
    --------
    >>> starts, stops = window_bounds(1.0 + 0.01 * np.arange(11900), 0.03)
    >>> len(starts), set((stops - starts).tolist())
    (11898, {3})
    """
    step = float(np.median(np.diff(axis)))
    if not step / 2 < width <= axis[-1] - axis[0] + step:
        raise InputError(
            f"expected a width between half a step and the axis ({step / 2:.3g} to {np.ptp(axis):.6g}), got {width}"
        )
    # Half a step of slack, so that rounding in the axis never adds or drops a point.
    stops = np.searchsorted(axis, axis + width - step / 2)
    starts = np.arange(len(axis))
    whole = axis + width <= axis[-1] + 1.5 * step
    return starts[whole].astype(np.intp), np.maximum(stops, starts + 1)[whole].astype(np.intp)


def fill_values(
    intensity: NDArray[np.float64], axis: NDArray[np.float64], fill: Fill, *, width: float
) -> NDArray[np.float64] | None:
    """Turn the choice of a filling into values.

    Parameters
    ----------
    intensity, axis
        Shape (n_points,).
    fill
        ``"zero"``, ``"background"`` or values of shape (n_points,).
    width
        Width of the masks in units of the axis; the background is taken over 33 of them.

    Returns
    -------
    ndarray of shape (n_points,) or None
        None stands for zeros.

    Raises
    ------
    InputError
        If the choice is another one or the shape does not fit.

    Examples
    --------
    >>> fill_values(np.ones(3), np.arange(3.0), "zero", width=1.0) is None
    True
    """
    if isinstance(fill, str):
        if fill not in ("zero", "background"):
            raise InputError(f"expected fill to be 'zero', 'background', 'mean' or an array of values, got {fill!r}")
        if fill == "zero":
            return None
        n_points = round(_BACKGROUND_WIDTHS * width / float(np.median(np.diff(axis))))
        return estimate_background(intensity, n_points=min(max(n_points, 3), len(intensity)))
    values = np.asarray(fill, dtype=np.float64)
    if values.shape != intensity.shape or not np.isfinite(values).all():
        raise InputError(f"expected finite fill values of shape {intensity.shape}, got shape {values.shape}")
    return values
