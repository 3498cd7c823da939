from itertools import combinations
from math import comb

import gemmi
import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import datasets
from peakscape.errors import StructureError
from peakscape.structures import read
from peakscape.structures.substitution import count_orbits, orbit_representatives, site_permutations


def generated_group(generators):
    """All products of the generators, by plain closure."""
    group = {tuple(range(len(generators[0])))}
    while True:
        larger = group | {tuple(g[i] for i in h) for g in generators for h in group}
        if larger == group:
            return np.array(sorted(group))
        group = larger


def orbits_by_force(group, count):
    """Sizes of the orbits of subsets, by mapping every subset with every element."""
    seen, sizes = set(), []
    for subset in combinations(range(group.shape[1]), count):
        if frozenset(subset) not in seen:
            orbit = {frozenset(row[list(subset)].tolist()) for row in group}
            seen |= orbit
            sizes.append(len(orbit))
    return sorted(sizes)


def permutations_by_gemmi(cell: Atoms, conventional: np.ndarray, sites: np.ndarray):
    """Permutations of sites by the operations of I4/mmm as gemmi tabulates them, kept where they keep the supercell."""
    supercell = cell.cell.array @ np.linalg.inv(conventional)  # rows, in conventional units
    positions = cell.positions[sites] @ np.linalg.inv(conventional)
    found = set()
    translations = np.array(list(np.ndindex(4, 4, 4))) - 1
    for operation in gemmi.SpaceGroup("I 4/m m m").operations():
        rotation, shift = np.array(operation.rot) / operation.DEN, np.array(operation.tran) / operation.DEN
        image = supercell @ rotation.T @ np.linalg.inv(supercell)
        if not np.allclose(image, np.rint(image)):
            continue
        for translation in translations:
            moved = positions @ rotation.T + shift + translation
            offsets = (moved[:, None] - positions[None]) @ np.linalg.inv(supercell)
            distance = np.abs(offsets - np.rint(offsets)).max(axis=2)
            assert np.all(distance.min(axis=1) < 1e-6)
            found.add(tuple(distance.argmin(axis=1).tolist()))
    return np.array(sorted(found))


@st.composite
def groups(draw):
    n_sites = draw(st.integers(2, 7))
    generators = draw(st.lists(st.permutations(range(n_sites)), min_size=1, max_size=2))
    return generated_group([tuple(generator) for generator in generators])


@settings(max_examples=40, deadline=None)
@given(groups(), st.data())
def test_representatives_match_brute_force(group, data):
    count = data.draw(st.integers(0, group.shape[1]))
    chosen, sizes = orbit_representatives(group, count)
    assert sorted(sizes.tolist()) == orbits_by_force(group, count)
    assert count_orbits(group, count) == len(chosen)
    assert np.all(chosen.sum(axis=1) == count)
    orbits = {frozenset(frozenset(row[np.flatnonzero(one)].tolist()) for row in group) for one in chosen}
    assert len(orbits) == len(chosen)


@pytest.mark.parametrize("count", [2, 4])
def test_thmn12_orbits_match_the_tabulated_space_group(count):
    host = read(datasets.path("SmFe12.cif"))
    primitive = read(datasets.path("SmFe12.cif"), primitive=True)
    cell = primitive.repeat((2, 2, 1))
    on_8i = np.isclose(np.abs(cell.positions @ np.linalg.inv(host.cell.array) % 0.5 - 0.25), 0.25 - 0.141, atol=1e-6)
    sites = np.flatnonzero((cell.numbers == 26) & (on_8i.sum(axis=1) == 1) & ~_on_8j(cell, host))
    assert len(sites) == 16
    group = permutations_by_gemmi(cell, host.cell.array, sites)
    ours = site_permutations(cell, sites)
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, group.tolist()))
    _, sizes = orbit_representatives(ours, count)
    assert sorted(sizes.tolist()) == orbits_by_force(group, count)


def _on_8j(cell, host):
    fractional = cell.positions @ np.linalg.inv(host.cell.array) % 0.5
    return np.any(np.isclose(np.abs(fractional - 0.25), 0.25 - 0.223, atol=1e-6), axis=1)


def test_more_than_64_sites():
    turns = np.array([np.roll(np.arange(70), shift) for shift in range(70)])
    chosen, sizes = orbit_representatives(turns, 3)
    assert sizes.sum() == comb(70, 3)
    assert len(chosen) == count_orbits(turns, 3)


def test_large_counts_are_counted_but_not_listed():
    nothing = np.arange(40)[None]
    assert count_orbits(nothing, 20) == comb(40, 20)
    with pytest.raises(StructureError, match="smaller supercell"):
        orbit_representatives(nothing, 20)
