"""Measured-like variants of patterns whose structures are not at hand, drawn at random on the patterns themselves."""

import math
from dataclasses import asdict, dataclass, fields

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.diffraction.aberrations import (
    add_lines,
    add_second_line,
    broaden,
    displace,
    smooth_factors,
    tube_lines,
)
from peakscape.diffraction.grid import Grid
from peakscape.diffraction.variation import measure
from peakscape.errors import InputError

Array = NDArray[np.float64]
Single = NDArray[np.float32]

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
        Spread of the logarithm of a smooth random factor on the peaks' heights, in the place of texture.
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
        wavelength that is no tube's.

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
    """Return the grid of patterns on even steps of two_theta; raise InputError if there is none.

    Examples
    --------
    >>> even_grid(spectra.make([[0, 1, 0]], two_theta=[10.0, 10.1, 10.2])).n_points
    3
    """
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
    return spectra.remember(changed, f"disturbed: {asdict(ranges)}")
