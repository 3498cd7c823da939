"""The line through one peak: found without being told which, followed into new spectra, honest where there is none."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.analysis import PeakLine
from peakscape.analysis.validation.peak_line import find_tracks
from peakscape.analysis.validation.regressors import MapRegressor, PreparedPLS
from peakscape.errors import InputError
from peakscape.signal.peaks import common_width, locate_peaks

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))


@parametrize_with_checks([PeakLine(), PreparedPLS(), MapRegressor()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def series(axis, x, *, start=(15.0, 22.0, 30.0), move=(-1.0, -1.5, -2.1), height=(1.0, 0.3, 0.6), width=0.25):
    """Gaussian peaks on a falling background; the full width at half maximum is `width`."""
    centers = np.add.outer(x, np.zeros(len(start))) * move + start
    peaks = np.exp(-4 * np.log(2) * ((axis - centers[..., np.newaxis]) / width) ** 2)
    return np.einsum("k,skp->sp", height, peaks) + 0.3 * np.exp(-axis / 10.0)


AXIS = np.arange(10.0, 40.0, 0.04)


def test_positions_are_finer_than_a_step():
    spectra = series(AXIS, np.linspace(0.0, 1.0, 7))
    fwhm = common_width(spectra)
    assert fwhm == pytest.approx(0.25 / 0.04, rel=0.15)
    for x, (positions, _) in zip(np.linspace(0.0, 1.0, 7), locate_peaks(spectra, fwhm=fwhm), strict=True):
        expected = [15.0 - x, 22.0 - 1.5 * x, 30.0 - 2.1 * x]
        np.testing.assert_allclose(10.0 + 0.04 * positions, expected, atol=0.004)  # a tenth of a step


def test_finds_and_follows_a_peak_that_moves_by_many_widths():
    x = np.linspace(0.0, 1.0, 9)
    line = PeakLine(axis=AXIS).fit(series(AXIS, x), x)
    assert line.trackable_
    unseen = np.array([0.06, 0.44, 0.81])
    np.testing.assert_allclose(line.predict(series(AXIS, unseen)), unseen, atol=0.01)


def test_inverse_form_is_chosen_where_it_is_the_law():
    x = np.linspace(0.0, 1.0, 9)
    centers = 1.0 / (1.0 / 28.0 + x * (1.0 / 25.0 - 1.0 / 28.0))
    spectra = np.exp(-((AXIS - centers[:, np.newaxis]) ** 2) / 0.02)
    line = PeakLine(axis=AXIS).fit(spectra, x)
    assert line.form_ == "inverse"
    # 1/position = intercept + x (1/25 - 1/28), hence the slope of x on 1/position
    assert line.slope_[0] == pytest.approx(1.0 / (1.0 / 25.0 - 1.0 / 28.0), rel=1e-3)


def test_several_labels_share_the_line():
    x = np.linspace(0.0, 1.0, 9)
    labels = np.column_stack([12.0 - 2.0 * x, 2.0 * x])
    answer = PeakLine(axis=AXIS).fit(series(AXIS, x), labels).predict(series(AXIS, np.array([0.3])))
    np.testing.assert_allclose(answer, [[11.4, 0.6]], atol=0.02)


def test_a_peak_too_weak_to_see_is_inferred_from_the_others():
    x = np.linspace(0.0, 1.0, 9)
    # the peak at 30 has no scatter, the others have: it is the best one
    spectra = series(AXIS, x, start=(30.0,), move=(-2.1,), height=(0.6,))
    scatter = 0.02 * np.array([1, -1, 1, 1, -1, -1, 1, -1, 1.0])
    spectra += series(AXIS, x + scatter, start=(15.0, 22.0), move=(-1.0, -1.5), height=(1.0, 0.3))
    line = PeakLine(axis=AXIS).fit(spectra, x)
    assert line.positions_[0] == pytest.approx(30.0, abs=0.01)
    without = series(AXIS, np.array([0.5]), start=(15.0, 22.0), move=(-1.0, -1.5), height=(1.0, 0.3))
    assert line.predict(without)[0] == pytest.approx(0.5, abs=0.03)


def test_noise_alone_is_not_trackable_and_gives_the_mean():
    generator = np.random.default_rng(3)
    x = np.linspace(0.0, 2.0, 8)
    line = PeakLine(min_height=0.5).fit(np.ones((8, 200)), x)
    assert not line.trackable_
    foreign = generator.uniform(size=(2, 200))
    np.testing.assert_allclose(line.predict(foreign), 1.0)
    assert np.isnan(line.follow(foreign)).all()
    assert np.isinf(line.distance_outside(foreign)).all()


def test_a_spectrum_without_the_peak_is_told():
    x = np.linspace(0.0, 1.0, 9)
    spectra = series(AXIS, x, start=(15.0,), move=(-1.0,), height=(1.0,))
    line = PeakLine(axis=AXIS).fit(spectra, x)
    foreign = np.exp(-((AXIS - 36.0) ** 2) / 0.02)[np.newaxis]
    assert np.isnan(line.follow(foreign)[0])
    assert np.isinf(line.distance_outside(foreign)[0])


@pytest.mark.parametrize("axis", [np.arange(5.0), np.arange(AXIS.size)[::-1], np.full(AXIS.size, np.nan)])
def test_wrong_axis_is_refused(axis):
    with pytest.raises(InputError, match="expected an axis"):
        PeakLine(axis=axis).fit(series(AXIS, np.linspace(0, 1, 5)), np.arange(5.0))


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100.0), st.floats(0.0, 50.0), st.integers(1, 100))
def test_answers_do_not_depend_on_scale_or_constant_background(scale, background, seed):
    x = np.linspace(0.0, 1.0, 7)
    spectra = series(AXIS, x) + np.random.default_rng(seed).normal(scale=1e-3, size=(7, len(AXIS)))
    plain = PeakLine(axis=AXIS).fit(spectra, x).predict(spectra)
    changed = scale * (spectra + background)
    np.testing.assert_allclose(PeakLine(axis=AXIS).fit(changed, x).predict(changed), plain, atol=1e-6)


def test_nothing_to_follow_gives_no_tracks():
    none = (np.empty(0), np.empty(0))
    assert find_tracks([none, none, none], np.arange(3.0)[:, np.newaxis], tolerance=1.0, max_move=5.0).shape == (0, 3)
    one = (np.array([5.0]), np.ones(1))
    assert find_tracks([one, one, one], np.ones((3, 1)), tolerance=1.0, max_move=5.0).shape == (0, 3)


@pytest.mark.skipif(not (DATA / "fapbi3-mapbbr3").is_dir(), reason=f"no measured data in {DATA}")
def test_comes_near_the_fitted_vegard_line_on_measured_patterns():
    files = sorted((DATA / "fapbi3-mapbbr3").glob("*.xy"), key=lambda path: path.name)
    x = np.array([float(re.search(r"x([0-9.]+)\.xy", path.name)[1]) for path in files])
    tables = [np.loadtxt(path) for path in files]
    axis = tables[0][:, 0]
    spectra = np.array([np.interp(axis, *table.T[:2]) for table in tables])
    errors = []
    for left in range(1, 10):
        kept = np.arange(11) != left
        errors.append(PeakLine(axis=axis).fit(spectra[kept], x[kept]).predict(spectra[left : left + 1])[0] - x[left])
    # the line on a peak that was chosen and fitted by hand has 0.0154 (and the samples scatter by as much)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(0.0154, abs=0.001)
