from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Lattice, Structure

from peakscape import datasets
from peakscape.errors import StructureError
from peakscape.structures import read
from peakscape.structures.symmetry import label_sites, parent_of


@pytest.mark.parametrize("primitive", [True, False])
def test_labels_of_thmn12(primitive):
    labelled = label_sites(read(datasets.path("SmFe12.cif"), primitive=primitive))
    per_cell = Counter(map(str, labelled.arrays["site"]))
    cells = 1 if primitive else 2
    assert per_cell == {"2a": cells, "8f": 4 * cells, "8i": 4 * cells, "8j": 4 * cells}
    assert labelled.info["formula_units"] == cells


def test_labels_of_spinel():
    # International Tables A, no. 227, origin 1: 8a at 0 0 0, 16d at 5/8 5/8 5/8, 32e at x x x.
    spinel = Structure.from_spacegroup(
        "Fd-3m", Lattice.cubic(8.08), ["Mg", "Al", "O"], [[0] * 3, [5 / 8] * 3, [0.3874] * 3]
    )
    labelled = label_sites(
        Atoms(
            [s.species_string for s in spinel], scaled_positions=spinel.frac_coords, cell=spinel.lattice.matrix, pbc=1
        )
    )
    counts = Counter(zip(labelled.symbols, map(str, labelled.arrays["site"]), strict=True))
    assert counts == {("Mg", "8a"): 8, ("Al", "16d"): 16, ("O", "32e"): 32}


def test_parent_rebuilds_the_structure():
    primitive = read(datasets.path("SmFe12.cif"), primitive=True)
    parent = parent_of(primitive)
    np.testing.assert_allclose(parent.transformation @ parent.cell, primitive.cell.array, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(parent.cell, axis=1), [8.43, 8.43, 4.75], atol=1e-6)
    inside = primitive.positions @ np.linalg.inv(parent.cell)
    for species in set(primitive.numbers):
        stored = parent.scaled_positions[parent.numbers == species]
        offsets = inside[primitive.numbers == species][:, None] - stored[None]
        assert np.all(np.abs(offsets - np.rint(offsets)).max(axis=2).min(axis=1) < 1e-6)


def test_structures_without_symmetry_are_refused():
    with pytest.raises(StructureError, match="cell"):
        label_sites(Atoms("Fe"))
    with pytest.raises(StructureError, match="on top of each other"):
        label_sites(Atoms("Fe2", positions=[[0, 0, 0], [0, 0, 1e-6]], cell=[3, 3, 3], pbc=True))
