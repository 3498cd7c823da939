"""Widths and broadening against closed forms and a plain numerical convolution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf, voigt_profile

from peakscape import absorption
from peakscape.errors import InputError

ENERGY = np.arange(0.0, 200.0, 0.05)


@pytest.mark.parametrize("width", [0.5, 2.0, 8.0])
def test_step_becomes_an_arctangent(width):
    step = (ENERGY > 99.975).astype(float)
    expected = 0.5 + np.arctan(2 * (ENERGY - 99.975) / width) / np.pi
    assert np.abs(absorption.broaden(ENERGY, step, width=width) - expected).max() < 1e-9


def test_gaussian_step_is_an_error_function():
    step = (ENERGY > 99.975).astype(float)
    expected = 0.5 * (1 + erf((ENERGY - 99.975) * 2 * np.sqrt(np.log(2)) / 1.5))
    assert np.abs(absorption.broaden(ENERGY, step, width=0.0, gaussian=1.5) - expected).max() < 1e-6


def test_line_becomes_a_voigt_profile():
    line = np.where(np.abs(ENERGY - 100.0) < 0.01, 1 / 0.05, 0.0)
    found = absorption.broaden(ENERGY, line, width=1.0, gaussian=1.0)
    expected = voigt_profile(ENERGY - 100, 1.0 / np.sqrt(8 * np.log(2)), 0.5)
    assert np.abs(found - expected).max() < 2e-3 * expected.max()


@settings(max_examples=20, deadline=None)
@given(value=st.floats(-5, 5), slope=st.floats(0, 0.5), gaussian=st.floats(0, 3))
def test_a_constant_stays_whatever_the_widths(value, slope, gaussian):
    energy = np.linspace(180, 230, 300)
    width = absorption.broadening.lifetime_width(energy, edge_energy=190, core_hole=0.1, model="linear", slope=slope)
    assert np.allclose(absorption.broaden(energy, np.full(300, value), width=width, gaussian=gaussian), value)


def test_widths_vary_as_told():
    """Against the same integral by a plain sum on a fine grid."""
    energy = np.arange(180.0, 230.0, 0.1)
    curve = np.exp(-0.5 * ((energy - 200) / 2.0) ** 2)
    width = absorption.broadening.lifetime_width(energy, edge_energy=190.0, core_hole=0.3)
    fine = np.arange(-300.0, 700.0, 0.01)
    values = np.interp(fine, energy, curve)
    for i in (100, 200, 250, 400):
        half = width[i] / 2
        expected = np.sum(values * half / np.pi / ((fine - energy[i]) ** 2 + half**2)) * 0.01
        assert absorption.broaden(energy, curve, width=width)[i] == pytest.approx(expected, abs=1e-3)


def test_models_of_the_width():
    energy = np.array([100.0, 189.9, 190.0, 220.0, 1e6])
    arctan = absorption.broadening.lifetime_width(energy, edge_energy=190.0, core_hole=0.2, maximum=10.0, center=30.0)
    assert arctan[:3].tolist() == pytest.approx([0.2] * 3)
    assert arctan[3] == pytest.approx(0.2 + 5.0)  # half of the maximum at the centre
    assert arctan[4] == pytest.approx(0.2 + 10.0, abs=0.01)
    linear = absorption.broadening.lifetime_width(energy[:4], edge_energy=190.0, core_hole=0.2, model="linear")
    assert linear.tolist() == pytest.approx([0.2, 0.2, 0.2, 3.2])
    assert (
        absorption.broadening.lifetime_width(energy, edge_energy=190.0, core_hole=0.2, model="constant").tolist()
        == [0.2] * 5
    )


def test_refusals():
    with pytest.raises(InputError, match="not negative"):
        absorption.broaden(ENERGY, ENERGY, width=-1.0)
    with pytest.raises(InputError, match="not negative"):
        absorption.broadening.lifetime_width(ENERGY, edge_energy=1, core_hole=-1)
    with pytest.raises(InputError, match="arctan, linear"):
        absorption.broadening.lifetime_width(ENERGY, edge_energy=1, core_hole=1, model="cubic")
