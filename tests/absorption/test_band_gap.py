import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.absorption.features import find_band_gap
from peakscape.errors import InputError


def crystal(*, extra=(), n_electrons=24.0, gap=4.0, shift=0.0):
    """Twelve filled bands, four of them deep, and twelve empty ones, as perfect crystals have them."""
    deep = [[-20.0, -18.0]] * 4
    valence = [[-6.0, -1.0], [-5.5, -0.5], [-5.0, 0.0], [-4.0, 0.0]] * 2
    conduction = [[gap + 0.1 * number, gap + 5.0 + 0.1 * number] for number in range(12)]
    edges = np.array(sorted(deep + valence + list(extra) + conduction)) + shift
    # bands are numbered at each point of the mesh, so that both ends ascend
    edges = np.sort(edges, axis=0)
    filled = int(n_electrons // 2)
    partly = n_electrons % 2 == 1
    homo = edges[filled - 1 + partly, 1]
    return {
        "band_edges": edges.tolist(),
        "n_electrons": n_electrons,
        "homo": float(homo),
        "lumo": float(edges[filled, 0]),
    }


PERFECT = crystal()


@given(st.floats(0.5, 8.0), st.floats(-10, 10))
def test_gap_of_a_perfect_crystal(gap, shift):
    found = find_band_gap(crystal(gap=gap, shift=shift))
    assert found.gap == pytest.approx(gap)
    assert found.lowest_excitation == pytest.approx(gap)
    assert found.valence_top == pytest.approx(shift)
    assert found.n_in_gap_states == 0
    assert np.isnan(found.in_gap_energy)


@given(st.floats(-10, 10), st.sampled_from([None, PERFECT]))
def test_isolated_level_is_counted_whatever_the_zero(shift, reference):
    found = find_band_gap(crystal(extra=[[1.8, 2.4]], n_electrons=25.0, shift=shift), reference=reference)
    assert found.gap == pytest.approx(4.0)
    assert found.n_in_gap_states == 1
    assert found.in_gap_energy == pytest.approx(2.1)
    # half of the level is filled
    assert found.lowest_excitation == 0.0


@pytest.mark.parametrize(("n_electrons", "expected"), [(24.0, 1.8), (26.0, 1.6)])
def test_lowest_excitation_counts_levels_of_defects(n_electrons, expected):
    found = find_band_gap(crystal(extra=[[1.8, 2.4]], n_electrons=n_electrons))
    assert (found.gap, found.n_in_gap_states) == (pytest.approx(4.0), 1)
    assert found.lowest_excitation == pytest.approx(expected)


def test_level_that_touches_the_conduction_bands_needs_the_perfect_cell():
    donor = crystal(extra=[[2.6, 4.2]], n_electrons=25.0)
    assert find_band_gap(donor).n_in_gap_states == 0
    known = find_band_gap(donor, reference=PERFECT)
    assert known.n_in_gap_states == 1
    assert known.gap == pytest.approx(4.0, abs=0.11)


def test_filled_level_at_the_valence_top_needs_the_perfect_cell():
    acceptor = crystal(extra=[[-0.2, 1.4]], n_electrons=25.0)
    assert find_band_gap(acceptor).n_in_gap_states == 0
    known = find_band_gap(acceptor, reference=PERFECT)
    assert (known.n_in_gap_states, known.gap) == (1, pytest.approx(4.0))


def test_metal_has_no_gap():
    metal = {"band_edges": [[-5.0, 4.0]] * 8, "n_electrons": 8.0, "homo": 0.2, "lumo": -0.1}
    found = find_band_gap(metal)
    assert (found.gap, found.lowest_excitation, found.n_in_gap_states) == (0.0, 0.0, 0)


def test_bands_must_hold_the_electrons():
    with pytest.raises(InputError, match="12 filled ones, got 12"):
        find_band_gap({**PERFECT, "band_edges": PERFECT["band_edges"][:12]})
