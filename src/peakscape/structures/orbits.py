"""Enumeration of inequivalent choices of sites under a permutation group, with the size of every orbit."""

from __future__ import annotations

from collections import Counter

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from peakscape.errors import StructureError
from peakscape.structures.symmetry import operations

ENUMERATION_LIMIT = 200_000
"""Most orbits that are listed one by one; above it memory and time run away."""

_SAME_SITE = 0.3
"""Distance in angstrom below which an image is a site itself: far above tolerances, far below any bond."""


def site_permutations(atoms: Atoms, indices: NDArray[np.intp], *, symprec: float = 1e-3) -> NDArray[np.intp]:
    """Permutations of chosen sites by the space group of a structure, pure translations included.

    Parameters
    ----------
    atoms
        Periodic structure; a supercell keeps the operations of the crystal that its lattice allows.
    indices
        Atoms whose permutations are wanted (n_sites,). Operations that move one of them elsewhere are left out.
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    ndarray
        Distinct permutations (n_permutations, n_sites): entry i is the position in `indices` that site i moves to.

    Raises
    ------
    StructureError
        If spglib finds no symmetry at all.

    Examples
    --------
    >>> from ase.build import bulk
    >>> site_permutations(bulk("Fe", "bcc", a=2.87, cubic=True), np.array([0, 1]))
    array([[0, 1],
           [1, 0]])
    """
    positions = atoms.get_scaled_positions()
    chosen = positions[indices]
    found = []
    for rotation, translation in zip(*operations(atoms, symprec=symprec), strict=True):
        offsets = (chosen @ rotation.T + translation)[:, None, :] - chosen[None, :, :]
        distances = np.linalg.norm((offsets - np.rint(offsets)) @ atoms.cell.array, axis=2)
        if np.all(distances.min(axis=1) < _SAME_SITE):
            found.append(distances.argmin(axis=1))
    return np.unique(np.array(found), axis=0)


def count_orbits(permutations: NDArray[np.intp], count: int) -> int:
    """Count the inequivalent ways to choose `count` sites (Burnside's lemma, Polya's cycle index).

    Parameters
    ----------
    permutations
        All elements of a permutation group (n_permutations, n_sites).
    count
        Number of sites to choose.

    Returns
    -------
    int
        Number of orbits; exact for any size, nothing is enumerated.

    Examples
    --------
    Necklaces of six beads, three of them black, that may be turned: 4.

    >>> turns = np.array([np.roll(np.arange(6), shift) for shift in range(6)])
    >>> count_orbits(turns, 3)
    4
    """
    fixed = 0
    for lengths, n_elements in Counter(_cycle_type(row) for row in permutations.tolist()).items():
        fixed += n_elements * _n_fixed_sets(lengths, count)
    return fixed // len(permutations)


def orbit_representatives(permutations: NDArray[np.intp], count: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """List one choice of `count` sites from every orbit, and the sizes of the orbits.

    Orderly generation (R. C. Read, Ann. Discrete Math. 2, 107 (1978), doi:10.1016/S0167-5060(08)70325-X): the
    lexicographically first member of an orbit stays first when its last site is taken away, so sites are added
    one by one in rising order and only first members are kept. Nothing is stored twice, nothing compared in pairs.

    Parameters
    ----------
    permutations
        All elements of a permutation group (n_permutations, n_sites).
    count
        Number of sites to choose.

    Returns
    -------
    chosen : ndarray
        True where a site is chosen (n_orbits, n_sites).
    sizes : ndarray
        Number of equivalent choices in each orbit (n_orbits,); they sum to binomial(n_sites, count).

    Raises
    ------
    StructureError
        If there are more than ``ENUMERATION_LIMIT`` orbits.

    Examples
    --------
    >>> turns = np.array([np.roll(np.arange(4), shift) for shift in range(4)])
    >>> chosen, sizes = orbit_representatives(turns, 2)
    >>> chosen.astype(int).tolist(), sizes.tolist()
    ([[1, 1, 0, 0], [1, 0, 1, 0]], [4, 2])
    """
    n_orbits = count_orbits(permutations, count)
    if n_orbits > ENUMERATION_LIMIT:
        raise StructureError(
            f"expected at most {ENUMERATION_LIMIT} inequivalent configurations, these are {n_orbits}; "
            "use a smaller supercell or fewer substituted atoms"
        )
    n_sites = permutations.shape[1]
    if 2 * count > n_sites:
        empty, sizes = orbit_representatives(permutations, n_sites - count)
        return ~empty, sizes
    chosen = np.zeros((1, n_sites), dtype=bool)
    sizes = np.ones(1, dtype=np.int64)
    for _ in range(count):
        chosen, sizes = _first_members(_extended(chosen), permutations)
    return chosen, sizes


def _extended(chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add one site beyond the last chosen one, in every possible way."""
    n_sites = chosen.shape[1]
    last = np.where(chosen.any(axis=1), n_sites - 1 - chosen[:, ::-1].argmax(axis=1), -1)
    rows, sites = np.nonzero(np.arange(n_sites) > last[:, None])
    extended = chosen[rows]
    extended[np.arange(len(rows)), sites] = True
    return extended


def _first_members(
    chosen: NDArray[np.bool_], permutations: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Keep the rows that come first in their orbits; size of an orbit = group order / order of the stabiliser."""
    stabiliser = np.zeros(len(chosen), dtype=np.int64)
    keys = _keys(chosen)
    for permutation in permutations:
        order = _compare(_keys(chosen[:, permutation]), keys)
        keep = order <= 0
        stabiliser = (stabiliser + (order == 0))[keep]
        chosen, keys = chosen[keep], keys[keep]
    return chosen, len(permutations) // stabiliser


def _keys(chosen: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Pack rows into 64-bit words (n_rows, n_words), first site in the highest bit: larger means earlier."""
    padded = np.pad(chosen, ((0, 0), (0, -chosen.shape[1] % 64)))
    return np.ascontiguousarray(np.packbits(padded, axis=1)).view(">u8").astype(np.uint64)


def _compare(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.int8]:
    """Compare rows of words: 1 where left is larger, 0 where equal, -1 where smaller."""
    sign = np.zeros(len(left), dtype=np.int8)
    for one, other in zip(left.T, right.T, strict=True):
        sign = np.where(sign == 0, (one > other).astype(np.int8) - (one < other).astype(np.int8), sign)
    return sign


def _cycle_type(permutation: list[int]) -> tuple[int, ...]:
    """Sorted lengths of the cycles of a permutation."""
    seen = [False] * len(permutation)
    lengths = []
    for start in range(len(permutation)):
        length, site = 0, start
        while not seen[site]:
            seen[site] = True
            site = permutation[site]
            length += 1
        if length:
            lengths.append(length)
    return tuple(sorted(lengths))


def _n_fixed_sets(lengths: tuple[int, ...], count: int) -> int:
    """Coefficient of t**count in the product of (1 + t**length): choices that a permutation leaves as they are."""
    coefficients = [1] + [0] * count
    for length in lengths:
        for power in range(count, length - 1, -1):
            coefficients[power] += coefficients[power - length]
    return coefficients[count]
