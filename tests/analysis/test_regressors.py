import numpy as np
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.analysis import CompositionReadout
from peakscape.analysis.validation.regressors import BroadenedPLS, MapReadout, default_baselines

AXIS = np.arange(300.0)


def _series(amounts, sigma=3.0):
    """A peak that moves by its width over the series, and one that stays."""
    moving = np.exp(-((AXIS - 100 - 20 * amounts[:, None]) ** 2) / (2 * sigma**2))
    return moving + np.exp(-((AXIS - 250) ** 2) / (2 * sigma**2))


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


@parametrize_with_checks([BroadenedPLS(n_components=2, sigma=0)])
def test_follows_the_rules_of_scikit_learn(estimator, check):
    check(estimator)
