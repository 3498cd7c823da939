import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.kernel_ridge import KernelRidge
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.errors import InputError
from peakscape.maps import KDA, LDA, kda, load, save

CLASSES = np.repeat(["c", "h", "w"], 24)


@parametrize_with_checks([KDA()])
def test_scikit_learn_rules(estimator, check):
    check(estimator)


@pytest.fixture
def rings():
    """Spectra of three classes that are rings around one another: no straight line tells them apart."""
    chance = np.random.default_rng(0)
    angle = chance.uniform(0.0, 2.0 * np.pi, len(CLASSES))
    radius = np.repeat([0.2, 1.0, 2.0], 24) + 0.05 * chance.normal(size=len(CLASSES))
    axis = np.linspace(0.0, 1.0, 120)
    peaks = [np.exp(-(((axis - at) / 0.05) ** 2)) for at in (0.3, 0.6)]
    rows = np.outer(radius * np.cos(angle), peaks[0]) + np.outer(radius * np.sin(angle), peaks[1])
    return 3.0 + rows + 0.01 * chance.normal(size=rows.shape)


def named(space, spectra, fold, classes=CLASSES):
    space.fit(spectra[fold], classes[fold])
    known, new = space.transform(spectra[fold]), space.transform(spectra[~fold])
    nearest = classes[fold][np.linalg.norm(new[:, None] - known, axis=2).argmin(axis=1)]
    return (nearest == classes[~fold]).mean()


def test_it_tells_apart_what_no_straight_line_does(rings):
    fold = np.arange(len(rings)) % 2 == 0
    assert named(LDA(), rings, fold) < 0.75
    assert named(KDA(penalty=0.01), rings, fold) > 0.9


def fitted_values(spectra, classes, penalty):
    is_other = pdist(np.unique(classes, return_inverse=True)[1][:, None].astype(float)) > 0
    gamma = 1.0 / np.median(pdist(spectra, "sqeuclidean")[is_other])
    belongs = (classes[:, None] == np.unique(classes)[:-1]).astype(float)
    ridge = KernelRidge(alpha=penalty, kernel="rbf", gamma=gamma).fit(spectra, belongs - belongs.mean(axis=0))
    return ridge.predict(spectra)


def test_three_classes_span_the_plane_that_scikit_learn_finds(rings):
    """Three classes have two directions: the same plane, up to rotation and how the spread is counted."""
    found = KDA(penalty=0.03).fit(rings, CLASSES).transform(rings)
    theirs = LinearDiscriminantAnalysis().fit_transform(fitted_values(rings, CLASSES, 0.03), CLASSES)
    np.testing.assert_allclose(pdist(found) / pdist(found).max(), pdist(theirs) / pdist(theirs).max(), atol=1e-4)


def test_a_near_pair_gets_an_axis_where_fisher_gives_both_to_far_ones():
    """c and d lie far away, not quite on one line; what tells a from b is a third direction."""
    chance = np.random.default_rng(5)
    classes = np.repeat(["a", "b", "c", "d"], 50)
    middles = {"a": (0, 0, 1.5), "b": (0, 0, -1.5), "c": (40, 0, 0), "d": (80, 12, 0)}
    values = np.array([middles[kind] for kind in classes]) + chance.normal(size=(200, 3))
    pair = np.isin(classes, ["a", "b"])

    def errors(points):
        means = [points[classes == kind].mean(axis=0) for kind in "ab"]
        nearest = np.argmin([np.linalg.norm(points[pair] - mean, axis=1) for mean in means], axis=0)
        return np.mean(np.array(["a", "b"])[nearest] != classes[pair])

    fisher = LinearDiscriminantAnalysis(n_components=2).fit_transform(values, classes)
    ours = values @ kda.pairwise_directions(values, classes)
    assert errors(fisher) > 0.3
    assert errors(ours) < 0.15
    # c and d are still told apart
    parted = [ours[classes == kind] for kind in "cd"]
    assert min(np.linalg.norm(parted[0][:, None] - parted[1], axis=2).ravel()) > 1.0


def test_two_classes_still_make_a_plane(rings):
    pair = CLASSES != "w"
    space = KDA().fit(rings[pair], CLASSES[pair])
    points = space.transform(rings[pair])
    assert np.linalg.matrix_rank(points - points.mean(axis=0)) == 2
    fold = np.arange(pair.sum()) % 2 == 0
    assert named(KDA(penalty=0.01), rings[pair], fold, CLASSES[pair]) > 0.9


def test_what_is_unlike_all_lies_at_one_point_amid_the_classes(rings):
    space = KDA().fit(rings, CLASSES)
    far = rings[:2] + 100.0 * np.random.default_rng(1).normal(size=(2, rings.shape[1]))
    points = space.transform(np.vstack([far, -far]))
    np.testing.assert_allclose(points, np.tile(-space.offset_, (4, 1)), atol=1e-9)


def test_generated_spectra_are_near_those_of_their_points(rings):
    space = KDA().fit(rings, CLASSES)
    generated = space.inverse_transform(space.transform(rings))
    left = np.mean((generated - rings) ** 2) / np.mean((rings - rings.mean(axis=0)) ** 2)
    assert left < 0.9  # two numbers that tell classes apart cannot tell the angle on a ring
    assert space.inverse_transform([[0.0, 0.0]]).shape == (1, 120)


def test_saved_and_opened_it_is_the_same(rings, tmp_path):
    space = KDA(penalty=0.2).fit(rings, CLASSES)
    save(space, tmp_path / "taught.map")
    opened = load(tmp_path / "taught.map")
    np.testing.assert_array_equal(opened.transform(rings), space.transform(rings))
    assert (opened.n_classes_, opened.penalty) == (3, 0.2)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (None, "KDA requires y"),
        (["one"] * 72, "two classes or more"),
        (range(72), "fewer than the 72 patterns"),
        (["one"] * 5, "a class for each of 72 patterns"),
    ],
)
def test_unusable_classes_are_told(classes, words, rings):
    with pytest.raises(InputError, match=words):
        KDA().fit(rings, classes if classes is None else list(classes))


@pytest.mark.parametrize("penalty", [0.0, -1.0, np.nan, 1e-300, "0.1", None])
def test_an_unusable_penalty_is_told(penalty, rings):
    with pytest.raises(InputError, match="penalty"):
        KDA(penalty=penalty).fit(rings, CLASSES)


def test_too_many_patterns_are_told_before_memory_is_gone(rings, monkeypatch):
    monkeypatch.setattr(kda, "MOST_PATTERNS", 50)
    with pytest.raises(InputError, match="50 patterns at most, got 72"):
        KDA().fit(rings, CLASSES)


def test_many_repeats_of_one_class_do_not_blind_it(rings):
    """A hundred scans of one standard among a few of the others: the kernel must still see new samples."""
    chance = np.random.default_rng(2)
    repeats = rings[0] + 1e-3 * chance.normal(size=(300, rings.shape[1]))
    fold = np.arange(len(rings)) % 2 == 0
    spectra = np.vstack([rings[fold], repeats])
    space = KDA(penalty=0.01).fit(spectra, np.concatenate([CLASSES[fold], ["c"] * len(repeats)]))
    known, new = space.transform(rings[fold]), space.transform(rings[~fold])
    nearest = CLASSES[fold][np.linalg.norm(new[:, None] - known, axis=2).argmin(axis=1)]
    assert (nearest == CLASSES[~fold]).mean() > 0.85


@pytest.mark.parametrize("missing", [None, np.nan, "", "  "])
def test_a_missing_class_is_no_class(missing, rings):
    names = np.array([missing, *CLASSES[1:]], dtype=object)
    for make in (KDA, LDA):
        with pytest.raises(InputError, match="None"):
            make().fit(rings, names)


def test_copies_of_one_spectrum_do_not_take_its_width_away(rings):
    many = np.vstack([rings, np.repeat(rings[:1], 300, axis=0)])
    space = KDA().fit(many, np.concatenate([CLASSES, ["c"] * 300]))
    assert np.isfinite(space.transform(rings)).all()
    assert space.width_ > 0
