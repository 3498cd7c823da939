import numpy as np
import pytest
from sklearn.decomposition import PCA as ReferencePCA  # noqa: N811
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.errors import InputError
from peakscape.maps import LDA, load, save

CLASSES = np.repeat(["c", "h", "w"], 20)


@parametrize_with_checks([LDA()])
def test_scikit_learn_rules(estimator, check):
    check(estimator)


@pytest.fixture
def spectra():
    chance = np.random.default_rng(0)
    axis = np.linspace(0.0, 1.0, 120)
    rows = []
    for name in CLASSES:
        # classes differ by a small peak; what varies most tells nothing of them
        small = {"c": 0.3, "h": 0.5, "w": 0.6}[name]
        rows.append(
            chance.normal() * np.exp(-(((axis - 0.8) / 0.1) ** 2))
            + 0.3 * np.exp(-(((axis - small) / 0.05) ** 2))
            + 0.02 * chance.normal(size=len(axis))
        )
    return np.array(rows)


def test_agrees_with_scikit_learn(spectra):
    ours = LDA(n_components=10).fit(spectra, CLASSES)
    reduced = ReferencePCA(10, svd_solver="full").fit_transform(spectra)
    theirs = LinearDiscriminantAnalysis(n_components=2).fit(reduced, CLASSES).transform(reduced)
    found = ours.transform(spectra)
    signs = np.sign((found * theirs).sum(axis=0))
    np.testing.assert_allclose(found, theirs * signs, atol=1e-8)


def test_it_finds_classes_that_the_leading_component_hides(spectra):
    fold = np.arange(len(spectra)) % 2 == 0
    space = LDA().fit(spectra[fold], CLASSES[fold])
    known, new = space.transform(spectra[fold]), space.transform(spectra[~fold])
    nearest = CLASSES[fold][np.linalg.norm(new[:, None] - known, axis=2).argmin(axis=1)]
    assert (nearest == CLASSES[~fold]).mean() == 1.0


def test_two_classes_still_make_a_plane(spectra):
    pair = CLASSES != "w"
    space = LDA().fit(spectra[pair], CLASSES[pair])
    points = space.transform(spectra[pair])
    assert np.ptp(points, axis=0).min() > 0
    assert np.linalg.matrix_rank(space.directions_) == 2


def test_generated_patterns_come_back_to_their_points(spectra):
    space = LDA().fit(spectra, CLASSES)
    points = space.transform(spectra)
    again = space.transform(space.inverse_transform(points))
    np.testing.assert_allclose(again, points, atol=1e-8 * np.abs(points).max())


def test_saved_and_opened_it_is_the_same(spectra, tmp_path):
    space = LDA().fit(spectra, CLASSES)
    save(space, tmp_path / "taught.map")
    opened = load(tmp_path / "taught.map")
    np.testing.assert_array_equal(opened.transform(spectra), space.transform(spectra))
    assert opened.n_classes_ == 3


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (None, "requires y"),
        (["one"] * 60, "two classes or more"),
        (range(60), "fewer than the 60 patterns"),
        (["one"] * 5, "a class for each of 60 patterns"),
    ],
)
def test_unusable_classes_are_told(classes, words, spectra):
    with pytest.raises(InputError, match=words):
        LDA().fit(spectra, classes if classes is None else list(classes))


def test_no_components_are_refused(spectra):
    with pytest.raises(InputError, match="n_components"):
        LDA(n_components=0).fit(spectra, CLASSES)
