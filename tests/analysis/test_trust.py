"""The table of all methods by one left-out scheme, and the choice that follows from it by a written rule."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import Delaunay
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor

from peakscape.analysis import CompositionReadout, LeftOutIntervals, compare_left_out
from peakscape.analysis.validation.left_out import default_methods, trusted_method
from peakscape.analysis.validation.regressors import MapRegressor, SharedFits
from peakscape.analysis.validation.splits import inner_samples
from peakscape.errors import InputError

AXIS, X = np.linspace(10.0, 30.0, 251), np.linspace(0.0, 1.0, 11)
MOVING = np.exp(-((AXIS - (18.0 + 4.0 * X[:, np.newaxis])) ** 2) / 0.05)


def test_errors_of_the_mean_by_hand():
    told = compare_left_out(MOVING, X, {"mean": DummyRegressor()})
    # leaving one of 11 out, the mean of the others misses x by 11/10 (x - 0.5)
    errors = 1.1 * np.abs(X - 0.5)
    [row] = told.table.to_dict("records")
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert row["rmse_inner"] == pytest.approx(np.sqrt(np.mean(errors[1:-1] ** 2)))
    assert row["max_error"] == pytest.approx(0.55)
    # of ten others' errors the tenth, the largest, is the half width: 0.55 for all, also for the ends
    assert row["mean_width"] == pytest.approx(1.1)


def test_where_peaks_move_by_many_widths_the_line_is_trusted():
    methods = default_methods(axis=AXIS) | {"map": MapRegressor()}
    told = compare_left_out(MOVING, X, methods)
    name, why = trusted_method(told.table)
    assert name == "peak_line"
    assert "errs least" in why
    assert list(told.table["method"]) == list(methods)
    assert told.fitted["peak_line"].predict(MOVING[3:4])[0][0] == pytest.approx(0.3, abs=1e-2)


def test_where_only_a_height_tells_the_line_is_not_trusted():
    spectra = np.exp(-((AXIS - 15.0) ** 2) / 0.05) + np.outer(X, np.exp(-((AXIS - 25.0) ** 2) / 0.05))
    told = compare_left_out(spectra, X, default_methods(axis=AXIS))
    name, _ = trusted_method(told.table)
    assert name.startswith("pls")
    # no peak moves: the line can only give the mean, and its error is that of the mean
    errors = told.table.set_index("method")["rmse"]
    assert errors["peak_line"] == pytest.approx(errors["mean"], rel=0.3)


def test_nothing_is_trusted_where_spectra_know_nothing():
    spectra = np.random.default_rng(0).uniform(size=(20, 60))
    labels = np.random.default_rng(1).normal(size=20)
    name, why = trusted_method(compare_left_out(spectra, labels, default_methods()).table)
    assert name == "mean"
    assert "trust none" in why


def test_ties_go_to_the_simpler_and_losers_are_not_taken():
    table = pd.DataFrame(
        {
            "method": ["mean", "line", "map"],
            "rmse": [0.3, 0.02, 0.02],
            "rmse_inner": [0.3, 0.016, 0.015],
            "excess": [0.09, 3e-5, 0.0],
            "excess_error": [0.01, 4e-5, 0.0],
        }
    )
    assert trusted_method(table)[0] == "line"
    table.loc[1, "excess_error"] = 1e-5
    assert trusted_method(table)[0] == "map"
    with pytest.raises(InputError):
        trusted_method(table.assign(excess=np.nan))


def test_whole_compositions_are_left_out_together():
    labels = np.repeat([[12.0, 0.0], [11.5, 0.5], [11.0, 1.0], [10.5, 1.5]], 3, axis=0)
    spectra = np.exp(-((AXIS - (18.0 + 2.0 * labels[:, 1:])) ** 2) / 0.05)
    methods = {"nearest": default_methods()["nearest_pattern"]}
    alone = compare_left_out(spectra, labels, methods, names=["Fe", "Ti"])
    together = compare_left_out(spectra, labels, methods, groups=labels, names=["Fe", "Ti"])
    assert alone.table["rmse_Ti"][0] == 0.0  # a sibling is known
    assert together.table["rmse_Ti"][0] == pytest.approx(0.5)  # the next composition is half an atom away


def test_nested_intervals_never_saw_the_sample():
    seen = []

    class Spy(DummyRegressor):
        def fit(self, X, y):
            seen.append(len(y))
            return super().fit(X, y)

    compare_left_out(MOVING, X, {"spy": Spy()}, nested=True)
    assert sorted(seen) == sorted([11] + [10] * 11 + [9] * 55)  # each set of samples once


@pytest.mark.parametrize("nested", [False, True])
def test_the_numbers_are_the_same_with_any_number_of_processes(nested):
    methods = default_methods(axis=AXIS)
    methods = {name: methods[name] for name in ("mean", "peak_line", "pls_prepared", "pca2_neighbors")}
    space = SharedFits(PCA(2))
    methods |= {name: MapRegressor(space, CompositionReadout(method=name)) for name in ("plane", "path")}
    one, two = (compare_left_out(MOVING, X, methods, nested=nested, n_jobs=n_jobs) for n_jobs in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    plain = compare_left_out(MOVING, X, methods, nested=nested)
    pd.testing.assert_frame_equal(one.table, plain.table, rtol=1e-9)
    for name, fitted in two.fitted.items():
        for ours, theirs in zip(fitted.predict(MOVING[:3]), plain.fitted[name].predict(MOVING[:3]), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_warnings_of_other_processes_come_back():
    class Doubtful(DummyRegressor):
        def fit(self, X, y):
            warnings.warn("doubtful", UserWarning, stacklevel=1)
            return super().fit(X, y)

    with pytest.warns(UserWarning, match="doubtful"):
        compare_left_out(MOVING, X, {"mean": Doubtful()}, n_jobs=1)


def test_folds_and_settings_count():
    told = compare_left_out(
        MOVING, X, {"mean": DummyRegressor()}, n_folds=3, intervals=LeftOutIntervals(method="student")
    )
    assert len(np.unique(told.fitted["mean"].groups_)) == 3
    assert told.fitted["mean"].method == "student"
    with pytest.raises(InputError, match="two folds"):
        compare_left_out(MOVING, X, {"mean": DummyRegressor()}, n_folds=1)
    with pytest.raises(InputError, match="at least one method"):
        compare_left_out(MOVING, X, {})


def test_inner_samples_lie_in_a_triangle_of_others():
    labels = np.random.default_rng(5).uniform(size=(14, 2))
    inner = inner_samples(labels)
    for i in range(14):
        others = np.delete(labels, i, axis=0)
        assert inner[i] == (Delaunay(others).find_simplex(labels[i]) >= 0)
    assert inner_samples([3.0, 1.0, 2.0, 3.0]).tolist() == [False, False, True, False]
    assert inner_samples([1.0, 1.0]).any() == np.False_
