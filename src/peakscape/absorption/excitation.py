"""X-ray absorption of one atom with a full core hole: ground state, excited state, empty levels, sticks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from peakscape.absorption.calculator import (
    check_log,
    check_setup,
    converge_empty_states,
    load_gpaw,
    make_calculator,
    total_energy,
    transition_elements,
)
from peakscape.absorption.levels import Levels, density_of_states, sticks
from peakscape.absorption.projections import read_levels
from peakscape.absorption.settings import CoreHoleSettings
from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError


def core_hole(
    atoms: Atoms,
    absorber: int,
    settings: CoreHoleSettings | None = None,
    *,
    folder: str | Path,
    name: str = "spectrum",
    ground: Mapping[str, Any] | None = None,
    labels: Mapping[str, Any] = MappingProxyType({}),
) -> CoreHoleSpectrum:
    """Compute the K edge of one atom: sticks, densities of states and the energy of the edge.

    Four calculations with one set of settings: the ground state (unless given), the cell with the core hole and the
    excited electron, the same spin-polarised for the total energy, and the empty states in the potential of the second.

    Parameters
    ----------
    atoms
        Periodic structure. Initial magnetic moments make the ground state spin-polarised, as an odd number of
        electrons does.
    absorber
        Index of the absorbing atom.
    settings
        None takes the defaults.
    folder
        Where GPAW's logs go; made if absent.
    name
        Name of the result and of the logs.
    ground
        Result of :func:`ground_state` of the same structure, to save its time.
    labels
        Carried along.

    Returns
    -------
    CoreHoleSpectrum
        Zero of all energies: mean energy of the excited electron, which is where `edge_energy` lies.

    Raises
    ------
    MissingExtra
        If gpaw is not installed.
    PeakscapeError
        If a calculation does not converge, or its log shows no core hole.
    InputError
        If there is no such atom, or no core-hole setup for its element.

    Examples
    --------
    >>> from ase.build import bulk
    >>> spectrum = core_hole(bulk("BN", "zincblende", a=3.615), 0, folder="logs")  # doctest: +SKIP
    >>> round(spectrum.edge_energy)  # doctest: +SKIP
    193
    """
    chosen = settings or CoreHoleSettings()
    if not 0 <= absorber < len(atoms):
        raise InputError(f"expected an atom from 0 to {len(atoms) - 1}, got {absorber}")
    absorber = int(absorber)
    check_setup(str(atoms.symbols[absorber]), chosen)
    logs = _made(folder)
    found = ground if ground is not None else ground_state(atoms, chosen, folder=folder, name=name)
    excited, levels = _empty_levels(atoms, absorber, chosen, logs / f"{name}.hole.log")
    polarised = _polarised(atoms, absorber, chosen, found, logs / f"{name}.spin.log")
    edge_energy = polarised["energy"] - found["energy"]
    n_electrons = float(excited.wfs.nvalence)
    lines = sticks(levels, n_electrons=n_electrons, width=chosen.smearing, edge_energy=edge_energy)
    axis, dos = density_of_states(levels, zero=lines.zero, width=chosen.dos_width)
    return CoreHoleSpectrum(
        name=name,
        atoms=Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True),
        absorber=absorber,
        edge_energy=edge_energy,
        energy=lines.energy,
        strength=lines.strength,
        dos_energy=axis,
        dos=dos,
        dos_channels=("total", *levels.channels),
        settings={
            "chosen": chosen.to_json(),
            "ground_state": dict(found),
            "reported": _reported(excited) | {"complete_to": lines.complete_to, "zero": lines.zero} | polarised,
        },
        labels=dict(labels),
    )


def ground_state(
    atoms: Atoms, settings: CoreHoleSettings | None = None, *, folder: str | Path, name: str = "structure"
) -> dict[str, Any]:
    """Compute the neutral ground state, which all absorbers of a structure share.

    Parameters
    ----------
    atoms, settings, folder, name
        As for :func:`core_hole`.

    Returns
    -------
    dict
        ``energy`` (eV, total, all electrons), ``moment`` (whole number of unpaired electrons), ``moment_as_computed``,
        ``homo`` and ``lumo`` (eV: highest filled and lowest empty level of the mesh; in a metal the first lies above
        the second), ``band_edges`` (eV, lowest and highest level of each band over mesh and spins), ``n_electrons``
        and ``spin_polarised``.

    Raises
    ------
    MissingExtra, PeakscapeError
        As for :func:`core_hole`.

    Examples
    --------
    >>> from ase.build import bulk
    >>> ground_state(bulk("BN", "zincblende", a=3.615), folder="logs")["moment"]  # doctest: +SKIP
    0.0
    """
    chosen = settings or CoreHoleSettings()
    probe = make_calculator(chosen, log=None)
    probe.initialize(atoms)
    odd = round(probe.wfs.nvalence) % 2 == 1
    start = atoms.get_initial_magnetic_moments()
    if odd and not start.any():
        start = np.full(len(atoms), 1.0 / len(atoms))
    spin = bool(start.any())
    calculator = make_calculator(chosen, log=_made(folder) / f"{name}.ground.log", spin=spin)
    energy = total_energy(calculator, atoms, moments=start if spin else None)
    moment = abs(float(calculator.get_magnetic_moment())) if spin else 0.0
    homo, lumo = calculator.get_homo_lumo()
    return {
        "energy": energy,
        # the nearest moment that so many electrons can have
        "moment": float(2 * round((moment - odd) / 2) + odd),
        "moment_as_computed": moment,
        "homo": float(homo),
        "lumo": float(lumo),
        "band_edges": _band_edges(calculator, n_spins=1 + spin),
        "n_electrons": float(calculator.wfs.nvalence),
        "spin_polarised": spin,
    }


def excited_moments(atoms: Atoms, absorber: int, moment: float) -> NDArray[np.float64]:
    """Return moments to start from: the excited electron at the absorber, those of the ground state against it.

    The electron keeps its spin when it leaves the core, and a half-filled level takes the spin that it lacks.

    Parameters
    ----------
    atoms
        Structure; its initial moments, if any, say where those of the ground state sit.
    absorber
        Atom with the core hole.
    moment
        Unpaired electrons of the ground state.

    Returns
    -------
    ndarray
        (n_atoms,), summing to 1 - `moment`.

    Examples
    --------
    >>> from ase.build import bulk
    >>> excited_moments(bulk("BN", "zincblende", a=3.615), 0, 1.0).tolist()
    [0.5, -0.5]
    """
    start = np.abs(atoms.get_initial_magnetic_moments())
    if not start.any():
        start = np.full(len(atoms), 1.0)
    moments = -start * moment / start.sum()
    moments[absorber] += 1.0
    return np.asarray(moments)


def _empty_levels(atoms: Atoms, absorber: int, chosen: CoreHoleSettings, log: Path) -> tuple[Any, Levels]:
    """Converge the spin-paired excited state and its empty levels."""
    excited = make_calculator(chosen, log=log, absorber=absorber)
    energy = total_energy(excited, atoms)
    check_log(log)
    excited.energy_paired = energy
    more = log.with_name(log.name.replace(".hole.", ".empty."))
    empty, n_bands = converge_empty_states(excited, chosen, log=more)
    check_log(more)
    eigenvalues, dipole = transition_elements(empty, absorber)
    return excited, read_levels(empty, eigenvalues, dipole, n_bands=n_bands, absorber=absorber)


def _polarised(
    atoms: Atoms, absorber: int, chosen: CoreHoleSettings, ground: Mapping[str, Any], log: Path
) -> dict[str, float]:
    """Total energy in eV of the spin-polarised excited state, with its moment."""
    calculator = make_calculator(chosen, log=log, absorber=absorber, spin=True, fixed_moment=True)
    energy = total_energy(calculator, atoms, moments=excited_moments(atoms, absorber, ground["moment"]))
    check_log(log)
    return {
        "energy": energy,
        "moment": float(calculator.get_magnetic_moment()),
        "iterations_polarised": int(calculator.get_number_of_iterations()),
    }


def _band_edges(calculator: Any, *, n_spins: int) -> list[list[float]]:
    """Lowest and highest level in eV of each band over the mesh and the spins."""
    n_k = len(calculator.get_ibz_k_points())
    levels = np.array([calculator.get_eigenvalues(kpt=k, spin=s) for k in range(n_k) for s in range(n_spins)])
    edges: list[list[float]] = np.round([levels.min(axis=0), levels.max(axis=0)], 3).T.tolist()
    return edges


def _reported(excited: Any) -> dict[str, Any]:
    """Say what GPAW used and found."""
    return {
        "code": f"GPAW {load_gpaw().__version__}",
        "peakscape": version("peakscape"),
        "n_irreducible_k_points": len(excited.get_ibz_k_points()),
        "n_electrons": float(excited.wfs.nvalence),
        "iterations": int(excited.get_number_of_iterations()),
        "volume": float(abs(np.linalg.det(excited.atoms.cell.array))),
        "energy_paired": excited.energy_paired,
    }


def _made(folder: str | Path) -> Path:
    """Make a folder for logs."""
    logs = Path(folder)
    logs.mkdir(parents=True, exist_ok=True)
    return logs
