"""Families of regressions on prepared spectra: what they choose, and that scalar products alone suffice."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression

from peakscape.analysis import compare_left_out
from peakscape.analysis.validation.blending import BLEND, Blend, blend_weights, with_blend
from peakscape.analysis.validation.families import BestPLS, BestProcess, EndMembers, WithinBounds, onto_simplex
from peakscape.analysis.validation.kernel_regression import Scores, pls_answers, process_errors
from peakscape.analysis.validation.left_out import default_methods
from peakscape.analysis.validation.preparations import Preparations
from peakscape.errors import InputError
from peakscape.signal import gaussian_process

AXIS = np.linspace(10.0, 40.0, 300)
X = np.linspace(0.0, 1.0, 11)


def moving(x, rng=None):
    rows = np.exp(-(((AXIS - 20 - np.c_[x]) / 0.3) ** 2)) + 0.5 * np.exp(-(((AXIS - 30 - 1.5 * np.c_[x]) / 0.3) ** 2))
    return rows if rng is None else rows + 0.002 * rng.standard_normal(rows.shape)


def mixed(x, rng=None):
    ends = np.exp(-(((AXIS - np.array([[18.0], [26.0]])) / 0.4) ** 2))
    rows = np.c_[1.0 - x] * ends[0] + np.c_[x] * ends[1]
    return rows if rng is None else rows + 0.002 * rng.standard_normal(rows.shape)


def test_scalar_products_give_partial_least_squares():
    rng = np.random.default_rng(0)
    rows, values = rng.standard_normal((12, 40)), rng.standard_normal(12)
    train = np.ones((2, 12), dtype=bool)
    train[1, 3] = False
    told, _ = pls_answers(rows @ rows.T, values, train, 4)
    for fold, kept in enumerate(train):
        for count in range(1, 5):
            model = PLSRegression(count, scale=False).fit(rows[kept], values[kept])
            np.testing.assert_allclose(told[fold, count - 1], np.ravel(model.predict(rows)), atol=1e-9)


def test_scalar_products_give_principal_components():
    rows = np.random.default_rng(1).standard_normal((9, 30))
    rows = rows - rows.mean(axis=0)
    scores = Scores.of(rows @ rows.T, 3)
    np.testing.assert_allclose(rows @ (rows.T @ scores.back), scores.points, atol=1e-9)
    errors = process_errors(scores.points, np.c_[X[:9]], np.arange(9) // 2, [(2, 2.0, 1e-2), (3, 1.0, 1e-4)])
    one = gaussian_process.left_out_residuals(
        scores.points[:, :2], np.c_[X[:9]], np.arange(9) // 2, length=2.0, noise=1e-2
    )
    assert errors[0] == pytest.approx(float((one**2).mean()))


@pytest.mark.parametrize("family", [BestPLS, BestProcess])
@pytest.mark.parametrize("registered", [False, True])
def test_a_family_reads_peaks_that_move(family, registered):
    rng = np.random.default_rng(2)
    ways = Preparations(moving(X, rng), np.log(np.sin(np.radians(AXIS / 2))))
    names = ways.registered_names if registered else ("plain", "broadened", "widely_broadened")
    names = tuple(name for name in names if name in (*ways.names, *ways.registered_names))
    model = family(ways, names).fit(ways.known, X)
    new = moving(np.array([0.23, 0.77]), rng)
    np.testing.assert_allclose(model.predict(new), [0.23, 0.77], atol=0.05)
    np.testing.assert_allclose(model.predict(new)[0], model.predict(new[:1])[0], rtol=1e-9)


def test_end_members_read_mixtures_from_two_ends():
    rng = np.random.default_rng(3)
    ways = Preparations(mixed(np.array([0.0, 0.0, 1.0, 1.0]), rng))
    model = EndMembers(ways).fit(ways.known, [0.0, 0.0, 1.0, 1.0])
    np.testing.assert_allclose(model.predict(mixed(np.array([0.3, 0.9]))), [0.3, 0.9], atol=0.01)


def test_another_exposure_is_not_read_as_another_sample():
    rows = mixed(X) * (1.0 + X[:, None])  # the total tells the label
    seen = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    ways = Preparations(np.hstack([seen, 1e4 * rows]), n_raw=rows.shape[1])
    model = BestPLS(ways, ways.names).fit(ways.known, X)
    row = mixed(np.array([0.5])) * 1.5
    new = np.hstack([row / np.linalg.norm(row), 3e5 * row])
    assert model.predict(new)[0] == pytest.approx(0.5, abs=0.05)


def test_a_family_knows_its_own_spectra_only():
    ways = Preparations(moving(X))
    with pytest.raises(InputError, match="knows no others"):
        BestPLS(ways).fit(moving(X) + 1.0, X)
    assert clone(BestPLS(ways)).ways is ways


def test_answers_stay_within_bounds():
    ways = Preparations(mixed(X))
    model = WithinBounds(BestPLS(ways), bounds=(0.0, 1.0)).fit(ways.known, X)
    assert model.predict(mixed(np.array([-0.5, 1.5]))).tolist() == [0.0, 1.0]
    rows = onto_simplex(np.random.default_rng(0).normal(size=(20, 4)), 2.0)
    assert (rows >= 0.0).all()
    np.testing.assert_allclose(rows.sum(axis=1), 2.0)


def test_the_blend_follows_the_best_and_chooses_anew_without_each_group():
    rng = np.random.default_rng(4)
    rows, groups = moving(X, rng), np.arange(len(X))
    methods = {name: default_methods(axis=AXIS)[name] for name in ("mean", "nearest_pattern", "peak_line")}
    told, weights = with_blend(compare_left_out(rows, X, methods), X, groups)
    assert weights == {"peak_line": pytest.approx(1.0)}
    table = told.table.set_index("method")
    assert table.loc[BLEND, "rmse"] == pytest.approx(table.loc["peak_line", "rmse"])
    np.testing.assert_allclose(told.fitted[BLEND].predict(rows)[0], told.fitted["peak_line"].predict(rows)[0])
    assert "nearest_pattern" not in blend_weights({"nearest_pattern": 0.0, "mean": 1.0})


def test_a_method_that_is_lost_takes_no_part():
    blend = Blend({"a": None, "b": None}, {"a": 0.9, "b": 0.1})
    answers = {"a": np.array([[1.0]]), "b": np.array([[2.0]])}
    told, far = blend.mix(answers, {"a": np.array([np.inf]), "b": np.array([0.5])})
    assert (told[0, 0], far[0]) == (2.0, 0.5)
    assert np.isinf(blend.mix(answers, {"a": np.array([np.inf]), "b": np.array([np.inf])})[1][0])
