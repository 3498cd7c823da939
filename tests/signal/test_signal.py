"""Arithmetic of curves: against refits, known shapes and published numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.errors import InputError
from peakscape.signal import gaussian_process, interpolation, peaks, radiation, registration, smoothing

POINTS = np.arange(400.0)


def gaussians(positions, fwhm, heights=None):
    heights = np.ones(len(positions)) if heights is None else np.asarray(heights)
    shapes = np.exp(-4 * np.log(2) * ((POINTS[:, None] - positions) / fwhm) ** 2)
    return shapes @ heights


@pytest.mark.parametrize("fwhm", [5.0, 9.0, 17.0])
def test_widths_of_gaussians_come_back(fwhm):
    pattern = gaussians([60.2, 150.7, 260.0, 340.4], fwhm, [1.0, 0.4, 0.7, 0.05])
    assert peaks.peak_width(pattern) == pytest.approx(fwhm, rel=0.02)
    assert peaks.common_width(pattern[None]) == pytest.approx(fwhm, rel=0.02)
    assert peaks.median_width(np.stack([pattern, np.ones(400)])) == pytest.approx(fwhm, rel=0.02)
    assert peaks.autocorrelation_width(POINTS, pattern[None]) == pytest.approx(fwhm, rel=0.05)


@given(st.floats(-0.49, 0.49), st.floats(0.1, 10.0))
def test_the_vertex_of_a_parabola_is_exact(offset, bend):
    values = -bend * (np.arange(7.0) - 3.0 - offset) ** 2
    assert float(peaks.vertex(values, 3)) == pytest.approx(offset, abs=1e-9)


def test_there_is_no_vertex_at_an_end_or_where_nothing_bends_down():
    assert peaks.vertex(np.array([3.0, 2.0, 1.0]), [0, 2]).tolist() == [0.0, 0.0]
    assert float(peaks.vertex(np.array([1.0, 1.0, 1.0]), 1)) == 0.0
    assert float(peaks.vertex(np.array([1.0, 2.0]), 0)) == 0.0


def test_a_difference_of_gaussians_takes_a_plateau_and_a_slope_away():
    curve = 5.0 + 0.01 * POINTS
    assert np.abs(smoothing.difference_of_gaussians(curve, 2.0, 8.0)[40:-40]).max() < 1e-9
    peak = gaussians([200.0], 6.0)
    assert int(peaks.sharpen(curve + peak, 6.0).argmax()) == 200


def test_broadening_adds_widths_in_squares():
    peak = gaussians([200.0], 6.0)
    wide = smoothing.broaden(peak, 8.0)
    expected = gaussians([200.0], 10.0) * 6.0 / 10.0
    np.testing.assert_allclose(wide, expected, atol=2e-4)
    np.testing.assert_allclose(
        smoothing.broaden_by_fourier(peak[None], 8.0 * smoothing.SIGMA_OF_FWHM)[0], expected, atol=2e-4
    )


def test_a_moved_curve_lies_where_it_was_sent():
    axis = np.linspace(180.0, 220.0, 801)
    curve = np.exp(-((axis - 195.0) ** 2))
    found = interpolation.move(curve, axis, 0.5, stretch=1.1, pivot=190.0)
    assert axis[found.argmax()] == pytest.approx(190.0 + 5.0 * 1.1 + 0.5, abs=0.051)


def test_the_shift_axis_of_q_and_of_angles_differ_by_a_constant():
    two_theta = np.linspace(5.0, 90.0, 50)
    q = radiation.q_from_two_theta(two_theta, 1.54)
    apart = interpolation.shift_axis(q, "q") - interpolation.shift_axis(two_theta, "two_theta")
    assert np.ptp(apart) < 1e-12
    from_zero = interpolation.shift_axis(np.arange(4.0), "q")
    assert np.isfinite(from_zero).all()
    assert (np.diff(from_zero) > 0).all()


@pytest.mark.parametrize(
    ("axis", "line"),
    [
        ([0.0, 1.0], r"to have shape \(3,\), .*got shape \(2,\)"),
        ([0.0, 2.0, 1.0], "ascending"),
        ([0, np.nan, 1], "fini"),
    ],
)
def test_a_wrong_axis_is_told(axis, line):
    with pytest.raises(InputError, match=line):
        interpolation.checked_axis(axis, 3, name="shift axis")


def test_both_registrations_find_a_shift():
    one, other = gaussians([80.0, 150.0, 260.0], 8.0), gaussians([87.0, 157.0, 267.0], 8.0)
    found = registration.Registration(POINTS, fwhm=8.0, max_shift=40.0)
    modes = found.modes(found.prepare(np.stack([one, other])))
    shift, quality = found.align(modes, modes[0])
    assert shift[1] == pytest.approx(7.0, abs=0.05)
    assert quality[1] > 0.99
    matched = registration.ShiftMatcher(one[None], POINTS, 40.0).match(other[None])
    assert matched.shift[0, 0] == 7.0


@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(5), 3)])
def test_left_out_residuals_are_those_of_refits(groups):
    chance = np.random.default_rng(0)
    points, targets = chance.normal(size=(15, 2)), chance.normal(size=(15, 3))
    found = gaussian_process.left_out_residuals(points, targets, groups, length=1.0, noise=0.05)
    numbers = np.arange(15) if groups is None else groups
    for number in np.unique(numbers):
        out = numbers == number
        table = gaussian_process.weights(points[~out], targets[~out], length=1.0, noise=0.05)
        expected = targets[out] - gaussian_process.kernel(points[out], points[~out], 1.0) @ table
        np.testing.assert_allclose(found[out], expected, atol=1e-8)


def test_a_linear_field_is_followed_beyond_the_known_points():
    points = np.random.default_rng(1).uniform(size=(20, 2))
    process = gaussian_process.GaussianProcess(points, points @ [[1.0], [-2.0]], np.arange(20))
    assert process.predict(np.array([[2.0, 2.0]]))[0, 0] == pytest.approx(-2.0, abs=0.01)


def test_wavelengths_are_those_of_bearden_in_angstrom():
    """Bearden's unit is 1.0000148 angstrom (International Tables C, 2004, section 4.2.2); his errors are some 1e-5."""
    bearden = {
        "Cu": (1.540562, 1.544390),
        "Co": (1.788965, 1.792850),
        "Fe": (1.936042, 1.939980),
        "Mo": (0.7093, 0.71359),
    }
    for anode, lines in bearden.items():
        assert radiation.k_alpha_wavelengths(anode) == pytest.approx(np.array(lines) * 1.0000148, rel=3e-5)
        assert radiation.anode_from_wavelength((2 * lines[0] + lines[1]) / 3) == anode
