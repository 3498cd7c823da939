from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erfinv, voigt_profile

from peakscape.absorption import electronic_features
from peakscape.absorption.features import FEATURES, features_table
from peakscape.absorption.spectrum import example

SIGMA = 0.5 / np.sqrt(8 * np.log(2))


def lines(energy, strength, **other):
    return replace(example(), energy=np.asarray(energy, float), strength=np.asarray(strength, float), **other)


def test_onset_of_one_line_is_the_percentile_of_its_gaussian():
    found = electronic_features(lines([0.7], [[1.0, 2.0, 3.0]]))["onset"]
    expected = example().edge_energy + 0.7 + SIGMA * np.sqrt(2) * erfinv(2 * 0.01 - 1)
    assert found == pytest.approx(expected, abs=1e-5)


def test_first_peak_and_the_highest_above_it():
    spectrum = lines([0.0, 7.0, 12.0], [[0, 0, 1.5], [3.0, 3.0, 0.0], [0.6, 0.6, 0.6]])
    found = electronic_features(spectrum)
    assert found["pi_star_energy"] == pytest.approx(spectrum.edge_energy, abs=0.02)
    assert found["sigma_star_distance"] == pytest.approx(7.0, abs=0.03)
    axis = np.linspace(found["onset"] - spectrum.edge_energy, found["onset"] - spectrum.edge_energy + 25, 20001)
    curve = sum(
        voigt_profile(axis - position, SIGMA, (0.1 + 0.1 * position) / 2) * weight
        for position, weight in ((0.0, 0.5), (7.0, 2.0), (12.0, 0.6))
    )
    assert found["pi_star_height"] == pytest.approx(curve.max(where=axis < 3, initial=0) / curve.mean(), rel=5e-3)


def test_spectrum_that_only_rises_has_no_first_peak():
    energy = np.arange(0.0, 30.0, 0.05)
    found = electronic_features(lines(energy, np.repeat(energy[:, None], 3, axis=1)))
    assert np.isnan([found["pi_star_energy"], found["pi_star_height"], found["sigma_star_distance"]]).all()
    assert np.isfinite(found["onset"])


@pytest.mark.parametrize(
    ("shares", "expected"), [([1, 1, 1], 0.0), ([0, 0, 1], 1.0), ([1, 1, 0], 0.5), ([3, 1, 0], 0.75)]
)
def test_anisotropy_of_the_first_lines(shares, expected):
    found = electronic_features(lines([0.0, 5.0], [shares, [9.0, 0.0, 0.0]]))
    assert found["anisotropy"] == pytest.approx(expected)


@settings(max_examples=15, deadline=None)
@given(st.permutations([0, 1, 2]), st.floats(-50, 50))
def test_neither_order_of_axes_nor_edge_energy_changes_the_shape(order, shift):
    spectrum = lines([0.0, 2.0, 6.0], [[0.1, 0.5, 1.0], [0.3, 0.2, 0.2], [2.0, 3.0, 1.0]])
    turned = replace(spectrum, strength=spectrum.strength[:, order], edge_energy=spectrum.edge_energy + shift)
    plain, moved = electronic_features(spectrum), electronic_features(turned)
    for name in ("onset", "pi_star_energy"):
        assert moved[name] == pytest.approx(plain[name] + shift, abs=1e-6)
    for name in ("pi_star_height", "sigma_star_distance", "anisotropy"):
        assert moved[name] == pytest.approx(plain[name], abs=1e-6)


def test_shares_of_the_density_of_states():
    axis = np.linspace(-30, 28, 581)
    flat, empty = np.where(axis > -0.745, 1.0, 7.0), np.zeros_like(axis)
    spectrum = lines([0.05], [[1, 1, 1]], dos_energy=axis, dos=np.array([flat, empty]))
    found = electronic_features(replace(spectrum, dos_channels=("absorber_p", "absorber_s")))
    assert found["p_dos_edge"] == pytest.approx(2.3 / 20.3, abs=0.01)
    assert np.isnan(found["s_dos_edge"])


def test_what_is_unknown_is_nan():
    found = electronic_features(lines([0.0], [[0, 0, 0]]))
    assert list(found) == list(FEATURES)
    assert np.isnan(list(found.values())).all()


def test_table_takes_the_perfect_cell_of_the_phase():
    deep, valence = [[-20.0, -18.0]] * 2, [[-6.0, 0.0]] * 6
    conduction = [[4.0, 9.0]] * 8
    perfect = {"band_edges": deep + valence + conduction, "n_electrons": 16.0, "homo": 0.0, "lumo": 4.0}
    donor = {"band_edges": deep + valence + [[2.5, 4.0]] + conduction, "n_electrons": 17.0, "homo": 3.0, "lumo": 2.9}
    labels = {"phase": "h-BN", "kind": "pristine", "defect": "none"}
    host = replace(example(), name="host", settings={"ground_state": perfect | {"moment": 0.0}}, labels=labels)
    labels = {"phase": "h-BN", "kind": "defect", "defect": "O_N"}
    defective = replace(example(), name="donor", settings={"ground_state": donor | {"moment": 1.0}}, labels=labels)
    other = replace(defective, name="other", labels=labels | {"phase": "r-BN"})
    table = features_table([defective, other, host])
    assert table.n_in_gap_states.to_dict() == {"donor": 1.0, "other": 0.0, "host": 0.0}
    assert table.moment.tolist() == [1.0, 1.0, 0.0]
    assert table.gap["donor"] == pytest.approx(4.0)
    assert table.in_gap_energy["donor"] == pytest.approx(3.25)
