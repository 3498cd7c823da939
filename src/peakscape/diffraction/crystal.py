"""Take a structure apart into what diffraction needs, and refuse what it cannot use."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import spglib
from ase import Atoms
from numpy.typing import NDArray

from peakscape.errors import StructureError

# Below this volume per atom, in angstrom^3, a cell is taken for a mistake: solid hydrogen at 500 GPa has about 1.
SMALLEST_VOLUME = 0.5


@dataclass(frozen=True)
class Crystal:
    """A checked crystal structure."""

    cell: NDArray[np.float64]  # lattice vectors in angstrom as rows, (3, 3)
    fractional: NDArray[np.float64]  # (n_atoms, 3)
    elements: tuple[str, ...]  # chemical symbols, each once
    species: NDArray[np.int64]  # place of each atom's symbol in `elements`, (n_atoms,)


def crystal_from_atoms(atoms: Atoms) -> Crystal:
    """Check a structure and take it apart."""
    if not isinstance(atoms, Atoms):
        raise StructureError(f"expected an ase.Atoms, got {type(atoms).__name__}; read files with structures.read")
    if len(atoms) == 0:
        raise StructureError("expected a structure with atoms, got an empty one")
    symbols = atoms.get_chemical_symbols()
    if "X" in symbols:
        raise StructureError(
            f"{_name(atoms)} holds atoms of the unknown element 'X'; give every atom a chemical symbol"
        )
    if not atoms.pbc.all():
        pbc = tuple(bool(value) for value in atoms.pbc)
        raise StructureError(
            f"expected a crystal periodic in all three directions, got {_name(atoms)} with pbc = {pbc}"
        )
    cell = np.asarray(atoms.cell.array, dtype=float)
    if not (np.isfinite(cell).all() and abs(np.linalg.det(cell)) > SMALLEST_VOLUME * len(atoms)):
        volume = abs(np.linalg.det(cell))
        raise StructureError(
            f"the cell of {_name(atoms)} has no usable volume: {volume:g} angstrom^3 for {len(atoms)} atoms"
        )
    if not np.isfinite(atoms.positions).all():
        raise StructureError(f"{_name(atoms)} holds atoms whose position is not a number")
    _refuse_partial_occupancy(atoms)
    elements = tuple(dict.fromkeys(symbols))
    species = np.array([elements.index(symbol) for symbol in symbols], dtype=np.int64)
    return Crystal(cell, atoms.positions @ np.linalg.inv(cell), elements, species)


def find_symmetry(crystal: Crystal, symprec: float) -> Any:
    """Ask spglib for the space group of a crystal."""
    advice = f"spglib finds no symmetry at symprec={symprec} angstrom; check for atoms on top of each other"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the coming change to exceptions
            found = spglib.get_symmetry_dataset((crystal.cell, crystal.fractional, crystal.species), symprec=symprec)
    except spglib.SpglibError as error:
        raise StructureError(f"{advice} ({error})") from error
    if found is None:
        raise StructureError(advice)
    return found


def _refuse_partial_occupancy(atoms: Atoms) -> None:
    """Look at the occupancies that ASE keeps of a CIF: it builds the atoms as if every site were full."""
    for site, shares in (atoms.info.get("occupancy") or {}).items():
        if len(shares) > 1 or any(abs(share - 1.0) > 1e-3 for share in shares.values()):
            raise StructureError(
                f"site {site} of {_name(atoms)} is partly occupied ({shares}); "
                "make ordered cells with structures.substitute"
            )


def _name(atoms: Atoms) -> str:
    """Formula for a message; to make it takes as long as all the checks."""
    return str(atoms.get_chemical_formula(mode="metal"))
