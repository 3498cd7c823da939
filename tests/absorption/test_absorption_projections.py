from types import SimpleNamespace

import numpy as np
import pytest

from peakscape.absorption.levels import neighbours_of, read_levels
from peakscape.structures import boron_nitride


def finished(atoms, operations, projections):
    """What read_levels asks of a calculation: one k point, the orbitals 2s, 2p and an unbound d of each atom."""
    setup = SimpleNamespace(n_j=[2, 2, -1], l_j=[0, 1, 2])
    kpt = SimpleNamespace(P_ani=dict(enumerate(projections)))
    kd = SimpleNamespace(weight_k=[1.0], symmetry=SimpleNamespace(op_scc=np.array(operations)))
    wfs = SimpleNamespace(kd=kd, gd=SimpleNamespace(cell_cv=atoms.cell.array), kpt_u=[kpt], setups=[setup] * len(atoms))
    return SimpleNamespace(atoms=atoms, wfs=wfs)


@pytest.mark.parametrize(("phase", "expected"), [("c-BN", 4), ("w-BN", 4), ("h-BN", 3), ("r-BN", 3)])
def test_first_shell_has_the_coordination_of_the_phase(phase, expected):
    atoms = boron_nitride(phase)
    assert len(neighbours_of(atoms, 0)) == expected
    assert set(atoms.symbols[neighbours_of(atoms, 0)]) == {"N"}


def test_strengths_of_a_star_are_averaged():
    # a square cell with a fourfold axis: what lies along x for one k point lies along y for its partner
    atoms = boron_nitride("c-BN")
    atoms.set_cell(np.diag([5.0, 5.0, 7.0]))
    quarter = [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]
    dipole = np.array([2.0, 0.0, 3.0]).reshape(3, 1, 1).astype(complex)
    calculation = finished(atoms, [np.eye(3), quarter], np.zeros((16, 1, 9)))
    levels = read_levels(calculation, np.zeros((1, 1)), dipole, n_bands=1, absorber=0)
    assert levels.squared_dipole[0, 0].tolist() == pytest.approx([2.0, 2.0, 9.0])


def test_projections_are_summed_by_group():
    atoms = boron_nitride("h-BN")
    projections = np.zeros((16, 1, 9))
    projections[:, 0] = [1, 2, 0, 1, 7, 7, 7, 7, 7]  # s, three p, five unbound d
    levels = read_levels(
        finished(atoms, [np.eye(3)], projections), np.zeros((1, 1)), np.zeros((3, 1, 1)), n_bands=1, absorber=0
    )
    found = dict(zip(levels.channels, levels.projections[0, 0], strict=True))
    assert found == {
        "absorber_s": 1, "absorber_p": 5, "neighbours_s": 3, "neighbours_p": 15, "B_s": 8, "B_p": 40,
        "N_s": 8, "N_p": 40,
    }  # fmt: skip
