"""Structures that diffraction refuses."""

import io

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from ase.io import read

from peakscape.diffraction.crystal import crystal_from_atoms
from peakscape.errors import StructureError

HALF_TITANIUM = """data_alloy
_cell_length_a 3
_cell_length_b 3
_cell_length_c 3
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Fe1 Fe 0 0 0 0.5
Ti1 Ti 0 0 0 0.5
"""


def nowhere() -> Atoms:
    atoms = bulk("Cu")
    atoms.positions[0, 1] = np.nan
    return atoms


def partly_occupied() -> Atoms:
    return read(io.StringIO(HALF_TITANIUM), format="cif", fractional_occupancies=True)


@pytest.mark.parametrize(
    ("atoms", "message"),
    [
        ("SmFe12.cif", "expected an ase.Atoms, got str"),
        (Atoms(cell=[3, 3, 3], pbc=True), "with atoms"),
        (Atoms("X", cell=[3, 3, 3], pbc=True), "unknown element 'X'"),
        (molecule("H2O"), "periodic in all three directions"),
        (fcc111("Cu", (1, 1, 3), vacuum=5.0), "periodic in all three directions"),
        (Atoms("Fe", pbc=True), "no usable volume"),
        (Atoms("Fe", cell=[[3, 0, 0], [0, 3, 0], [3, 3, 0]], pbc=True), "no usable volume"),
        (nowhere(), "position is not a number"),
        (partly_occupied(), "partly occupied .*structures.substitute"),
    ],
)
def test_unusable_structures_get_one_clear_line(atoms, message):
    with pytest.raises(StructureError, match=message) as caught:
        crystal_from_atoms(atoms)
    assert "\n" not in str(caught.value)
