"""From one-electron levels in the field of a core hole to sticks and densities of states; NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from peakscape.errors import InputError

_HARTREE = 27.211386245988
"""eV, CODATA 2018."""

LAST_ENERGY = 30.0
"""Sticks end here, eV above the edge, or earlier where levels are missing."""

DOS_AXIS = (-30.0, 28.0, 581)
"""First and last energy (eV, relative to the edge) and number of points of every density of states."""


@dataclass(frozen=True)
class Levels:
    """Levels of a spin-paired cell with a core hole.

    Parameters
    ----------
    energy
        eV (n_k, n_bands).
    weight
        Weights of the k points, summing to 1 (n_k,).
    squared_dipole
        Squared transition moments from the core level along x, y, z, in bohr^2 (n_k, n_bands, 3).
    projections
        Weights of the levels on orbitals (n_k, n_bands, n_channels).
    channels
        Names of the orbitals (n_channels,).

    Examples
    --------
    >>> Levels(np.zeros((1, 2)), np.ones(1), np.zeros((1, 2, 3)), np.zeros((1, 2, 1)), ("B_p",)).channels
    ('B_p',)
    """

    energy: NDArray[np.float64]
    weight: NDArray[np.float64]
    squared_dipole: NDArray[np.float64]
    projections: NDArray[np.float64]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Sticks:
    """Lines of a spectrum and their zero.

    Parameters
    ----------
    energy
        eV relative to `zero`, ascending (n_sticks,).
    strength
        Oscillator strengths along x, y, z (n_sticks, 3).
    zero
        Mean energy of the excited electron on the scale of the levels, eV.
    complete_to
        Energy relative to `zero` up to which no level is missing, eV.
    """

    energy: NDArray[np.float64]
    strength: NDArray[np.float64]
    zero: float
    complete_to: float


def sticks(levels: Levels, *, n_electrons: float, width: float, edge_energy: float) -> Sticks:
    """List the transitions from the core level into the levels that are free without the excited electron.

    The excited electron is the last of `n_electrons`: what it fills is the difference of the occupations with and
    without it. Its mean energy is the zero, and what is filled without it takes no part (Pauli).

    Parameters
    ----------
    levels
        Levels in the field of the core hole.
    n_electrons
        Electrons of the cell, the excited one included.
    width
        Fermi-Dirac width in eV.
    edge_energy
        Energy in eV of a transition to `zero`; oscillator strengths are 2 (E / hartree) d^2 for d in bohr.

    Returns
    -------
    Sticks
        With strengths times the weight of the k point; levels below 1e-4 free are left out.

    Raises
    ------
    InputError
        If the levels cannot hold the electrons.

    Examples
    --------
    Two levels, the lower one filled: the upper is the edge.

    >>> levels = Levels(np.array([[0.0, 5.0]]), np.ones(1), np.ones((1, 2, 3)), np.zeros((1, 2, 1)), ("B_p",))
    >>> found = sticks(levels, n_electrons=3, width=0.1, edge_energy=190.0)
    >>> found.zero, found.energy.tolist()
    (5.0, [0.0])
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
    """Fill levels by Fermi and Dirac, two electrons each.

    Parameters
    ----------
    levels
        What to fill.
    n_electrons
        Electrons of the cell.
    width
        eV.

    Returns
    -------
    ndarray
        From 0 to 1 (n_k, n_bands).

    Raises
    ------
    InputError
        If the levels cannot hold the electrons.

    Examples
    --------
    >>> levels = Levels(np.array([[0.0, 5.0]]), np.ones(1), np.zeros((1, 2, 3)), np.zeros((1, 2, 1)), ("B_p",))
    >>> occupations(levels, n_electrons=1, width=0.1).round(3).tolist()
    [[0.5, 0.0]]
    """
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
    """Sum levels into densities of states, a Gaussian for each.

    Parameters
    ----------
    levels
        What to sum.
    zero
        Energy of the levels that becomes 0, eV.
    width
        Full width at half maximum, eV.

    Returns
    -------
    energy : ndarray
        eV relative to `zero` (n_energies,).
    density : ndarray
        States per eV, spin and cell; row 0 is the total, the others follow `levels.channels` (1 + n_channels,
        n_energies).

    Examples
    --------
    >>> levels = Levels(np.array([[0.0, 5.0]]), np.ones(1), np.zeros((1, 2, 3)), np.zeros((1, 2, 1)), ("B_p",))
    >>> energy, density = density_of_states(levels, zero=0.0, width=0.5)
    >>> round(float(density[0].sum() * (energy[1] - energy[0])), 6)
    2.0
    """
    energy = np.linspace(*DOS_AXIS)
    sigma = width / np.sqrt(8 * np.log(2))
    positions = (levels.energy - zero).ravel()
    offsets = (energy[:, None] - positions[None, :]) / sigma
    gaussians = np.exp(-0.5 * offsets**2) / (sigma * np.sqrt(2 * np.pi))
    weights = np.repeat(levels.weight, levels.energy.shape[1])[:, None]
    shares = np.concatenate([np.ones((len(positions), 1)), levels.projections.reshape(len(positions), -1)], axis=1)
    return energy, (gaussians @ (weights * shares)).T
