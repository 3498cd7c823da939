"""The list of powder reflections of a crystal: indices, spacing, angle, amplitude, multiplicity, intensity."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from ase import Atoms
from numpy.typing import ArrayLike, NDArray

from peakscape.diffraction.crystal import Crystal, crystal_from_atoms, find_symmetry
from peakscape.diffraction.form_factors import FREE_ATOMS, S_MAX, Scattering, check_wavelength
from peakscape.diffraction.instrument import Polarization, lorentz_polarization
from peakscape.diffraction.kernel import geometric_factors, powder_structure_factor
from peakscape.errors import InputError, PeakscapeWarning

Array = NDArray[np.float64]

# Equivalent reflections are one family if d agrees to this relative difference and |F| to the next one. Both are far
# below what any instrument resolves and far above rounding; coordinates of six digits in a CIF need the second.
SAME_SPACING = 1e-7
SAME_AMPLITUDE = 1e-4


@dataclass(frozen=True)
class Reflections:
    """Powder reflections in ascending angle; every family of equivalent reflections is one row.

    Parameters
    ----------
    hkl
        Indices of one member of each family, shape (n_reflections, 3).
    d_spacing
        In angstrom, shape (n_reflections,).
    two_theta
        In degree, shape (n_reflections,).
    structure_factor
        Amplitude |F| in electrons per cell (root mean square of the Friedel pair), shape (n_reflections,).
    multiplicity
        Number of reflections in the family, counted, shape (n_reflections,).
    intensity
        multiplicity x |F|^2 x Lorentz-polarisation factor, shape (n_reflections,).
    cell
        Lattice vectors in angstrom that `hkl` refers to, as rows, shape (3, 3).
    wavelength
        In angstrom.

    Examples
    --------
    >>> from ase.build import bulk
    >>> reflections(bulk("Cu", cubic=True), wavelength=1.5406, two_theta_max=60).table()[["hkl", "multiplicity"]]
           hkl  multiplicity
    0  (1 1 1)             8
    1  (2 0 0)             6
    """

    hkl: NDArray[np.int64]
    d_spacing: Array
    two_theta: Array
    structure_factor: Array
    multiplicity: NDArray[np.int64]
    intensity: Array
    cell: Array
    wavelength: float

    def table(self) -> pd.DataFrame:
        """Arrange the reflections as a table.

        Returns
        -------
        pandas.DataFrame
            One row a family; columns hkl, two_theta, d_spacing, multiplicity, structure_factor, intensity.

        Examples
        --------
        >>> from ase.build import bulk
        >>> len(reflections(bulk("Cu"), wavelength=1.5406, two_theta_max=60).table())
        2
        """
        return pd.DataFrame(
            {
                "hkl": [label_from_hkl(hkl) for hkl in self.hkl],
                "two_theta": self.two_theta,
                "d_spacing": self.d_spacing,
                "multiplicity": self.multiplicity,
                "structure_factor": self.structure_factor,
                "intensity": self.intensity,
            }
        )


def reflections(
    atoms: Atoms,
    *,
    wavelength: float,
    two_theta_max: float = 120.0,
    scattering: Scattering = FREE_ATOMS,
    polarization: Polarization | None = "unpolarized",
    min_intensity: float = 1e-8,
    symprec: float = 1e-3,
) -> Reflections:
    """List the powder reflections of a crystal.

    Parameters
    ----------
    atoms
        The crystal; indices refer to its cell as it is.
    wavelength
        In angstrom.
    two_theta_max
        Largest angle in degree, below 180.
    scattering
        Form factors, dispersion corrections and displacement parameters.
    polarization
        State of the incident beam, see `lorentz_polarization`.
    min_intensity
        Families below this share of the strongest one are left out; 0 keeps extinct ones as well.
    symprec
        Tolerance in angstrom of the search for the symmetry that makes reflections equivalent.

    Returns
    -------
    Reflections
        The families of reflections in ascending angle; 333 and 511 of a cubic crystal are two.

    Raises
    ------
    InputError
        If the wavelength or the angle cannot be used, or no reflection lies below it.
    StructureError
        If the structure cannot be used.

    Examples
    --------
    >>> from ase.build import bulk
    >>> silicon = reflections(bulk("Si", cubic=True), wavelength=1.5406, two_theta_max=60)
    >>> silicon.hkl.tolist(), silicon.multiplicity.tolist(), silicon.two_theta.round(2).tolist()
    ([[1, 1, 1], [2, 2, 0], [3, 1, 1]], [8, 12, 24], [28.45, 47.31, 56.13])
    """
    if not 0 < two_theta_max < 180:
        raise InputError(f"expected two_theta_max between 0 and 180 degree, got {two_theta_max}")
    crystal = crystal_from_atoms(atoms)
    hkl, s, squared = powder_reflections(crystal, check_wavelength(wavelength), two_theta_max, scattering)
    if s.size == 0:
        raise InputError(f"no reflection lies below two_theta = {two_theta_max:g} degree at {wavelength:g} angstrom")
    rotations = np.asarray(find_symmetry(crystal, symprec).rotations, dtype=np.int64)
    family = _families(hkl, s, squared, rotations)
    counts = np.bincount(family)
    spacing = 0.5 * counts / np.bincount(family, s)
    mean = np.bincount(family, squared) / counts
    two_theta = two_theta_from_d_spacing(spacing, wavelength)
    intensity = 2 * counts * mean * lorentz_polarization(two_theta, polarization)
    kept = np.flatnonzero(intensity >= min_intensity * intensity.max())
    kept = kept[np.argsort(two_theta[kept], kind="stable")]
    return Reflections(
        hkl=_representatives(hkl, family)[kept],
        d_spacing=spacing[kept],
        two_theta=two_theta[kept],
        structure_factor=np.sqrt(mean[kept]),
        multiplicity=2 * counts[kept],
        intensity=intensity[kept],
        cell=crystal.cell,
        wavelength=float(wavelength),
    )


def powder_reflections(
    crystal: Crystal, wavelength: float, two_theta_max: float, scattering: Scattering
) -> tuple[NDArray[np.int64], Array, Array]:
    """Compute |F|^2 of all Friedel-unique reflections up to an angle.

    Parameters
    ----------
    crystal
        The crystal.
    wavelength
        In angstrom.
    two_theta_max
        In degree.
    scattering
        How the atoms scatter.

    Returns
    -------
    tuple of array
        hkl of shape (n_reflections, 3), s = sin(theta)/wavelength in 1/angstrom and |F|^2 in electrons squared (mean of
        the Friedel pair), each of shape (n_reflections,).

    Warns
    -----
    PeakscapeWarning
        If the reflections go beyond the tabulated range of the form factors.

    Examples
    --------
    >>> from ase.build import bulk
    >>> hkl, s, squared = powder_reflections(crystal_from_atoms(bulk("Cu")), 1.5406, 60.0, Scattering())
    >>> len(hkl)
    7
    """
    s_max = float(np.sin(np.deg2rad(two_theta_max) / 2.0) / wavelength)
    if scattering.form_factors == "it92" and s_max > S_MAX:
        warnings.warn(
            f"form factors are tabulated to sin(theta)/wavelength = {S_MAX:g}, and are extrapolated to {s_max:.2f}",
            PeakscapeWarning,
            stacklevel=2,
        )
    hkl, s, factors = geometric_factors(crystal.cell, crystal.fractional, crystal.species, s_max)
    real, imaginary = zip(*(scattering.factors(e, s, wavelength) for e in crystal.elements), strict=True)
    return hkl, s, powder_structure_factor(factors, np.stack(real), np.stack(imaginary))


def two_theta_from_d_spacing(d_spacing: ArrayLike, wavelength: float) -> Array:
    """Compute diffraction angles by Bragg's law, two_theta = 2 arcsin(wavelength / (2 d)).

    Parameters
    ----------
    d_spacing
        In angstrom, any shape.
    wavelength
        In angstrom.

    Returns
    -------
    array
        In degree, in the shape of `d_spacing`; NaN where the wavelength exceeds 2 d.

    Examples
    --------
    >>> two_theta_from_d_spacing([3.1356, 1.9201], wavelength=1.5406).round(2)
    array([28.44, 47.3 ])
    """
    sine = wavelength / (2.0 * np.asarray(d_spacing, dtype=float))
    return np.rad2deg(2.0 * np.arcsin(np.where(sine <= 1.0, sine, np.nan)))


def label_from_hkl(hkl: ArrayLike) -> str:
    """Write indices as a label.

    Parameters
    ----------
    hkl
        Three integers.

    Returns
    -------
    str
        The indices in parentheses, separated by blanks.

    Examples
    --------
    >>> label_from_hkl([3, 0, -1])
    '(3 0 -1)'
    """
    return f"({' '.join(str(int(index)) for index in np.asarray(hkl))})"


def _families(hkl: NDArray[np.int64], s: Array, squared: Array, rotations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the families in ascending s: equivalent by symmetry, with equal s and |F|; shape (n_reflections,).

    Symmetry alone would join what a crystal that is symmetric only to a tolerance keeps apart; s and |F| alone would
    join 333 and 511 of silicon.
    """
    amplitude = np.sqrt(squared)
    order = np.argsort(s, kind="stable")
    line = np.zeros(s.size, dtype=np.int64)
    line[order[1:]] = np.cumsum(np.diff(s[order]) > SAME_SPACING * s[order[1:]])
    orbit = _orbits(hkl, rotations)
    order = np.lexsort((amplitude, orbit, line))
    step = np.diff(amplitude[order]) > SAME_AMPLITUDE * amplitude[order[1:]] + 1e-6 * amplitude.max()
    family = np.zeros(s.size, dtype=np.int64)
    family[order[1:]] = np.cumsum((np.diff(line[order]) > 0) | (np.diff(orbit[order]) > 0) | step)
    return family


def _orbits(hkl: NDArray[np.int64], rotations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give reflections that the Laue group maps onto each other one number; shape (n_reflections,).

    A rotation R of fractional positions takes the row of indices h to h R.
    """
    rotations = np.unique(np.concatenate([rotations, -rotations]), axis=0)
    base = 2 * int(np.abs(hkl).max() * np.abs(rotations).sum(axis=1).max()) + 1
    place_values = np.array([base**2, base, 1])
    orbit = hkl @ place_values
    for rotation in rotations:
        np.maximum(orbit, hkl @ (rotation @ place_values), out=orbit)
    return np.asarray(orbit, dtype=np.int64)


def _representatives(hkl: NDArray[np.int64], family: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose of each family the member with the fewest negative indices, then the largest h, k and l."""
    both = np.concatenate([hkl, -hkl])
    family = np.concatenate([family, family])
    order = np.lexsort((*(-both.T[::-1]), (both < 0).sum(axis=1), family))
    first = np.flatnonzero(np.diff(family[order], prepend=-1))
    return both[order[first]]
