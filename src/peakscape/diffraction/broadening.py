"""Sum the profiles of many reflections on a regular grid, by B-splines and one convolution.

The sum  y(x) = sum_i area_i p(x - x_i)  is a convolution of sticks with the profile p. Sticks lie between the points of
a grid; spread over four points by a cubic B-spline, and with the spline's transform sinc^4 divided out again, they keep
their exact positions up to an aliasing error of the order of (grid step / fwhm)^4. That is the trick of the smooth
particle-mesh Ewald sum (Essmann et al., doi:10.1063/1.470117). The splines come from binned moments (see `compiled`).

A width that changes with the angle is interpolated: each stick is shared out between four of a ladder of widths, by
cubic Lagrange interpolation in ln(fwhm), and each rung has its own convolution. A Gaussian is short, and its
convolution is a direct sum over a hundred taps; a Lorentzian reaches everywhere and goes by Fourier transform.
"""

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from peakscape.diffraction.instrument import Caglioti, Grid, Instrument, profile_width
from peakscape.errors import InputError

Array = NDArray[np.float64]
Single = NDArray[np.float32]

# Points of the fine grid in the narrowest fwhm: keeps the aliasing error below 3e-6 of a peak. It goes with the fourth
# moment of the profile's transform, and a Lorentzian's ends more slowly than a Gaussian's.
POINTS_PER_WIDTH = {"gaussian": 15, "pseudo_voigt": 20}
# Where the kernel of a Gaussian ends, in units of its largest value.
SMALLEST_TAP = 1e-8
# Step of the ladder in ln(fwhm): keeps the interpolation error below 3e-6 of a peak.
RUNG = 0.04


@dataclass(frozen=True)
class Broadening:
    """The convolution of sticks with a profile on a grid, prepared once for many patterns (see `prepare`)."""

    grid: Grid
    fwhm: float | Caglioti
    fine_start: float
    oversampling: int
    n_fine: int
    transforms: Array
    rungs: NDArray[np.int64]
    shares: Single
    taps: tuple[Single, ...] | None
    _own: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    @property
    def fine_step(self) -> float:
        """Width of a bin, and step of the fine grid, in degree."""
        return self.grid.step / self.oversampling

    @property
    def reach(self) -> float:
        """Largest angle in degree whose reflections enter the pattern."""
        return self.fine_start + self.grid.step / self.oversampling * (self.n_fine - 1)

    def sum(self, position: Array, area: Array) -> Array:
        """Sum the profiles of reflections.

        `position` in degree and `area`, the integrated intensity, have shape (n_reflections,); the result is intensity
        per degree, shape (n_points,).
        """
        place = (position - self.fine_start) / self.fine_step
        inside = (place >= 0) & (place < self.n_fine)
        whole = place[inside].astype(np.int64)
        t = place[inside] - whole
        moments = [np.bincount(whole + 1, area[inside] * t**m, minlength=self.n_fine + 2) for m in range(4)]
        return self.pattern(np.stack(moments, axis=1).astype(np.float32))

    def pattern(self, bins: Single) -> Array:
        """Sum the profiles of binned reflections.

        `bins` (n_fine + 2, 4) are moments of the areas in bins of `fine_step` from `fine_start` on; the result is
        intensity per degree, shape (n_points,).
        """
        from peakscape.diffraction import compiled  # compiles: only when a pattern is computed

        sticks, rows = self._memory()
        compiled.spread(bins, self.rungs, self.shares, sticks)
        first = round((self.grid.start - self.fine_start) / self.fine_step)
        n_points = self.grid.n_points
        if self.taps is None:
            n_fft = 2 * (self.transforms.shape[1] - 1)
            spectrum = np.einsum("rf,rf->f", fft.rfft(sticks[:, 1:], n_fft, axis=1), self.transforms)
            last = first + self.oversampling * (n_points - 1)
            pattern = fft.irfft(spectrum, n_fft)[first : last + 1 : self.oversampling]
        elif len(self.taps) == 1:
            pattern = compiled.convolve(sticks[0], self.taps[0], first + 1, self.oversampling, n_points, rows)
        else:
            pattern = self._climb(sticks, first, rows)
        # The aliasing error, not physics, makes values below zero.
        return np.asarray(np.maximum(pattern, 0.0), dtype=np.float64)

    def _memory(self) -> tuple[Single, Single]:
        """Sticks and working memory of this thread: fresh memory for each pattern would take longer than its use."""
        if not hasattr(self._own, "arrays"):
            n_taps = max((taps.size for taps in self.taps or ()), default=0)
            self._own.arrays = (
                np.empty((len(self.transforms), self.n_fine + 3), dtype=np.float32),
                np.empty((self.oversampling, self.grid.n_points + n_taps // self.oversampling + 16), dtype=np.float32),
            )
        return self._own.arrays  # type: ignore[no-any-return]

    def _climb(self, sticks: Single, first: int, rows: Single) -> Array:
        """Convolve each rung where it has sticks."""
        from peakscape.diffraction import compiled

        pattern = np.zeros(self.grid.n_points)
        for row, taps in zip(sticks, self.taps or (), strict=True):
            used = np.flatnonzero(row)
            if used.size == 0:
                continue
            reach = taps.size // 2 + 1
            begin = max((used[0] - 1 - reach - first) // self.oversampling, 0)
            end = min((used[-1] - 1 + reach - first) // self.oversampling + 2, self.grid.n_points)
            if begin < end:
                start = first + 1 + begin * self.oversampling
                pattern[begin:end] += compiled.convolve(row, taps, start, self.oversampling, end - begin, rows)
        return pattern


def prepare(grid: Grid, fwhm: float | Caglioti, instrument: Instrument, margin: float = 1.0) -> Broadening:
    """Prepare the summation of profiles on a grid.

    Reflections beyond the grid are included as far as their tails matter: at least `margin` and six widths, and a
    hundred widths for a pseudo-Voigt profile.
    """
    share = instrument.lorentzian_share
    widest = float(profile_width(np.linspace(grid.start, grid.stop, 1000), fwhm).max())
    n_margin = int(np.ceil(max(margin, (100.0 if share else 6.0) * widest) / grid.step))
    n_above = min(n_margin, int((179.99 - grid.stop) / grid.step))
    lower, upper = max(grid.start - n_margin * grid.step, 0.0), grid.stop + n_above * grid.step
    widths = profile_width(np.linspace(lower, upper, 4000), fwhm)
    if widths.min() <= grid.step:
        raise InputError(
            f"expected an fwhm above the step of the grid, {grid.step:g} degree, got {widths.min():g}; "
            "take a finer grid or wider peaks"
        )
    oversampling = int(np.ceil(POINTS_PER_WIDTH[instrument.profile] * grid.step / widths.min()))
    n_fine = oversampling * (n_margin + grid.n_points - 1 + n_above) + 1
    fine_start, fine_step = grid.start - n_margin * grid.step, grid.step / oversampling
    first_rung, transforms = _ladder(widths, share, n_fine, fine_step)
    if len(transforms) == 1:
        rungs, shares = np.zeros(0, dtype=np.int64), np.zeros((0, 4, 3), dtype=np.float32)
    else:
        edges = np.clip(fine_start + fine_step * np.arange(0.0, n_fine + 0.25, 0.5), lower, upper)
        rungs, shares = _shares(profile_width(edges, fwhm), first_rung, len(transforms))
    taps = None if share else tuple(_taps(row) for row in transforms)
    return Broadening(grid, fwhm, fine_start, oversampling, n_fine, transforms, rungs, shares, taps)


def _shares(widths: Array, first_rung: float, n_rungs: int) -> tuple[NDArray[np.int64], Single]:
    """First of the four rungs that each bin uses, and its share of each as a quadratic in the place within the bin.

    `widths` are those at the edges and centres of all bins, (2 n_bins + 1,); the shares have shape (n_bins, 4, 3).
    """
    n_bins = widths.size // 2
    height = (np.log(widths) - first_rung) / RUNG
    below = np.clip(np.floor(height[1::2]).astype(np.int64), 1, n_rungs - 3)
    begin, middle, end = (_lagrange(height[n : n + 2 * n_bins : 2] - below) for n in range(3))
    coefficients = [begin, 4.0 * middle - 3.0 * begin - end, 2.0 * (begin - 2.0 * middle + end)]
    return below - 1, np.stack(coefficients, axis=-1).astype(np.float32)


def _lagrange(t: Array) -> Array:
    """Weights of cubic interpolation at t between nodes -1, 0, 1 and 2, shape (n, 4)."""
    weights = [
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    ]
    return np.stack(weights, axis=-1)


def _taps(transform: Array) -> Single:
    """Real-space kernel of a transform, as far as it matters."""
    kernel = fft.irfft(transform, 2 * (transform.size - 1))[: transform.size]
    half = int(np.flatnonzero(np.abs(kernel) > SMALLEST_TAP * kernel[0])[-1])
    return np.concatenate([kernel[half:0:-1], kernel[: half + 1]]).astype(np.float32)


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
    rows = [fft.rfft(_profile(offset, width, share)).real / spline for width in np.exp(logarithms)]
    return first_rung, np.array(rows)


def _profile(offset: Array, fwhm: float, share: float) -> Array:
    """Pseudo-Voigt profile of unit area at distances `offset` from its centre."""
    reduced = 2.0 * offset / fwhm
    gaussian = np.sqrt(np.log(2.0) / np.pi) * np.exp(-np.log(2.0) * reduced**2)
    lorentzian = 1.0 / (np.pi * (1.0 + reduced**2))
    return np.asarray(2.0 / fwhm * ((1.0 - share) * gaussian + share * lorentzian), dtype=np.float64)
