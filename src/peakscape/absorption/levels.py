"""One-electron levels in the field of a core hole, from a finished calculation to sticks and densities of states.

Never imports gpaw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from peakscape.errors import InputError

_HARTREE = 27.211386245988
"""eV, CODATA 2018."""

LAST_ENERGY = 30.0
"""Sticks end here, eV above the edge, or earlier where levels are missing."""

_DOS_AXIS = (-30.0, 28.0, 581)
"""First and last energy (eV, relative to the edge) and number of points of every density of states."""

_FIRST_SHELL = 1.25
"""Neighbours are the atoms up to this multiple of the absorber's shortest distance."""


@dataclass(frozen=True)
class Levels:
    """Levels of a spin-paired cell with a core hole."""

    energy: NDArray[np.float64]
    """eV (n_k, n_bands)."""
    weight: NDArray[np.float64]
    """Of the k points, summing to 1 (n_k,)."""
    squared_dipole: NDArray[np.float64]
    """Transition moments from the core level along x, y, z, squared, in bohr^2 (n_k, n_bands, 3)."""
    projections: NDArray[np.float64]
    """Weights of the levels on orbitals (n_k, n_bands, n_channels)."""
    channels: tuple[str, ...]
    """Names of the orbitals (n_channels,)."""


@dataclass(frozen=True)
class Sticks:
    """Lines of a spectrum and their zero."""

    energy: NDArray[np.float64]
    """eV relative to `zero`, ascending (n_sticks,)."""
    strength: NDArray[np.float64]
    """Oscillator strengths along x, y, z, with the weight of the k point (n_sticks, 3)."""
    zero: float
    """Mean energy of the excited electron on the scale of the levels, eV."""
    complete_to: float
    """Energy relative to `zero` up to which no level is missing, eV."""


def sticks(levels: Levels, *, n_electrons: float, width: float, edge_energy: float) -> Sticks:
    """List the transitions from the core level into the levels that are free without the excited electron.

    The excited electron is the last of `n_electrons`: what it fills is the difference of the occupations with and
    without it. Its mean energy is the zero, and what is filled without it takes no part (Pauli).
    """
    with_electron = occupations(levels, n_electrons=n_electrons, width=width)
    without = occupations(levels, n_electrons=n_electrons - 1, width=width)
    excited = 2 * (with_electron - without) * levels.weight[:, None]
    zero = float((excited * levels.energy).sum() / excited.sum())
    energy = levels.energy - zero
    complete_to = float(energy.max(axis=1).min())
    free = 1 - without
    scale = 2 * (edge_energy + energy) / _HARTREE * levels.weight[:, None] * free
    strength = scale[:, :, None] * levels.squared_dipole
    kept = (free > 1e-4) & (energy <= min(complete_to, LAST_ENERGY))
    order = np.argsort(energy[kept], kind="stable")
    return Sticks(energy[kept][order], strength[kept][order], zero, complete_to)


def occupations(levels: Levels, *, n_electrons: float, width: float) -> NDArray[np.float64]:
    """Fill levels by Fermi and Dirac, two electrons each."""
    capacity = 2 * levels.energy.shape[1]
    if not 0 < n_electrons < capacity:
        raise InputError(f"{n_electrons} electrons do not fit into {capacity // 2} bands; converge more bands")

    def surplus(fermi: float) -> float:
        filled = expit((fermi - levels.energy) / width)
        return float(2 * (filled * levels.weight[:, None]).sum() - n_electrons)

    margin = 100 * width
    fermi = brentq(surplus, levels.energy.min() - margin, levels.energy.max() + margin, xtol=1e-10)
    return np.asarray(expit((fermi - levels.energy) / width))


def density_of_states(levels: Levels, *, zero: float, width: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum levels into densities of states, a Gaussian for each."""
    energy = np.linspace(*_DOS_AXIS)
    sigma = width / np.sqrt(8 * np.log(2))
    positions = (levels.energy - zero).ravel()
    offsets = (energy[:, None] - positions[None, :]) / sigma
    gaussians = np.exp(-0.5 * offsets**2) / (sigma * np.sqrt(2 * np.pi))
    weights = np.repeat(levels.weight, levels.energy.shape[1])[:, None]
    shares = np.concatenate([np.ones((len(positions), 1)), levels.projections.reshape(len(positions), -1)], axis=1)
    return energy, (gaussians @ (weights * shares)).T


def read_levels(
    calculator: Any,
    energy: NDArray[np.float64],
    dipole: NDArray[np.complex128],
    *,
    n_bands: int,
    absorber: int,
) -> Levels:
    """Collect the levels of a calculation, dipole strengths averaged over the symmetry operations.

    GPAW keeps one k point of each star; the strengths along x, y and z of the others follow by rotation.
    """
    kd = calculator.wfs.kd
    cell = calculator.wfs.gd.cell_cv
    rotations = np.array([np.linalg.inv(cell) @ operation @ cell for operation in kd.symmetry.op_scc])
    turned = np.einsum("scd,dkn->sckn", rotations, dipole[:, :, :n_bands])
    channels, projections = _projections(calculator, n_bands, absorber)
    return Levels(
        energy=energy[:, :n_bands],
        weight=np.asarray(kd.weight_k),
        squared_dipole=np.mean(np.abs(turned) ** 2, axis=0).transpose(1, 2, 0),
        projections=projections,
        channels=channels,
    )


def neighbours_of(atoms: Atoms, absorber: int) -> NDArray[np.intp]:
    """Return the indices of the atoms of the first shell around an atom."""
    distances = atoms.get_distances(absorber, range(len(atoms)), mic=True)
    distances[absorber] = np.inf
    return np.flatnonzero(distances <= _FIRST_SHELL * distances.min())


def _projections(calculator: Any, n_bands: int, absorber: int) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Weights of the bound s and p partial waves of the absorber, its neighbours and every species."""
    atoms = calculator.atoms
    symbols = atoms.get_chemical_symbols()
    neighbours = set(neighbours_of(atoms, absorber).tolist())
    names = ("absorber", "neighbours", *sorted(set(symbols)))
    channels = tuple(f"{name}_{letter}" for name in names for letter in "sp")
    weights = np.zeros((len(calculator.wfs.kpt_u), n_bands, len(channels)))
    for k, kpt in enumerate(calculator.wfs.kpt_u):
        for atom, symbol in enumerate(symbols):
            found = _bound_weights(calculator.wfs.setups[atom], np.abs(kpt.P_ani[atom][:n_bands]) ** 2)
            groups = [symbol] + ["absorber"] * (atom == absorber) + ["neighbours"] * (atom in neighbours)
            for name in groups:
                column = channels.index(f"{name}_s")
                weights[k, :, column : column + 2] += found
    return channels, weights


def _bound_weights(setup: Any, squared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum squared projections over the bound s and p partial waves (n_bands, 2)."""
    weights = np.zeros((len(squared), 2))
    first = 0
    for n, degree in zip(setup.n_j, setup.l_j, strict=True):
        if n > 0 and degree < 2:
            weights[:, degree] += squared[:, first : first + 2 * degree + 1].sum(axis=1)
        first += 2 * degree + 1
    return weights
