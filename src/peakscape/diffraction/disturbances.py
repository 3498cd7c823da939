"""Measured-like variants of patterns that are already arrays, and what instruments and specimens do to them.

The functions before `disturb` take rows of patterns on even steps of the angle, shape (n_samples, n_points), and one
number for each row, shape (n_samples,). They draw nothing at random but the places of foreign lines, the shape of a
smooth factor, the background and the noise.
"""

import math
from dataclasses import asdict, dataclass, fields

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.interpolate import CubicSpline
from scipy.ndimage import spline_filter1d

from peakscape import spectra
from peakscape.diffraction.instrument import Grid
from peakscape.errors import InputError
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths
from peakscape.spectra.container import remember

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

    `shifts` are in steps of the axis, towards larger angles, and broadcast to (n_samples, n_points). Beyond its ends a
    pattern goes on with its first and last value.
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
    """Shift patterns as a displaced specimen and a wrong zero do: by displacement cos(theta) + zero_shift."""
    step = (two_theta[-1] - two_theta[0]) / (len(two_theta) - 1)
    cosine = np.cos(np.deg2rad(two_theta) / 2.0)
    return move(patterns, (np.reshape(displacement, (-1, 1)) * cosine + np.reshape(zero_shift, (-1, 1))) / step)


def broaden(patterns: Single, step: float, fwhm: ArrayLike, mixing: ArrayLike) -> Single:
    """Convolve patterns with pseudo-Voigt profiles of area 1; beyond its ends a pattern goes on as its mirror image."""
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
    """Add to patterns of K-alpha1 those of K-alpha2, at the angles of its longer wavelength."""
    first, second = tube_lines(wavelength)
    theta = np.arcsin(np.sin(np.deg2rad(two_theta) / 2.0) * first / second)
    step = (two_theta[-1] - two_theta[0]) / (len(two_theta) - 1)
    rows = np.asarray(patterns, dtype=np.float32)
    other = move(rows, (two_theta - np.rad2deg(2.0 * theta)) / step)
    return rows + np.asarray(share, dtype=np.float32)[:, None] * other


def tube_lines(wavelength: float) -> tuple[float, float]:
    """Return K-alpha1 and K-alpha2, in angstrom, of the tube of a wavelength."""
    try:
        return k_alpha_wavelengths(anode_from_wavelength(wavelength))
    except InputError as error:
        raise InputError(
            f"expected the wavelength of a tube's K-alpha line for a doublet, got {wavelength:g} angstrom;"
            " leave K-alpha2 out"
        ) from error


def smooth_factors(two_theta: Array, spread: ArrayLike, random: np.random.Generator) -> Single:
    """Draw smooth factors that change peaks' heights: exp of a cubic spline through normal numbers 2 degree apart.

    This is not the physics of texture, which changes neighbouring peaks independently: it stands in for texture where
    the crystal is not known. `spread` is the standard deviation of the factor's logarithm at the knots.
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
    """Add Gaussian lines of a foreign substance at random places, in place."""
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


def measure(intensity: Single, grid: Grid, drawn: dict[str, Array], random: np.random.Generator) -> None:
    """Add background and noise to patterns of maximum 1, in place; both as described at `vary`."""
    x = np.linspace(0.0, 1.0, grid.n_points, dtype=np.float32)
    parts = np.stack([np.ones_like(x), np.exp(np.float32(-8.0) * x), np.empty_like(x)])
    for row, height, counts in zip(intensity, drawn["background"], drawn["counts"], strict=True):
        if height > 0:
            centre, width = random.uniform(0.1, 0.6), random.uniform(0.05, 0.2)
            np.exp(-(((x - np.float32(centre)) / np.float32(width)) ** 2), out=parts[2])
            row += (height * random.dirichlet((1.0, 1.0, 1.0))).astype(np.float32) @ parts
        if np.isfinite(counts):
            spread = np.sqrt(np.maximum(row, 0.0, dtype=np.float32) / np.float32(counts))
            row += spread * _normal(grid.n_points, random)


def _normal(n: int, random: np.random.Generator) -> Single:
    """Draw n standard normal numbers by Box and Muller's formula: on whole arrays, twice as fast as numpy's method."""
    uniform = random.random((2, (n + 1) // 2), dtype=np.float32)
    radius = np.sqrt(np.float32(-2.0) * np.log(np.float32(1.0) - uniform[0]))
    angle = np.float32(2.0 * np.pi) * uniform[1]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n]


ROWS_AT_ONCE = 64
"""Patterns worked on together: with 12,000 points the arrays in between take some 40 MiB."""

LIMITS = {
    "broadening": (0.0, 10.0),
    "mixing": (0.0, 1.0),
    "zero_shift": (-1.0, 1.0),
    "displacement": (-1.0, 1.0),
    "modulation": (0.0, 3.0),
    "k_alpha2": (0.0, 1.0),
    "impurity_lines": (0.0, 100.0),
    "impurity_height": (0.0, 10.0),
    "impurity_fwhm": (1e-3, 10.0),
    "background": (0.0, 1e3),
    "counts": (1.0, 1e12),
}


@dataclass(frozen=True)
class Disturbances:
    """Ranges to draw from, each as (lowest, highest); equal ends fix a quantity.

    Parameters
    ----------
    broadening
        Width in degree of the profile that the pattern is convolved with. Widths of Gaussians add in squares, those of
        Lorentzians as they are.
    mixing
        Lorentzian share of that profile.
    zero_shift
        Shift of all angles in degree.
    displacement
        Shift by a displaced specimen, in degree at theta = 0, falling as cos(theta): see `displacement_shift`.
    modulation
        Spread of the logarithm of a smooth random factor on the peaks' heights, which stands in for texture.
    k_alpha2
        Intensity of a second line K-alpha2 in units of the first; for patterns of K-alpha1 alone.
    impurity_lines
        Number of foreign lines (whole numbers).
    impurity_height
        Height of the highest of them in units of the strongest peak.
    impurity_fwhm
        Their width in degree.
    background
        Height of an added background in units of the strongest peak.
    counts
        Counts at the strongest peak; drawn evenly in its logarithm. None leaves the noise out.

    Raises
    ------
    InputError
        If a range cannot be used.

    Examples
    --------
    >>> Disturbances(zero_shift=(-0.01, 0.01)).counts
    (1000.0, 100000.0)
    >>> Disturbances.none().background
    (0.0, 0.0)
    """

    broadening: tuple[float, float] = (0.0, 0.15)
    mixing: tuple[float, float] = (0.0, 1.0)
    zero_shift: tuple[float, float] = (-0.02, 0.02)
    displacement: tuple[float, float] = (-0.02, 0.02)
    modulation: tuple[float, float] = (0.0, 0.2)
    k_alpha2: tuple[float, float] = (0.0, 0.0)
    impurity_lines: tuple[int, int] = (0, 3)
    impurity_height: tuple[float, float] = (0.0, 0.1)
    impurity_fwhm: tuple[float, float] = (0.05, 0.3)
    background: tuple[float, float] = (0.0, 0.1)
    counts: tuple[float, float] | None = (1e3, 1e5)

    def __post_init__(self) -> None:
        """Check the ranges."""
        for field in fields(self):
            value, (lowest, highest) = getattr(self, field.name), LIMITS[field.name]
            if field.name == "counts" and value is None:
                continue
            if not (len(value) == 2 and lowest <= value[0] <= value[1] <= highest):
                raise InputError(
                    f"expected {field.name}=(lowest, highest) between {lowest:g} and {highest:g}, got {value}"
                )
        if any(int(number) != number for number in self.impurity_lines):
            raise InputError(f"expected whole numbers of impurity_lines, got {self.impurity_lines}")

    @classmethod
    def none(cls) -> "Disturbances":
        """Return ranges that leave a pattern as it is, to widen one at a time by `dataclasses.replace`."""
        nothing = (0.0, 0.0)
        return cls(
            broadening=nothing, mixing=nothing, zero_shift=nothing, displacement=nothing, modulation=nothing,
            k_alpha2=nothing, impurity_lines=(0, 0), impurity_height=nothing, background=nothing, counts=None,
        )  # fmt: skip


SOME = Disturbances()


def disturb(
    dataset: xr.Dataset,
    *,
    n_variants: int = 1,
    disturbances: Disturbances = SOME,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Draw measured-like variants of patterns, simulated or measured.

    Each pattern is convolved with a profile, shifted, its peaks changed in height by a smooth factor, and brought back
    to its maximum; then come foreign lines, background and counting noise, as in `vary`. Heights and counts refer to
    the pattern's maximum.

    Parameters
    ----------
    dataset
        Patterns on even steps of two_theta.
    n_variants
        Variants of each pattern.
    disturbances
        What to draw from.
    random_state
        Seed or generator.

    Returns
    -------
    xarray.Dataset
        ``n_variants * n_samples`` patterns in float32: one variant of every pattern in their order, then the next of
        every pattern; with the labels and compositions of the sources, and what was drawn as further labels
        (``drawn_zero_shift`` and so on).

    Raises
    ------
    InputError
        If the axis is not two_theta in even steps, a pattern has no positive maximum, or K-alpha2 is asked for at a
        wavelength that is not that of a tube.

    Examples
    --------
    >>> two_theta = np.arange(20.0, 30.0, 0.02)
    >>> clean = spectra.make(np.exp(-(((two_theta - 25) / 0.1) ** 2))[None], two_theta=two_theta)
    >>> noisy = disturb(clean, n_variants=4, random_state=0)
    >>> noisy.intensity.shape, str(noisy.name.values[1])
    ((4, 500), '0-1')
    """
    if n_variants < 1:
        raise InputError(f"expected n_variants of 1 or more, got {n_variants}")
    grid = even_grid(dataset)
    wavelength = dataset.attrs.get("wavelength")
    if disturbances.k_alpha2[1] > 0:
        tube_lines(wavelength or 0.0)  # raises here, not in the middle of the work
    clean = np.asarray(dataset["intensity"].values)
    heights = clean.max(axis=1)
    if not (heights > 0).all():
        raise InputError(f"pattern {dataset['name'].values[heights.argmin()]} has no positive maximum")
    random = np.random.default_rng(random_state)
    n_samples = len(clean)
    drawn = _draw(disturbances, n_variants * n_samples, random)
    source = np.tile(np.arange(n_samples), n_variants)
    intensity = np.empty((len(source), grid.n_points), dtype=np.float32)
    for first in range(0, len(source), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        part = {name: values[rows] for name, values in drawn.items()}
        scale = heights[source[rows], None]
        changed = _change(np.asarray(clean[source[rows]] / scale, dtype=np.float32), grid, part, wavelength, random)
        measure(changed, grid, part, random)
        intensity[rows] = changed * scale
    return _with_labels(dataset, source, intensity, drawn, disturbances)


def even_grid(dataset: xr.Dataset) -> Grid:
    """Return the grid of patterns on even steps of two_theta; raise InputError if there is none."""
    axis = spectra.axis_name(dataset)
    if axis != "two_theta":
        raise InputError(f"expected patterns on two_theta, whose shifts are known, got {axis}")
    two_theta = dataset["two_theta"].values
    step = (two_theta[-1] - two_theta[0]) / (len(two_theta) - 1)
    uneven = np.abs(two_theta - np.linspace(two_theta[0], two_theta[-1], len(two_theta))).max()
    if uneven > 0.05 * step:
        raise InputError(
            f"expected even steps of two_theta, got steps {np.diff(two_theta).min():g} to {np.diff(two_theta).max():g}"
            " degree; bring the patterns onto even steps with spectra.resample"
        )
    return Grid(float(two_theta[0]), float(step), len(two_theta))


def _draw(ranges: Disturbances, n: int, random: np.random.Generator) -> dict[str, Array]:
    """Draw what is drawn for each variant, arrays of shape (n,)."""
    drawn = {
        field.name: random.uniform(getattr(ranges, field.name)[0], getattr(ranges, field.name)[1], n)
        for field in fields(ranges)
        if field.name not in ("counts", "impurity_lines")
    }
    lowest, highest = ranges.impurity_lines
    drawn["impurity_lines"] = random.integers(int(lowest), int(highest) + 1, n).astype(np.float64)
    drawn["counts"] = np.full(n, np.inf)
    if ranges.counts is not None:
        drawn["counts"] = np.exp(random.uniform(math.log(ranges.counts[0]), math.log(ranges.counts[1]), n))
    return drawn


def _change(
    patterns: Single, grid: Grid, drawn: dict[str, Array], wavelength: float | None, random: np.random.Generator
) -> Single:
    """Return patterns of maximum 1 with all that is not background and noise."""
    two_theta = np.asarray(grid.start + grid.step * np.arange(grid.n_points), dtype=np.float64)
    if drawn["k_alpha2"].any() and wavelength is not None:
        patterns = add_second_line(patterns, two_theta, drawn["k_alpha2"], wavelength)
    if drawn["broadening"].any():
        patterns = broaden(patterns, grid.step, drawn["broadening"], drawn["mixing"])
    if drawn["zero_shift"].any() or drawn["displacement"].any():
        patterns = displace(patterns, two_theta, drawn["displacement"], drawn["zero_shift"])
    if drawn["modulation"].any():
        patterns = np.multiply(patterns, smooth_factors(two_theta, drawn["modulation"], random))
    patterns = np.divide(patterns, patterns.max(axis=1, keepdims=True))
    add_lines(patterns, two_theta, drawn["impurity_lines"], drawn["impurity_height"], drawn["impurity_fwhm"], random)
    return patterns


def _with_labels(
    dataset: xr.Dataset, source: NDArray[np.intp], intensity: Single, drawn: dict[str, Array], ranges: Disturbances
) -> xr.Dataset:
    """Return the variants as a container with the labels of their sources."""
    variant = np.arange(len(source)) // dataset.sizes["sample"]
    changed = dataset.isel(sample=source)
    names = [f"{name}-{number}" for name, number in zip(changed["name"].values, variant, strict=True)]
    labels = {f"drawn_{key}": ("sample", values) for key, values in drawn.items()}
    changed = changed.assign_coords({"name": ("sample", np.asarray(names)), **labels})
    changed["intensity"] = (changed["intensity"].dims, intensity, dataset["intensity"].attrs)
    return remember(changed, f"disturbed: {asdict(ranges)}")
