import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.absorption.levels import LAST_ENERGY, Levels, density_of_states, occupations, sticks
from peakscape.errors import InputError

HARTREE = 27.211386245988


def levels_of(energy, weight=None, dipole=0.0):
    energy = np.atleast_2d(np.asarray(energy, dtype=float))
    weight = np.full(len(energy), 1 / len(energy)) if weight is None else np.asarray(weight)
    return Levels(energy, weight, np.full((*energy.shape, 3), dipole), np.ones((*energy.shape, 1)), ("B_p",))


@given(st.lists(st.floats(-20, 20), min_size=3, max_size=12), st.floats(0.5, 5.5), st.floats(0.02, 1.0))
def test_occupations_hold_the_electrons(energy, n_electrons, width):
    filled = occupations(levels_of(energy), n_electrons=n_electrons, width=width)
    assert 2 * filled.sum() == pytest.approx(n_electrons, abs=1e-6)
    assert filled.min() >= 0
    assert filled.max() <= 1


def test_too_many_electrons_are_refused():
    with pytest.raises(InputError, match=r"9\.0 electrons do not fit into 2 bands"):
        occupations(levels_of([0.0, 1.0]), n_electrons=9.0, width=0.1)


def test_oscillator_strength_of_hydrogen():
    # 1s -> 2p of hydrogen: <1s|z|2pz> = 128 sqrt(2) / 243 bohr, 3/8 hartree, f = 0.4162
    # (Bethe and Salpeter, Quantum Mechanics of One- and Two-Electron Atoms, table 13)
    levels = levels_of([[0.0, 0.375 * HARTREE]], dipole=(128 * np.sqrt(2) / 243) ** 2)
    found = sticks(levels, n_electrons=3, width=0.01, edge_energy=0.375 * HARTREE)
    assert found.strength[0].tolist() == pytest.approx([0.4162] * 3, abs=5e-5)


def test_zero_is_where_the_excited_electron_sits():
    found = sticks(levels_of([[0.0, 5.0, 9.0], [1.0, 7.0, 9.0]]), n_electrons=3, width=0.01, edge_energy=190.0)
    # the third electron is in the lower of the two second levels
    assert found.zero == pytest.approx(5.0, abs=1e-3)
    assert found.energy.min() == pytest.approx(0.0, abs=1e-3)
    assert found.complete_to == pytest.approx(4.0, abs=1e-3)


def test_sticks_end_where_they_say():
    found = sticks(levels_of([[0.0, 5.0, 20.0, 80.0]]), n_electrons=3, width=0.1, edge_energy=190.0)
    assert found.energy.max() <= LAST_ENERGY


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=12), st.floats(0.3, 2.0))
def test_density_of_states_counts_the_levels(energy, width):
    axis, density = density_of_states(levels_of(energy), zero=0.0, width=width)
    assert density[0].sum() * (axis[1] - axis[0]) == pytest.approx(len(energy), rel=1e-3)
    assert density[1].tolist() == density[0].tolist()
