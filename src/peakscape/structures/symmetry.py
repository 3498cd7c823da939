"""Space groups by spglib: its failures in words, old and new error handling alike."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import spglib
from ase import Atoms
from numpy.typing import NDArray

from peakscape.errors import StructureError


def symmetry_dataset(atoms: Atoms, *, symprec: float = 1e-3) -> Any:
    """Return spglib's symmetry dataset of a structure.

    Parameters
    ----------
    atoms
        Periodic structure.
    symprec
        Tolerance in angstrom.

    Returns
    -------
    spglib.SpglibDataset
        Space group, Wyckoff letters, standard cell and the transformation to it.

    Raises
    ------
    StructureError
        If the structure has no atoms or volume, or spglib finds no symmetry.

    Examples
    --------
    >>> from ase.build import bulk
    >>> symmetry_dataset(bulk("Cu", a=3.6)).international
    'Fm-3m'
    """
    return _asked(spglib.get_symmetry_dataset, atoms, symprec)


def operations(atoms: Atoms, *, symprec: float = 1e-3) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return all operations that map a structure onto itself, the pure translations of a supercell included.

    Parameters
    ----------
    atoms
        Periodic structure.
    symprec
        Tolerance in angstrom.

    Returns
    -------
    rotations : ndarray
        On fractional column vectors (n_operations, 3, 3).
    translations : ndarray
        Fractional (n_operations, 3).

    Raises
    ------
    StructureError
        If the structure has no atoms or volume, or spglib finds no symmetry.

    Examples
    --------
    >>> from ase.build import bulk
    >>> rotations, translations = operations(bulk("Cu", a=3.6, cubic=True))
    >>> len(rotations)
    192
    """
    found = _asked(spglib.get_symmetry, atoms, symprec)
    return found["rotations"], found["translations"]


def primitive_cell(atoms: Atoms, *, symprec: float = 1e-3) -> Atoms:
    """Reduce a structure to spglib's standard primitive cell.

    Parameters
    ----------
    atoms
        Periodic structure.
    symprec
        Tolerance in angstrom.

    Raises
    ------
    StructureError
        If the structure has no atoms or volume, or spglib finds no symmetry.

    Examples
    --------
    >>> from ase.build import bulk
    >>> len(primitive_cell(bulk("Cu", a=3.6, cubic=True)))
    1
    """
    lattice, positions, numbers = _asked(_standard_primitive, atoms, symprec)
    return Atoms(numbers=numbers, scaled_positions=positions, cell=lattice, pbc=True)


def _standard_primitive(cell: Any, symprec: float) -> Any:
    """Call spglib with the options that mean "primitive"."""
    return spglib.standardize_cell(cell, to_primitive=True, symprec=symprec)


def _asked(question: Callable[..., Any], atoms: Atoms, symprec: float) -> Any:
    """Ask spglib; its versions below 3 return None on failure and warn about it, later ones raise."""
    if len(atoms) == 0 or abs(np.linalg.det(atoms.cell.array)) < 1e-6:
        raise StructureError(
            f"expected a periodic structure with atoms and a three-dimensional cell, got {atoms!r}; give it a cell"
        )
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            answer = question(cell, symprec=symprec)
    except spglib.SpglibError as failure:
        raise StructureError(_no_symmetry(atoms, symprec, str(failure))) from failure
    if answer is None:
        raise StructureError(_no_symmetry(atoms, symprec, "no reason given"))
    return answer


def _no_symmetry(atoms: Atoms, symprec: float, reason: str) -> str:
    """Say that the symmetry search failed."""
    return (
        f"spglib finds no symmetry of {atoms.get_chemical_formula()} at symprec={symprec} angstrom ({reason}); "
        "check for atoms on top of each other"
    )
