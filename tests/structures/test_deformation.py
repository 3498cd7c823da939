import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import datasets
from peakscape.errors import StructureError
from peakscape.structures import axial_series, lattice_parameters, parent_cell, read, strain, substitute

SMALL = st.floats(-0.02, 0.02)


@pytest.fixture(scope="module")
def alloy():
    host = read(datasets.path("SmFe12.cif"), primitive=True)
    return substitute(host, supercell=(2, 2, 1), site="8i", replace={"Fe": "Ti"}, count=4)[7]


def test_undistorted_structure_has_the_hosts_lattice(alloy):
    table = lattice_parameters(alloy)
    np.testing.assert_allclose(table[["a", "b", "c"]].iloc[0], [8.43, 8.43, 4.75], atol=1e-6)
    assert table.volume[0] == pytest.approx(8.43**2 * 4.75 / 2)
    parent = parent_cell(alloy)
    assert str(parent.symbols.formula.reduce()[0]) in {"SmFe12", "Fe12Sm"}
    np.testing.assert_allclose(parent.cell.angles(), 90, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(SMALL, min_size=6, max_size=6))
def test_parent_keeps_volume_and_tetragonal_symmetry(alloy, components):
    xx, yy, zz, yz, xz, xy = components
    strained = strain(alloy, tensor=[[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    parent = parent_cell(strained)
    a, b, _ = parent.cell.lengths()
    assert a == pytest.approx(b, rel=1e-9)
    np.testing.assert_allclose(parent.cell.angles(), 90, atol=1e-6)
    assert parent.get_volume() / 2 == pytest.approx(strained.get_volume() / 4, rel=1e-9)
    plain = parent_cell(strained, symmetrize=False)
    np.testing.assert_allclose(
        plain.cell.array @ plain.cell.array.T, _metric(strained), rtol=1e-9, atol=1e-7
    )  # the metric of the parent's vectors as the strained supercell has them
    if max(map(abs, (yz, xz, xy))) < 1e-12:
        np.testing.assert_allclose(plain.cell.lengths(), np.array([8.43, 8.43, 4.75]) * (1 + np.array([xx, yy, zz])))


def _metric(strained):
    vectors = np.linalg.inv(strained.info["parent_transformation"]) @ strained.cell.array
    return vectors @ vectors.T


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("c/a", {"c_over_a": 1.02, "volume": 1.0}),
        ("volume", {"c_over_a": 1.0, "volume": 1.02}),
        ("a", {"a": 1.02, "b": 1.02, "c": 1.0}),
        ("c", {"a": 1.0, "b": 1.0, "c": 1.02}),
    ],
)
def test_axial_series(alloy, change, expected):
    before = lattice_parameters(alloy).iloc[0]
    same, changed = axial_series(alloy, change=change, values=[0.0, 2.0])
    after = lattice_parameters(changed).iloc[0]
    for name, factor in expected.items():
        assert after[name] / before[name] == pytest.approx(factor, rel=1e-9)
    np.testing.assert_allclose(same.positions, alloy.positions)
    np.testing.assert_allclose(
        changed.get_scaled_positions(wrap=False), alloy.get_scaled_positions(wrap=False), atol=1e-9
    )
    assert changed.info["change_percent"] == 2.0


def test_strain_by_percent_and_by_tensor(alloy):
    np.testing.assert_allclose(strain(alloy, percent=1.0).cell.array, alloy.cell.array * 1.01)
    np.testing.assert_allclose(strain(alloy, tensor=0.01 * np.eye(3)).cell.array, alloy.cell.array * 1.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda atoms: strain(atoms), "exactly one"),
        (lambda atoms: strain(atoms, tensor=np.eye(3), percent=1.0), "exactly one"),
        (lambda atoms: strain(atoms, tensor=[0.1, 0.1, 0.1]), r"shape \(3, 3\)"),
        (lambda atoms: strain(atoms, percent=-100.0), "no positive volume"),
        (lambda atoms: strain(atoms, percent=float("nan")), "no positive volume"),
        (lambda atoms: axial_series(atoms, change="b/a", values=[1.0]), "unknown change"),
        (lambda atoms: axial_series(atoms, change="c", values=[-100.0]), "above -100"),
        (lambda atoms: parent_cell(atoms.repeat((1, 1, 2))), "supercell="),
    ],
)
def test_bad_requests(alloy, call, message):
    with pytest.raises(StructureError, match=message):
        call(alloy)
