"""Sums of profiles against the exact double-precision sum."""

import numpy as np
import pytest

from peakscape.diffraction.broadening import prepare
from peakscape.diffraction.instrument import Caglioti, Instrument, grid_from_limits, profile_width
from peakscape.errors import InputError


def exact_sum(two_theta, position, area, fwhm, share):
    """The definition, one reflection after another."""
    result = np.zeros_like(two_theta)
    for x, a, w in zip(position, area, profile_width(position, fwhm), strict=True):
        offset = (two_theta - x) / w
        gaussian = np.sqrt(4 * np.log(2) / np.pi) / w * np.exp(-4 * np.log(2) * offset**2)
        lorentzian = 2 / (np.pi * w) / (1 + 4 * offset**2)
        result += a * ((1 - share) * gaussian + share * lorentzian)
    return result


@pytest.mark.parametrize(
    "fwhm",
    [0.011, 0.05, 0.15, 1.3, Caglioti(0.004, -0.001, 0.0025), Caglioti(0.5, -0.3, 0.06), Caglioti(0.0, 0.0, 0.01)],
    ids=str,
)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_patterns_are_the_exact_sum_of_profiles(fwhm, share):
    grid = grid_from_limits((5.0, 65.0, 0.01))
    instrument = Instrument(profile="pseudo_voigt" if share else "gaussian", mixing=share)
    broadening = prepare(grid, fwhm, instrument)
    random = np.random.default_rng(1)
    position = np.concatenate([random.uniform(4.5, broadening.reach, 400), [5.0, 65.0, 40.005]])
    area = random.exponential(size=position.size)
    expected = exact_sum(grid.two_theta, position, area, fwhm, share)
    assert np.abs(broadening.sum(position, area) - expected).max() < 1e-5 * expected.max()


def test_a_single_peak_has_its_height_width_and_area():
    grid = grid_from_limits((10.0, 30.0, 0.01))
    pattern = prepare(grid, 0.2, Instrument()).sum(np.array([20.0]), np.array([3.0]))
    height = 3.0 * np.sqrt(4 * np.log(2) / np.pi) / 0.2
    at = {round(angle, 2): value for angle, value in zip(grid.two_theta, pattern, strict=True)}
    assert at[20.0] == pytest.approx(height, rel=1e-5)
    assert at[19.9] == pytest.approx(height / 2, rel=1e-5)
    assert pattern.sum() * grid.step == pytest.approx(3.0, rel=1e-5)


def test_the_papers_number_of_points():
    grid = grid_from_limits((1.0, 119.99, 0.01))
    assert grid.n_points == 11_900
    assert (grid.two_theta[0], grid.two_theta[-1]) == (1.0, 119.99)


@pytest.mark.parametrize(
    ("two_theta", "message"),
    [
        ((10.0, 5.0, 0.1), "first < last"),
        ((10.0, 10.0, 0.1), "first < last"),
        ((10.0, 20.0, 0.0), "step > 0"),
        ((10.0, 20.0, -0.1), "step > 0"),
        ((10.0, np.nan, 0.1), "first < last"),
        ((10.0, 180.0, 0.1), "below 180"),
        ((-5.0, 20.0, 0.1), "from 0"),
        ((10.0, 11.0, 5.0), "the step exceeds the range"),
        ((10.0, 20.0), "first, last, step"),
        (20.0, "first, last, step"),
        (("a", "b", "c"), "first, last, step"),
    ],
)
def test_bad_grids_get_one_clear_line(two_theta, message):
    with pytest.raises(InputError, match=message):
        grid_from_limits(two_theta)


@pytest.mark.parametrize("fwhm", [0.01, 0.005, Caglioti(0.0, 0.0, 5e-5)])
def test_peaks_must_be_wider_than_the_step(fwhm):
    with pytest.raises(InputError, match="above the step of the grid"):
        prepare(grid_from_limits((10.0, 20.0, 0.01)), fwhm, Instrument())
