"""Inequivalent substitutions of atoms on a sublattice, with degeneracies and the complete count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from numpy.typing import NDArray

from peakscape.errors import StructureError
from peakscape.structures.symmetry import has_sites, label_sites, operations, parent_of

ENUMERATION_LIMIT = 200_000
"""Most orbits that are listed one by one; above it memory and time run away."""

_SAME_SITE = 0.3
"""Distance in angstrom below which an image is a site itself: far above tolerances, far below any bond."""


def site_permutations(atoms: Atoms, indices: NDArray[np.intp], *, symprec: float = 1e-3) -> NDArray[np.intp]:
    """Permutations of chosen sites by the space group of a structure, pure translations included.

    Distinct rows of shape (n_sites,): entry i is the position in `indices` that site i moves to. Operations that move a
    site off the chosen ones are left out.
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
    """Count the inequivalent ways to choose `count` sites (Burnside's lemma, Polya's cycle index)."""
    fixed = 0
    for lengths, n_elements in Counter(_cycle_type(row) for row in permutations.tolist()).items():
        fixed += n_elements * _n_fixed_sets(lengths, count)
    return fixed // len(permutations)


def orbit_representatives(permutations: NDArray[np.intp], count: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """List one choice of `count` sites from every orbit, and the sizes of the orbits.

    Orderly generation (R. C. Read, Ann. Discrete Math. 2, 107 (1978), doi:10.1016/S0167-5060(08)70325-X): the
    lexicographically first member of an orbit stays first when its last site is taken away, so sites are added
    one by one in rising order and only first members are kept. Nothing is stored twice, nothing compared in pairs.

    Returns what is chosen (n_orbits, n_sites) and the sizes (n_orbits,), which sum to binomial(n_sites, count).
    """
    n_orbits = count_orbits(permutations, count)
    if n_orbits > ENUMERATION_LIMIT:
        raise StructureError(
            f"expected at most {ENUMERATION_LIMIT} inequivalent configurations, got {n_orbits}; "
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


@dataclass(frozen=True)
class _Problem:
    """A supercell, the atoms that may be replaced, and the group that permutes them."""

    cell: Atoms
    candidates: NDArray[np.intp]
    permutations: NDArray[np.intp]
    new_number: int


def substitute(
    host: Atoms,
    *,
    supercell: tuple[int, int, int] = (1, 1, 1),
    site: str | None = None,
    replace: Mapping[str, str],
    count: int,
    max_configurations: int | None = None,
    random_state: int | np.random.Generator | None = None,
    symprec: float = 1e-3,
) -> list[Atoms]:
    """List the inequivalent ways to replace `count` atoms of one species, each with its degeneracy.

    The first call labels the atoms by the host's Wyckoff sites; a second call on one of the results finds its
    sublattice by those labels and uses the symmetry that the first substitution has left.

    Parameters
    ----------
    host
        Periodic structure without partial occupancies, in any cell; or a result of this function.
    supercell
        Repetitions along the three vectors of the host's cell.
    site
        Wyckoff label in the parent host's conventional cell, such as "8i"; None takes all atoms of the species.
        Two orbits that share a letter share the label.
    replace
        One pair, old species to new: ``{"Fe": "Ti"}``.
    count
        Number of atoms to replace in the supercell.
    max_configurations
        Largest number of configurations to return: a random subset in which every inequivalent configuration is as
        likely as any other, whatever its degeneracy. None returns all.
    random_state
        Seed or generator of the subset.
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    list of Atoms
        New structures in the atom order of ``host.repeat(supercell)``. Their ``info`` holds ``degeneracy`` (number of
        equivalent placements, times that of the host in its own cell), ``n_configurations`` (complete count of this
        step), ``n_selected`` (how many of them were returned), ``configuration`` (number within the complete list),
        ``formula_units`` and the parent's cell; the array ``site`` holds the labels.

    Raises
    ------
    StructureError
        If the species or site is not there, too many atoms are asked for, or the list would be too long.

    Examples
    --------
    >>> from ase.build import bulk
    >>> pairs = substitute(bulk("Fe", "bcc", a=2.87), supercell=(2, 2, 2), replace={"Fe": "Al"}, count=2)
    >>> [(str(pair.symbols), pair.info["degeneracy"]) for pair in pairs]
    [('Al2Fe6', 16), ('AlFe2AlFe4', 12)]
    """
    problem = _problem(host, supercell, site, replace, symprec)
    _check_count(count, len(problem.candidates), replace, site)
    if max_configurations is not None and max_configurations < 1:
        raise StructureError(f"max_configurations must be at least 1 or None, got {max_configurations}")
    chosen, sizes = orbit_representatives(problem.permutations, count)
    selected = np.arange(len(chosen))
    if max_configurations is not None and max_configurations < len(chosen):
        generator = np.random.default_rng(random_state)
        selected = np.sort(generator.choice(len(chosen), size=max_configurations, replace=False))
    results = []
    for number in selected:
        atoms = problem.cell.copy()
        atoms.numbers[problem.candidates[chosen[number]]] = problem.new_number
        atoms.info["degeneracy"] = int(problem.cell.info.get("degeneracy", 1) * sizes[number])
        atoms.info.update(n_configurations=len(chosen), n_selected=len(selected), configuration=int(number))
        results.append(atoms)
    return results


def count_substitutions(
    host: Atoms,
    *,
    supercell: tuple[int, int, int] = (1, 1, 1),
    site: str | None = None,
    replace: Mapping[str, str],
    count: int,
    symprec: float = 1e-3,
) -> int:
    """Count the inequivalent ways to replace `count` atoms, without listing them (Burnside's lemma).

    Parameters
    ----------
    host
        Periodic structure, or a result of :func:`substitute`.
    supercell
        Repetitions along the three vectors of the host's cell.
    site
        Wyckoff label in the parent host's conventional cell, or None for all atoms of the species.
    replace
        One pair, old species to new.
    count
        Number of atoms to replace in the supercell.
    symprec
        Tolerance of the symmetry search in angstrom.

    Returns
    -------
    int
        The complete count, whatever its size.

    Raises
    ------
    StructureError
        If the species or site is not there or too many atoms are asked for.

    Examples
    --------
    >>> from ase.build import bulk
    >>> count_substitutions(bulk("Fe", "bcc", a=2.87), supercell=(2, 2, 2), replace={"Fe": "Al"}, count=4)
    4
    """
    problem = _problem(host, supercell, site, replace, symprec)
    _check_count(count, len(problem.candidates), replace, site)
    return count_orbits(problem.permutations, count)


def _problem(
    host: Atoms, supercell: tuple[int, int, int], site: str | None, replace: Mapping[str, str], symprec: float
) -> _Problem:
    """Check the request and prepare the supercell, the candidate atoms and their permutations."""
    old, new = _species(replace)
    cell = _enlarged(host if has_sites(host) else label_sites(host, symprec=symprec), supercell)
    wanted = cell.numbers == atomic_numbers[old]
    if site is not None:
        wanted &= cell.arrays["site"] == site
    candidates = np.flatnonzero(wanted)
    if len(candidates) == 0:
        pairs = zip(cell.symbols, cell.arrays["site"], strict=True)
        there = ", ".join(sorted({f"{symbol} on {label}" for symbol, label in pairs}))
        where = "" if site is None else f" on site {site!r}"
        raise StructureError(f"no {old}{where} in the host, which has {there}; name one of these")
    permutations = site_permutations(cell, candidates, symprec=symprec)
    return _Problem(cell, candidates, permutations, atomic_numbers[new])


def _species(replace: Mapping[str, str]) -> tuple[str, str]:
    """Return the one pair of species."""
    if len(replace) != 1:
        raise StructureError(
            f"replace must hold one pair such as {{'Fe': 'Ti'}}, got {dict(replace)!r}; "
            "substitute a second sublattice by a second call on a result"
        )
    ((old, new),) = replace.items()
    for symbol in (old, new):
        if symbol not in atomic_numbers or symbol == "X":
            raise StructureError(f"unknown element {symbol!r} in replace={dict(replace)!r}; use symbols such as 'Fe'")
    if old == new:
        raise StructureError(f"replace={dict(replace)!r} replaces an element by itself; name another one")
    return old, new


def _enlarged(labelled: Atoms, supercell: tuple[int, int, int]) -> Atoms:
    """Repeat a labelled structure and keep its parent and formula units right."""
    repeats = np.asarray(supercell)
    if repeats.shape != (3,) or not np.issubdtype(repeats.dtype, np.integer) or np.any(repeats < 1):
        raise StructureError(f"supercell must be three whole numbers of at least 1, got {supercell!r}")
    parent = parent_of(labelled)
    enlarged = labelled.repeat(tuple(int(number) for number in repeats))
    enlarged.info["parent_transformation"] = repeats[:, None] * parent.transformation
    enlarged.info["formula_units"] = int(labelled.info["formula_units"] * repeats.prod())
    return enlarged


def _check_count(count: int, n_candidates: int, replace: Mapping[str, str], site: str | None) -> None:
    """Refuse counts that the sublattice cannot hold."""
    if not 0 <= count <= n_candidates:
        where = "" if site is None else f" on {site}"
        raise StructureError(
            f"count={count} {next(iter(replace))}{where} cannot be replaced: the supercell has {n_candidates} of them; "
            "lower count or enlarge supercell"
        )
