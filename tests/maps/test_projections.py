import numpy as np
import pytest
from sklearn.decomposition import PCA as ReferencePCA  # noqa: N811
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.maps import PCA, FeatureMap, span


@parametrize_with_checks([PCA()])
def test_scikit_learn_rules(estimator, check):
    check(estimator)


def test_agrees_with_scikit_learn(fitted_pca, patterns, new_patterns):
    reference = ReferencePCA(n_components=2, svd_solver="full").fit(patterns)
    signs = np.sign(np.sum(fitted_pca.components_ * reference.components_, axis=1))
    np.testing.assert_allclose(fitted_pca.transform(new_patterns), reference.transform(new_patterns) * signs, atol=1e-9)
    np.testing.assert_allclose(fitted_pca.explained_variance_ratio_, reference.explained_variance_ratio_)
    points = reference.transform(new_patterns)
    expected = reference.inverse_transform(points)
    np.testing.assert_allclose(fitted_pca.inverse_transform(points * signs), expected, atol=1e-9)


def test_sign_does_not_depend_on_the_order_of_patterns(fitted_pca, patterns):
    assert np.all(fitted_pca.basis_.max(axis=0) == np.abs(fitted_pca.basis_).max(axis=0))
    backwards = PCA().fit(patterns[::-1])
    np.testing.assert_allclose(backwards.basis_, fitted_pca.basis_, atol=1e-10)


def test_face_of_one_member(fitted_pca, patterns):
    assert fitted_pca.transform_members(patterns).shape == (1, 30, 2)
    assert fitted_pca.inverse_transform_members(np.zeros((4, 2))).shape == (1, 4, 300)
    np.testing.assert_allclose(fitted_pca.inverse_transform(np.zeros((1, 2)))[0], patterns.mean(axis=0))


@pytest.mark.parametrize("windows", [([0], [301]), ([-1], [3]), ([5], [4]), ([0.0], [1.0]), ([0, 1], [2])])
def test_windows_outside_the_pattern_are_refused(windows, fitted_pca, patterns):
    with pytest.raises(ValueError, match=r"window|starts and stops"):
        fitted_pca.transform_masked(patterns[0], *windows)


@pytest.mark.parametrize("spectrum", [np.ones(299), np.ones((1, 300)), np.full(300, np.nan)])
def test_masking_wants_one_finite_pattern(spectrum, fitted_pca):
    with pytest.raises(ValueError, match="spectrum"):
        fitted_pca.transform_masked(spectrum, [0], [3])


@pytest.mark.parametrize("alike", [0.5, 1.0 - 1e-9])
def test_large_sets_have_the_same_axes(alike, monkeypatch):
    chance = np.random.default_rng(0)
    left, right = (np.linalg.qr(chance.normal(size=(n, 60)))[0] for n in (150, 200))
    sizes = np.array([4.0, 1.0, alike, *0.4 * 0.9 ** np.arange(57)])
    patterns = (left * sizes) @ right.T
    values, axes = span.principal_axes(patterns)
    monkeypatch.setattr(span, "FEW_ENOUGH", 100)
    leading, found = span.leading_axes(patterns, 2)
    np.testing.assert_allclose(leading, values[:2], rtol=1e-12)
    np.testing.assert_allclose(found, axes[:, :2], atol=1e-9 if alike < 0.9 else 1e-5)


def test_masked_copies_are_placed_by_any_map(fitted_pca, new_patterns):
    pattern = new_patterns[0]
    starts = np.arange(0, len(pattern) - 5)
    expected = fitted_pca.transform_masked(pattern, starts, starts + 5, fill=np.full_like(pattern, 0.1))
    found = FeatureMap.transform_masked(fitted_pca, pattern, starts, starts + 5, fill=np.full_like(pattern, 0.1))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert FeatureMap.transform_masked(fitted_pca, pattern, np.arange(0), np.arange(0)).shape == (1, 0, 2)
