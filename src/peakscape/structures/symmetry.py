"""Space groups by spglib, Wyckoff labels of a host's atoms, and the parent cell that they refer to."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import spglib
from ase import Atoms
from numpy.typing import NDArray

from peakscape.errors import StructureError


def symmetry_dataset(atoms: Atoms, *, symprec: float = 1e-3) -> Any:
    """Return spglib's symmetry dataset of a structure."""
    return _asked(spglib.get_symmetry_dataset, atoms, symprec)


def operations(atoms: Atoms, *, symprec: float = 1e-3) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return all operations that map a structure onto itself, the pure translations of a supercell included.

    Rotations (n_operations, 3, 3) act on fractional column vectors; translations (n_operations, 3) are fractional.
    """
    found = _asked(spglib.get_symmetry, atoms, symprec)
    return found["rotations"], found["translations"]


def primitive_cell(atoms: Atoms, *, symprec: float = 1e-3) -> Atoms:
    """Reduce a structure to spglib's standard primitive cell."""
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


@dataclass(frozen=True)
class Parent:
    """The undistorted structure that a substituted cell was made from, in its conventional setting.

    Parameters
    ----------
    cell
        Conventional lattice vectors as rows, in angstrom, in the orientation of the ideal child cell (3, 3).
    scaled_positions
        Fractional coordinates of its atoms (n_parent, 3).
    numbers
        Atomic numbers of its atoms (n_parent,).
    transformation
        Rows give the ideal child cell in units of the parent's vectors: child = transformation @ cell (3, 3).

    Examples
    --------
    >>> from ase.build import bulk
    >>> parent_of(bulk("Cu", a=3.6)).to_atoms().get_chemical_formula()
    'Cu4'
    """

    cell: NDArray[np.float64]
    scaled_positions: NDArray[np.float64]
    numbers: NDArray[np.int64]
    transformation: NDArray[np.float64]

    def to_atoms(self) -> Atoms:
        """Return the parent as a structure of its own."""
        return Atoms(numbers=self.numbers, scaled_positions=self.scaled_positions, cell=self.cell, pbc=True)


def label_sites(atoms: Atoms, *, symprec: float = 1e-3) -> Atoms:
    """Label every atom with its Wyckoff site and store the parent's conventional cell.

    The labels ("8i": multiplicity in the conventional cell and Wyckoff letter, by spglib) become the array ``site``;
    later substitutions keep them, so that a sublattice can be named after its symmetry is gone.

    Parameters
    ----------
    atoms
        Periodic structure, any cell (primitive or conventional); taken as the parent.
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    Atoms
        A copy with the array ``site`` (n_atoms,) and, in ``info``, ``formula_units`` and the parent's description.

    Raises
    ------
    StructureError
        If the structure is empty, has no volume, or no symmetry is found (atoms on top of each other).

    Examples
    --------
    >>> from ase.build import bulk
    >>> salt = label_sites(bulk("NaCl", "rocksalt", a=5.64))
    >>> [str(label) for label in salt.arrays["site"]]
    ['4a', '4b']
    """
    dataset = symmetry_dataset(atoms, symprec=symprec)
    labelled = atoms.copy()
    orbit_sizes = Counter(dataset.crystallographic_orbits)
    per_cell = len(dataset.std_types) / len(atoms)
    labelled.set_array(
        "site",
        np.array(
            [
                f"{round(orbit_sizes[orbit] * per_cell)}{letter}"
                for orbit, letter in zip(dataset.crystallographic_orbits, dataset.wyckoffs, strict=True)
            ]
        ),
    )
    transformation = np.asarray(dataset.transformation_matrix).T
    labelled.info["parent_transformation"] = transformation
    labelled.info["parent_cell"] = np.linalg.inv(transformation) @ atoms.cell.array
    labelled.info["parent_scaled_positions"] = np.asarray(dataset.std_positions) % 1.0
    labelled.info["parent_numbers"] = np.asarray(dataset.std_types)
    labelled.info["formula_units"] = math.gcd(*Counter(atoms.numbers.tolist()).values())
    return labelled


def has_sites(atoms: Atoms) -> bool:
    """Say whether a structure carries site labels and its parent."""
    return "site" in atoms.arrays and "parent_transformation" in atoms.info


def parent_of(atoms: Atoms, *, symprec: float = 1e-3) -> Parent:
    """Return the parent that a structure carries; an unlabelled structure is its own parent.

    Parameters
    ----------
    atoms
        A structure made by :func:`substitute`, relaxed or not, or any periodic structure.
    symprec
        Tolerance in angstrom of the symmetry search of an unlabelled structure.

    Raises
    ------
    StructureError
        If the structure was enlarged or cut after it was labelled.

    Examples
    --------
    >>> from ase.build import bulk
    >>> parent = parent_of(bulk("Cu", a=3.6))
    >>> len(parent.numbers), parent.cell[0].round(6).tolist()
    (4, [3.6, 0.0, 0.0])
    """
    info = (atoms if has_sites(atoms) else label_sites(atoms, symprec=symprec)).info
    parent = Parent(
        cell=np.asarray(info["parent_cell"], dtype=float),
        scaled_positions=np.asarray(info["parent_scaled_positions"], dtype=float),
        numbers=np.asarray(info["parent_numbers"], dtype=int),
        transformation=np.asarray(info["parent_transformation"], dtype=float),
    )
    expected = round(abs(np.linalg.det(parent.transformation)) * len(parent.numbers))
    if expected != len(atoms):
        raise StructureError(
            f"the stored parent belongs to a cell of {expected} atoms, this one has {len(atoms)}; "
            "enlarge cells with substitute(..., supercell=...) so that the parent stays known"
        )
    return parent
