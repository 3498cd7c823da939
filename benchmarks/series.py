"""What is measured: the alloy series of the paper, its patterns, and cells of any number of atoms."""

import numpy as np
from ase import Atoms

import peakscape as ps

WAVELENGTH = 0.496
FWHM = 0.05
TWO_THETA = (1.0, 119.99, 0.01)
SUPERCELL = {52: "2x2x1", 104: "2x2x2"}


def structures(n_atoms: int) -> list[Atoms]:
    """The structures of the series with 52 or 104 atoms."""
    series = ps.datasets.load_alloy_structures()
    return [atoms for atoms in series if atoms.info["supercell"] == SUPERCELL[n_atoms]]


def simulate(atoms: list[Atoms], *, n_jobs: int = 1, two_theta: tuple[float, float, float] = TWO_THETA) -> np.ndarray:
    """Patterns of the benchmark, scaled to a maximum of 1, shape (n_samples, n_points)."""
    dataset = ps.diffraction.simulate(atoms, wavelength=WAVELENGTH, two_theta=two_theta, fwhm=FWHM, n_jobs=n_jobs)
    return np.asarray(dataset.intensity.values)


def training_patterns() -> np.ndarray:
    """135 of the 150 patterns of the series, as in the paper: shape (135, 11900)."""
    series = ps.datasets.load_alloy_structures()
    kept = np.sort(np.random.default_rng(0).permutation(len(series))[:135])
    return simulate([series[number] for number in kept], n_jobs=-1)


def random_cell(n_atoms: int, *, volume: float = 1.0, seed: int = 0) -> Atoms:
    """A triclinic cell without symmetry; its volume in units of 13.2 cubic angstrom an atom, as in the alloy."""
    rng = np.random.default_rng(seed)
    cell = np.diag([1.0, 1.1, 0.9]) + 0.1 * rng.standard_normal((3, 3))
    cell *= np.cbrt(13.2 * volume * n_atoms / abs(np.linalg.det(cell)))
    symbols = rng.choice(["Fe", "Ti", "Sm"], size=n_atoms, p=[0.8, 0.12, 0.08])
    return Atoms(list(symbols), cell=cell, scaled_positions=rng.random((n_atoms, 3)), pbc=True)


def random_unlike(n_samples: int, n_points: int, *, seed: int = 0) -> np.ndarray:
    """Patterns of eight peaks that move, for curves of growth: any number of samples and points."""
    rng = np.random.default_rng(seed)
    axis = np.linspace(0.0, 1.0, n_points)
    centres = np.linspace(0.1, 0.9, 8) + 0.02 * rng.standard_normal((n_samples, 8))
    return np.exp(-(((axis - centres[..., None]) / 0.01) ** 2)).sum(axis=1)
