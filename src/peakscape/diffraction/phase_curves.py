"""Patterns of pure phases that can be bent by cell, texture, widths and the instrument's errors, with derivatives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray

from peakscape.diffraction.crystal import crystal_from_atoms, find_symmetry
from peakscape.diffraction.form_factors import Scattering, anomalous
from peakscape.diffraction.instrument import Polarization
from peakscape.diffraction.reflections import reflections
from peakscape.errors import StructureError

Array = NDArray[np.float64]
DALTON = 1.66053906660
"""Mass in 1e-24 g (CODATA 2018)."""
ELECTRON_RADIUS = 2.8179403262e-5
"""Classical radius of the electron in angstrom (CODATA 2018)."""
LEAST_LINE = 2e-3
"""Share of the strongest reflection below which a reflection is left out."""
REACH = 10.0
"""Full widths at half maximum at which a peak is cut."""
UNIAXIAL = range(75, 195)
"""Space groups of the tetragonal, trigonal and hexagonal systems."""


@dataclass(frozen=True)
class Phase:
    """A crystalline phase as a powder pattern sees it.

    Attributes
    ----------
    name : str
        What it is called.
    d_spacing : ndarray of shape (n_lines,)
        In angstrom.
    strength : ndarray of shape (n_lines,)
        m |F|^2 / V^2, in electrons^2 / angstrom^6: the scale of `simulate` with ``scale=None``, without the
        Lorentz-polarisation factor.
    directions : ndarray of shape (n_axes, n_lines)
        Squared cosine between each reflection's normal and the principal axes: c of uniaxial crystals; a, b and c of
        those of lower symmetry; none of cubic ones.
    density : float
        In g/cm^3.
    absorption : float
        Linear absorption coefficient in 1/micrometre, photoelectric.
    """

    name: str
    d_spacing: Array
    strength: Array
    directions: Array
    density: float
    absorption: float

    @classmethod
    def from_atoms(
        cls, atoms: Atoms, *, wavelength: float, two_theta_max: float, scattering: Scattering, name: str = ""
    ) -> "Phase":
        """Compute the reflections of a structure.

        Raises
        ------
        StructureError
            If the structure cannot be used.

        Examples
        --------
        >>> from ase.build import bulk
        >>> one = Phase.from_atoms(bulk("Cu"), wavelength=1.5406, two_theta_max=100, scattering=Scattering())
        >>> round(one.density, 2), len(one.d_spacing), one.directions.shape
        (8.97, 5, (0, 5))
        """
        title = name or str(atoms.info.get("name", "")) or str(atoms.get_chemical_formula(mode="metal"))
        crystal = crystal_from_atoms(atoms)
        found = reflections(
            atoms, wavelength=wavelength, two_theta_max=two_theta_max, scattering=scattering, polarization=None,
            min_intensity=LEAST_LINE, symprec=1e-2,
        )  # fmt: skip
        volume = float(abs(np.linalg.det(crystal.cell)))
        masses = [atomic_masses[atomic_numbers[symbol]] for symbol in atoms.get_chemical_symbols()]
        absorbed = sum(
            2.0 * ELECTRON_RADIUS * wavelength * anomalous(symbol, wavelength)[1]
            for symbol in atoms.get_chemical_symbols()
        )
        normals = found.hkl @ np.linalg.inv(crystal.cell).T
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        axes = _principal_axes(find_symmetry(crystal, 1e-2))
        return cls(
            title,
            found.d_spacing,
            found.intensity / volume**2,
            (axes @ normals.T) ** 2,
            float(DALTON * sum(masses) / volume),
            float(absorbed / volume * 1e4),
        )


def _principal_axes(symmetry: object) -> Array:
    """Unit vectors, in the frame of the given cell, along which the crystal may be strained or its grains aligned."""
    number = int(getattr(symmetry, "number"))  # noqa: B009 (spglib's dataset is untyped)
    if number > 194:
        return np.zeros((0, 3))
    lattice = np.asarray(getattr(symmetry, "std_lattice"), dtype=float)  # noqa: B009
    rotation = np.asarray(getattr(symmetry, "std_rotation_matrix"), dtype=float)  # noqa: B009
    axes = lattice / np.linalg.norm(lattice, axis=1, keepdims=True) @ rotation  # from the standard frame to the given
    return np.asarray(axes[2:] if number in UNIAXIAL else axes)


@dataclass(frozen=True)
class Beam:
    """The lines of the tube or monochromator, and where the sample lies in the beam.

    Attributes
    ----------
    wavelengths, shares : ndarray of shape (n_wavelengths,)
        In angstrom, the reference first; shares of the intensity.
    polarization : str or None
        See `lorentz_polarization`.
    full_from : float
        two_theta in degree below which the beam is longer than the sample; 0 for never.
    """

    wavelengths: Array
    shares: Array
    polarization: Polarization | None
    full_from: float

    def factor(self, theta: Array) -> Array:
        """Return Lorentz and polarisation factor times the share of the beam that the sample takes."""
        lorentz = 1.0 / (np.sin(theta) ** 2 * np.cos(theta))
        if self.polarization == "unpolarized":
            lorentz = lorentz * (1.0 + np.cos(2 * theta) ** 2)
        elif self.polarization is None:
            lorentz = np.ones_like(theta)
        full = np.sin(np.deg2rad(self.full_from / 2.0))
        return np.asarray(lorentz * np.minimum(1.0, np.sin(theta) / full) if full > 0 else lorentz)


class Profiles:
    """Pseudo-Voigt peaks of unit area on the points of an axis, and how they change with place, width and shape.

    Parameters
    ----------
    axis
        Shape (n_points,).
    place, fwhm, share
        Of each peak: where, full width at half maximum, Lorentzian share; shape (n_peaks,).

    Examples
    --------
    >>> axis = np.arange(0.0, 10.0, 0.05)
    >>> made = Profiles(axis, np.array([5.0]), np.array([0.3]), np.array([0.5]))
    >>> round(float(made.sum(made.height, np.array([1.0])).sum() * 0.05), 2)
    0.98
    """

    def __init__(self, axis: Array, place: Array, fwhm: Array, share: Array) -> None:
        self.n_points = len(axis)
        step = (axis[-1] - axis[0]) / (len(axis) - 1)
        half = int(np.ceil(REACH * float(fwhm.max()) / step))
        index = np.searchsorted(axis, place)[:, None] + np.arange(-half, half + 1)
        inside = (index >= 0) & (index < len(axis))
        self._index = np.where(inside, index, len(axis)).ravel()
        self._width, self._share = fwhm[:, None], share[:, None]
        self._x = (axis[np.clip(index, 0, len(axis) - 1)] - place[:, None]) / self._width
        self._inner = 1.0 / (1.0 + 4.0 * self._x**2)
        self._gauss = np.exp(-4.0 * np.log(2.0) * self._x**2) * (2.0 * np.sqrt(np.log(2.0) / np.pi))
        self._lorentz = (2.0 / np.pi) * self._inner
        self.height = (self._share * self._lorentz + (1 - self._share) * self._gauss) / self._width

    def slopes(self) -> tuple[Array, Array, Array]:
        """Return the derivatives of the heights by place, width and Lorentzian share, shape (n_peaks, n_reach)."""
        by_x = self._share * (-8.0 * self._x * self._lorentz * self._inner)
        by_x += (1 - self._share) * (-8.0 * np.log(2.0) * self._x * self._gauss)
        squared = self._width**2
        by_width = -(self.height * self._width + self._x * by_x) / squared
        return -by_x / squared, by_width, (self._lorentz - self._gauss) / self._width

    def sum(self, profile: Array, areas: Array) -> Array:
        """Add up peaks of some areas, shape (n_points,)."""
        values = (profile * areas[:, None]).ravel()
        return np.asarray(np.bincount(self._index, values, self.n_points + 1)[: self.n_points], dtype=np.float64)


def voigt_width(gauss: float, lorentz: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Return width and Lorentzian share of the pseudo-Voigt peak of two widths, each with derivatives by both.

    P. Thompson, D. E. Cox, J. B. Hastings, J. Appl. Cryst. 20, 79 (1987), doi:10.1107/S0021889887087090.

    Examples
    --------
    >>> fwhm, share = voigt_width(0.1, np.array([0.1]))[:2]
    >>> fwhm.round(3).tolist(), share.round(2).tolist()
    ([0.163], [0.68])
    """
    c = (1.0, 2.69269, 2.42843, 4.47163, 0.07842, 1.0)
    fifth = sum(c[k] * gauss ** (5 - k) * lorentz**k for k in range(6))
    fwhm = fifth**0.2
    by_gauss = sum(c[k] * (5 - k) * gauss ** (4 - k) * lorentz**k for k in range(5)) * 0.2 / fwhm**4
    by_lorentz = sum(c[k] * k * gauss ** (5 - k) * lorentz ** (k - 1) for k in range(1, 6)) * 0.2 / fwhm**4
    q = lorentz / fwhm
    share = 1.36603 * q - 0.47719 * q**2 + 0.11116 * q**3
    slope = 1.36603 - 0.95438 * q + 0.33348 * q**2
    return fwhm, share, by_gauss, by_lorentz, -slope * q / fwhm * by_gauss, slope * (1.0 - q * by_lorentz) / fwhm


N_SHARED = 5
"""Parameters that all phases share: zero, displacement, envelope, Gaussian width and roughness."""


class BentPhase:
    """A phase whose pattern follows parameters.

    Its own parameters are, in this order: relative change of all lengths; changes along the principal axes besides;
    Lorentzian peak width X / cos(theta) + Y tan(theta) of small and of strained grains, in degree; logarithm of March
    and Dollase's parameter about each principal axis (W. A. Dollase, J. Appl. Cryst. 19, 267 (1986),
    doi:10.1107/S0021889886089458). The shared ones: zero and displacement (times cos(theta)) in degree, the envelope's
    B in angstrom^2, the Gaussian width in degree, and the roughness t of the surface, which takes
    1 - exp(-t (1 / sin(theta) - 1)) of the intensity (after P. Suortti, J. Appl. Cryst. 5, 325 (1972),
    doi:10.1107/S0021889872009707).

    Parameters
    ----------
    phase
        Which.
    axis
        two_theta in degree, shape (n_points,).
    beam
        Wavelengths and factors.
    """

    def __init__(self, phase: Phase, axis: Array, beam: Beam) -> None:
        n_waves = len(beam.wavelengths)
        self.phase, self.axis, self.beam = phase, axis, beam
        self._wave = np.repeat(beam.wavelengths, len(phase.d_spacing))
        self._share = np.repeat(beam.shares, len(phase.d_spacing))
        self._d = np.tile(phase.d_spacing, n_waves)
        self._strength = np.tile(phase.strength, n_waves) * self._share
        self._directions = np.tile(phase.directions, (1, n_waves))
        self.n_axes = len(phase.directions)
        self.n_own = 3 + 2 * self.n_axes
        place = np.rad2deg(2.0 * np.arcsin(np.clip(self._wave / (2 * self._d), 0.0, 1.0)))
        if not ((place >= axis[0]) & (place <= axis[-1])).any():
            raise StructureError(f"{phase.name} has no reflection in the range of the pattern")

    def curve(self, shared: Array, own: Array) -> tuple[Array, Callable[[], tuple[Array, Array]]]:
        """Return the pattern (n_points,) and what makes its derivatives by shared (5, n_points) and own parameters."""
        k = self.n_axes
        zero, displacement, envelope, width, rough = shared
        strain = own[0] + own[1 : 1 + k] @ self._directions
        theta = np.arcsin(np.clip(self._wave / (2.0 * self._d) * (1.0 - strain), 0.0, 0.9999))
        tangent, cosine = np.tan(theta), np.cos(theta)
        place = np.rad2deg(2 * theta) + zero + displacement * cosine
        peak = voigt_width(width, own[1 + k] / cosine + own[2 + k] * tangent)
        squared, shadow = (1.0 / (2.0 * self._d)) ** 2, 1.0 / np.sin(theta) - 1.0
        ratio = np.exp(own[3 + k :])[:, None]
        inner = ratio**2 * self._directions + (1.0 - self._directions) / ratio
        area = self._strength * self.beam.factor(theta) * np.exp(-2.0 * envelope * squared - rough * shadow)
        area = area * (inner**-1.5).prod(axis=0)
        made = Profiles(self.axis, place, peak[0], peak[1])

        def slopes() -> tuple[Array, Array]:
            by_place, by_width, by_share = made.slopes()
            wider, narrow = (
                by_width * one[:, None] + by_share * mixed[:, None]
                for one, mixed in ((peak[3], peak[5]), (peak[2], peak[4]))
            )
            moved = np.rad2deg(-2.0 * tangent) * area
            turned = -1.5 * (2.0 * ratio**2 * self._directions - (1.0 - self._directions) / ratio) / inner
            by_shared = [made.sum(by_place, area), made.sum(by_place, area * cosine)]
            by_shared += [made.sum(made.height, -2.0 * squared * area), made.sum(narrow, area)]
            by_shared += [made.sum(made.height, -shadow * area)]
            by_own = [made.sum(by_place, moved), *(made.sum(by_place, moved * one) for one in self._directions)]
            by_own += [made.sum(wider, area / cosine), made.sum(wider, area * tangent)]
            by_own += [made.sum(made.height, area * one) for one in turned]
            return np.array(by_shared), np.array(by_own)

        return made.sum(made.height, area), slopes
