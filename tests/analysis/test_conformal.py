"""Intervals from left-out samples: against MAPIE, in closed form, and counted over simulated series."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapie.regression import CrossConformalRegressor
from scipy.stats import t as student_t
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import LeaveOneGroupOut, LeaveOneOut

from peakscape.analysis import CompositionReadout, LeftOutIntervals, PeakLine
from peakscape.analysis.validation.intervals import distance_outside_box, half_widths
from peakscape.analysis.validation.regressors import MapRegressor
from peakscape.errors import InputError


def noisy_line(n_samples, seed=0, scale=0.1):
    generator = np.random.default_rng(seed)
    x = generator.uniform(size=(n_samples, 3))
    return x, x @ [1.0, -2.0, 0.5] + generator.normal(scale=scale, size=n_samples)


@pytest.mark.parametrize("level", [0.8, 0.9])
@pytest.mark.parametrize("grouped", [False, True])
def test_jackknife_plus_is_that_of_mapie(level, grouped):
    x, y = noisy_line(24)
    queries = noisy_line(9, seed=1)[0]
    groups = np.arange(24) // 3 if grouped else None
    mapie = CrossConformalRegressor(
        Ridge(), confidence_level=level, method="plus", cv=LeaveOneGroupOut() if grouped else LeaveOneOut()
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = mapie.fit_conformalize(x, y, groups=groups).predict_interval(queries)[1][:, :, 0]
    ours = LeftOutIntervals(Ridge(), level=level, widen=False).fit(x, y, groups)
    np.testing.assert_allclose(ours.predict(queries)[1].T, expected, atol=1e-12)


def test_conformal_half_width_in_closed_form():
    x, y = noisy_line(19)
    fitted = LeftOutIntervals(LinearRegression(), method="conformal", widen=False).fit(x, y)
    design = np.column_stack([np.ones(19), x])
    hat = design @ np.linalg.solve(design.T @ design, design.T)
    residuals = (y - hat @ y) / (1 - np.diag(hat))  # leave-one-out of least squares
    np.testing.assert_allclose(fitted.residuals_[:, 0], residuals, atol=1e-12)
    answer, (lower, upper) = fitted.predict(x[:2])
    np.testing.assert_allclose(upper - answer, np.sort(np.abs(residuals))[17])  # ceil(20 * 0.9) = 18th smallest
    np.testing.assert_allclose(answer - lower, upper - answer)


def test_student_counts_groups():
    residuals = np.array([[1.0], [3.0], [2.0]])
    found = half_widths(residuals, np.array([0, 0, 1]), method="student", level=0.9)
    assert found[0] == pytest.approx(student_t.ppf(0.95, 1) * np.sqrt((5.0 + 4.0) / 2))


@pytest.mark.parametrize(("n_samples", "finite"), [(8, False), (9, True)])
@pytest.mark.parametrize("method", ["jackknife+", "conformal"])
def test_nine_samples_are_the_least_at_ninety_percent(n_samples, finite, method):
    x, y = noisy_line(n_samples)
    fitted = LeftOutIntervals(LinearRegression(), method=method).fit(x, y)
    lower, upper = fitted.predict(x[:1])[1]
    assert np.isfinite(upper - lower).all() == finite
    assert ("too few" in fitted.reasons(x[:1])[0]) == (not finite)


def test_outside_the_known_labels_the_interval_grows():
    x = np.linspace(0.0, 1.0, 11)
    y = x + 0.01 * np.cos(40 * x)
    fitted = LeftOutIntervals(LinearRegression()).fit(x[:, np.newaxis], y)
    lower, upper = fitted.predict([[0.5], [1.2], [2.0]])[1]
    width = upper - lower
    assert width[2] > 2 * width[1] > 4 * width[0] / 2
    assert fitted.reasons([[0.5]]) == [""]
    assert "outside the known samples by 10" in fitted.reasons([[2.0]])[0]


def test_a_spectrum_without_the_peak_gets_no_finite_interval():
    axis, x = np.arange(10.0, 40.0, 0.1), np.linspace(0.0, 1.0, 11)
    spectra = np.exp(-((axis - (20.0 + 2.0 * x[:, np.newaxis])) ** 2) / 0.1)
    fitted = LeftOutIntervals(PeakLine(axis=axis)).fit(spectra, x)
    foreign = np.exp(-((axis - 35.0) ** 2) / 0.1)[np.newaxis]
    assert np.isinf(fitted.predict(foreign)[1]).all()
    assert "no finite interval is honest" in fitted.reasons(foreign)[0]


def test_map_and_readout_are_fitted_anew_without_the_group():
    seen = []

    class Spy(LinearRegression):
        def fit(self, X, y):
            seen.append({int(row) for row in X[:, 0]})
            return super().fit(X, y)

    x = np.arange(6.0)[:, np.newaxis]
    LeftOutIntervals(Spy()).fit(x, x[:, 0], groups=["a", "b", "a", "c", "c", "b"])
    assert seen == [set(range(6)), {1, 3, 4, 5}, {0, 2, 3, 4}, {0, 1, 2, 5}]


def test_wraps_a_map_with_its_readout_and_several_labels():
    t = np.linspace(0.0, 1.0, 12)
    spectra = np.outer(t, np.arange(20.0)) + np.outer(t**2, np.ones(20))
    labels = np.column_stack([12.0 - t, t])
    regressor = MapRegressor(readout=CompositionReadout(method="gaussian_process"))
    answer, interval = LeftOutIntervals(regressor).fit(spectra, labels).predict(spectra[4:6])
    assert answer.shape == (2, 2)
    assert interval.shape == (2, 2, 2)
    assert ((interval[0] <= answer) & (answer <= interval[1])).all()
    np.testing.assert_allclose(answer, labels[4:6], atol=0.1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100.0), st.floats(-50.0, 50.0))
def test_intervals_move_and_stretch_with_the_labels(seed, scale, offset):
    x, y = noisy_line(12, seed=seed)
    plain = np.array(LeftOutIntervals(LinearRegression()).fit(x, y).predict(x)[1])
    moved = np.array(LeftOutIntervals(LinearRegression()).fit(x, scale * y + offset).predict(x)[1])
    np.testing.assert_allclose(moved, scale * plain + offset, rtol=1e-6, atol=1e-6 * (scale + abs(offset)))


@pytest.mark.parametrize(
    "arguments",
    [
        (np.ones((2, 3)), np.ones(2)),
        (np.ones((5, 3)), np.ones(4)),
        (np.full((5, 3), np.nan), np.ones(5)),
        (np.ones((5, 3)), np.ones(5), np.zeros(5)),
        (np.ones((5, 3)), np.ones(5), np.arange(4)),
    ],
)
def test_bad_input_is_refused(arguments):
    with pytest.raises(InputError):
        LeftOutIntervals(LinearRegression()).fit(*arguments)


@pytest.mark.parametrize("options", [{"method": "bootstrap"}, {"level": 1.0}])
def test_bad_parameters_are_refused(options):
    with pytest.raises(InputError, match="expected method"):
        LeftOutIntervals(LinearRegression(), **options).fit(*noisy_line(5))


def test_distance_is_in_steps_and_ignores_constant_labels():
    known = np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0]])
    assert distance_outside_box(np.array([[-3.0, 9.0], [1.5, 7.0]]), known).tolist() == [3.0, 0.0]


def simulated_series(seed):
    """Eleven patterns of a cubic solid solution: numbers as in a measured perovskite series.

    Lattice from 5.93 to 6.36 angstrom by Vegard's law; composition off its label by 0.015 (standard deviation); 8
    reflections with base intensities 0.05 to 1 times a log-normal factor (sigma 0.7); full width 0.2 to 0.35 degree;
    height 10^3.5 to 10^4.5 counts; background 200 + 800 exp(-(2 theta - 5)/8) + 60 exp(-((2 theta - 25)/6)^2); Poisson
    noise; wavelength 1.5406 angstrom; 5 to 60 degree in steps of 0.04.
    """
    generator = np.random.default_rng(seed)
    axis, x = np.arange(5.0, 60.0, 0.04), np.linspace(0.0, 1.0, 11)
    lattice = 5.93 + 0.43 * (x + generator.normal(0.0, 0.015, 11))
    order, base = np.array([1, 2, 3, 4, 5, 6, 8, 9]), np.array([1.0, 0.3, 0.1, 0.5, 0.3, 0.2, 0.1, 0.05])
    background = 200 + 800 * np.exp(-(axis - 5) / 8) + 60 * np.exp(-(((axis - 25) / 6) ** 2))
    spectra = []
    for a in lattice:
        center = 2 * np.degrees(np.arcsin(1.5406 * np.sqrt(order) / (2 * a)))
        strength = base * generator.lognormal(0.0, 0.7, 8)
        width = generator.uniform(0.2, 0.35)
        peaks = strength @ np.exp(-4 * np.log(2) * ((axis - center[:, np.newaxis]) / width) ** 2)
        spectra.append(generator.poisson(10 ** generator.uniform(3.5, 4.5) * peaks + background))
    return axis, np.array(spectra, dtype=float), x


@pytest.mark.slow
def test_coverage_over_fifty_simulated_series():
    """Two samples of each series are left out, one after the other; their places go round."""
    covered, widths = [], []
    for seed in range(50):
        axis, spectra, x = simulated_series(seed)
        for left in (seed % 11, (seed + 4) % 11):
            kept = np.arange(11) != left
            fitted = LeftOutIntervals(PeakLine(axis=axis)).fit(spectra[kept], x[kept])
            lower, upper = fitted.predict(spectra[left : left + 1])[1]
            covered.append(lower[0] <= x[left] <= upper[0])
            widths.append(upper[0] - lower[0])
    assert len(covered) == 100
    assert 0.85 <= np.mean(covered) <= 0.95
    assert np.mean(widths) <= 0.10
