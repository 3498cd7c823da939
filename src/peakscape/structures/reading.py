"""Read crystal structures from files: CIF, POSCAR, extxyz and other formats that ASE knows."""

from __future__ import annotations

import warnings
from pathlib import Path

import gemmi
import numpy as np
from ase import Atoms
from ase import io as ase_io
from ase.io.formats import UnknownFileTypeError

from peakscape.errors import StructureError
from peakscape.structures.symmetry import primitive_cell


def read(path: str | Path, *, primitive: bool = False, symprec: float = 1e-3) -> Atoms:
    """Read the one crystal structure in a file.

    Parameters
    ----------
    path
        CIF, POSCAR, extxyz or another format that ASE knows.
    primitive
        Reduce to spglib's standard primitive cell.
    symprec
        Tolerance of the reduction in angstrom.

    Returns
    -------
    Atoms
        Periodic in three dimensions; species, positions and cell only.

    Raises
    ------
    StructureError
        If the file is missing, empty or of an unknown format; has no or several structures, unknown elements, no
        cell, or sites that atoms share or fill partly (the message names the site).

    Examples
    --------
    >>> from peakscape import datasets
    >>> len(read(datasets.path("SmFe12.cif"))), len(read(datasets.path("SmFe12.cif"), primitive=True))
    (26, 13)
    """
    structures = read_all(path, primitive=primitive, symprec=symprec)
    if len(structures) != 1:
        raise StructureError(f"{path} holds {len(structures)} structures, expected one; use read_all for all of them")
    return structures[0]


def read_all(path: str | Path, *, primitive: bool = False, symprec: float = 1e-3) -> list[Atoms]:
    """Read every crystal structure in a file.

    Parameters
    ----------
    path
        CIF, POSCAR, extxyz or another format that ASE knows.
    primitive
        Reduce each to spglib's standard primitive cell.
    symprec
        Tolerance of the reduction in angstrom.

    Returns
    -------
    list of Atoms
        In the order of the file, at least one. The array ``site`` of :func:`substitute` is kept where it is there.

    Raises
    ------
    StructureError
        As for :func:`read`, but for several structures.

    Examples
    --------
    >>> from peakscape import datasets
    >>> [str(atoms.symbols) for atoms in read_all(datasets.path("SmFe12.cif"), primitive=True)]
    ['SmFe12']
    """
    path = Path(path)
    if not path.is_file():
        raise StructureError(f"{path}: no such file; expected a CIF, POSCAR, extxyz or other structure file")
    if path.stat().st_size == 0:
        raise StructureError(f"{path} is empty; expected a CIF, POSCAR, extxyz or other structure file")
    if path.suffix.lower() in {".cif", ".mcif"}:
        _check_cif(path)
    structures = [_checked(atoms, path) for atoms in _read_with_ase(path)]
    if not structures:
        raise StructureError(f"{path} holds no structure; expected at least one")
    return [primitive_cell(atoms, symprec=symprec) for atoms in structures] if primitive else structures


def _read_with_ase(path: Path) -> list[Atoms]:
    """Read by ASE, with every failure of its many readers in one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = ase_io.read(path, index=":")
    except UnknownFileTypeError as failure:
        raise StructureError(f"{path}: unknown format; expected a CIF, POSCAR, extxyz or another of ASE's") from failure
    except Exception as failure:  # ASE's readers raise anything, from StopIteration to AssertionError
        reason = " ".join(str(failure).split()) or type(failure).__name__
        raise StructureError(f"{path} cannot be read as a structure: {reason}; check the file") from failure
    return found if isinstance(found, list) else [found]


def _check_cif(path: Path) -> None:
    """Find what ASE would pass over in a CIF: no atoms, unknown elements, partial occupancies."""
    try:
        document = gemmi.cif.read(str(path))
    except (ValueError, RuntimeError, OSError) as failure:
        raise StructureError(f"{path} is not a CIF: {' '.join(str(failure).split())}") from failure
    n_sites = 0
    for block in document:
        for site in gemmi.make_small_structure_from_block(block).sites:
            n_sites += 1
            if site.element.atomic_number == 0:
                raise StructureError(
                    f"{path}: site {site.label!r} has the unknown element {site.type_symbol!r}; use symbols such as Fe"
                )
            if abs(site.occ - 1.0) > 1e-3:
                raise StructureError(
                    f"{path}: site {site.label!r} has the partial occupancy {site.occ:g}; give a file with the site "
                    "full and make ordered configurations with structures.substitute"
                )
    if n_sites == 0:
        raise StructureError(f"{path} has no atoms (no _atom_site loop); expected at least one")


def _checked(atoms: Atoms, path: Path) -> Atoms:
    """Check one structure and keep what belongs to it."""
    if len(atoms) == 0:
        raise StructureError(f"{path} has a structure without atoms; expected at least one")
    if np.any(atoms.numbers == 0):
        raise StructureError(f"{path} has an atom of unknown element (X); use symbols such as Fe")
    if atoms.cell.rank < 3:
        raise StructureError(f"{path} has no three-dimensional cell; expected lattice vectors, as in CIF or POSCAR")
    if not np.all(np.isfinite(atoms.positions)) or not np.all(np.isfinite(atoms.cell.array)):
        raise StructureError(f"{path} has positions or a cell that are not finite numbers; correct the file")
    kept = Atoms(numbers=atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True)
    if "site" in atoms.arrays:
        kept.set_array("site", atoms.arrays["site"].astype(str))
    kept.info.update({name: value for name, value in atoms.info.items() if isinstance(value, _PLAIN)})
    return kept


_PLAIN = (bool, int, float, str, np.generic, np.ndarray)
