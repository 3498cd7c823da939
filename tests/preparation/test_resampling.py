import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.interpolate import CubicSpline

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.preparation import Resample
from peakscape.preparation.resampling import spaced_axis
from peakscape.signal.radiation import q_from_two_theta, two_theta_from_q

AXIS = np.linspace(10.0, 60.0, 2501)
PATTERN = np.exp(-(((AXIS - 31.234) / 0.2) ** 2)) + 0.5 * np.exp(-(((AXIS - 45.0) / 0.3) ** 2))


def test_agrees_with_other_interpolations():
    new = np.linspace(20.0, 50.0, 1777)
    found = Resample(axis=AXIS, onto=new).fit_transform([PATTERN])[0]
    linear = xr.DataArray(PATTERN, coords={"t": AXIS}, dims="t").interp(t=new).values
    assert_allclose(found, CubicSpline(AXIS, PATTERN)(new), atol=2e-3)
    assert_allclose(found, linear, atol=3e-3)


def test_agrees_with_the_container():
    dataset = spectra.make([PATTERN], two_theta=AXIS)
    new = np.linspace(20.0, 50.0, 777)
    expected = spectra.resample(dataset, new).intensity.values
    assert np.array_equal(Resample(axis=AXIS, onto=new).fit_transform([PATTERN]), expected)


@given(st.integers(5, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_averages_keep_the_integral(n_points, seed):
    row = np.random.default_rng(seed).random(301)
    axis = np.linspace(1.0, 4.0, 301)
    new = np.linspace(1.2, 3.7, n_points)
    found = Resample(axis=axis, onto=new, average=True).fit_transform([row])[0]
    edges = np.concatenate([new[:1], (new[1:] + new[:-1]) / 2, new[-1:]])
    fine = np.linspace(1.2, 3.7, 200_001)
    expected = np.trapezoid(Resample(axis=axis, onto=fine).fit_transform([row])[0], fine)
    assert np.sum(found * np.diff(edges)) == pytest.approx(expected, rel=1e-6)


def test_averages_lower_the_noise():
    noise = np.random.default_rng(0).normal(size=(1, 10_000))
    found = Resample(onto=np.linspace(0, 9999, 1000), average=True).fit_transform(noise)
    assert found.std() == pytest.approx(1 / np.sqrt(10), rel=0.1)


def test_q_is_that_of_the_textbook():
    # silicon 111 at Cu K-alpha1: 28.442 degree, d = 3.1356 angstrom (NIST SRM 640)
    q = q_from_two_theta(28.442, 1.5405929)
    assert 2 * np.pi / q == pytest.approx(3.1356, abs=1e-4)


@given(st.floats(0.1, 179.0), st.floats(0.1, 3.0))
def test_conversions_are_inverse(two_theta, wavelength):
    assert two_theta_from_q(q_from_two_theta(two_theta, wavelength), wavelength) == pytest.approx(two_theta, rel=1e-6)


def test_q_beyond_reach():
    with pytest.raises(InputError, match="beyond"):
        two_theta_from_q([5.0, 9.0], 1.54)


def test_geometric_steps_turn_strain_into_a_shift():
    q = spaced_axis(np.linspace(1.0, 8.0, 5000), spacing="geometric", step=0.001)
    assert_allclose(np.diff(np.log(q)), 0.001, rtol=1e-9)
    peaks = np.array([2.0, 3.0, 4.7])

    def pattern(q_peaks):
        return np.exp(-((np.log(q)[:, None] - np.log(q_peaks)) ** 2) / 2e-5).sum(axis=1)

    assert_allclose(pattern(peaks * np.exp(0.005))[5:], pattern(peaks)[:-5], atol=1e-9)


@given(st.integers(2, 50), st.sampled_from(["even", "geometric"]))
def test_axes_stay_within_what_was_measured(n_points, spacing):
    old = np.geomspace(0.5, 7.0, 90)
    new = spaced_axis(old, spacing=spacing, n_points=n_points)
    assert len(new) == n_points
    assert new[0] >= old[0]
    assert new[-1] <= old[-1]
    assert (np.diff(new) > 0).all()


def test_axis_is_as_fine_as_the_old_ones_finest_but_not_too_long():
    old = np.concatenate([np.arange(1.0, 2.0, 0.1), np.arange(2.0, 5.0, 0.5)])
    assert np.diff(spaced_axis(old)).max() <= 0.1 + 1e-12
    assert len(spaced_axis(q_from_two_theta(np.arange(1.0, 120.0, 0.01), 0.496), spacing="geometric")) <= 4 * 11_900 + 1


@pytest.mark.parametrize(
    "options",
    [{"first": 0.5}, {"last": 9.0}, {"first": 4.0, "last": 3.0}, {"n_points": 1}, {"step": -1.0}, {"step": 99.0},
     {"step": 0.1, "n_points": 7}],
)  # fmt: skip
def test_axes_that_cannot_be(options):
    with pytest.raises(InputError):
        spaced_axis(np.linspace(1.0, 8.0, 50), **options)
