from collections import Counter

import numpy as np
import pytest
from ase.spacegroup import crystal
from hypothesis import given
from hypothesis import strategies as st

from peakscape.errors import StructureError
from peakscape.structures import absorber_sites, boron_nitride, point_defects, rattle
from peakscape.structures.defects import distances_to, inequivalent_sites


@pytest.mark.parametrize(
    ("remove", "put", "name", "formula"),
    [("N", None, "V_N", "B8N7"), ("B", "C", "C_B", "CB7N8"), ("N", "O", "O_N", "B8N7O"), ("N", "B", "B_N", "B9N7")],
)
def test_defects_have_their_usual_name_and_formula(remove, put, name, formula):
    (atoms,) = point_defects(boron_nitride("c-BN"), remove=remove, put=put)
    assert atoms.info["defect"] == name
    assert atoms.get_chemical_formula() == formula
    assert atoms.info["degeneracy"] == 8


def test_rutile_has_one_titanium_and_one_oxygen_site_in_a_supercell():
    # Wyckoff positions 2a and 4f of P4_2/mnm (International Tables A, no. 136)
    cellpar = [4.594, 4.594, 2.959, 90, 90, 90]
    rutile = crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=cellpar)
    cell = rutile.repeat((2, 2, 2))
    assert [n for _, n in inequivalent_sites(cell, "Ti")] == [16]
    assert [n for _, n in inequivalent_sites(cell, "O")] == [32]


@pytest.mark.parametrize("phase", ["c-BN", "h-BN", "w-BN", "r-BN"])
@pytest.mark.parametrize("remove", ["B", "N"])
def test_sites_around_a_vacancy_add_up(phase, remove):
    host = boron_nitride(phase)
    for atoms in point_defects(host, remove=remove):
        sites = absorber_sites(atoms, "B")
        assert sum(site.multiplicity for site in sites) == list(atoms.symbols).count("B")
        distances = [site.distance for site in sites]
        assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("phase", "expected"),
    # neighbours of a nitrogen site: 4 at 3.615 sqrt(3) / 4 and the rest at 3.615 sqrt(11) / 4 in zinc blende; 3 at
    # 2.504 / sqrt(3) and one kind at twice that in the layer of h-BN, and boron right above and below at c / 2 = 3.33
    [
        ("c-BN", [("near", 4, 1.565), ("next", 4, 2.997)]),
        ("h-BN", [("near", 3, 1.446), ("next", 1, 2.891), ("far", 1, 3.331), ("far", 3, 4.168)]),
    ],
)
def test_shells_around_a_nitrogen_vacancy(phase, expected):
    (atoms,) = point_defects(boron_nitride(phase), remove="N")
    found = [(site.shell, site.multiplicity, round(site.distance, 3)) for site in absorber_sites(atoms, "B")]
    assert found == [(shell, n, pytest.approx(d, abs=2e-3)) for shell, n, d in expected]


def test_an_antisite_is_its_own_centre():
    (atoms,) = point_defects(boron_nitride("c-BN"), remove="N", put="B")
    assert Counter(site.shell for site in absorber_sites(atoms, "B")) == {"centre": 1, "near": 1, "next": 1}


def test_without_a_defect_sites_are_bulk():
    (site,) = absorber_sites(boron_nitride("w-BN"), "N")
    assert site.shell == "bulk"
    assert np.isnan(site.distance)
    assert site.multiplicity == 8


@given(st.tuples(*[st.floats(-10, 10)] * 3), st.tuples(*[st.integers(-2, 2)] * 3))
def test_distances_do_not_depend_on_the_cell_chosen(position, shift):
    atoms = boron_nitride("h-BN", supercell=(1, 1, 1))
    moved = np.array(position) + np.array(shift) @ atoms.cell.array
    np.testing.assert_allclose(distances_to(atoms, np.array(position)), distances_to(atoms, moved), atol=1e-9)


def test_snapshots_repeat_and_have_their_amplitude():
    host = boron_nitride("c-BN")
    first, again = (rattle(host, amplitude=0.05, count=200, random_state=3) for _ in range(2))
    assert all((a.positions == b.positions).all() for a, b in zip(first, again, strict=True))
    displacements = np.array([snapshot.positions - host.positions for snapshot in first])
    assert displacements.std() == pytest.approx(0.05, rel=0.05)
    masses = host.get_masses()
    np.testing.assert_allclose(np.einsum("i,sij->sj", masses, displacements), 0, atol=1e-9)


def test_bad_requests_are_refused():
    host = boron_nitride("c-BN")
    with pytest.raises(StructureError, match="expected an element other than B"):
        point_defects(host, remove="B", put="B")
    with pytest.raises(StructureError, match="has no C"):
        point_defects(host, remove="C")
    with pytest.raises(StructureError, match="unknown element 'Bo'"):
        absorber_sites(host, "Bo")
    with pytest.raises(StructureError, match="expected amplitude >= 0 and count >= 1, got -1 and 1"):
        rattle(host, amplitude=-1, count=1)
