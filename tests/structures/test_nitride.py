import numpy as np
import pytest

from peakscape.errors import StructureError
from peakscape.structures import boron_nitride
from peakscape.structures.nitride import is_layered
from peakscape.structures.symmetry import symmetry_dataset

PHASES = ("c-BN", "h-BN", "w-BN", "r-BN")


@pytest.mark.parametrize(
    ("phase", "number"),
    # F-43m, P6_3/mmc, P6_3mc and R3m: the accepted space groups of the four phases
    [("c-BN", 216), ("h-BN", 194), ("w-BN", 186), ("r-BN", 160)],
)
@pytest.mark.parametrize("supercell", [(1, 1, 1), None])
def test_space_groups(phase, number, supercell):
    atoms = boron_nitride(phase, supercell=supercell)
    assert symmetry_dataset(atoms).number == number


@pytest.mark.parametrize(
    ("phase", "density"),
    # X-ray densities in g/cm3: 3.49 (c-BN, w-BN), 2.28 (h-BN, r-BN); e.g. Haubner et al., Struct. Bond. 102, 1 (2002)
    [("c-BN", 3.49), ("w-BN", 3.45), ("h-BN", 2.28), ("r-BN", 2.28)],
)
def test_densities(phase, density):
    atoms = boron_nitride(phase)
    assert atoms.get_masses().sum() * 1.66053907 / atoms.cell.volume == pytest.approx(density, abs=0.03)


@pytest.mark.parametrize("phase", PHASES)
def test_cells_are_of_equal_kind(phase):
    atoms = boron_nitride(phase)
    assert atoms.get_chemical_formula() == "B8N8"
    assert atoms.info["phase"] == phase
    assert atoms.cell.volume > 0


@pytest.mark.parametrize("phase", ["h-BN", "r-BN"])
def test_layers_are_flat_and_perpendicular_to_z(phase):
    atoms = boron_nitride(phase)
    heights = np.unique(atoms.positions[:, 2].round(6))
    assert np.diff(heights).min() == pytest.approx(3.33, abs=0.01)


def test_stacking():
    # AA': boron right above nitrogen; ABC: nothing of the like above within one layer distance
    h, r = (boron_nitride(phase, supercell=(1, 1, 1)) for phase in ("h-BN", "r-BN"))
    assert h.get_distance(0, 3, mic=True) == pytest.approx(6.661 / 2)
    assert set(h.symbols[[0, 3]]) == {"B", "N"}
    shift = r.cell.array[0][:2]
    assert np.linalg.norm(shift) == pytest.approx(2.504 / np.sqrt(3))


def test_layered_phases():
    assert [phase for phase in PHASES if is_layered(phase)] == ["h-BN", "r-BN"]
    with pytest.raises(StructureError, match=r"unknown phase 'x-BN'.*c-BN, h-BN"):
        boron_nitride("x-BN")
