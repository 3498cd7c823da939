"""Shifts that are known, found within the limit and never beyond."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import absorption
from peakscape.errors import InputError

ENERGY = np.arange(180.0, 225.0, 0.1)


def spectrum(energy):
    edge = 0.5 + np.arctan((energy - 191.0) / 0.5) / np.pi
    return (
        edge + 1.5 * np.exp(-0.5 * ((energy - 192.0) / 0.4) ** 2) + 0.5 * np.exp(-0.5 * ((energy - 199.0) / 2.0) ** 2)
    )


@settings(max_examples=25, deadline=None)
@given(shift=st.floats(-0.95, 0.95), factor=st.floats(0.1, 10), offset=st.floats(-5, 5), slope=st.floats(-0.1, 0.1))
def test_known_shift(shift, factor, offset, slope):
    measured = factor * spectrum(ENERGY - shift) + offset + slope * ENERGY  # its features lie `shift` too high
    found = absorption.align(ENERGY, measured, ENERGY, spectrum(ENERGY))
    assert found.shift == pytest.approx(-shift, abs=0.01)
    assert not found.at_limit
    assert found.disagreement < 0.02


def test_noise_of_five_percent():
    random = np.random.default_rng(0)
    shifts = [
        absorption.align(
            ENERGY, spectrum(ENERGY - 0.4) + 0.05 * random.normal(size=len(ENERGY)), ENERGY, spectrum(ENERGY)
        ).shift
        for _ in range(10)
    ]
    assert np.abs(np.array(shifts) + 0.4).max() < 0.05


def test_the_limit_is_kept_and_told():
    found = absorption.align(ENERGY, spectrum(ENERGY - 2.5), ENERGY, spectrum(ENERGY))
    assert abs(found.shift) <= 1.0
    assert found.at_limit
    wider = absorption.align(ENERGY, spectrum(ENERGY - 2.5), ENERGY, spectrum(ENERGY), limit=3.0)
    assert wider.shift == pytest.approx(-2.5, abs=0.01)


def test_other_steps_and_a_window():
    coarse = np.arange(185.0, 220.0, 0.25)
    found = absorption.align(coarse, spectrum(coarse - 0.3), ENERGY, spectrum(ENERGY), window=(188, 205))
    assert found.shift == pytest.approx(-0.3, abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"), [({"limit": 0.0}, "positive limit"), ({"window": (300.0, 310.0)}, "share 0 points")]
)
def test_what_cannot_be_aligned(options, message):
    with pytest.raises(InputError, match=message):
        absorption.align(ENERGY, spectrum(ENERGY), ENERGY, spectrum(ENERGY), **options)


def test_calibration_by_the_table_and_by_a_number():
    energy = np.arange(8900.0, 9200.0, 0.5)
    foil = np.arctan((energy - 8981.0) / 1.5)
    assert absorption.calibrate(energy, foil, element="Cu") == pytest.approx(8979 - 8981, abs=0.05)
    assert absorption.calibrate(energy, foil, known_energy=8980.3) == pytest.approx(-0.7, abs=0.05)
    with pytest.raises(InputError, match="no edge near 5989"):
        absorption.calibrate(energy, foil, element="Cr")
    with pytest.raises(InputError, match="known energy"):
        absorption.calibrate(energy, foil)
