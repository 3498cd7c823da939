from collections import Counter
from math import comb

import numpy as np
import pytest
from ase.build import bulk

from peakscape import datasets
from peakscape.errors import StructureError
from peakscape.structures import count_substitutions, read, relax, substitute

TITANIUM = {"supercell": (2, 2, 1), "site": "8i", "replace": {"Fe": "Ti"}}
ZIRCONIUM = {"supercell": (1, 1, 2), "site": "2a", "replace": {"Sm": "Zr"}}


@pytest.fixture(scope="module")
def host():
    return read(datasets.path("SmFe12.cif"), primitive=True)


@pytest.mark.parametrize(("count", "complete"), [(0, 1), (2, 13), (4, 134), (6, 539), (8, 854)])
def test_complete_counts_of_titanium(host, count, complete):
    # 1 and 13 are Table I of the paper; 134, 539 and 854 were counted by another program (bit masks, Polya).
    configurations = substitute(host, count=count, **TITANIUM)
    assert len(configurations) == complete == count_substitutions(host, count=count, **TITANIUM)
    assert sum(atoms.info["degeneracy"] for atoms in configurations) == comb(16, count)
    assert {atoms.info["n_configurations"] for atoms in configurations} == {complete}
    for atoms in configurations[:5]:
        assert Counter(atoms.symbols) == Counter({"Sm": 4, "Fe": 48 - count, **({"Ti": count} if count else {})})
        assert set(atoms.arrays["site"][atoms.symbols == "Ti"]) <= {"8i"}
        assert atoms.info["formula_units"] == 4


def test_second_sublattice_uses_the_remaining_symmetry(host):
    pattern = substitute(host, count=4, **TITANIUM)[24]
    for count, complete in {1: 2, 2: 7, 3: 10, 4: 15}.items():  # 2 and 7: Table I; 10 and 15: another program
        configurations = substitute(pattern, count=count, **ZIRCONIUM)
        assert len(configurations) == complete
        total = sum(atoms.info["degeneracy"] for atoms in configurations)
        assert total == pattern.info["degeneracy"] * comb(8, count)
    last = configurations[-1]
    assert Counter(last.symbols) == Counter({"Sm": 4, "Zr": 4, "Fe": 88, "Ti": 8})
    assert last.info["formula_units"] == 8
    assert set(last.arrays["site"][last.symbols == "Zr"]) == {"2a"}


def test_counting_conventional_and_primitive_hosts_agree(host):
    conventional = read(datasets.path("SmFe12.cif"))
    primitive = host.repeat((1, 1, 1))
    one = {"site": "8i", "replace": {"Fe": "Ti"}, "count": 1}
    assert count_substitutions(conventional, **one) == count_substitutions(primitive, **one) == 1
    assert substitute(conventional, **one)[0].info["degeneracy"] == 8
    assert substitute(primitive, **one)[0].info["degeneracy"] == 4
    assert count_substitutions(host, replace={"Fe": "Ti"}, count=1) == 3  # 8f, 8i, 8j


def test_subset_is_seeded_and_says_what_is_left_out(host):
    chosen = substitute(host, count=6, max_configurations=27, random_state=0, **TITANIUM)
    again = substitute(host, count=6, max_configurations=27, random_state=0, **TITANIUM)
    other = substitute(host, count=6, max_configurations=27, random_state=1, **TITANIUM)
    numbers = [atoms.info["configuration"] for atoms in chosen]
    assert numbers == [atoms.info["configuration"] for atoms in again]
    assert numbers != [atoms.info["configuration"] for atoms in other]
    assert numbers == sorted(set(numbers))
    assert {(atoms.info["n_configurations"], atoms.info["n_selected"]) for atoms in chosen} == {(539, 27)}
    complete = substitute(host, count=6, **TITANIUM)
    assert all(np.array_equal(complete[n].numbers, atoms.numbers) for n, atoms in zip(numbers, chosen, strict=True))


def test_order_of_atoms_is_that_of_the_repeated_host(host):
    atoms = substitute(host, count=2, **TITANIUM)[3]
    repeated = host.repeat((2, 2, 1))
    np.testing.assert_allclose(atoms.positions, repeated.positions)
    assert np.all((atoms.numbers == repeated.numbers) | (atoms.symbols == "Ti"))
    assert "site" not in host.arrays  # the input is unchanged


def test_labels_survive_a_relaxation():
    from ase.calculators.emt import EMT

    alloy = substitute(bulk("Cu", cubic=True), supercell=(2, 1, 1), replace={"Cu": "Au"}, count=2)[1]
    relaxed = relax(alloy, fmax=0.05, calculator=EMT())
    assert list(relaxed.arrays["site"]) == ["4a"] * 8
    assert count_substitutions(relaxed, replace={"Cu": "Ag"}, count=1, symprec=0.01) == count_substitutions(
        alloy, replace={"Cu": "Ag"}, count=1
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"site": "8x"}, "Fe on 8f"),
        ({"replace": {"Fe": "Qq"}}, "unknown element 'Qq'"),
        ({"replace": {"Fe": "Ti", "Sm": "Zr"}}, "one pair"),
        ({"replace": {"Fe": "Fe"}}, "by itself"),
        ({"replace": {"Co": "Ti"}}, "no Co"),
        ({"count": 17}, "has 16 of them"),
        ({"count": -1}, "cannot be replaced"),
        ({"supercell": (2, 2, 0)}, "whole numbers"),
        ({"supercell": (2, 2)}, "whole numbers"),
        ({"max_configurations": 0}, "at least 1"),
    ],
)
def test_bad_requests_say_what_to_do(host, change, message):
    with pytest.raises(StructureError, match=message):
        substitute(host, **{**TITANIUM, "count": 2, **change})


def test_repeating_a_substituted_cell_by_hand_is_refused(host):
    pattern = substitute(host, count=4, **TITANIUM)[0]
    with pytest.raises(StructureError, match="supercell="):
        substitute(pattern.repeat((1, 1, 2)), site="2a", replace={"Sm": "Zr"}, count=1)
