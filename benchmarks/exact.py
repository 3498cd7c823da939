"""The powder pattern by plain sums in double precision: what every simulator here is compared with.

No symmetry, no Friedel pairs, no separable phases, no grid of sticks: every hkl of the sphere, every atom of the cell,
and every peak as a Gaussian at its exact position. Nothing of peakscape is used, only gemmi's tables.
"""

import gemmi
import numpy as np
from ase import Atoms

N_AT_ONCE = 20_000


def pattern(
    atoms: Atoms, *, wavelength: float, two_theta: tuple[float, float, float], fwhm: float, margin: float = 1.0
) -> np.ndarray:
    """One pattern, scaled to a maximum of 1, shape (n_points,); reflections to `margin` degree past the end enter."""
    hkl, s = reflections(atoms, wavelength, two_theta[1] + margin)
    squared = np.concatenate(
        [
            intensities(atoms, hkl[first : first + N_AT_ONCE], s[first : first + N_AT_ONCE], wavelength)
            for first in range(0, len(s), N_AT_ONCE)
        ]
    )
    angle = np.degrees(2.0 * np.arcsin(wavelength * s))
    area = squared * lorentz_polarization(angle)
    n_points = int(np.floor((two_theta[1] - two_theta[0]) / two_theta[2] + 1e-6)) + 1
    axis = two_theta[0] + two_theta[2] * np.arange(n_points)
    summed = gaussians(axis, angle, area, fwhm)
    return np.asarray(summed / summed.max())


def reflections(atoms: Atoms, wavelength: float, two_theta_max: float) -> tuple[np.ndarray, np.ndarray]:
    """Every hkl but 000 up to an angle, and s = sin(theta) / wavelength of each."""
    s_max = np.sin(np.radians(two_theta_max) / 2.0) / wavelength
    cell = np.asarray(atoms.cell)
    limits = np.floor(2.0 * s_max * np.linalg.norm(cell, axis=1)).astype(int)
    grid = np.meshgrid(*(np.arange(-n, n + 1) for n in limits), indexing="ij")
    hkl = np.stack([index.ravel() for index in grid], axis=1)
    s = 0.5 * np.linalg.norm(hkl @ np.linalg.inv(cell).T, axis=1)
    kept = (s <= s_max) & (s > 0)
    return hkl[kept], s[kept]


def intensities(atoms: Atoms, hkl: np.ndarray, s: np.ndarray, wavelength: float) -> np.ndarray:
    """|F|^2 of each reflection, in electrons squared: the sum over all atoms as it is written."""
    phase = np.exp(2j * np.pi * (hkl @ atoms.get_scaled_positions().T))
    symbols = np.array(atoms.get_chemical_symbols())
    total = np.zeros(len(s), dtype=complex)
    for element in np.unique(symbols):
        total += scattering_factor(element, s, wavelength) * phase[:, symbols == element].sum(axis=1)
    return np.asarray(np.abs(total) ** 2)


def scattering_factor(element: str, s: np.ndarray, wavelength: float) -> np.ndarray:
    """f0(s) + f' + i f'' from gemmi's tables (International Tables C; Cromer and Liberman)."""
    table = gemmi.Element(element).it92
    f0 = table.c + sum(a * np.exp(-b * s**2) for a, b in zip(table.a, table.b, strict=True))
    return f0 + complex(*gemmi.cromer_liberman(gemmi.Element(element).atomic_number, gemmi.hc / wavelength))


def lorentz_polarization(two_theta: np.ndarray) -> np.ndarray:
    """(1 + cos^2 2theta) / (sin^2 theta cos theta), an unpolarised beam."""
    theta = np.radians(two_theta) / 2.0
    return (1.0 + np.cos(2.0 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))


def gaussians(axis: np.ndarray, position: np.ndarray, area: np.ndarray, fwhm: float) -> np.ndarray:
    """The sum of Gaussians of equal width; beyond six widths a Gaussian is below 1e-43 of its height."""
    step = axis[1] - axis[0]
    reach = int(np.ceil(6.0 * fwhm / step)) + 1
    summed = np.zeros(len(axis) + 2 * reach)
    centre = np.rint((position - axis[0]) / step).astype(int)
    inside = (centre > -reach) & (centre < len(axis) + reach)
    position, area, centre = position[inside], area[inside], centre[inside]
    for shift in range(-reach + 1, reach):
        distance = axis[0] + (centre + shift) * step - position
        places = centre + shift + reach
        kept = (places >= 0) & (places < len(summed))
        weights = area * np.exp(-4.0 * np.log(2.0) * (distance / fwhm) ** 2)
        summed += np.bincount(places[kept], weights[kept], minlength=len(summed))
    return summed[reach : reach + len(axis)]
