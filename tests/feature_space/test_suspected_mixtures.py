"""Mixtures of two known classes are suspected aloud, and pure samples and strangers are not taken for such."""

import numpy as np
import pytest

from peakscape import spectra
from peakscape.feature_space import FeatureSpace
from tests.feature_space.small_series import TWO_THETA, WAVELENGTH, edges

PLACES = {"alpha": (24.0, 33.0, 47.0), "beta": (28.0, 38.0, 52.0), "gamma": (30.5, 43.0, 57.0)}


def phase(name, chance):
    heights = np.array([1.0, 0.6, 0.4]) * chance.uniform(0.9, 1.1, 3)
    move = 1.0 + 1e-3 * chance.normal()
    return sum(h * np.exp(-(((TWO_THETA - at * move) / 0.4) ** 2)) for h, at in zip(heights, PLACES[name], strict=True))


def patterns(rows, **more):
    return spectra.make(rows, two_theta=TWO_THETA, wavelength=WAVELENGTH, **more)


@pytest.fixture(scope="module")
def phases():
    chance = np.random.default_rng(0)
    kinds = [name for name in PLACES for _ in range(6)]
    known = patterns([phase(kind, chance) for kind in kinds], labels={"phase": kinds})
    return FeatureSpace("pca", preparation="none").fit(known, "phase")


def test_two_phases_in_one_pattern_are_told_with_their_shares(phases):
    chance = np.random.default_rng(1)
    mixed = 0.6 * phase("alpha", chance) + 0.4 * phase("gamma", chance)
    other = sum(np.exp(-(((TWO_THETA - at) / 0.4) ** 2)) for at in (22.0, 35.0, 41.0, 55.0))
    found = phases.place(patterns([mixed, phase("beta", chance), other]))
    assert found["phase"].values.tolist() == ["alpha + gamma", "beta", "unlike all"]
    assert found["foreign"].values.tolist() == [False, False, True]
    assert [("mixture" in codes.split()) for codes in found["remark_codes"].values] == [True, False, False]
    share = float(found["remarks"].values[0].split("alpha ")[1].split()[0])
    assert share == pytest.approx(0.6, abs=0.05)
    assert np.isnan(found["phase_probability"].values[0])


def test_two_compounds_in_one_absorption_spectrum_are_told():
    known = edges(np.repeat([0.0, 1.0, 3.0], 4))
    space = FeatureSpace("pca", preparation="none").fit(known, "compound")
    both = 0.7 * known["intensity"].values[0] + 0.3 * known["intensity"].values[9]
    alone = edges([1.0], seed=5)
    found = space.place(spectra.concatenate([alone.drop_vars("compound"), alone.drop_vars("compound").assign(
        intensity=(alone["intensity"].dims, both[np.newaxis])).assign_coords(name=("sample", ["both"]))]))  # fmt: skip
    assert found["compound"].values.tolist() == ["kind 1", "kind 0 + kind 3"]
    assert "kind 0 0.70 and kind 3 0.30" in found["remarks"].values[1]
