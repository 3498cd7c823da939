"""Beyond the known values: methods that fail there lose their weight, and intervals tell how far they can be trusted."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression

from peakscape.analysis.validation.blending import BLEND, power_of, with_blend
from peakscape.analysis.validation.extrapolation import Beyond, ErrorModel, end_blocks
from peakscape.analysis.validation.intervals import LeftOutIntervals
from peakscape.analysis.validation.left_out import compare_left_out

N_KNOWN = 15
SLOPE_NOISE, OWN_NOISE = 0.02, 0.004


class Bounded(RegressorMixin, BaseEstimator):
    """Reads the second number, which is exact, but never beyond what it knows: better inside, useless outside."""

    def fit(self, X, y):
        self.low_, self.high_ = y.min(), y.max()
        return self

    def predict(self, X):
        return np.clip(np.asarray(X)[:, 1], self.low_, self.high_)


class Line(LinearRegression):
    """Reads the first number, which scatters, along a straight line."""

    def fit(self, X, y):
        return super().fit(np.asarray(X)[:, :1], y)

    def predict(self, X):
        return super().predict(np.asarray(X)[:, :1])


METHODS = {"line": Line(), "bounded": Bounded()}


def spectra(x, rng):
    noise = rng.normal(size=(2, len(x))) * [[SLOPE_NOISE], [OWN_NOISE]]
    return np.stack([x + noise[0], x + noise[1]], axis=1)


def averaged(rng, *, beyond=True, low=0.2, high=0.8):
    x = np.linspace(low, high, N_KNOWN)
    rows, groups = spectra(x, rng), np.arange(N_KNOWN)
    told = compare_left_out(rows, x, METHODS, intervals=LeftOutIntervals(method="conformal"))
    residuals = {name: x - told.answers[name] for name in METHODS}

    def fit_to(name, kept):
        return clone(METHODS[name]).fit(rows[kept], x[kept])

    measured = Beyond.measure(fit_to, residuals, rows, x, end_blocks(x, groups), groups) if beyond else None
    return with_blend(told, x, groups, beyond=measured)[0]


def test_blocks_lie_at_both_ends_and_keep_what_belongs_together_out():
    values = np.repeat(np.arange(10.0), 2)
    groups = np.arange(20)
    groups[[0, 19]] = 99  # one sample measured at both ends
    blocks = end_blocks(values, groups)
    assert [(block.at_top, int(block.left.sum()), int((~block.kept).sum())) for block in blocks] == [
        (False, 4, 5), (False, 6, 7), (True, 4, 5), (True, 6, 7),
    ]  # fmt: skip
    assert len(end_blocks(values, groups, few=True)) == 2
    assert end_blocks(np.arange(5.0), np.arange(5)) == []


def test_errors_grow_by_the_distance_of_what_was_left_out():
    x = np.linspace(0.0, 1.0, 11)
    rows = np.stack([x, x], axis=1)
    exact = np.zeros(11)
    measured = Beyond.measure(
        lambda name, kept: Bounded().fit(rows[kept], x[kept]), {"bounded": exact}, rows, x,
        end_blocks(x, np.arange(11)), np.arange(11),
    )  # fmt: skip
    blocks = measured.distances[:-2]
    np.testing.assert_allclose(np.abs(measured.errors["bounded"][:-2]), 0.1 * blocks)
    assert sorted(blocks.round(6)) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]
    growth = measured.growth({"bounded": 0.0}, np.ones(len(measured.distances), bool))["bounded"]
    assert growth == pytest.approx(0.1 * np.sqrt((blocks**2).sum() / ((blocks**2).sum() + 2)))


def test_the_average_follows_another_method_beyond_than_between():
    told = averaged(np.random.default_rng(0))
    model = told.fitted[BLEND].estimator_.errors
    inside, beyond = model.weights(np.zeros(1))[:, 0], model.weights(np.array([3.0]))[:, 0]
    assert inside[1] > 0.95
    assert beyond[0] > 0.95
    ask = np.array([[1.0, 1.0], [0.5, 0.5]])
    with_ends, without = (averaged(np.random.default_rng(0), beyond=more).fitted[BLEND] for more in (True, False))
    assert abs(with_ends.predict(ask)[0][0] - 1.0) < 0.05
    assert abs(without.predict(ask)[0][0] - 1.0) > 0.15
    np.testing.assert_allclose(with_ends.predict(ask)[0][1], without.predict(ask)[0][1], atol=2e-3)


def test_intervals_cover_beyond_as_between():
    """Twenty experiments, each asked about 15 values between the known ones and 12 beyond, by more than the scatter."""
    inner, outer = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        fitted = averaged(rng).fitted[BLEND]
        for x, kept in ((rng.uniform(0.2, 0.8, 15), inner), (rng.uniform(0.85, 1.0, 12), outer)):
            low, high = fitted.predict(spectra(x, rng))[1]
            kept.extend((low <= x) & (x <= high))
    assert 0.86 < np.mean(inner) < 0.99
    assert 0.86 < np.mean(outer) < 0.99


def test_few_groups_make_weights_more_equal():
    assert [power_of(n) for n in (3, 10, 15, 100)] == pytest.approx([3.0, 7.0, 8.0, 8.0])


def test_the_widening_starts_at_one_and_is_infinite_for_what_cannot_be_compared():
    model = ErrorModel({"a": 0.1}, {"a": 0.0}, 8.0, 0.0, 1.0, 0.1, beyond=2.0)
    np.testing.assert_allclose(model.widening(np.array([0.0, 0.25, 0.5, 9.0, np.inf])), [1.0, 1.5, 2.0, 2.0, np.inf])
    np.testing.assert_allclose(model.outside(np.array([-0.2, 0.5, 1.3])), [2.0, 0.0, 3.0])
