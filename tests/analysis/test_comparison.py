import numpy as np
import pytest
import xarray as xr
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.analysis import (
    BroadenedPLS,
    CompositionReadout,
    MapReadout,
    compare_baselines,
    compare_readouts,
    composition_errors,
    default_baselines,
)
from peakscape.errors import InputError

AXIS = np.arange(300.0)


def _series(amounts, sigma=3.0):
    """A peak that moves by its width over the series, and one that stays."""
    moving = np.exp(-((AXIS - 100 - 20 * amounts[:, None]) ** 2) / (2 * sigma**2))
    return moving + np.exp(-((AXIS - 250) ** 2) / (2 * sigma**2))


def test_scores_of_the_papers_table_two():
    # Rows 1, 2 and 8 of Table II, with the errors printed there: 1.43e-1, 3.59e-3, 1.03e-5 (3 decimals of the amounts).
    true = xr.DataArray(
        [[1, 0, 11, 1], [1, 0, 11, 1], [0.625, 0.375, 11, 1]],
        dims=("sample", "element"),
        coords={"element": ["Sm", "Zr", "Fe", "Ti"]},
    )
    estimated = [[1, 0, 10.733, 1.267], [1, 0, 10.958, 1.042], [0.623, 0.377, 11.0, 1.0]]
    scores = composition_errors(estimated, true)
    assert scores["worst"] == pytest.approx(1.43e-1, rel=5e-3)
    assert scores["median"] == pytest.approx(3.59e-3, rel=0.03)
    assert scores["share_above"] == pytest.approx(1 / 3)
    assert scores["rmse_Ti"] == pytest.approx(np.sqrt((0.267**2 + 0.042**2) / 3))


@pytest.mark.parametrize(
    ("estimated", "true"),
    [([[1.0]], [[1.0, 2.0]]), ([], []), ([np.nan], [1.0]), (np.ones((1, 1, 1)), np.ones((1, 1, 1)))],
)
def test_refuses_scores_of_what_does_not_fit(estimated, true):
    with pytest.raises(InputError):
        composition_errors(estimated, true)


def test_readouts_are_compared_on_the_same_samples():
    generator = np.random.default_rng(0)
    train, test = generator.uniform(size=(60, 2)), np.vstack([generator.uniform(0.3, 0.7, size=(9, 2)), [[5.0, 5.0]]])
    table = compare_readouts(train, train, test, test)
    assert table.index.tolist() == ["triangle", "delaunay", "neighbors", "gaussian_process"]
    assert (table["share_outside"] == 0.1).all()
    by_hand = CompositionReadout(method="neighbors").fit(train, train).predict_members(test)[0]
    assert table.loc["neighbors", "worst"] == pytest.approx(((by_hand - test) ** 2).sum(axis=1).max())


def test_unbroadened_partial_least_squares_is_that_of_scikit_learn():
    amounts = np.random.default_rng(1).uniform(size=15)
    labels = np.column_stack([amounts, amounts**2])
    ours = BroadenedPLS(n_components=3, sigma=0).fit(_series(amounts), labels)
    theirs = PLSRegression(n_components=3, scale=False).fit(_series(amounts), labels)
    np.testing.assert_allclose(ours.predict(_series(amounts)), theirs.predict(_series(amounts)))


def test_broadening_helps_where_peaks_move():
    train, test = np.linspace(0, 1, 7), np.linspace(0.1, 0.9, 5)
    sharp = BroadenedPLS(n_components=4, sigma=0).fit(_series(train), train).predict(_series(test))
    broad = BroadenedPLS(n_components=4, sigma=12).fit(_series(train), train).predict(_series(test))
    assert np.abs(broad - test).max() < 0.5 * np.abs(sharp - test).max()


def test_components_stop_at_the_samples():
    amounts = np.linspace(0, 1, 4)
    assert BroadenedPLS(n_components=8).fit(_series(amounts), amounts).n_components_ == 3
    fixed = BroadenedPLS(n_components=3).fit(_series(amounts), np.ones(4))
    np.testing.assert_allclose(fixed.predict(_series(amounts)), 1.0)


def test_pca_readout_is_pca_and_readout():
    amounts = np.random.default_rng(1).uniform(size=30)
    spectra = _series(amounts)
    space = PCA(2, svd_solver="full").fit(spectra)
    by_hand = CompositionReadout(method="delaunay").fit(space.transform(spectra), amounts)
    both = MapReadout(method="delaunay").fit(spectra, amounts)
    np.testing.assert_allclose(
        both.predict(spectra[:5]), by_hand.predict_members(space.transform(spectra[:5]))[0, :, 0]
    )
    assert isinstance(MapReadout(PCA(2)).fit(spectra, amounts).space_, PCA)


def test_all_baselines_answer_in_the_shape_of_the_labels():
    amounts = np.random.default_rng(1).uniform(size=30)
    spectra = _series(amounts)
    for baseline in default_baselines().values():
        assert clone(baseline).fit(spectra, amounts).predict(spectra[:3]).shape == (3,)
        pair = np.column_stack([amounts, -amounts])
        assert clone(baseline).fit(spectra, pair).predict(spectra[:3]).shape == (3, 2)


def test_baselines_are_compared():
    amounts = np.linspace(0, 1, 31)
    train = np.arange(31) % 5 != 2
    spectra = _series(amounts)
    table = compare_baselines(spectra[train], amounts[train], spectra[~train], amounts[~train])
    assert table.loc["mean", "rmse_0"] == pytest.approx(
        np.sqrt(((amounts[~train] - amounts[train].mean()) ** 2).mean())
    )
    # The nearest training pattern is one step of 1/30 away.
    assert table.loc["nearest_pattern", "worst"] == pytest.approx((1 / 30) ** 2)
    assert table.loc["pls_broadened", "worst"] < table.loc["mean", "worst"]


@parametrize_with_checks([BroadenedPLS(n_components=2, sigma=0)])
def test_follows_the_rules_of_scikit_learn(estimator, check):
    check(estimator)
