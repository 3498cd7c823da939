import os
from collections import Counter
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase.data import chemical_symbols

from peakscape import datasets
from peakscape.errors import InputError
from peakscape.structures import lattice_parameters, parent_cell, read, relax, substitute
from peakscape.structures.symmetry import label_sites

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[2] / "../shared/data"))
REFERENCE = DATA / "reference" / "alloy" / "relaxed.extxyz"
needs_reference = pytest.mark.skipif(not REFERENCE.is_file(), reason=f"no reference structures at {REFERENCE}")


@pytest.fixture(scope="module")
def alloys():
    return datasets.load_alloy_structures()


@pytest.fixture(scope="module")
def everything():
    return datasets.load_alloy_structures(series="all")


def test_counts_are_those_of_table_i(alloys, everything):
    cells = Counter((atoms.info["x"], atoms.info["y"], len(atoms)) for atoms in alloys)
    assert cells == {
        (0.0, 0.0, 52): 1,
        (0.5, 0.0, 52): 13,
        (1.0, 0.0, 52): 22,
        (1.5, 0.0, 52): 27,
        (2.0, 0.0, 52): 61,
        (1.0, 0.0, 104): 1,
        (1.0, 0.125, 104): 2,
        (1.0, 0.25, 104): 7,
        (1.0, 0.375, 104): 6,
        (1.0, 0.5, 104): 10,
    }
    assert len(alloys) == 150
    second = datasets.load_alloy_structures(series="second")
    assert Counter(atoms.info["y"] for atoms in second) == {0.0: 1, 0.125: 2, 0.25: 7, 0.375: 6, 0.5: 10}
    assert len(everything) == 176
    patterns = {series: _zr_patterns(everything, series) for series in ("paper", "second")}
    assert len(patterns["paper"]) == len(patterns["second"]) == 1
    assert patterns["paper"] != patterns["second"]


def _zr_patterns(structures, series):
    return {a.info["ti_pattern"] for a in structures if a.info["series"] == series and len(a) == 104}


def test_table_has_complete_counts_beside_the_papers():
    table = datasets.alloy_table()
    assert table.paper.tolist() == table.used.tolist() == [1, 13, 22, 27, 61, 1, 2, 7, 6, 10]
    assert table.complete.tolist() == [1, 13, 134, 539, 854, 1, 2, 7, 10, 15]
    assert table.paper.sum() == 150


def test_atoms_agree_with_the_composition_and_the_sites(everything):
    for atoms in everything:
        x, y, units = atoms.info["x"], atoms.info["y"], atoms.info["formula_units"]
        counts = Counter(atoms.symbols)
        expected = {"Sm": (1 - y) * units, "Zr": y * units, "Fe": (12 - x) * units, "Ti": x * units}
        assert counts == {symbol: number for symbol, number in expected.items() if number}
        assert units * 13 == len(atoms)
        sites = Counter(map(str, atoms.arrays["site"]))
        assert sites == {"2a": units, "8f": 4 * units, "8i": 4 * units, "8j": 4 * units}
        assert set(atoms.arrays["site"][atoms.symbols == "Ti"]) <= {"8i"}
        assert set(atoms.arrays["site"][atoms.symbols == "Zr"]) <= {"2a"}


def test_structures_are_distinct_named_and_relaxed(everything):
    assert len({atoms.info["name"] for atoms in everything}) == 176
    assert all(atoms.info["converged"] for atoms in everything)
    assert max(atoms.info["fmax_reached"] for atoms in everything) <= 0.02
    assert max(atoms.info["stress_reached"] for atoms in everything) < 0.1
    for atoms in everything:
        distances = atoms.get_all_distances(mic=True) + 9 * np.eye(len(atoms))
        assert distances.min() > 2.2  # Fe-Fe in ThMn12 compounds: 2.3 angstrom and more


def test_the_host_keeps_its_symmetry(alloys):
    host = next(atoms for atoms in alloys if atoms.info["x"] == 0)
    parent = parent_cell(host, symmetrize=False)
    a, b, c = parent.cell.lengths()
    assert a == pytest.approx(b, abs=1e-3)
    np.testing.assert_allclose(parent.cell.angles(), 90, atol=0.01)
    relabelled = label_sites(host, symprec=1e-2)
    assert list(relabelled.arrays["site"]) == list(host.arrays["site"])
    assert len(relabelled.info["parent_numbers"]) == 26
    assert c < a


def test_loading_twice_gives_separate_structures(alloys):
    again = datasets.load_alloy_structures()
    again[0].info["parent_cell"][:] = 0
    again[0].positions[:] = 0
    assert datasets.load_alloy_structures()[0].info["parent_cell"].max() > 8
    assert np.array_equal(again[1].positions, alloys[1].positions)


def test_unknown_series():
    with pytest.raises(InputError, match="'paper', 'second' or 'all'"):
        datasets.load_alloy_structures(series="third")


def _trends(structures, lattice):
    """Least-squares change of (a, c) per Ti in the 52-atom cells, and per unit of y in the 104-atom cells."""
    large = np.array([len(atoms) == 104 for atoms in structures])
    x, y = np.array([(atoms.info["x"], atoms.info["y"]) for atoms in structures]).T
    return np.polyfit(x[~large], lattice[~large], 1)[0], np.polyfit(y[large], lattice[large], 1)[0]


@needs_reference
def test_lattice_trends_agree_with_an_independent_relaxation(alloys):
    """Another program's enumeration, subsets and relaxation; its Zr series stands on another Ti pattern than ours."""
    reference = ase.io.read(REFERENCE, ":")
    info = [atoms.info for atoms in reference]
    stored = np.array([(np.sqrt(one["a_conv"] * one["b_conv"]), one["c_conv"]) for one in info])
    expected_ti, expected_zr = _trends(reference, stored)
    ours_ti, ours_zr = _trends(alloys, lattice_parameters(alloys)[["a", "c"]].to_numpy())
    np.testing.assert_allclose(ours_ti, expected_ti, atol=0.002)  # angstrom per Ti: +0.053, +0.012
    np.testing.assert_allclose(ours_zr, expected_zr, atol=0.02)  # angstrom per unit of y: -0.20, -0.055


@needs_reference
def test_parameters_of_the_reference_structures():
    """lattice_parameters gives the numbers that another program stored with its structures."""
    shipped = {len(atoms): atoms for atoms in datasets.load_alloy_structures()}
    for atoms in ase.io.read(REFERENCE, "::25"):
        for name in ("parent_cell", "parent_transformation", "parent_numbers", "parent_scaled_positions"):
            atoms.info[name] = shipped[len(atoms)].info[name]
        atoms.info["formula_units"] = len(atoms) // 13
        row = lattice_parameters(atoms, symmetrize=False).iloc[0]
        stored = [atoms.info[name] for name in ("a_conv", "b_conv", "c_conv", "vol_per_fu")]
        np.testing.assert_allclose(row[["a", "b", "c", "volume"]].astype(float), stored, rtol=1e-6)


@pytest.mark.parametrize(("x", "y"), [(1.5, 0.0), (1.0, 0.25)])
def test_relaxing_again_from_the_ideal_structure(alloys, x, y):
    """Enumerate, relax with CHGNet and find the shipped structure: cell within 2e-3 angstrom, energy within 1 meV."""
    pytest.importorskip("chgnet", reason="the extra relax is not installed: no chgnet")
    shipped = [atoms for atoms in alloys if (atoms.info["x"], atoms.info["y"]) == (x, y)][3]
    ideal = _ideal(shipped.info)
    assert np.array_equal(ideal.numbers, shipped.numbers), [chemical_symbols[n] for n in ideal.numbers]
    relaxed = relax(ideal, fmax=0.01, n_threads=1)
    np.testing.assert_allclose(relaxed.cell.array, shipped.cell.array, atol=2e-3)
    np.testing.assert_allclose(relaxed.get_scaled_positions(False), shipped.get_scaled_positions(False), atol=5e-4)
    assert relaxed.info["energy"] == pytest.approx(shipped.info["energy"], abs=1e-3)


def _ideal(info):
    host = read(datasets.path("SmFe12.cif"), primitive=True)
    titanium = {"supercell": (2, 2, 1), "site": "8i", "replace": {"Fe": "Ti"}}
    pattern = substitute(host, count=round(4 * info["x"]), **titanium)[info["ti_pattern"]]
    if info["supercell"] == "2x2x1":
        return pattern
    zirconium = {"supercell": (1, 1, 2), "site": "2a", "replace": {"Sm": "Zr"}}
    return substitute(pattern, count=round(8 * info["y"]), **zirconium)[info["configuration"]]
