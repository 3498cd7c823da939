"""GPAW with a full core hole (extra ``gpaw``): the only owner of gpaw.

The excited electron stays in the conduction band ("excited core hole"): Ljungberg, Mortensen and Pettersson, J.
Electron Spectrosc. Relat. Phenom. 184, 427 (2011), doi:10.1016/j.elspec.2011.05.004. GPAW: Mortensen et al., J. Chem.
Phys. 160, 092503 (2024), doi:10.1063/5.0182685.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from peakscape.absorption.settings import CoreHoleSettings
from peakscape.errors import InputError, MissingExtra, PeakscapeError

SYMMETRY: dict[str, float] | str = {"tolerance": 1e-5}
"""How GPAW looks for symmetry: fractional coordinates of relaxed structures agree to this."""

CONVERGENCE = {"density": 3e-4, "eigenstates": 3e-6}
"""Where self-consistency stops, per valence electron: a tenth less time than with GPAW's own 1e-4 and 4e-8, edges
change by 1e-5 eV and spectra by less than 1e-3 of their maximum (c- and h-BN)."""


def make_calculator(
    settings: CoreHoleSettings,
    *,
    log: str | Path | None,
    absorber: int | None = None,
    spin: bool = False,
    fixed_moment: bool = False,
) -> Any:
    """Make a GPAW calculator, with a core hole and its excited electron if there is an absorber.

    Parameters
    ----------
    settings
        Cutoff, mesh and the rest.
    log
        File of GPAW's own log; None writes none.
    absorber
        Atom with the core hole.
    spin
        Whether the spins are let apart.
    fixed_moment
        Whether the sum of the atoms' initial moments is kept; needs `spin`.

    Returns
    -------
    object
        An ASE calculator.

    Raises
    ------
    MissingExtra
        If gpaw is not installed.

    Examples
    --------
    >>> make_calculator(CoreHoleSettings(k_points=(2, 2, 2)), log="relax.log")  # doctest: +SKIP
    """
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
    """Converge a calculation.

    Parameters
    ----------
    calculator
        Of :func:`make_calculator`.
    atoms
        Structure; not changed, its own calculator and moments are ignored.
    moments
        Magnetic moments to start from (n_atoms,).

    Returns
    -------
    float
        Total energy of all electrons in eV.

    Raises
    ------
    PeakscapeError
        If the cycle does not converge.

    Examples
    --------
    >>> total_energy(make_calculator(CoreHoleSettings(), log="a.log"), atoms)  # doctest: +SKIP
    """
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
    """Converge the empty states in the fixed potential of a finished calculation.

    Parameters
    ----------
    calculator
        Converged, spin-paired.
    settings
        `empty_bands` is how many.
    log
        File of GPAW's log.

    Returns
    -------
    calculator : object
        With the empty states.
    n_bands : int
        How many of its bands are converged.

    Raises
    ------
    PeakscapeError
        If they do not converge.

    Examples
    --------
    >>> converge_empty_states(calculator, CoreHoleSettings(), log=Path("empty.log"))  # doctest: +SKIP
    """
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
    """Return energies (eV) (n_k, n_bands) and dipole elements (bohr) (3, n_k, n_bands) from the core level.

    Raises
    ------
    MissingExtra
        If gpaw is not installed.

    Examples
    --------
    >>> energy, dipole = transition_elements(empty, 0)  # doctest: +SKIP
    """
    load_gpaw()
    from gpaw.xas import XAS

    transitions = XAS(calculator, mode="all", center=int(absorber))
    # XAS has the square root of the k point's weight in its elements; the levels carry the weights apart
    dipole = transitions.sigma_cmkn[:, 0] / np.sqrt(np.asarray(calculator.wfs.kd.weight_k))[:, None]
    return np.asarray(transitions.eps_kn), np.asarray(dipole)


def check_setup(element: str, settings: CoreHoleSettings) -> None:
    """Check that GPAW finds the core-hole setup of an element.

    Raises
    ------
    MissingExtra
        If gpaw is not installed.
    InputError
        If the setup is missing; the message carries the command that makes it.

    Examples
    --------
    >>> check_setup("B", CoreHoleSettings())  # doctest: +SKIP
    """
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

    Raises
    ------
    PeakscapeError
        If the log names no species with a core hole, or several.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     log = Path(folder, "gpaw.log")
    ...     _ = log.write_text("species:\\n  B:  # (1.0 core hole)\\n")
    ...     check_log(log)
    """
    found = Path(log).read_text(encoding="utf-8", errors="replace").count("(1.0 core hole)")
    if found != 1:
        raise PeakscapeError(
            f"{log}: expected one species with a full core hole, GPAW reports {found}; what it computed is no "
            "core-hole spectrum, give the absorber as a plain int"
        )


def load_gpaw() -> Any:
    """Import gpaw and let it find the setups that scripts/install_gpaw.sh made.

    Raises
    ------
    MissingExtra
        If gpaw is not installed.

    Examples
    --------
    >>> load_gpaw().__version__  # doctest: +SKIP
    '26.7.0'
    """
    try:
        import gpaw
    except ImportError as failure:
        raise MissingExtra("gpaw", "gpaw") from failure
    own = Path(sys.prefix, "share", "gpaw-setups")
    if own.is_dir() and str(own) not in map(str, gpaw.setup_paths):
        gpaw.setup_paths.insert(0, str(own))
    return gpaw
