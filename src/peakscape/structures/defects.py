"""Point defects at inequivalent sites, the atoms around them that can absorb, and snapshots of thermal motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from ase.geometry import get_distances
from numpy.typing import NDArray

from peakscape.errors import StructureError
from peakscape.structures.substitution import site_permutations

FIRST_SHELL = 1.25
"""Atoms up to this multiple of the shortest distance from the defect are its neighbours ("near")."""

SAME_PLACE = 0.5
"""Distance in angstrom up to which an atom is the defect itself: above relaxations, below any bond."""

SECOND_SHELLS = 2.2
"""Up to this multiple atoms are "next": second and third neighbours of a tetrahedral or hexagonal network."""


@dataclass(frozen=True)
class AbsorberSite:
    """One of the inequivalent atoms of an element in a structure.

    Parameters
    ----------
    index
        An atom of this kind.
    multiplicity
        How many equivalent atoms the cell has.
    distance
        Distance in angstrom to the defect; NaN where there is none.
    shell
        "bulk" without a defect; "centre" (the atom is the defect), "near" (its neighbours), "next" (second and third
        neighbours) or "far" (beyond).

    Examples
    --------
    >>> AbsorberSite(0, 4, 1.57, "near").shell
    'near'
    """

    index: int
    multiplicity: int
    distance: float
    shell: str


def inequivalent_sites(atoms: Atoms, element: str, *, symprec: float = 1e-3) -> list[tuple[int, int]]:
    """List the symmetry-inequivalent atoms of an element.

    Parameters
    ----------
    atoms
        Periodic structure.
    element
        Symbol.
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    list of (int, int)
        Lowest index and number of atoms of each kind, in the order of the indices.

    Raises
    ------
    StructureError
        If the structure has no such element.

    Examples
    --------
    >>> from peakscape.structures import boron_nitride
    >>> inequivalent_sites(boron_nitride("w-BN"), "B")
    [(0, 8)]
    """
    indices = np.flatnonzero(atoms.numbers == _number(element))
    if len(indices) == 0:
        raise StructureError(f"{atoms.get_chemical_formula()} has no {element}; choose one of its elements")
    first = site_permutations(atoms, indices, symprec=symprec).min(axis=0)
    representatives, counts = np.unique(first, return_counts=True)
    return [(int(indices[i]), int(n)) for i, n in zip(representatives, counts, strict=True)]


def point_defects(
    host: Atoms, *, remove: str, put: str | None = None, name: str | None = None, symprec: float = 1e-3
) -> list[Atoms]:
    """Make a vacancy, a substitution or an antisite at each inequivalent site of an element.

    Parameters
    ----------
    host
        Defect-free supercell.
    remove
        Element that leaves its site.
    put
        Element that takes the site: another of the host (antisite) or a foreign one (substitution); None is a vacancy.
    name
        Label of the defect; None makes the usual one, such as "V_N", "C_B" or "N_B".
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    list of Atoms
        Not relaxed. ``info`` gains ``defect``, ``defect_position`` (Cartesian, angstrom), ``defect_site`` (number among
        the inequivalent sites) and ``degeneracy``.

    Raises
    ------
    StructureError
        If the element is not there or stays what it is.

    Examples
    --------
    >>> from peakscape.structures import boron_nitride
    >>> vacancy = point_defects(boron_nitride("h-BN"), remove="N")[0]
    >>> vacancy.info["defect"], len(vacancy), vacancy.info["degeneracy"]
    ('V_N', 15, 8)
    """
    if put == remove:
        raise StructureError(f"expected an element other than {remove} on its site; leave `put` out for a vacancy")
    defective = []
    for number, (index, multiplicity) in enumerate(inequivalent_sites(host, remove, symprec=symprec)):
        atoms = host.copy()
        if put is None:
            del atoms[index]
        else:
            atoms.numbers[index] = _number(put)
        atoms.info.update(
            defect=name or f"{put or 'V'}_{remove}",
            defect_position=host.positions[index].tolist(),
            defect_site=number,
            degeneracy=multiplicity,
        )
        defective.append(atoms)
    return defective


def absorber_sites(atoms: Atoms, element: str, *, symprec: float = 1e-3) -> list[AbsorberSite]:
    """List the inequivalent atoms of an element with their place relative to the defect.

    Parameters
    ----------
    atoms
        A result of :func:`point_defects`, relaxed or not, or a structure without a defect. Sites of a rattled or
        otherwise unsymmetric structure are all different.
    element
        Symbol of the absorbing element.
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    list of AbsorberSite
        Nearest to the defect first.

    Raises
    ------
    StructureError
        If the structure has no such element.

    Examples
    --------
    >>> from peakscape.structures import boron_nitride
    >>> vacancy = point_defects(boron_nitride("h-BN"), remove="N")[0]
    >>> [(site.shell, site.multiplicity, round(site.distance, 2)) for site in absorber_sites(vacancy, "B")][:2]
    [('near', 3, 1.45), ('next', 1, 2.89)]
    """
    sites = inequivalent_sites(atoms, element, symprec=symprec)
    position = atoms.info.get("defect_position")
    if position is None:
        return [AbsorberSite(index, multiplicity, float("nan"), "bulk") for index, multiplicity in sites]
    distances = distances_to(atoms, np.asarray(position, dtype=float))
    shortest = distances[distances > SAME_PLACE].min()
    found = []
    for index, multiplicity in sites:
        distance = float(distances[index])
        found.append(AbsorberSite(index, multiplicity, distance, _shell(distance, shortest)))
    return sorted(found, key=lambda site: site.distance)


def distances_to(atoms: Atoms, position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shortest distance of every atom, with its periodic images, to a point."""
    _, distances = get_distances(position[None, :], atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    return np.asarray(distances[0])


def rattle(
    atoms: Atoms, *, amplitude: float, count: int, random_state: int | np.random.Generator | None = None
) -> list[Atoms]:
    """Make snapshots: every atom displaced at random, the centre of mass of the cell kept.

    Parameters
    ----------
    atoms
        Structure; not changed.
    amplitude
        Standard deviation of each Cartesian displacement in angstrom.
    count
        Number of snapshots.
    random_state
        Seed or generator.

    Returns
    -------
    list of Atoms
        ``info`` gains ``amplitude`` and ``snapshot`` (number in the list).

    Raises
    ------
    StructureError
        If the amplitude is negative or the count is below one.

    Examples
    --------
    >>> from peakscape.structures import boron_nitride
    >>> first, second = rattle(boron_nitride("c-BN"), amplitude=0.05, count=2, random_state=0)
    >>> bool((first.positions != second.positions).all())
    True
    """
    if amplitude < 0 or count < 1:
        raise StructureError(f"expected amplitude >= 0 and count >= 1, got {amplitude} and {count}")
    generator = np.random.default_rng(random_state)
    snapshots = []
    for number in range(count):
        snapshot = atoms.copy()
        displacements = generator.normal(scale=amplitude, size=(len(atoms), 3))
        masses = atoms.get_masses()
        snapshot.positions += displacements - masses @ displacements / masses.sum()
        snapshot.info.update(amplitude=amplitude, snapshot=number)
        snapshots.append(snapshot)
    return snapshots


def _shell(distance: float, shortest: float) -> str:
    """Name the shell of an atom at a distance from the defect whose nearest neighbour is at `shortest`."""
    if distance <= SAME_PLACE:
        return "centre"
    if distance <= FIRST_SHELL * shortest:
        return "near"
    return "next" if distance <= SECOND_SHELLS * shortest else "far"


def _number(element: str) -> int:
    """Atomic number of a symbol."""
    if element not in atomic_numbers:
        raise StructureError(f"unknown element {element!r}; expected a chemical symbol such as 'B'")
    return int(atomic_numbers[element])
