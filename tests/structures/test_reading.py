from pathlib import Path

import ase.io
import gemmi
import numpy as np
import pytest

from peakscape import datasets
from peakscape.errors import StructureError
from peakscape.structures import read, substitute
from peakscape.structures.reading import read_all

CIF = datasets.path("SmFe12.cif").read_text()


def written(folder: Path, text: str, name: str = "some.cif") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_cif_has_all_symmetry_copies():
    atoms = read(datasets.path("SmFe12.cif"))
    small = gemmi.read_small_structure(str(datasets.path("SmFe12.cif")))
    assert len(atoms) == len(small.get_all_unit_cell_sites()) == 26
    np.testing.assert_allclose(atoms.cell.cellpar(), small.cell.parameters)
    assert atoms.pbc.all()
    primitive = read(datasets.path("SmFe12.cif"), primitive=True)
    assert len(primitive) == 13
    assert primitive.get_volume() == pytest.approx(atoms.get_volume() / 2)


@pytest.mark.parametrize(("name", "format"), [("POSCAR", "vasp"), ("some.extxyz", "extxyz"), ("some.xsf", "xsf")])
def test_other_formats(tmp_path, name, format):
    atoms = read(datasets.path("SmFe12.cif"), primitive=True)
    ase.io.write(tmp_path / name, atoms, format=format)
    back = read(tmp_path / name)
    assert sorted(back.numbers) == sorted(atoms.numbers)
    np.testing.assert_allclose(back.cell.array, atoms.cell.array, atol=1e-6)


def test_labels_and_parent_survive_extxyz(tmp_path):
    host = read(datasets.path("SmFe12.cif"), primitive=True)
    alloy = substitute(host, supercell=(2, 2, 1), site="8i", replace={"Fe": "Ti"}, count=4)[24]
    ase.io.write(tmp_path / "alloy.extxyz", alloy)
    back = read(tmp_path / "alloy.extxyz")
    assert list(back.arrays["site"]) == list(alloy.arrays["site"])
    again = substitute(back, supercell=(1, 1, 2), site="2a", replace={"Sm": "Zr"}, count=2)
    assert len(again) == 7
    assert again[0].info["formula_units"] == 8


def test_several_structures_need_read_all(tmp_path):
    atoms = read(datasets.path("SmFe12.cif"), primitive=True)
    ase.io.write(tmp_path / "two.extxyz", [atoms, atoms])
    with pytest.raises(StructureError, match=r"holds 2 structures.*read_all"):
        read(tmp_path / "two.extxyz")
    assert len(read_all(tmp_path / "two.extxyz")) == 2


def test_partial_occupancy_names_the_site_and_the_way_out(tmp_path):
    path = written(tmp_path, CIF.replace("Fe2 Fe 8 i 0.359 0.0   0.0  1", "Fe2 Fe 8 i 0.359 0.0   0.0  0.75"))
    with pytest.raises(StructureError, match=r"'Fe2'.*0\.75.*substitute"):
        read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("data_x\n_cell_length_a 3\n", "no atoms"),
        (CIF.replace("Sm1 Sm", "Sm1 Qq"), r"'Sm1'.*unknown element 'Qq'"),
        ("this is no CIF\n", "not a CIF"),
        (CIF.replace("_cell_length_a                   8.43\n", ""), "cannot be read|cell"),
    ],
)
def test_bad_cif(tmp_path, text, message):
    with pytest.raises(StructureError, match=message) as caught:
        read(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "some.cif" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("nonsense\n", "some.thing", "unknown format"),
        ("2\nno cell here\nFe 0 0 0\nFe 1 1 1\n", "some.xyz", "three-dimensional cell"),
        ("2\n", "some.extxyz", "cannot be read"),
        ("broken\n1.0\n", "POSCAR", "cannot be read"),
    ],
)
def test_bad_files_of_other_formats(tmp_path, text, name, message):
    with pytest.raises(StructureError, match=message) as caught:
        read(written(tmp_path, text, name))
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(StructureError, match="no such file"):
        read(tmp_path / "absent.cif")
    with pytest.raises(StructureError, match="no such file"):
        read(tmp_path)
