"""Widths and Lorentz-polarisation factors."""

import numpy as np
import pytest

from peakscape.diffraction.instrument import Caglioti, Instrument, lorentz_polarization, profile_width
from peakscape.errors import InputError


def test_caglioti_widths_at_angles_where_the_tangent_is_known():
    # two_theta = 90: tan(theta) = 1; 120: sqrt(3); 60: 1/sqrt(3)
    u, v, w = 0.04, -0.01, 0.02
    root = np.sqrt(3.0)
    expected = np.sqrt([u / 3 + v / root + w, u + v + w, 3 * u + root * v + w])
    np.testing.assert_allclose(profile_width([60.0, 90.0, 120.0], Caglioti(u, v, w)), expected)


def test_lorentz_polarization_at_angles_where_it_is_known():
    # two_theta = 60: sin^2 = 1/4, cos = sqrt(3)/2, cos^2(60) = 1/4; two_theta = 90: sin^2 = 1/2, cos = 1/sqrt(2)
    lorentz = np.array([8 / np.sqrt(3.0), 2 * np.sqrt(2.0)])
    np.testing.assert_allclose(lorentz_polarization([60.0, 90.0], "synchrotron"), lorentz)
    np.testing.assert_allclose(lorentz_polarization([60.0, 90.0], "unpolarized"), lorentz * [1.25, 1.0])
    np.testing.assert_allclose(lorentz_polarization([60.0, 90.0], None), 1.0)


@pytest.mark.parametrize("fwhm", [0.0, -0.05, np.nan, Caglioti(0.0, 0.0, 0.0), Caglioti(0.0, -0.1, 0.01)])
def test_a_width_must_be_positive(fwhm):
    with pytest.raises(InputError, match="expected a positive fwhm"):
        profile_width([20.0, 100.0], fwhm)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="profile='gaussian' or 'pseudo_voigt', got 'voigt'"):
        Instrument(profile="voigt")
    with pytest.raises(InputError, match="mixing between 0"):
        Instrument(mixing=1.5)
    with pytest.raises(InputError, match="polarization='unpolarized'"):
        Instrument(polarization="circular")
    with pytest.raises(InputError, match="polarization='unpolarized'"):
        lorentz_polarization(30.0, "circular")
