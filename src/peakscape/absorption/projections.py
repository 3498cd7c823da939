"""From a finished GPAW calculation to levels: energies, transition strengths, projections; never imports gpaw."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from peakscape.absorption.levels import Levels

FIRST_SHELL = 1.25
"""Neighbours are the atoms up to this multiple of the absorber's shortest distance."""


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

    Parameters
    ----------
    calculator
        With converged empty states.
    energy
        eV (n_k, n_all_bands).
    dipole
        Elements in bohr (3, n_k, n_all_bands).
    n_bands
        How many bands to keep.
    absorber
        Atom with the core hole.

    Returns
    -------
    Levels
        Energies in eV.

    Examples
    --------
    >>> read_levels(calculator, energy, dipole, n_bands=90, absorber=0)  # doctest: +SKIP
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
    """Return the indices of the atoms of the first shell around an atom.

    Examples
    --------
    >>> from ase.build import bulk
    >>> neighbours_of(bulk("BN", "zincblende", a=3.615, cubic=True), 0).tolist()
    [1, 3, 5, 7]
    """
    distances = atoms.get_distances(absorber, range(len(atoms)), mic=True)
    distances[absorber] = np.inf
    return np.flatnonzero(distances <= FIRST_SHELL * distances.min())


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
