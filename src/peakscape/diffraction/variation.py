"""Patterns of one crystal as many instruments and specimens would show them, from reflections computed once.

Width and shape of the peaks, zero shift, preferred orientation, background and counting noise are drawn at random:
they serve to train and test on what looks like measurements.
"""

import math
from dataclasses import asdict, dataclass, fields

import numpy as np
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray
from scipy import fft

from peakscape import spectra
from peakscape.diffraction.broadening import Broadening, prepare
from peakscape.diffraction.crystal import crystal_from_atoms
from peakscape.diffraction.disturbances import add_lines, displace, measure
from peakscape.diffraction.form_factors import FREE_ATOMS, Scattering, check_wavelength
from peakscape.diffraction.instrument import Instrument, Polarization, grid_from_limits
from peakscape.diffraction.powder import PowderSum
from peakscape.errors import InputError
from peakscape.threads import one_thread

Array = NDArray[np.float64]
Single = NDArray[np.float32]

# Reflections within this distance of the grid enter, and tails of peaks reach at least as far.
MARGIN = 5.0
AXES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1))


@dataclass(frozen=True)
class Variations:
    """Ranges to draw from, each as (lowest, highest); equal ends fix a quantity.

    Parameters
    ----------
    fwhm
        Width of the peaks in degree; drawn evenly in its logarithm.
    mixing
        Lorentzian share of the peaks.
    zero_shift
        Shift of all angles in degree.
    march
        March-Dollase coefficient: below 1 for plates, 1 for no texture, above 1 for needles.
    background
        Height of the background in units of the strongest peak.
    counts
        Counts at the strongest peak; drawn evenly in its logarithm. None leaves the noise out.
    displacement
        Shift by a displaced specimen, in degree at theta = 0, falling as cos(theta): see `displacement_shift`.
    impurity_lines
        Number of lines of a foreign substance (whole numbers), as wide as the pattern's own.
    impurity_height
        Height of the highest of them in units of the strongest peak.

    Raises
    ------
    InputError
        If a range cannot be used.

    Examples
    --------
    >>> Variations(fwhm=(0.1, 0.1), counts=None).background
    (0.0, 0.1)
    """

    fwhm: tuple[float, float] = (0.05, 0.3)
    mixing: tuple[float, float] = (0.0, 1.0)
    zero_shift: tuple[float, float] = (-0.05, 0.05)
    march: tuple[float, float] = (0.7, 1.3)
    background: tuple[float, float] = (0.0, 0.1)
    counts: tuple[float, float] | None = (1e3, 1e5)
    displacement: tuple[float, float] = (0.0, 0.0)
    impurity_lines: tuple[int, int] = (0, 0)
    impurity_height: tuple[float, float] = (0.0, 0.1)

    def __post_init__(self) -> None:
        """Check the ranges."""
        limits = {"fwhm": (1e-6, 10.0), "mixing": (0.0, 1.0), "zero_shift": (-1.0, 1.0), "march": (0.05, 20.0)}
        limits |= {"displacement": (-1.0, 1.0), "impurity_lines": (0.0, 100.0), "impurity_height": (0.0, 10.0)}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "counts" and value is None:
                continue
            lowest, highest = limits.get(field.name, (0.0 if field.name == "background" else 1.0, 1e12))
            if not (len(value) == 2 and lowest <= value[0] <= value[1] <= highest):
                raise InputError(
                    f"expected {field.name}=(lowest, highest) between {lowest:g} and {highest:g}, got {value}"
                )


MEASURED_LIKE = Variations()


def vary(
    atoms: Atoms,
    *,
    wavelength: float,
    n_variants: int,
    two_theta: tuple[float, float, float] = (1.0, 119.99, 0.01),
    variations: Variations = MEASURED_LIKE,
    n_textures: int = 8,
    polarization: Polarization | None = "unpolarized",
    scattering: Scattering = FREE_ATOMS,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Draw variants of a crystal's powder pattern.

    Each is the noise-free pattern, scaled to a maximum of 1, plus a background and counting noise. Preferred
    orientation multiplies each reflection, at the angle alpha from the axis, by W = (r^2 cos^2 alpha + sin^2 alpha / r)
    ^(-3/2) (W. A. Dollase, J. Appl. Cryst. 19, 267 (1986), doi:10.1107/S0021889886089458, eq. 4), the sum over all
    reflections taking the place of its mean over equivalents; the axis is one of seven low-index planes' normals. The
    background is a mixture of a constant, a decay from low angles and a broad hump. The noise of N counts is normal
    with variance N, Poisson's law for more than some ten counts; values below zero can come, as after a subtraction.

    Parameters
    ----------
    atoms
        The crystal.
    wavelength
        In angstrom.
    n_variants
        Number of patterns.
    two_theta
        First angle, last angle and step in degree.
    variations
        What to draw from.
    n_textures
        Textures drawn; the variants share them in turn, for each needs a sum over all reflections.
    polarization
        State of the incident beam, see `lorentz_polarization`.
    scattering
        Form factors, dispersion corrections and displacement parameters.
    random_state
        Seed or generator.

    Returns
    -------
    xarray.Dataset
        The patterns, with what was drawn as labels fwhm, mixing, zero_shift, march, axis, background, counts
        (infinite without noise), displacement, impurity_lines and impurity_height.

    Raises
    ------
    InputError
        If an argument cannot be used.
    StructureError
        If the structure cannot be used.

    Examples
    --------
    >>> from ase.build import bulk
    >>> variants = vary(bulk("Cu"), wavelength=1.5406, n_variants=3, two_theta=(20, 80, 0.02), random_state=0)
    >>> variants.intensity.shape, bool((variants.fwhm > 0.05).all())
    ((3, 3001), True)
    """
    if n_variants < 1 or n_textures < 1:
        raise InputError(f"expected n_variants and n_textures of 1 or more, got {n_variants} and {n_textures}")
    random = np.random.default_rng(random_state)
    grid = grid_from_limits(two_theta)
    broadening = prepare(grid, variations.fwhm[0], Instrument(), margin=MARGIN)
    bin_reflections = PowderSum(
        check_wavelength(wavelength), broadening, Instrument(polarization=polarization), scattering
    )
    crystal = crystal_from_atoms(atoms)
    fixed = variations.march[0] == variations.march[1]
    textures = [
        (random.uniform(*variations.march), AXES[2 if fixed else random.integers(len(AXES))])
        for _ in range(1 if variations.march == (1.0, 1.0) else min(n_textures, n_variants))
    ]
    drawn = _draw(variations, n_variants, random)
    intensity = np.empty((n_variants, grid.n_points), dtype=np.float32)
    for number, (march, axis) in enumerate(textures):
        with one_thread():
            sticks = _Sticks(broadening, bin_reflections(crystal, march, axis))
        for i in range(number, n_variants, len(textures)):
            intensity[i] = sticks.pattern(drawn["fwhm"][i], drawn["mixing"][i], drawn["zero_shift"][i])
    if not intensity.any():
        raise InputError("no reflection in the range of two_theta; take a wider range or another wavelength")
    if variations.displacement != (0.0, 0.0):
        for i in range(n_variants):
            intensity[i : i + 1] = displace(intensity[i : i + 1], grid.two_theta, drawn["displacement"][i : i + 1])
    n_lines, height = drawn["impurity_lines"], drawn["impurity_height"]
    add_lines(intensity, grid.two_theta, n_lines, height, drawn["fwhm"], random)
    measure(intensity, grid, drawn, random)
    name = atoms.info.get("name", atoms.get_chemical_formula(mode="metal"))
    shared = [textures[i % len(textures)] for i in range(n_variants)]
    return spectra.make(
        intensity,
        two_theta=grid.two_theta,
        wavelength=wavelength,
        name=[f"{name}-{i}" for i in range(n_variants)],
        labels={**drawn, "march": [m for m, _ in shared], "axis": [" ".join(map(str, a)) for _, a in shared]},
        history=[f"varied: {asdict(variations)}; wavelength {wavelength:g} angstrom; {scattering}"],
    )


class _Sticks:
    """The spectrum of the reflections' sticks, to be multiplied by that of any profile."""

    def __init__(self, broadening: Broadening, bins: Single) -> None:
        from peakscape.diffraction import compiled  # compiles: only when a pattern is computed

        self._shape = compiled.shape
        sticks = compiled.spread(
            bins, broadening.rungs, broadening.shares, np.empty((1, broadening.n_fine + 3), dtype=np.float32)
        )[0, 1:]
        factor, grid = broadening.oversampling, broadening.grid
        self._n_kept = grid.n_points
        self._n_points = 2 * int(fft.next_fast_len(len(sticks) // factor // 2 + 2, real=True))
        spline = np.sinc(fft.rfftfreq(self._n_points * factor)) ** 4
        self._spectrum = (fft.rfft(sticks, self._n_points * factor) / (spline * grid.step)).astype(np.complex64)
        self._unit = 1.0 / (self._n_points * grid.step)
        self._start = grid.start - broadening.fine_start

    def pattern(self, fwhm: float, share: float, shift: float) -> Single:
        """Pattern with one width and shape, scaled to a maximum of 1, shape (n_points,)."""
        spectrum = self._shape(self._spectrum, self._unit, fwhm, share, self._start - shift, self._n_points)
        pattern = fft.irfft(spectrum, self._n_points)[: self._n_kept]
        highest = pattern.max()
        return np.asarray(pattern / highest if highest > 0 else pattern, dtype=np.float32)


def _draw(variations: Variations, n_variants: int, random: np.random.Generator) -> dict[str, Array]:
    """Draw all that is drawn for each variant, arrays of shape (n_variants,)."""
    counts, nothing = variations.counts, np.zeros(n_variants)
    drawn = {
        "fwhm": _even_in_logarithm(variations.fwhm, n_variants, random),
        "mixing": random.uniform(*variations.mixing, n_variants),
        "zero_shift": random.uniform(*variations.zero_shift, n_variants),
        "background": random.uniform(*variations.background, n_variants),
        "counts": _even_in_logarithm(counts, n_variants, random) if counts else np.full(n_variants, np.inf),
        "displacement": nothing,
        "impurity_lines": nothing,
        "impurity_height": nothing,
    }
    if variations.displacement != (0.0, 0.0):
        drawn["displacement"] = random.uniform(*variations.displacement, n_variants)
    if variations.impurity_lines[1] > 0:
        lowest, highest = map(int, variations.impurity_lines)
        drawn["impurity_lines"] = random.integers(lowest, highest + 1, n_variants).astype(np.float64)
        drawn["impurity_height"] = random.uniform(*variations.impurity_height, n_variants)
    return drawn


def _even_in_logarithm(ends: tuple[float, float], n: int, random: np.random.Generator) -> Array:
    return np.exp(random.uniform(math.log(ends[0]), math.log(ends[1]), n))
