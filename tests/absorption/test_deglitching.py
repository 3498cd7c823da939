import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import absorption
from peakscape.errors import InputError

ENERGY = np.concatenate(
    [np.arange(6900.0, 7100.0, 5.0), np.arange(7100.0, 7160.0, 0.5), np.arange(7160.0, 7700.0, 2.0)]
)
WAVE = np.sqrt(np.clip(0.2625 * (ENERGY - 7112), 0, None))
CLEAN = (
    0.5 + np.arctan((ENERGY - 7112) / 2) / np.pi + 0.15 * (ENERGY > 7125) * np.sin(5 * WAVE) * np.exp(-0.02 * WAVE**2)
)


@settings(max_examples=40, deadline=None)
@given(
    place=st.integers(200, len(ENERGY) - 40),
    width=st.integers(1, 3),
    height=st.sampled_from([-0.3, -0.1, 0.1, 0.3]),
    seed=st.integers(0, 100),
)
def test_a_glitch_is_found_replaced_and_told(place, width, height, seed):
    measured = CLEAN + 5e-4 * np.random.default_rng(seed).normal(size=len(ENERGY))
    measured[place : place + width] += height
    found = absorption.deglitch(ENERGY, measured, edge_energy=7112.0)
    assert set(ENERGY[place : place + width]) <= set(found.removed["energy"])
    assert len(found.removed) <= width + 1
    assert np.abs(found.absorption - CLEAN).max() < 0.03
    untouched = ~np.isin(ENERGY, found.removed["energy"])
    assert np.array_equal(found.absorption[untouched], measured[untouched])


def test_nothing_is_removed_where_nothing_is_wrong():
    random = np.random.default_rng(1)
    removed = [
        len(absorption.deglitch(ENERGY, CLEAN + noise * random.normal(size=len(ENERGY)), edge_energy=7112.0).removed)
        for noise in (0, 1e-4, 1e-3, 1e-2, 0.1)
    ]
    assert removed == [0] * 5


def test_the_edge_is_spared():
    measured = CLEAN.copy()
    inside = int(np.argmin(np.abs(ENERGY - 7120)))
    measured[inside] += 0.3
    assert absorption.deglitch(ENERGY, measured, edge_energy=7112.0).removed.empty
    assert 7120.0 in absorption.deglitch(ENERGY, measured).removed["energy"].tolist()


def test_what_cannot_be_deglitched():
    with pytest.raises(InputError, match="too short"):
        absorption.deglitch(ENERGY[:12], CLEAN[:12])
    with pytest.raises(InputError, match="positive threshold"):
        absorption.deglitch(ENERGY, CLEAN, threshold=0)
