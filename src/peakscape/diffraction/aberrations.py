"""What instruments and specimens do to patterns that are already arrays on even steps of the angle.

Each function takes rows of patterns and one number a row; nothing here is drawn at random but the places of foreign
lines and the shape of a smooth factor.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.interpolate import CubicSpline
from scipy.ndimage import spline_filter1d

from peakscape.errors import InputError
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths

Array = NDArray[np.float64]
Single = NDArray[np.float32]

# Distance in degree over which a smooth factor changes.
SMOOTH_LENGTH = 2.0


def displacement_shift(height: float, radius: float) -> float:
    """Convert a specimen's displacement to the shift of the pattern that it causes at theta = 0, in degree.

    In the focusing (Bragg-Brentano) geometry a specimen that stands `height` outside the goniometer's axis, away from
    tube and detector, moves a reflection by -2 height / radius cos(theta), in radian of 2 theta: International Tables
    C (2006), chapter 5.2 (Parrish, Wilson and Langford).

    Parameters
    ----------
    height
        Displacement in mm; positive away from tube and detector.
    radius
        Radius of the goniometer in mm.

    Returns
    -------
    float
        Shift of 2 theta at theta = 0 in degree; at other angles it is this times cos(theta).

    Raises
    ------
    InputError
        If the radius is not positive.

    Examples
    --------
    >>> round(displacement_shift(0.1, 240.0), 4)
    -0.0477
    """
    if not radius > 0:
        raise InputError(f"expected a positive radius of the goniometer in mm, got {radius}")
    return float(np.rad2deg(-2.0 * height / radius))


def move(patterns: Single, shifts: ArrayLike) -> Single:
    """Move the points of patterns by distances that may differ from point to point, by cubic B-splines.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    shifts
        How far the pattern moves towards larger angles, in steps of the axis, shape (n_samples, n_points) or what
        broadcasts to it. Beyond its ends a pattern goes on with its first and last value.

    Returns
    -------
    array
        Shape (n_samples, n_points).

    Examples
    --------
    >>> move(np.array([[1, 2, 3, 4, 5, 6]], dtype=np.float32), 1.0).round(3)
    array([[1., 1., 2., 3., 4., 5.]], dtype=float32)
    """
    n_points = patterns.shape[1]
    back = np.broadcast_to(-np.asarray(shifts, dtype=np.float32), patterns.shape)
    padded = np.pad(patterns, ((0, 0), (2, 2)), mode="edge")
    weights = np.ascontiguousarray(spline_filter1d(padded, order=3, axis=1, output=np.float32, mode="mirror"))
    whole = np.floor(back)
    t = back - whole
    place = np.arange(n_points, dtype=np.int64) + whole.astype(np.int64)
    t = np.where(place < 0, np.float32(0), np.where(place > n_points - 1, np.float32(0), t))
    place = np.clip(place, 0, n_points - 1) + 2 + (np.arange(len(patterns)) * (n_points + 4))[:, None]
    s, flat = 1 - t, weights.ravel()
    moved = s**3 * flat[place - 1] + (3 * t**3 - 6 * t**2 + 4) * flat[place]
    moved += (3 * s**3 - 6 * s**2 + 4) * flat[place + 1] + t**3 * flat[place + 2]
    return np.asarray(moved / np.float32(6), dtype=np.float32)


def displace(patterns: Single, two_theta: Array, displacement: ArrayLike, zero_shift: ArrayLike = 0.0) -> Single:
    """Shift patterns as a displaced specimen and a wrong zero do: by displacement cos(theta) + zero_shift.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    two_theta
        Even steps in degree, shape (n_points,).
    displacement, zero_shift
        In degree, shape (n_samples,); see `displacement_shift`.

    Returns
    -------
    array
        Shape (n_samples, n_points).

    Examples
    --------
    >>> patterns = np.array([[1, 2, 3, 4, 5, 6]], dtype=np.float32)
    >>> displace(patterns, np.linspace(1.0, 1.05, 6), [0.01]).round(3)
    array([[1., 1., 2., 3., 4., 5.]], dtype=float32)
    """
    step = (two_theta[-1] - two_theta[0]) / (len(two_theta) - 1)
    cosine = np.cos(np.deg2rad(two_theta) / 2.0)
    return move(patterns, (np.reshape(displacement, (-1, 1)) * cosine + np.reshape(zero_shift, (-1, 1))) / step)


def broaden(patterns: Single, step: float, fwhm: ArrayLike, mixing: ArrayLike) -> Single:
    """Convolve patterns with pseudo-Voigt profiles of area 1.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    step
        Of the axis, in degree.
    fwhm
        Full width of each profile in degree, shape (n_samples,); 0 leaves a pattern as it is.
    mixing
        Lorentzian share, shape (n_samples,).

    Returns
    -------
    array
        Shape (n_samples, n_points). Beyond its ends a pattern goes on as its mirror image.

    Examples
    --------
    >>> broaden(np.array([[0, 0, 0, 1, 0, 0, 0]], dtype=np.float32), 1.0, [2.0], [0.0]).round(2)[0, 2:5]
    array([0.23, 0.47, 0.23], dtype=float32)
    """
    n_points = patterns.shape[1]
    width = np.asarray(fwhm, dtype=np.float32)[:, None] / np.float32(step)
    share = np.asarray(mixing, dtype=np.float32)[:, None]
    margin = min(n_points - 1, int(8 * width.max()) + 16)
    padded = np.pad(patterns, ((0, 0), (margin, margin)), mode="reflect")
    size = int(fft.next_fast_len(padded.shape[1], real=True))
    frequency = np.pi * fft.rfftfreq(size).astype(np.float32) * width
    profile = share * np.exp(-frequency) + (1 - share) * np.exp(-(frequency**2) / np.float32(4 * np.log(2)))
    smooth = fft.irfft(fft.rfft(padded, size, axis=1) * profile, size, axis=1)
    return np.asarray(smooth[:, margin : margin + n_points], dtype=np.float32)


def add_second_line(patterns: Single, two_theta: Array, share: ArrayLike, wavelength: float) -> Single:
    """Add to patterns of K-alpha1 those of K-alpha2, at the angles of its longer wavelength.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    two_theta
        Even steps in degree, shape (n_points,).
    share
        Intensity of K-alpha2 in units of K-alpha1, shape (n_samples,); about 0.5 without a monochromator.
    wavelength
        In angstrom, of a tube (`peakscape.signal.radiation`).

    Returns
    -------
    array
        Shape (n_samples, n_points).

    Raises
    ------
    InputError
        If the wavelength is none of a known tube.

    Examples
    --------
    >>> two_theta = np.arange(60.0, 60.5, 0.01)
    >>> doublet = add_second_line(np.exp(-((two_theta[None] - 60.1) / 0.02) ** 2), two_theta, [0.5], 1.5406)
    >>> float(two_theta[25 + doublet[0, 25:].argmax()].round(2))
    60.27
    """
    first, second = tube_lines(wavelength)
    theta = np.arcsin(np.sin(np.deg2rad(two_theta) / 2.0) * first / second)
    step = (two_theta[-1] - two_theta[0]) / (len(two_theta) - 1)
    rows = np.asarray(patterns, dtype=np.float32)
    other = move(rows, (two_theta - np.rad2deg(2.0 * theta)) / step)
    return rows + np.asarray(share, dtype=np.float32)[:, None] * other


def tube_lines(wavelength: float) -> tuple[float, float]:
    """Return K-alpha1 and K-alpha2, in angstrom, of the tube of a wavelength.

    Examples
    --------
    >>> tube_lines(1.5406)
    (1.5405929, 1.5444274)
    """
    try:
        return k_alpha_wavelengths(anode_from_wavelength(wavelength))
    except InputError as error:
        raise InputError(
            f"expected the wavelength of a tube's K-alpha line for a doublet, got {wavelength:g} angstrom;"
            " leave K-alpha2 out"
        ) from error


def smooth_factors(two_theta: Array, spread: ArrayLike, random: np.random.Generator) -> Single:
    """Draw smooth factors that change peaks' heights: exp of a cubic spline through normal numbers 2 degree apart.

    Not the physics of texture, which changes neighbouring peaks apart from one another: what can be done to a pattern
    whose crystal is not known.

    Parameters
    ----------
    two_theta
        In degree, shape (n_points,).
    spread
        Standard deviation of the factor's logarithm at the knots, shape (n_samples,).
    random
        Source of chance.

    Returns
    -------
    array
        Shape (n_samples, n_points).

    Examples
    --------
    >>> smooth_factors(np.linspace(10.0, 20.0, 11), [0.0], np.random.default_rng(0))[0, :3]
    array([1., 1., 1.], dtype=float32)
    """
    knots = np.arange(two_theta[0], two_theta[-1] + 2 * SMOOTH_LENGTH, SMOOTH_LENGTH)
    curves = np.asarray(CubicSpline(knots, np.eye(len(knots)))(two_theta).T, dtype=np.float32)
    heights = np.asarray(spread, dtype=np.float32)[:, None]
    normal = random.normal(size=(len(heights), len(knots))).astype(np.float32)
    return np.asarray(np.exp((heights * normal) @ curves), dtype=np.float32)


def add_lines(
    patterns: Single, two_theta: Array, number: ArrayLike, height: ArrayLike, fwhm: ArrayLike,
    random: np.random.Generator,
) -> None:  # fmt: skip
    """Add Gaussian lines of a foreign substance at random places, in place.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    two_theta
        Even steps in degree, shape (n_points,).
    number, height, fwhm
        How many lines, height of the highest and their width in degree, shape (n_samples,); the others' heights are
        drawn evenly up to the highest.
    random
        Source of chance.

    Examples
    --------
    >>> patterns = np.zeros((1, 100), dtype=np.float32)
    >>> add_lines(patterns, np.arange(100) / 100, [1], [0.1], [0.05], np.random.default_rng(0))
    >>> float(patterns.max().round(2))
    0.1
    """
    step = (two_theta[-1] - two_theta[0]) / (len(two_theta) - 1)
    n_points = len(two_theta)
    for row, n, highest, width in zip(patterns, *map(np.asarray, (number, height, fwhm)), strict=True):
        if n < 1 or highest <= 0:
            continue
        heights = highest * np.r_[1.0, random.uniform(size=int(n) - 1)]
        for peak, centre in zip(heights, random.uniform(0, n_points - 1, int(n)), strict=True):
            reach = int(2.5 * width / step) + 2
            here = np.arange(max(0, int(centre) - reach), min(n_points, int(centre) + reach + 1))
            row[here] += peak * np.exp(-4 * np.log(2) * ((here - centre) * step / width) ** 2)
