"""Numbers told honestly: few values, bounds, parts of a whole, the words of a choice, spaces saved before."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.feature_space import FeatureSpace, open_space
from peakscape.feature_space.readouts.labels import _as_good
from peakscape.feature_space.totals import parts_of_a_whole, share_out
from peakscape.maps.saved import folder as saved_folder
from tests.feature_space.small_series import TWO_THETA, alloy


def quick(**more) -> FeatureSpace:
    return FeatureSpace(**{"map": "pca", "preparation": "none", "novelty": False} | more)


def noisy(rows, seed=0):
    return rows + 0.01 * np.random.default_rng(seed).normal(size=rows.shape)


def mixture(shares, *, seed=0, labels=None):
    """Patterns of two, three, ... phases of one peak each, mixed by shares (n_samples, n_phases)."""
    shares = np.asarray(shares, dtype=float)
    peaks = [np.exp(-(((TWO_THETA - 25.0 - 8.0 * k) / 0.4) ** 2)) for k in range(shares.shape[1])]
    given = {f"part_{'abc'[k]}": column for k, column in enumerate(shares.T)} if labels is None else labels
    return spectra.make(noisy(shares @ peaks, seed), two_theta=TWO_THETA, wavelength=1.54, labels=given)


def of_x(x, **more):
    x = np.asarray(x, dtype=float)
    return mixture(np.stack([1.0 - x, x], axis=1), labels={"x": x}, **more)


@pytest.mark.parametrize("x", [[0, 0, 1, 1], [0, 0, 0, 0, 1], [0, 0.5, 1, 1], [0, 0, 0, 0, 0, 0, 0.5, 1]])
def test_repeats_of_few_values_give_no_interval(x):
    """Half of both is no known spectrum; leaving out repeats of what is known says nothing of it."""
    made = quick().fit(of_x(x), label="x")
    found = made.place(of_x([0.5], seed=9))
    assert (float(found.x_lower[0]), float(found.x_upper[0])) == (-np.inf, np.inf)
    assert "no_interval" in found.remark_codes.values[0].split()
    assert np.isinf(made.validate().set_index("method").loc[str(found.x_method.values[0]), "mean_width"])
    assert np.isfinite(made.validate(per_sample=True)[made.label_readouts_["x"].trusted]).all()


@pytest.mark.parametrize("x", [[0, 0, 1, 1], [0, 0, 0, 1, 1, 1]])
def test_two_references_are_read_as_mixtures(x):
    found = quick().fit(of_x(x), label="x").place(of_x([0.25, 0.5], seed=9))
    assert set(found.x_method.values) == {"end_members"}
    np.testing.assert_allclose(found.x, [0.25, 0.5], atol=0.03)


@pytest.mark.parametrize("x", [[0, 0, 1], [0, 1, 1], [0, 0.5, 1], [0, 1, 2, 2, 2]])
def test_few_spectra_or_values_are_answered(x):
    found = quick().fit(of_x(x), label="x").place(of_x([0.5], seed=9))
    assert np.isfinite(found.x.values).all()


@pytest.mark.parametrize(
    ("x", "word"), [([0, 1], "a map needs at least 3 patterns"), ([0.5, 0.5, 0.5], "x has one value only")]
)
def test_what_tells_nothing_is_refused_in_own_words(x, word):
    with pytest.raises(InputError, match=word):
        quick().fit(of_x(x), label="x")


def test_what_was_not_left_out_is_not_told_as_read():
    samples = quick().fit(of_x([0, 0.5, 1]), label="x").validate(per_sample=True)
    assert samples["map"].isna().all()


def test_coverage_of_what_intervals_were_made_from_is_not_told(space):
    assert "coverage" not in space.validate()


def test_bounds_hold_for_answers_and_intervals():
    x = np.linspace(0.1, 0.9, 9)
    free, bound = (quick().fit(of_x(x), "x", bounds=more) for more in (None, {"x": (0.05, 0.95)}))
    ask = of_x([0.0, 0.5, 1.0], seed=9)
    assert float(free.place(ask).x_upper.max()) > 0.95
    found = bound.place(ask)
    assert found.x.values.min() >= 0.05
    assert (found.x_lower.values.min(), found.x_upper.values.max()) == (0.05, 0.95)


@pytest.mark.parametrize(
    ("bounds", "word"),
    [
        ({"x": (0.2, 1.0)}, "expected x within its bounds 0.2 to 1, x0.000 has 0; correct either"),
        ({"x": (1.0, 0.0)}, "two ascending numbers"),
        ({"y": (0.0, 1.0)}, "got bounds of 'y'"),
        ({"phase": (0.0, 1.0)}, "got bounds of 'phase'"),
    ],
)
def test_wrong_bounds_are_refused(bounds, word):
    with pytest.raises(InputError, match=word):
        quick().fit(alloy(np.linspace(0, 1, 6), labels=("x", "phase")), "x", bounds=bounds)


def test_parts_of_a_whole_sum_up_and_none_is_below_zero():
    rng = np.random.default_rng(3)
    shares = np.round(rng.dirichlet(np.ones(3), 11), 4)
    shares[:, 2] = 1.0 - shares[:, 0] - shares[:, 1]
    made = quick().fit(mixture(shares))
    assert parts_of_a_whole(made.label_readouts_) == (("part_a", "part_b", "part_c"), pytest.approx(1.0))
    asked = np.array([[0.2, 0.3, 0.5], [0.0, 0.0, 1.0], [0.6, 0.4, 0.0]])
    found = made.place(mixture(asked, seed=9))
    told = np.column_stack([found[name] for name in ("part_a", "part_b", "part_c")])
    np.testing.assert_allclose(told.sum(axis=1), 1.0, atol=1e-12)
    assert told.min() >= 0.0
    np.testing.assert_allclose(told, asked, atol=0.03)
    for name in ("part_a", "part_b", "part_c"):
        assert ((found[f"{name}_lower"] <= found[name]) & (found[name] <= found[f"{name}_upper"])).all()
    alone = made.place(mixture(asked, seed=9).isel(sample=[1]))
    assert float(alone.part_a[0]) == told[1, 0]


def test_numbers_that_are_no_parts_are_left_alone():
    made = quick().fit(mixture(np.random.default_rng(3).dirichlet(np.ones(3), 6)).drop_vars("part_c"))
    assert parts_of_a_whole(made.label_readouts_) == ((), 0.0)


def test_shares_give_in_where_they_are_known_worst():
    """The minimum of the weighted squares, by its conditions: one step for all that is above zero."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        values, variances = rng.normal(0.4, 0.4, 4), rng.uniform(0.1, 2.0, 4)
        told = share_out(values, variances, 1.0)
        step = (values - told) / variances
        assert told.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(step[told > 0], step[told > 0][0], atol=1e-9)
        assert (step[told == 0] <= step[told > 0][0] + 1e-9).all()


def test_a_choice_says_which_methods_it_cannot_be_told_from():
    def said(**excess):
        return _as_good(pd.DataFrame({"excess": excess, "excess_error": dict.fromkeys(excess, 1.0)}))

    assert said(blend=0.0, line=2.0) == "no single method comes within one standard error of it"
    assert said(blend=0.0, line=0.5, map=2.0) == "line alone errs as little, within one standard error"
    assert said(blend=0.0, line=0.5, map=0.1).startswith("line and map, each alone, err as little")


def test_the_reason_tells_all_values_before_inner_ones(space):
    why = space.label_readouts_["x"].why
    assert why.index("all values") < why.index("between the ends")


def test_spaces_without_an_error_model_open_with_the_weights_they_had(tmp_path):
    """As they were saved before: weights the same everywhere, intervals wider by one step a step."""
    made = quick().fit(alloy(np.linspace(0.2, 0.8, 9)), "x")
    path = made.save(tmp_path / "one.space")
    described = json.loads((path / "space.json").read_text(encoding="utf-8"))
    assert set(described["labels"][0].pop("error_model")["growth"]) >= {"peak_line", "pls", "map"}
    described["digest"] = saved_folder.digest_of(described)
    (path / "space.json").write_text(json.dumps(described), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = open_space(path)
    blend = again.label_readouts_["x"].methods["blend"].estimator_
    assert blend.errors is None
    assert blend.weights == made.label_readouts_["x"].weights
    np.testing.assert_array_equal(blend.widening(np.array([0.0, 2.0])), [1.0, 3.0])
    ask = alloy([0.5])
    np.testing.assert_allclose(again.place(ask).x, made.place(ask).x, atol=1e-3)


def test_a_saved_error_model_answers_with_the_same_bits(tmp_path):
    made = quick().fit(alloy(np.linspace(0.2, 0.8, 9)), "x")
    again = open_space(made.save(tmp_path / "one.space"))
    ask = alloy([0.05, 0.5, 1.1])
    for end in ("", "_lower", "_upper"):
        np.testing.assert_array_equal(made.place(ask)[f"x{end}"], again.place(ask)[f"x{end}"])
