"""The spectra of the nitride study: computed ones with what an instrument does to them, and measured ones, alike."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import absorption, datasets, formats, spectra
from peakscape.absorption import CoreHoleSpectrum
from peakscape.absorption.features import features_table
from peakscape.errors import InputError
from peakscape.preparation import Recipe
from peakscape.signal.interpolation import move
from peakscape.signal.smoothing import SIGMA_OF_FWHM, gaussian

Array = NDArray[np.float64]
PI_STAR = 192.0
"""Energy of the pi* resonance of h-BN as measured, eV: I. Jimenez et al., Phys. Rev. B 55, 12025 (1997),
doi:10.1103/PhysRevB.55.12025. One number puts the computed scale onto the measured one, for all phases."""
AXIS = np.round(np.arange(185.5, 214.501, 0.1), 1)
"""eV, measured scale. Calculations end 30 eV above their edges, the earliest (boron on a nitrogen site) at 214.5 eV."""
PREPARE = "bandpass=1:broad=10,normalize=norm"
WIDTH = 0.5
"""Full width at half maximum of the spectra as they are compared, eV."""
VARIANTS: tuple[tuple[float, float | None], ...] = ((WIDTH, None), (1.4, None), (1.0, 0.1))
"""Instrument width in eV, and the share of the field along z (None: a third, powder): what a map is to know of each
absorber. Energy loss on flakes sees little of z."""


@dataclass(frozen=True)
class Measured:
    """A measured spectrum of known phase; `energy` and `intensity` as in the file, but for the `correction` in eV."""

    phase: str
    energy: Array
    intensity: Array
    correction: float


MEASURED = {"h-BN": ("exp_hBN_eels_digitised.csv", -3.0), "c-BN": ("exp_cBN_eels_digitised.csv", 0.0)}
"""Files of the measured set "bn", from the EELS Data Base (ODbL; h-BN by G. Bertoni), digitised from plots, and what is
added to their energies, eV: the axis of the published plot of h-BN is known to be 3 eV too high."""


@dataclass(frozen=True)
class Nitride:
    """Computed spectra of boron nitride on the measured scale, with variants, and how all are prepared.

    `found` are the calculations, `dataset` their spectra on `AXIS` with labels and features, `offset` what was added to
    computed energies (eV), `raw` all variants, sample by sample within each variant (n_variants x n_samples,
    n_points), and `prepared` the same by the fitted `recipe`.
    """

    found: list[CoreHoleSpectrum]
    dataset: xr.Dataset
    offset: float
    raw: Array
    recipe: Recipe
    prepared: Array

    @property
    def n_samples(self) -> int:
        """Number of calculations."""
        return len(self.found)

    def label(self, name: str, *, variants: bool = True) -> NDArray[Any]:
        """Return a label of all variants, or of the samples once."""
        values = np.asarray(self.dataset[name].values)
        return np.tile(values, len(VARIANTS)) if variants else values

    def twins(self, *, variants: bool = True) -> NDArray[np.str_]:
        """Return what a structure shares with those of the other phases: the same defect, strain or snapshot."""
        return np.array([str(name).split(".", 1)[1] for name in self.label("structure", variants=variants)])

    @property
    def first_variant(self) -> Array:
        """The samples once, prepared, in the first of `VARIANTS` (n_samples, n_points)."""
        return self.prepared[: self.n_samples]

    def prepare(self, raw: Array) -> Array:
        """Prepare spectra on `AXIS`, shape (n, n_points)."""
        return apply(self.recipe, raw)


def container(raw: Array) -> xr.Dataset:
    """Put spectra on `AXIS`, shape (n, n_points), into the container."""
    return spectra.make(raw, energy=AXIS, kind="absorption")


def apply(recipe: Recipe, raw: Array) -> Array:
    """Prepare spectra on `AXIS`, shape (n, n_points), by a fitted recipe, on its points."""
    return np.asarray(recipe.apply(container(raw))["intensity"].values, dtype=np.float64)


def load(*, every: int = 1) -> Nitride:
    """Load the shipped spectra and prepare them; `every` takes each such sample only, and the perfect crystals."""
    found = datasets.load_nitride_spectra()
    found = [one for number, one in enumerate(found) if number % every == 0 or one.labels["kind"] == "pristine"]
    features = features_table(found)
    perfect = [one.name for one in found if one.labels["kind"] == "pristine" and one.labels["phase"] == "h-BN"]
    offset = PI_STAR - float(features["pi_star_energy"][perfect[0]])
    dataset = absorption.dataset_from_core_holes(found, AXIS, gaussian=WIDTH, shift=offset)
    raw = np.vstack([broadened(found, offset, gaussian=width, along_z=share) for width, share in VARIANTS])
    recipe = Recipe.from_text(PREPARE).fit(container(raw))
    return Nitride(found, dataset, offset, raw, recipe, prepared=apply(recipe, raw))


def broadened(
    found: list[CoreHoleSpectrum], offset: float, *, gaussian: float, along_z: float | None, slope: float = 0.1
) -> Array:
    """Broaden calculations onto `AXIS` (n_samples, n_points), each over its mean."""
    direction = None if along_z is None else [((1 - along_z) / 2) ** 0.5, ((1 - along_z) / 2) ** 0.5, along_z**0.5]
    made = absorption.dataset_from_core_holes(
        found, AXIS, gaussian=gaussian, lorentzian_slope=slope, direction=direction, shift=offset
    )
    return np.asarray(made["intensity"].values, dtype=np.float64)


def load_foreign(nitride: Nitride) -> tuple[list[str], Array]:
    """Names and spectra (n, n_points) of boron materials that are no nitride, absorbers of a material averaged."""
    found = datasets.load_foreign_spectra()
    names = [str(one.labels["phase"]) for one in found]
    values = broadened(found, nitride.offset, gaussian=1.0, along_z=None)
    kept = list(dict.fromkeys(names))
    return kept, np.array([values[[name == one for name in names]].mean(axis=0) for one in kept])


def load_measured(folder: str | os.PathLike[str] | None = None) -> list[Measured]:
    """Read the measured spectra: those that the package ships, or other files of the same names in a folder.

    Raises
    ------
    InputError
        If a folder was given and lacks a file.
    """
    read = []
    for phase, (name, correction) in MEASURED.items():
        if folder is None:
            dataset = datasets.load_measured("bn", files=name)
        elif not (path := Path(folder) / name).exists():
            raise InputError(f"{folder} has no {name}; give a folder with the measured spectra of boron nitride")
        else:
            dataset = formats.read(path)
        energy, intensity = np.asarray(dataset["energy"].values), np.asarray(dataset["intensity"].values[0])
        read.append(Measured(phase, energy + correction, intensity, correction))
    return read


def on_axis(measured: Measured, *, shift: float = 0.0, stretch: float = 1.0) -> Array:
    """Interpolate a measured spectrum onto `AXIS` (n_points,), moved as `analysis.Search` tells."""
    moved = PI_STAR + (measured.energy - PI_STAR) * stretch + shift
    if moved[0] > AXIS[0] or moved[-1] < AXIS[-1]:
        raise InputError(
            f"the measured spectrum of {measured.phase} spans {moved[0]:.1f} to {moved[-1]:.1f} eV; expected "
            f"{AXIS[0]:g} to {AXIS[-1]:g} eV at least"
        )
    return np.asarray(np.interp(AXIS, moved, measured.intensity))


def with_noise(raw: Array, share: float, chance: np.random.Generator) -> Array:
    """Add normal noise, independent from point to point, of a share of each spectrum's maximum."""
    return np.asarray(raw + share * raw.max(axis=1, keepdims=True) * chance.normal(size=raw.shape))


def more_blurred(raw: Array, width: float) -> Array:
    """Broaden by one more Gaussian of this full width at half maximum, eV."""
    return gaussian(raw, width * SIGMA_OF_FWHM / (AXIS[1] - AXIS[0]))


def moved(raw: Array, shifts: Array, stretches: Array | float = 1.0) -> Array:
    """Move each spectrum along the axis, by its own shift in eV and stretch around `PI_STAR`."""
    factors = np.broadcast_to(stretches, shifts.shape)
    each = zip(raw, shifts, factors, strict=True)
    return np.array([move(row, AXIS, shift, stretch=factor, pivot=PI_STAR) for row, shift, factor in each])


def like_measured(nitride: Nitride, chance: np.random.Generator, *, n_draws: int = 6) -> Array:
    """Disturb each sample as a measurement and the limits of the calculation may: one row a sample.

    Drawn for groups of samples: instrument width 0.5 to 2 eV, share along z 0.05 to 0.6, lifetime slope 0.05 to 0.2.
    Drawn for each: stretch of 1 to 1.06 (empty bands of PBE lie too close), shift up to 1 eV, noise of 1 to 10 % of the
    maximum, a continuum that rises over the edge to up to the mean intensity.
    """
    n_samples = nitride.n_samples
    owner = chance.permutation(n_samples) % n_draws
    raw = np.empty((n_samples, len(AXIS)))
    for draw in range(n_draws):
        width, share, slope = chance.uniform(0.5, 2.0), chance.uniform(0.05, 0.6), chance.uniform(0.05, 0.2)
        chosen = np.flatnonzero(owner == draw)
        if len(chosen):
            some = [nitride.found[number] for number in chosen]
            raw[chosen] = broadened(some, nitride.offset, gaussian=width, along_z=share, slope=slope)
    raw = moved(raw, chance.uniform(-1.0, 1.0, n_samples), chance.uniform(1.0, 1.06, n_samples))
    step = 0.5 + np.arctan((AXIS - 195.0) / 3.0) / np.pi
    raw = raw + chance.uniform(0.0, 1.0, (n_samples, 1)) * step
    noise = chance.uniform(0.01, 0.1, (n_samples, 1)) * raw.max(axis=1, keepdims=True)
    return np.asarray(raw + noise * chance.normal(size=raw.shape))
