"""Compare spectra whose peaks may have moved and whose width may differ: band-passed, and shifted within bounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks, peak_widths

from peakscape.errors import InputError

Array = NDArray[np.float64]
N_EVEN = 8192
"""Points of the even axis on which translations are searched, at most."""
SIGMA_OF_FWHM = 1.0 / np.sqrt(8.0 * np.log(2.0))
_BACKGROUND = 3.0  # the wide Gaussian of the band, in units of the narrow one
_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Match:
    """How well each spectrum agrees with each of the known ones at the best translation.

    Attributes
    ----------
    correlation : ndarray of shape (n_samples, n_known)
        Cosine between the two at the best translation, 1 for the same shape.
    shift : ndarray of shape (n_samples, n_known)
        By how much the known spectrum is moved for it, in units of the shift axis.
    """

    correlation: Array
    shift: Array


def check_spectra(spectra: ArrayLike, *, n_points: int | None = None) -> Array:
    """Return spectra as a finite float64 array of shape (n_samples, n_points).

    Raises
    ------
    InputError
        If the shape is another, there are no spectra or a value is not finite.

    Examples
    --------
    >>> check_spectra([[0, 1, 0]]).shape
    (1, 3)
    """
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] < 2 or n_points not in (None, values.shape[1]):
        wanted = "n_points" if n_points is None else n_points
        raise InputError(f"expected spectra of shape (n_samples, {wanted}), got {values.shape}")
    if not np.isfinite(values).all():
        raise InputError("the spectra hold values that are not finite; cut them off or fill them in")
    return values


def check_shift_axis(shift_axis: ArrayLike | None, n_points: int) -> Array:
    """Return the axis on which a lattice change is a translation; the numbers of the points where none is given.

    Raises
    ------
    InputError
        If it is not finite, does not ascend or has another number of points.

    Examples
    --------
    >>> check_shift_axis(None, 3).tolist()
    [0.0, 1.0, 2.0]
    """
    if shift_axis is None:
        return np.arange(float(n_points))
    positions = np.asarray(shift_axis, dtype=np.float64)
    if positions.shape != (n_points,) or not np.isfinite(positions).all() or (np.diff(positions) <= 0).any():
        raise InputError(f"expected a shift axis of {n_points} finite ascending positions, got shape {positions.shape}")
    return positions


def peak_width(spectrum: ArrayLike) -> float:
    """Return the median full width at half height of the strong peaks of one spectrum, in points; NaN without peaks.

    Parameters
    ----------
    spectrum
        Shape (n_points,). Strong is what rises above its surroundings by a tenth of the spectrum's range.

    Examples
    --------
    >>> axis = np.arange(200.0)
    >>> round(peak_width(np.exp(-(((axis - 80) / 10) ** 2)) + np.exp(-(((axis - 150) / 10) ** 2))), 1)
    16.7
    """
    smooth = gaussian_filter1d(np.asarray(spectrum, dtype=np.float64), 1.0)
    peaks, _ = find_peaks(smooth, prominence=max(0.1 * float(np.ptp(smooth)), _TINY))
    if not len(peaks):
        return float("nan")
    seen = float(np.median(peak_widths(smooth, peaks, rel_height=0.5)[0]))
    return float(np.sqrt(max(seen**2 - SIGMA_OF_FWHM**-2, 1.0)))


def median_width(spectra: ArrayLike) -> float:
    """Return the median of `peak_width` over spectra of shape (n_samples, n_points); 1 where none has peaks.

    Examples
    --------
    >>> median_width(np.ones((2, 50)))
    1.0
    """
    widths = np.array([peak_width(row) for row in np.asarray(spectra, dtype=np.float64)])
    widths = widths[np.isfinite(widths)]
    return float(np.median(widths)) if len(widths) else 1.0


def band_pass(spectra: ArrayLike, fwhm: float) -> Array:
    """Return spectra broadened by `fwhm` points less the same broadened three times as much.

    What is left are the peaks: noise is averaged out by the first Gaussian, backgrounds are taken off by the second.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points) or (n_points,).
    fwhm
        Full width at half height of the narrow Gaussian, in points.

    Examples
    --------
    >>> bool(np.abs(band_pass(np.linspace(5.0, 6.0, 500), 10.0)[100:400]).max() < 1e-9)
    True
    """
    values, sigma = np.asarray(spectra, dtype=np.float64), fwhm * SIGMA_OF_FWHM
    narrow = gaussian_filter1d(values, sigma, axis=-1, mode="nearest")
    return np.asarray(narrow - gaussian_filter1d(values, _BACKGROUND * sigma, axis=-1, mode="nearest"))


class ShiftMatcher:
    """Finds the best translation of known spectra onto others, within bounds, by fast Fourier transform.

    Parameters
    ----------
    known
        Band-passed known spectra, shape (n_known, n_points).
    shift_axis
        Ascending, shape (n_points,).
    max_shift
        Largest translation either way, in units of the shift axis.

    Examples
    --------
    >>> axis = np.arange(100.0)
    >>> peak = lambda at: np.exp(-(((axis - at) / 3.0) ** 2))
    >>> found = ShiftMatcher(np.array([peak(50.0)]), axis, 10.0).match(np.array([peak(54.0)]))
    >>> found.shift.tolist(), found.correlation.round(6).tolist()
    ([[4.0]], [[1.0]])
    """

    def __init__(self, known: Array, shift_axis: Array, max_shift: float) -> None:
        self._axis = shift_axis
        even = np.ptp(np.diff(shift_axis)) <= 1e-6 * np.ptp(shift_axis) / len(shift_axis)
        n_even = len(shift_axis) if even else min(2 * len(shift_axis), N_EVEN)
        self._even = shift_axis if even else np.linspace(shift_axis[0], shift_axis[-1], n_even)
        self._step = float(np.ptp(self._even)) / (n_even - 1)
        self._reach = min(int(max_shift / self._step + 1e-9), n_even - 1)
        self._size = next_fast_len(n_even + self._reach, real=True)
        self._known = np.conj(self._transform(known))

    def _transform(self, spectra: Array) -> NDArray[np.complex128]:
        rows = spectra if self._even is self._axis else interpolate_rows(self._even, self._axis, spectra)
        return np.asarray(rfft(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY), self._size))

    def match(self, spectra: Array) -> Match:
        """Match spectra of shape (n_samples, n_points) with each of the known ones."""
        correlation, shift = [], []
        for row in self._transform(spectra):
            score = irfft(self._known * row, self._size)
            near = np.concatenate([score[:, self._size - self._reach :], score[:, : self._reach + 1]], axis=1)
            best = near.argmax(axis=1)
            correlation.append(near[np.arange(len(near)), best])
            shift.append((best - self._reach) * self._step)
        return Match(np.array(correlation), np.array(shift))


def interpolate_rows(wanted: Array, positions: Array, rows: Array | Sequence[Array]) -> Array:
    """Interpolate each row linearly, shape (n_rows, n_wanted).

    Examples
    --------
    >>> interpolate_rows(np.array([0.5]), np.array([0.0, 1.0]), np.array([[0.0, 4.0]])).tolist()
    [[2.0]]
    """
    return np.array([np.interp(wanted, positions, row) for row in rows])
