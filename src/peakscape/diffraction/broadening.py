"""Sum the profiles of many reflections on a regular grid, by a B-spline and one Fourier transform.

The sum  y(x) = sum_i area_i p(x - x_i)  is a convolution of sticks with the profile p. Sticks lie between the points of
a grid; spread over four points by a cubic B-spline, and with the spline's transform sinc^4 divided out again, they keep
their exact positions up to an aliasing error of the order of (grid step / fwhm)^4. That is the trick of the smooth
particle-mesh Ewald sum (Essmann et al., doi:10.1063/1.470117).

A width that changes with the angle is interpolated: each stick is shared out between four of a ladder of widths, by
cubic Lagrange interpolation in ln(fwhm), and each rung has its own convolution.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from peakscape.diffraction.instrument import Caglioti, Instrument, profile_width
from peakscape.errors import InputError

Array = NDArray[np.float64]

# Points of the fine grid in the narrowest fwhm: keeps the aliasing error below 3e-6 of a peak, Lorentzian included.
POINTS_PER_WIDTH = 20
# Step of the ladder in ln(fwhm): keeps the interpolation error below 3e-6 of a peak.
RUNG = 0.04


@dataclass(frozen=True)
class Grid:
    """A regular grid of diffraction angles.

    Parameters
    ----------
    start, step
        In degree.
    n_points
        Number of points.

    Examples
    --------
    >>> grid_from_limits((1.0, 119.99, 0.01)).n_points
    11900
    """

    start: float
    step: float
    n_points: int

    @property
    def stop(self) -> float:
        """Last angle in degree."""
        return self.start + self.step * (self.n_points - 1)

    @property
    def two_theta(self) -> Array:
        """All angles in degree, shape (n_points,), rounded to 1e-9 degree."""
        return np.round(self.start + self.step * np.arange(self.n_points), 9)


def grid_from_limits(two_theta: tuple[float, float, float]) -> Grid:
    """Make a grid from its first angle, last angle and step.

    Parameters
    ----------
    two_theta
        First angle, last angle and step in degree; the last angle belongs to the grid.

    Returns
    -------
    Grid
        The grid.

    Raises
    ------
    InputError
        If the numbers do not make a grid of two points or more between 0 and 180 degree.

    Examples
    --------
    >>> grid_from_limits((10.0, 10.3, 0.1)).two_theta
    array([10. , 10.1, 10.2, 10.3])
    """
    try:
        start, stop, step = (float(value) for value in two_theta)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected two_theta=(first, last, step) in degree, got {two_theta!r}") from error
    if not (np.isfinite([start, stop, step]).all() and step > 0 and stop > start):
        raise InputError(f"expected two_theta=(first, last, step) with first < last and step > 0, got {two_theta!r}")
    if start < 0 or stop >= 180:
        raise InputError(f"expected two_theta from 0 to below 180 degree, got {start:g} to {stop:g}")
    n_points = int(np.floor((stop - start) / step + 1e-6)) + 1
    if n_points < 2:
        raise InputError(f"expected at least two points, got two_theta={two_theta!r}: the step exceeds the range")
    return Grid(start, step, n_points)


@dataclass(frozen=True)
class Broadening:
    """The convolution of sticks with a profile on a grid, prepared once for many patterns (see `prepare`).

    Examples
    --------
    >>> grid = grid_from_limits((10.0, 20.0, 0.01))
    >>> pattern = prepare(grid, 0.1, Instrument()).sum(np.array([15.003]), np.array([1.0]))
    >>> float(grid.two_theta[pattern.argmax()]), float(pattern.sum() * grid.step)
    (15.0, 1.0)
    """

    grid: Grid
    fwhm: float | Caglioti
    fine_start: float
    oversampling: int
    n_fine: int
    first_rung: float
    transforms: Array

    @property
    def reach(self) -> float:
        """Largest angle in degree whose reflections enter the pattern."""
        return self.fine_start + self.grid.step / self.oversampling * (self.n_fine - 1)

    def sum(self, position: Array, area: Array) -> Array:
        """Sum the profiles of reflections.

        Parameters
        ----------
        position
            Angles two_theta of the reflections in degree, shape (n_reflections,).
        area
            Integrated intensity of each, shape (n_reflections,).

        Returns
        -------
        array
            Intensity per degree, shape (n_points,).

        Examples
        --------
        >>> broadening = prepare(grid_from_limits((10.0, 20.0, 0.01)), 0.1, Instrument())
        >>> broadening.sum(np.array([12.0, 15.0]), np.array([1.0, 2.0])).shape
        (1001,)
        """
        fine_step = self.grid.step / self.oversampling
        rungs, shares = self._rungs(position)
        n_fft = 2 * (self.transforms.shape[1] - 1)
        sticks = _spread((position - self.fine_start) / fine_step, area * shares, rungs, (len(self.transforms), n_fft))
        spectrum = np.einsum("rf,rf->f", fft.rfft(sticks, axis=1), self.transforms)
        first = round((self.grid.start - self.fine_start) / fine_step)
        last = first + self.oversampling * (self.grid.n_points - 1)
        pattern = fft.irfft(spectrum, n_fft)[first : last + 1 : self.oversampling] / fine_step
        # The aliasing error, not physics, makes values below zero.
        return np.asarray(np.maximum(pattern, 0.0), dtype=np.float64)

    def _rungs(self, position: Array) -> tuple[NDArray[np.int64], Array]:
        """Rungs of the ladder of widths that each reflection uses, and its share of each: both (n_taps, n)."""
        if len(self.transforms) == 1:
            return np.zeros((1, position.size), dtype=np.int64), np.ones((1, position.size))
        height = (np.log(profile_width(position, self.fwhm)) - self.first_rung) / RUNG
        below = np.clip(np.floor(height).astype(np.int64), 1, len(self.transforms) - 3)
        t = height - below
        shares = [
            -t * (t - 1) * (t - 2) / 6,
            (t + 1) * (t - 1) * (t - 2) / 2,
            -(t + 1) * t * (t - 2) / 2,
            (t + 1) * t * (t - 1) / 6,
        ]
        return below + np.arange(-1, 3)[:, None], np.stack(shares)


def prepare(grid: Grid, fwhm: float | Caglioti, instrument: Instrument) -> Broadening:
    """Prepare the summation of profiles on a grid.

    Reflections beyond the grid are included as far as their tails matter: at least one degree and six widths, and a
    hundred widths for a pseudo-Voigt profile.

    Parameters
    ----------
    grid
        The grid of the pattern.
    fwhm
        Width in degree, or Caglioti coefficients.
    instrument
        Gives the shape of the peaks.

    Returns
    -------
    Broadening
        To be used for any number of patterns.

    Raises
    ------
    InputError
        If a width is not positive or not above the step of the grid.

    Examples
    --------
    >>> round(prepare(grid_from_limits((10.0, 20.0, 0.01)), 0.05, Instrument()).reach, 6)
    21.0
    """
    share = instrument.lorentzian_share
    widest = float(profile_width(np.linspace(grid.start, grid.stop, 1000), fwhm).max())
    n_margin = int(np.ceil(max(1.0, (100.0 if share else 6.0) * widest) / grid.step))
    n_above = min(n_margin, int((179.99 - grid.stop) / grid.step))
    lower, upper = max(grid.start - n_margin * grid.step, 0.0), grid.stop + n_above * grid.step
    widths = profile_width(np.linspace(lower, upper, 4000), fwhm)
    if widths.min() <= grid.step:
        raise InputError(
            f"expected an fwhm above the step of the grid, {grid.step:g} degree, got {widths.min():g}; "
            "take a finer grid or wider peaks"
        )
    oversampling = int(np.ceil(POINTS_PER_WIDTH * grid.step / widths.min()))
    n_fine = oversampling * (n_margin + grid.n_points - 1 + n_above) + 1
    first_rung, transforms = _ladder(widths, share, n_fine, grid.step / oversampling)
    return Broadening(grid, fwhm, grid.start - n_margin * grid.step, oversampling, n_fine, first_rung, transforms)


def _ladder(widths: Array, share: float, n_fine: int, fine_step: float) -> tuple[float, Array]:
    """Transforms of the profile for a ladder of widths, each with the B-spline's transform divided out.

    The profile is sampled in real space. For a Lorentzian it reaches over the whole grid, and the period of the
    transform is twice as long: so its tails are exact, and do not come back round the other end.
    """
    n_fft = 2 * int(fft.next_fast_len((2 * n_fine if share else n_fine) // 2 + 4, real=True))
    lowest, highest = np.log(widths.min()), np.log(widths.max())
    if highest - lowest < 1e-12:
        logarithms, first_rung = np.array([lowest]), float(lowest)
    else:
        first_rung = float(lowest - RUNG)
        logarithms = first_rung + RUNG * np.arange(int(np.ceil((highest - lowest) / RUNG)) + 3)
    offset = fft.fftfreq(n_fft, 1.0 / n_fft) * fine_step
    spline = np.sinc(fft.rfftfreq(n_fft)) ** 4
    rows = [fft.rfft(_profile(offset, width, share) * fine_step).real / spline for width in np.exp(logarithms)]
    return first_rung, np.array(rows)


def _profile(offset: Array, fwhm: float, share: float) -> Array:
    """Pseudo-Voigt profile of unit area at distances `offset` from its centre."""
    reduced = 2.0 * offset / fwhm
    gaussian = np.sqrt(np.log(2.0) / np.pi) * np.exp(-np.log(2.0) * reduced**2)
    lorentzian = 1.0 / (np.pi * (1.0 + reduced**2))
    return np.asarray(2.0 / fwhm * ((1.0 - share) * gaussian + share * lorentzian), dtype=np.float64)


def _spread(place: Array, weights: Array, rungs: NDArray[np.int64], shape: tuple[int, int]) -> Array:
    """Spread sticks at real places over the points of a periodic grid by a cubic B-spline; one row for each rung."""
    kept = (place > 1) & (place < shape[1] - 3)
    place, weights, rungs = place[kept], weights[:, kept], rungs[:, kept]
    point = np.floor(place).astype(np.int64)
    t = place - point
    spline = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    index = (rungs * shape[1] + point)[:, None, :] + np.arange(-1, 3)[:, None]
    values = weights[:, None, :] * np.stack(spline) / 6.0
    summed = np.bincount(index.ravel(), values.ravel(), minlength=shape[0] * shape[1])
    return np.asarray(summed, dtype=np.float64).reshape(shape)
