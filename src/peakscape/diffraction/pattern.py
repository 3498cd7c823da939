"""Powder patterns of crystal structures, as spectra."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Literal

import numpy as np
import xarray as xr
from ase import Atoms
from numpy.typing import ArrayLike, NDArray

from peakscape import spectra
from peakscape.diffraction.broadening import Broadening, prepare
from peakscape.diffraction.crystal import crystal_from_atoms
from peakscape.diffraction.form_factors import FREE_ATOMS, Scattering, check_wavelength
from peakscape.diffraction.instrument import LABORATORY, Caglioti, Grid, Instrument, grid_from_limits
from peakscape.diffraction.powder import PowderSum
from peakscape.errors import InputError
from peakscape.progress import progress
from peakscape.threads import one_thread

Array = NDArray[np.float64]

# Entries of atoms.info with a meaning of their own; they do not become labels.
_RESERVED = frozenset(
    {"name", "source", "formula_units", "occupancy", "spacegroup", "sample", "element", "composition"}
)


def simulate(
    structures: Atoms | Sequence[Atoms],
    *,
    wavelength: float,
    two_theta: tuple[float, float, float] = (1.0, 119.99, 0.01),
    fwhm: float | Caglioti = 0.05,
    instrument: Instrument = LABORATORY,
    scattering: Scattering = FREE_ATOMS,
    scale: Literal["maximum"] | None = "maximum",
    n_jobs: int = 1,
) -> xr.Dataset:
    """Compute the powder diffraction patterns of crystal structures.

    I(2theta) = sum over reflections of  m |F|^2 LP / V^2  times the profile, with |F|^2 the mean of the Friedel pair
    (see `reflections`), LP the Lorentz-polarisation factor and V the volume of the cell.

    Parameters
    ----------
    structures
        One crystal or many. ``info["name"]`` names a pattern (else its formula and number), and
        ``info["formula_units"]`` says how many formula units its composition is to be divided by (else it is reduced
        to the smallest integers). Numbers and texts in ``info`` that all structures share become labels.
    wavelength
        In angstrom.
    two_theta
        First angle, last angle and step in degree. The default has 11,900 points: a guess at the "0 to 120 degree,
        step 0.01, 11,900 points" of doi:10.1002/adts.202200613, which contradict
        each other.
    fwhm
        Width of the peaks in degree, or the coefficients of a width that changes with the angle.
    instrument
        Peak shape and polarisation.
    scattering
        Form factors, dispersion corrections and displacement parameters.
    scale
        ``"maximum"`` scales each pattern to a maximum of 1; None keeps intensity per degree and per volume.
    n_jobs
        Number of threads; -1 takes all cores. The result does not depend on it.

    Returns
    -------
    xarray.Dataset
        One pattern a structure, see `peakscape.spectra`.

    Raises
    ------
    InputError
        If an argument cannot be used.
    StructureError
        If a structure cannot be used; the message names it.

    Examples
    --------
    >>> from ase.build import bulk
    >>> patterns = simulate([bulk("Cu"), bulk("NaCl", "rocksalt", a=5.64)], wavelength=1.5406, two_theta=(10, 80, 0.02))
    >>> patterns.intensity.shape, patterns.name.values.tolist()
    ((2, 3501), ['Cu-0', 'NaCl-1'])
    >>> patterns.two_theta.values[patterns.intensity.argmax("two_theta")].round(2)
    array([43.38, 31.7 ])
    """
    structures = [structures] if isinstance(structures, Atoms) else list(structures)
    if not structures:
        raise InputError("expected at least one structure, got none")
    if scale not in ("maximum", None):
        raise InputError(f"expected scale='maximum' or None, got {scale!r}")
    wavelength = check_wavelength(wavelength)
    grid = grid_from_limits(two_theta)
    broadening = prepare(grid, fwhm, instrument)
    bin_reflections = PowderSum(wavelength, broadening, instrument, scattering)

    def compute(number: int) -> Array:
        try:
            return broadening.pattern(bin_reflections(crystal_from_atoms(structures[number])))
        except InputError as error:
            raise type(error)(f"structure {number}: {error}") from error

    intensity = np.empty((len(structures), grid.n_points))
    for number, pattern in enumerate(_compute_all(compute, len(structures), n_jobs)):
        intensity[number] = pattern
    if scale == "maximum":
        intensity /= _maxima(intensity, structures)[:, None]
    elements, amounts = _compositions(structures)
    has_source = any("source" in atoms.info for atoms in structures)
    return spectra.make(
        intensity,
        two_theta=grid.two_theta,
        wavelength=wavelength,
        name=[_name(atoms, number) for number, atoms in enumerate(structures)],
        source=[str(atoms.info.get("source", "")) for atoms in structures] if has_source else None,
        composition=amounts,
        elements=elements,
        labels=_labels(structures),
        history=[_history(wavelength, broadening, instrument, scattering, scale)],
    )


def _compute_all(compute: Callable[[int], Array], n_tasks: int, n_jobs: int) -> Iterator[Array]:
    """Results in order; one thread for linear algebra each, so that the bits do not depend on the number of jobs."""
    if n_jobs == 0 or n_jobs < -1:
        raise InputError(f"expected n_jobs of 1 or more, or -1 for all cores, got {n_jobs}")
    if n_jobs == 1:  # in this thread: a thread of its own returns its memory to the system after each pattern
        with one_thread():
            yield from progress(map(compute, range(n_tasks)), "simulating patterns", total=n_tasks)
        return
    n_threads = (os.cpu_count() or 1) if n_jobs == -1 else n_jobs
    # A few tasks at a time: to hand over each alone takes a tenth of the time of a small cell.
    size = max(1, min(8, n_tasks // (4 * n_threads)))

    def compute_some(first: int) -> list[Array]:
        return [compute(number) for number in range(first, min(first + size, n_tasks))]

    with one_thread(), ThreadPoolExecutor(n_threads) as pool:
        results = chain.from_iterable(pool.map(compute_some, range(0, n_tasks, size)))
        yield from progress(results, "simulating patterns", total=n_tasks)


def _maxima(intensity: Array, structures: Sequence[Atoms]) -> Array:
    maxima = intensity.max(axis=1)
    if not (maxima > 0).all():
        number = int(np.argmin(maxima))
        raise InputError(
            f"structure {number} ({_name(structures[number], number)}) has no reflection in the range of "
            "two_theta; take a wider range or another wavelength"
        )
    return np.asarray(maxima, dtype=np.float64)


def _name(atoms: Atoms, number: int) -> str:
    return str(atoms.info["name"]) if "name" in atoms.info else f"{atoms.get_chemical_formula(mode='metal')}-{number}"


def _compositions(structures: Sequence[Atoms]) -> tuple[list[str], Array]:
    """Elements in the order of first appearance, and atoms per formula unit, (n_samples, n_elements)."""
    counts = [Counter(atoms.get_chemical_symbols()) for atoms in structures]
    elements = list(dict.fromkeys(symbol for count in counts for symbol in count))
    units = [
        float(atoms.info.get("formula_units", math.gcd(*count.values())))
        for atoms, count in zip(structures, counts, strict=True)
    ]
    if not all(unit > 0 for unit in units):
        raise InputError(f"expected positive info['formula_units'], got {min(units)}")
    return elements, np.array([[count[e] for e in elements] for count in counts]) / np.array(units)[:, None]


def _labels(structures: Sequence[Atoms]) -> dict[str, ArrayLike]:
    """Numbers and texts that stand in the info of every structure."""
    labels: dict[str, ArrayLike] = {}
    for key in structures[0].info:
        values = [atoms.info.get(key) for atoms in structures]
        if not isinstance(key, str) or key in _RESERVED:
            continue
        if all(isinstance(value, (bool, int, float, np.number, np.bool_)) for value in values) or all(
            isinstance(value, str) for value in values
        ):
            labels[key] = np.array(values)
    return labels


def _history(
    wavelength: float, broadening: Broadening, instrument: Instrument, scattering: Scattering, scale: str | None
) -> str:
    grid: Grid = broadening.grid
    table = scattering.form_factors if isinstance(scattering.form_factors, str) else "own form factors"
    return (
        f"simulated: wavelength {wavelength:g} angstrom; two_theta {grid.start:g} to {grid.stop:g} step {grid.step:g}; "
        f"fwhm {broadening.fwhm}; {instrument}; {table}, anomalous={scattering.anomalous}, b_iso={scattering.b_iso}; "
        f"scale {scale}"
    )
