"""Prepare what the compiled sum over reflections needs: series of angles and scattering factors, sorted atoms."""

import threading
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial import Polynomial, chebyshev
from numpy.typing import NDArray

from peakscape.diffraction.broadening import Broadening
from peakscape.diffraction.crystal import Crystal
from peakscape.diffraction.form_factors import S_MAX, Scattering
from peakscape.diffraction.instrument import Instrument
from peakscape.errors import InputError, PeakscapeWarning

if TYPE_CHECKING:
    from peakscape.diffraction.compiled import Beam, Desk

Array = NDArray[np.float64]
Single = NDArray[np.float32]

# The series of a scattering factor may miss it by this share of its largest value.
SERIES_ERROR = 5e-6


class PowderSum:
    """The sum over the reflections of a crystal, prepared once for many crystals."""

    def __init__(
        self, wavelength: float, broadening: Broadening, instrument: Instrument, scattering: Scattering
    ) -> None:
        self.wavelength = wavelength
        self.broadening = broadening
        self.instrument = instrument
        self.scattering = scattering
        self._sine = float(np.sin(np.deg2rad(broadening.reach) / 2.0))
        self._angle = angle_series(broadening.reach, broadening.fine_step)
        self._series: dict[str, Single] = {}
        self._own = threading.local()
        s_max = self._sine / wavelength
        if scattering.form_factors == "it92" and s_max > S_MAX:
            warnings.warn(
                f"form factors are tabulated to sin(theta)/wavelength = {S_MAX:g}, and are extrapolated to {s_max:.2f}",
                PeakscapeWarning,
                stacklevel=3,
            )

    def __call__(self, crystal: Crystal, march: float = 1.0, axis: Sequence[float] = (0.0, 0.0, 1.0)) -> Single:
        """Sum over reflections.

        `march` is the coefficient of the March-Dollase texture, 1 for none, and `axis` its axis as indices of a lattice
        plane. Returns the moments of 2 |F|^2 LP / V^2 in each bin, shape (n_bins + 2, 4), for `Broadening.pattern`; the
        next call from the same thread writes into the same memory.
        """
        from peakscape.diffraction import compiled  # compiles: only when a pattern is computed

        counts = np.bincount(crystal.species, minlength=len(crystal.elements))
        bounds = np.concatenate([[0], np.cumsum(-(-counts // compiled.LANES))])
        order = np.argsort(crystal.species, kind="stable")
        filled = compiled.LANES * bounds[:-1] - np.cumsum(counts) + counts  # places left over before each element
        slots = np.arange(order.size) + filled[crystal.species[order]]
        places, weights = np.zeros((compiled.LANES * bounds[-1], 3)), np.zeros(compiled.LANES * bounds[-1], np.float32)
        places[slots], weights[slots] = crystal.fractional[order], 1.0
        scale = np.float32(np.sqrt(2.0) / abs(np.linalg.det(crystal.cell)))
        series = np.array([self._look_up(element) for element in crystal.elements]) * scale
        beam = self._beam
        if march != 1.0:
            normal = np.linalg.inv(crystal.cell) @ np.asarray(axis)
            beam = beam._replace(march=float(march), axis=normal / np.linalg.norm(normal))
        desk = self._desk(len(places), len(counts))
        compiled.powder_bins(crystal.cell, places, weights, bounds, series, beam, desk)
        return desk.bins

    @cached_property
    def _beam(self) -> "Beam":
        from peakscape.diffraction import compiled

        high, low = (1.0 / np.sqrt(s**2 + compiled.FIT_OFFSET) for s in (0.0, self._sine / self.wavelength))
        return compiled.Beam(
            wavelength=float(self.wavelength),
            sine=self._sine,
            slope=2.0 / (high - low),
            shift=(high + low) / (high - low),
            lowest=self.broadening.fine_start / self.broadening.fine_step,
            n_bins=self.broadening.n_fine,
            polarization={"unpolarized": 1.0, "synchrotron": 0.0, None: -1.0}[self.instrument.polarization],
            march=1.0,
            axis=np.array([0.0, 0.0, 1.0]),
            angle=self._angle,
        )

    def _desk(self, n_atoms: int, n_elements: int) -> "Desk":
        """Working memory of this thread, made anew where a crystal needs more than the ones before."""
        from peakscape.diffraction import compiled

        rows, desk = compiled.ROWS, getattr(self._own, "desk", None)
        if desk is None or desk.left.size < 2 * rows * n_atoms or len(desk.products) < n_elements:
            n_bins, lanes = self.broadening.n_fine, compiled.LANES
            desk = compiled.Desk(
                aligned((n_bins + 2, 4), np.float32) if desk is None else desk.bins,
                aligned((n_atoms // lanes, lanes * 2 * rows), np.float32),
                aligned((2 * rows, n_atoms + 16), np.float32),
                aligned((n_elements, 2, 4 * rows), np.float32),
                aligned((2, 2 * rows), np.float32),
                aligned((3 * rows,), np.float64),
                aligned((4 * rows,), np.float32),
            )
            self._own.desk = desk
        return desk

    def _look_up(self, element: str) -> Single:
        if element not in self._series:
            self._series[element] = scattering_series(element, self.scattering, self.wavelength, self._sine)
        return self._series[element]


def aligned(shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    """Make an array of zeros that starts at a cache line, as wide as the widest vector register."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + 64, dtype=np.uint8)
    first = -memory.ctypes.data % 64
    return memory[first : first + n_bytes].view(dtype).reshape(shape)


def angle_series(reach: float, unit: float) -> Array:
    """Expand two_theta = 2 arccos(c) as sqrt(1 - c) times a power series in c = cos(theta), up to the angle `reach`."""
    from peakscape.diffraction import compiled

    lowest = min(np.cos(np.deg2rad(min(reach + 0.1, 180.0)) / 2.0), 0.5)  # a shorter range would be ill-conditioned
    c = lowest + (1.0 - lowest) * (1.0 + np.cos(np.pi * (np.arange(64) + 0.5) / 64)) / 2.0
    values = np.rad2deg(2.0 * np.arctan2(np.sqrt(1.0 - c) * np.sqrt(1.0 + c), c)) / np.sqrt(1.0 - c) / unit
    return np.asarray(Polynomial.fit(c, values, compiled.N_ANGLE - 1).convert().coef, dtype=np.float64)


def scattering_series(element: str, scattering: Scattering, wavelength: float, sine: float) -> Single:
    """Expand an element's scattering factor in Chebyshev polynomials of 1/sqrt(s^2 + 0.1), scaled to -1 ... 1.

    Real and imaginary part, up to the largest sin(theta), shape (2, N_FIT); an error where it is not smooth enough.
    """
    from peakscape.diffraction import compiled

    high, low = (1.0 / np.sqrt(s**2 + compiled.FIT_OFFSET) for s in (0.0, sine / wavelength))

    def sample(y: Array) -> Array:
        s = np.sqrt(np.maximum((low + (y + 1.0) / 2.0 * (high - low)) ** -2 - compiled.FIT_OFFSET, 0.0))
        return np.stack(scattering.factors(element, s, wavelength), axis=1)

    nodes = chebyshev.chebpts1(compiled.N_FIT)
    values = sample(nodes)
    series = chebyshev.chebfit(nodes, values, compiled.N_FIT - 1)
    series[1:, np.ptp(values, axis=0) == 0.0] = 0.0
    between = np.linspace(-1.0, 1.0, 501)
    error = float(np.abs(chebyshev.chebval(between, series).T - sample(between)).max())
    if not error <= SERIES_ERROR * np.abs(values).max():
        raise InputError(
            f"the scattering factor of {element} is not smooth in s (a series misses it by {error:.1e} electrons); "
            "give form_factors as a smooth function, for instance a spline through the tabulated values"
        )
    return series.T.astype(np.float32)
