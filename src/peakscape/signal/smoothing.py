"""Gaussian smoothing: broadening by a width, and the differences of Gaussians that leave peaks and nothing else."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

Array = NDArray[np.float64]

SIGMA_OF_FWHM = float(1.0 / np.sqrt(8.0 * np.log(2.0)))
"""Standard deviation of a Gaussian whose full width at half maximum is 1."""


TINY = 1e-12
"""What is below this share of the size of a curve is rounding."""


def broaden(values: ArrayLike, fwhm: float) -> Array:
    """Convolve curves with a Gaussian of a full width at half maximum in points; the ends go on with their values.

    Parameters
    ----------
    values
        Shape (..., n_points).
    fwhm
        In points; 0 leaves the curves as they are.

    Examples
    --------
    >>> broaden([[0.0, 0.0, 1.0, 0.0, 0.0]], 2.0).round(2)
    array([[0.03, 0.23, 0.47, 0.23, 0.03]])
    """
    curves = np.asarray(values, dtype=np.float64)
    return gaussian(curves, fwhm * SIGMA_OF_FWHM) if fwhm else curves


def gaussian(values: ArrayLike, sigma: float) -> Array:
    """Convolve curves with a Gaussian of a standard deviation in points; the ends go on with their values.

    Examples
    --------
    >>> gaussian([[0.0, 0.0, 1.0, 0.0, 0.0]], 1.0).round(2)
    array([[0.06, 0.24, 0.4 , 0.24, 0.06]])
    """
    curves = np.asarray(values, dtype=np.float64)
    return np.asarray(gaussian_filter1d(curves, sigma, axis=-1, mode="nearest"))


def broaden_by_fourier(rows: Array, sigma: float) -> Array:
    """Convolve rows with a Gaussian by Fourier transform: much faster than sums over points where it is wide.

    Parameters
    ----------
    rows
        Shape (n_rows, n_points); zero stands beyond their ends.
    sigma
        Standard deviation in points; 0 leaves the rows as they are.

    Returns
    -------
    ndarray
        Shape (n_rows, n_points).

    Examples
    --------
    >>> broaden_by_fourier(np.eye(1, 9, 4), 1.0).round(2)
    array([[0.  , 0.  , 0.05, 0.24, 0.4 , 0.24, 0.05, 0.  , 0.  ]])
    """
    if not sigma:
        return rows
    n_points = rows.shape[1]
    n_padded = fft.next_fast_len(n_points + int(np.ceil(6.0 * sigma)) + 4, real=True)
    factor = np.exp(-0.5 * (2.0 * np.pi * sigma * fft.rfftfreq(n_padded)) ** 2)
    # row by row, so that a row has the same bits alone and among others
    return np.array([fft.irfft(fft.rfft(row, n_padded) * factor, n_padded)[:n_points] for row in rows])


def difference_of_gaussians(values: ArrayLike, narrow: float, broad: float) -> Array:
    """Return curves smoothed a little less the same curves smoothed a lot: peaks without noise and background.

    D. Marr and E. Hildreth, Proc. R. Soc. B 207, 187 (1980), doi:10.1098/rspb.1980.0020. The ends go on with their
    values.

    Parameters
    ----------
    values
        Shape (..., n_points).
    narrow, broad
        Standard deviations of the two Gaussians, in points. For peaks of a known full width at half maximum,
        0.7 and 3 times ``SIGMA_OF_FWHM * fwhm`` keep the peaks and little else.

    Returns
    -------
    ndarray
        Shape (..., n_points).

    Examples
    --------
    >>> bool(np.abs(difference_of_gaussians(np.full(50, 7.0), 1.0, 5.0)).max() < 1e-12)
    True
    """
    return np.asarray(gaussian(values, narrow) - gaussian(values, broad))


def half_kernel(sigma: float) -> Array:
    """Return the weights of a Gaussian from its middle to four standard deviations, as `gaussian` takes them.

    Examples
    --------
    >>> half_kernel(0.5).round(3)
    array([0.787, 0.106, 0.   ])
    """
    points = np.arange(-int(4.0 * sigma + 0.5), int(4.0 * sigma + 0.5) + 1)
    weights = np.exp(-0.5 / (sigma * sigma) * points**2)
    return np.asarray((weights / weights.sum())[len(points) // 2 :])


def root_above_zero(above: Array, size: Array | float) -> Array:
    """Return the square root of what is above zero, and zero for what is below TINY of the size of the curve.

    The root lets weak peaks count and makes the noise of counting even; rounding must not be blown up to a pattern.

    Parameters
    ----------
    above
        Differences of Gaussians, shape (..., n_points).
    size
        Largest absolute value of the curves they were made of, shape (..., 1) or a number.

    Examples
    --------
    >>> root_above_zero(np.array([4.0, -1.0, 1e-13]), 9.0)
    array([2., 0., 0.])
    """
    return np.asarray(np.sqrt(np.where(above > TINY * size, above, 0.0)))
