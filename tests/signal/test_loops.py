"""Compiled loops over curves: against numpy and scipy, and each curve alone as among others, bit by bit."""

import numpy as np
import pytest
from scipy import interpolate

from peakscape.signal import interpolation, registration, smoothing

CHANCE = np.random.default_rng(0)
EVEN = np.arange(300.0)
UNEVEN = np.log(np.linspace(1.0, 4.0, 300))
ROWS = np.exp(-(((np.arange(300.0) - CHANCE.uniform(20, 280, size=(7, 1))) / 6.0) ** 2)) + 0.01 * CHANCE.normal(
    size=(7, 300)
)


def test_a_quadratic_is_shifted_exactly_but_for_the_ends():
    shifts = np.array([-2.3, -0.4, 0.0, 0.7, 3.0])
    curve = 0.02 * EVEN**2 - EVEN + 3.0
    found = interpolation.shift_back(np.tile(curve, (5, 1)), EVEN, shifts)
    for row, shift in zip(found, shifts, strict=True):
        np.testing.assert_allclose(row[5:-5], 0.02 * (EVEN + shift)[5:-5] ** 2 - (EVEN + shift)[5:-5] + 3.0, rtol=1e-12)
    assert found[0, :2].tolist() == [curve[0]] * 2
    assert found[4, -3:].tolist() == [curve[-1]] * 3


def test_on_an_uneven_axis_the_steps_count():
    """Where a point lies is told in steps, straight between the points, as numpy.interp does."""
    found = interpolation.shift_back(ROWS, UNEVEN, np.full(len(ROWS), 0.01234))
    where = np.interp(UNEVEN + 0.01234, UNEVEN, EVEN)
    spline = interpolate.CubicHermiteSpline(EVEN, ROWS, np.gradient(ROWS, axis=1), axis=1)  # Keys's, within
    np.testing.assert_allclose(found[:, 2:-20], spline(where)[:, 2:-20], atol=1e-13)


@pytest.mark.parametrize("axis", [EVEN, UNEVEN])
def test_a_direction_pulled_back_gives_what_the_shifted_row_gives(axis):
    directions, shift = CHANCE.normal(size=(3, 300)), 0.031 * np.ptp(axis)
    shifted = interpolation.shift_back(ROWS, axis, np.full(len(ROWS), shift))
    pulled = interpolation.pull_back(directions, axis, shift)
    np.testing.assert_allclose(ROWS @ pulled.T, shifted @ directions.T, atol=1e-11)


def test_no_shift_no_number():
    found = interpolation.shift_back(ROWS[:3], EVEN, np.array([0.0, np.nan, np.inf]))
    assert np.array_equal(found[0], ROWS[0])
    assert np.isnan(found[1]).all()
    assert (found[2] == ROWS[2, -1]).all()
    assert interpolation.shift_back(np.ones((2, 1)), np.zeros(1), np.ones(2)).tolist() == [[1.0], [1.0]]
    with pytest.raises(ValueError, match="reshape"):
        interpolation.shift_back(ROWS, EVEN, np.zeros(3))


@pytest.mark.parametrize("axis", [EVEN, UNEVEN])
def test_means_over_bins_are_those_of_the_straight_lines(axis):
    found = interpolation.bin_means(axis, axis[::13], ROWS)
    for k in (0, 11, 22):
        inside = slice(13 * k, 13 * k + 14)
        expected = np.trapezoid(ROWS[:, inside], axis[inside]) / (axis[13 * k + 13] - axis[13 * k])
        np.testing.assert_allclose(found[:, k], expected, atol=1e-13)
    edges = np.linspace(axis[0], axis[-1], 1001)  # finer than the points: of each step what its bins share
    whole = interpolation.bin_means(axis, edges, ROWS) @ np.diff(edges)
    np.testing.assert_allclose(whole, np.trapezoid(ROWS, axis), rtol=1e-12)


@pytest.mark.parametrize("width", [0.4, 5.0, 300.0])
def test_peaks_are_evened_out_as_by_scipy(width):
    sigma = smoothing.SIGMA_OF_FWHM * width
    above = smoothing.difference_of_gaussians(ROWS, registration.NARROW * sigma, registration.WIDE * sigma)
    expected = smoothing.root_above_zero(above, np.abs(ROWS).max(axis=1, keepdims=True))
    found = registration.even_out(ROWS, width)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.array_equal(registration.even_out(ROWS[3], width), found[3])


def test_the_match_is_best_where_it_is_found():
    """No shift nearby gives a larger correlation, worked out from the modes themselves."""
    found = registration.Registration(UNEVEN, fwhm=0.04, max_shift=0.3)
    modes = found.modes(found.prepare(ROWS))
    shifts, qualities = found.align(modes, modes[2])
    waves, weights = found._filters[-1]

    def correlation(shift):
        product = modes * np.conj(modes[2]) * weights * np.exp(1j * waves * shift[:, np.newaxis])
        size = np.sqrt((np.abs(modes) ** 2 * weights).sum(axis=1) * (np.abs(modes[2]) ** 2 * weights).sum())
        return product.real.sum(axis=1) / size

    np.testing.assert_allclose(qualities, correlation(shifts), atol=1e-12)
    alike = qualities > 0.9
    assert alike.sum() == 3
    for away in (-1e-5, 1e-5):
        assert (correlation(shifts + away) <= correlation(shifts))[alike].all()


def test_each_row_has_the_same_bits_alone():
    found = registration.Registration(UNEVEN, fwhm=0.04, max_shift=0.3)
    prepared = found.prepare(ROWS)
    modes = found.modes(prepared)
    shifts, qualities = found.align(modes, modes[0])
    moved = interpolation.shift_back(ROWS, UNEVEN, shifts)
    for k in range(len(ROWS)):
        assert np.array_equal(found.prepare(ROWS[k : k + 1])[0], prepared[k])
        assert np.array_equal(found.modes(prepared[k : k + 1])[0], modes[k])
        shift, quality = found.align(modes[k : k + 1], modes[0])
        assert (shift[0], quality[0]) == (shifts[k], qualities[k])
        assert np.array_equal(interpolation.shift_back(ROWS[k : k + 1], UNEVEN, shift)[0], moved[k])
