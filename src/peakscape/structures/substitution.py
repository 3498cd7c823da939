"""Inequivalent substitutions of atoms on a sublattice, with degeneracies and the complete count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from numpy.typing import NDArray

from peakscape.errors import StructureError
from peakscape.structures.orbits import count_orbits, orbit_representatives, site_permutations
from peakscape.structures.sites import has_sites, label_sites, parent_of


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
