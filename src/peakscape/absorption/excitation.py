"""X-ray absorption of one atom with a full core hole, by GPAW (extra ``gpaw``; this file alone loads it).

The excited electron stays in the conduction band ("excited core hole"): Ljungberg, Mortensen and Pettersson, J.
Electron Spectrosc. Relat. Phenom. 184, 427 (2011), doi:10.1016/j.elspec.2011.05.004. GPAW: Mortensen et al., J. Chem.
Phys. 160, 092503 (2024), doi:10.1063/5.0182685.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from peakscape.absorption.levels import Levels, density_of_states, read_levels, sticks
from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError, MissingExtra, PeakscapeError

SYMMETRY: dict[str, float] | str = {"tolerance": 1e-5}
"""How GPAW looks for symmetry: fractional coordinates of relaxed structures agree to this."""

CONVERGENCE = {"density": 3e-4, "eigenstates": 3e-6}
"""Where self-consistency stops, per valence electron: a tenth less time than with GPAW's own 1e-4 and 4e-8, edges
change by 1e-5 eV and spectra by less than 1e-3 of their maximum (c- and h-BN)."""


@dataclass(frozen=True)
class CoreHoleSettings:
    """Settings of a core-hole calculation; spectra to be compared must share them.

    Parameters
    ----------
    cutoff
        Plane waves, eV.
    k_points
        Gamma-centred mesh.
    functional
        Exchange and correlation.
    smearing
        Width of the Fermi-Dirac occupations, eV.
    empty_bands
        Empty bands per cubic angstrom of the cell that are converged.
    core_hole
        Name of the core-hole setup, as in ``gpaw-setup -f PBE B --name fch1s --core-hole=1s,1.0``.
    max_iterations
        Iterations after which a self-consistency cycle is given up.
    dos_width
        Full width at half maximum of the Gaussians in the densities of states, eV.
    point_group
        Whether the symmetry of the structure saves k points. Of little use in a skewed cell, whose grid must then be as
        fine along all axes; the result is the same.

    Raises
    ------
    InputError
        If a number is not positive.

    Examples
    --------
    >>> CoreHoleSettings().k_points
    (3, 3, 3)
    """

    cutoff: float = 400.0
    k_points: tuple[int, int, int] = (3, 3, 3)
    functional: str = "PBE"
    smearing: float = 0.1
    empty_bands: float = 0.70
    core_hole: str = "fch1s"
    max_iterations: int = 200
    dos_width: float = 0.3
    point_group: bool = True

    def __post_init__(self) -> None:
        """Refuse what is not positive."""
        numbers = (self.cutoff, *self.k_points, self.smearing, self.empty_bands, self.max_iterations, self.dos_width)
        if min(numbers) <= 0:
            raise InputError(f"expected positive settings, got {self}")

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON holds them, to compare with stored ones."""
        told = {**asdict(self), "k_points": list(self.k_points)}
        if self.point_group:
            del told["point_group"]  # the usual way, and what spectra stored before there was a choice went
        return told


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


def make_calculator(
    settings: CoreHoleSettings,
    *,
    log: str | Path | None,
    absorber: int | None = None,
    spin: bool = False,
    fixed_moment: bool = False,
) -> Any:
    """Make a GPAW calculator, with a core hole and its excited electron if there is an absorber."""
    gpaw = load_gpaw()
    return gpaw.GPAW(
        mode=gpaw.PW(settings.cutoff),
        xc=settings.functional,
        kpts={"size": settings.k_points, "gamma": True},
        occupations={"name": "fermi-dirac", "width": settings.smearing, "fixmagmom": fixed_moment},
        # int(): a NumPy integer as key gives no core hole, without a word
        setups={} if absorber is None else {int(absorber): settings.core_hole},
        charge=0 if absorber is None else -1,
        spinpol=spin,
        symmetry=SYMMETRY if settings.point_group else {"point_group": False},
        maxiter=settings.max_iterations,
        convergence=CONVERGENCE,
        txt=None if log is None else str(log),
        # the matrix elements of gpaw.xas need the calculator of before version 25
        legacy_gpaw=True,
    )


def total_energy(calculator: Any, atoms: Atoms, *, moments: NDArray[np.float64] | None = None) -> float:
    """Converge a calculation."""
    gpaw = load_gpaw()
    moving = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True, magmoms=moments)
    moving.calc = calculator
    try:
        energy = float(moving.get_potential_energy())
    except gpaw.KohnShamConvergenceError as failure:
        raise PeakscapeError(
            f"GPAW does not converge for {atoms.get_chemical_formula()}; raise max_iterations or smearing"
        ) from failure
    calculator.log.fd.flush()
    return energy + float(calculator.get_reference_energy())


def converge_empty_states(calculator: Any, settings: CoreHoleSettings, *, log: Path) -> tuple[Any, int]:
    """Converge the empty states in the fixed potential of a finished calculation."""
    gpaw = load_gpaw()
    n_filled = math.ceil(calculator.wfs.nvalence / 2)
    n_bands = n_filled + math.ceil(settings.empty_bands * float(abs(np.linalg.det(calculator.atoms.cell.array))))
    try:
        empty = calculator.fixed_density(
            # some more bands than wanted: the last ones of a block converge last
            nbands=math.ceil(1.15 * n_bands),
            convergence={"bands": n_bands, "eigenstates": 1e-3},
            eigensolver=gpaw.Davidson(2),
            txt=str(log),
        )
    except gpaw.KohnShamConvergenceError as failure:
        raise PeakscapeError(f"GPAW does not converge the empty states (log {log}); raise max_iterations") from failure
    empty.log.fd.flush()
    return empty, n_bands


def transition_elements(calculator: Any, absorber: int) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Return energies (eV) (n_k, n_bands) and dipole elements (bohr) (3, n_k, n_bands) from the core level."""
    load_gpaw()
    from gpaw.xas import XAS

    transitions = XAS(calculator, mode="all", center=int(absorber))
    # XAS has the square root of the k point's weight in its elements; the levels carry the weights apart
    dipole = transitions.sigma_cmkn[:, 0] / np.sqrt(np.asarray(calculator.wfs.kd.weight_k))[:, None]
    return np.asarray(transitions.eps_kn), np.asarray(dipole)


def check_setup(element: str, settings: CoreHoleSettings) -> None:
    """Check that GPAW finds the core-hole setup of an element."""
    gpaw = load_gpaw()
    file = f"{element}.{settings.core_hole}.{settings.functional}"
    folders = [Path(folder) for folder in gpaw.setup_paths]
    if not any((folder / file).exists() or (folder / f"{file}.gz").exists() for folder in folders):
        raise InputError(
            f"GPAW has no core-hole setup {file} in {', '.join(map(str, folders))}; run scripts/install_gpaw.sh, or "
            f"gpaw-setup -f {settings.functional} {element} --name {settings.core_hole} --core-hole=1s,1.0 there"
        )


def check_log(log: str | Path) -> None:
    """Check from GPAW's own log that exactly one atom has a full core hole.

    A NumPy integer as key of ``setups`` is silently ignored by GPAW, and the result looks like a spectrum.
    """
    found = Path(log).read_text(encoding="utf-8", errors="replace").count("(1.0 core hole)")
    if found != 1:
        raise PeakscapeError(
            f"{log}: expected one species with a full core hole, GPAW reports {found}; what it computed is not a "
            "core-hole spectrum, give the absorber as a plain int"
        )


def load_gpaw() -> Any:
    """Import gpaw and let it find the setups that scripts/install_gpaw.sh made."""
    try:
        import gpaw
    except ImportError as failure:
        raise MissingExtra("gpaw", "gpaw") from failure
    own = Path(sys.prefix, "share", "gpaw-setups")
    if own.is_dir() and str(own) not in map(str, gpaw.setup_paths):
        gpaw.setup_paths.insert(0, str(own))
    return gpaw
