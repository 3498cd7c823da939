"""MDS, t-SNE and UMAP behind one face: scikit-learn's rules, placement by our own rule, decoder, repetition."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from sklearn.manifold import smacof, trustworthiness
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.errors import InputError, MissingExtra
from peakscape.maps import MDS, PCA, TSNE, UMAP, load, save

needs_umap = pytest.mark.skipif(find_spec("umap") is None, reason="extra umap is not installed")
KINDS = [MDS, TSNE, pytest.param(UMAP, marks=needs_umap)]
CHECKED = [MDS(), TSNE(n_iterations=250), *([UMAP(n_epochs=30)] if find_spec("umap") else [])]
QUICK = {MDS: {}, TSNE: {"n_iterations": 500}, UMAP: {"n_epochs": 100, "random_state": 3}}


@parametrize_with_checks(CHECKED)
def test_scikit_learn_rules(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def many(pattern_maker):
    return pattern_maker(n_samples=90, n_points=200)


@pytest.fixture(scope="module")
def disturbed(pattern_maker):
    rng = np.random.default_rng(5)
    return pattern_maker(n_samples=25, n_points=200, seed=4) + rng.normal(scale=1.0, size=(25, 200))


@pytest.fixture(scope="module")
def maps_of(many):
    return {kind: kind(**QUICK[kind]).fit(many) for kind in QUICK if kind is not UMAP or find_spec("umap")}


def squares_of(space, patterns):
    """Squared distances in the span of the training patterns, by plain products."""
    span = (patterns / space.scale_ - space.mean_) @ space.basis_
    return cdist(span, space.known_.astype(float)) ** 2


def own_stress(space, squares):
    def cost(point):
        return np.sum((np.linalg.norm(point - space.embedding_, axis=1) - np.sqrt(squares)) ** 2)

    return cost


def own_divergence(space, squares):
    def perplexity(log_rate):
        p = np.exp(-np.exp(log_rate) * (squares - squares.min()))
        p /= p.sum()
        return np.exp(-np.sum(p * np.log(np.maximum(p, 1e-300)))), p

    low, high = -30.0, 30.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if perplexity(middle)[0] > space.perplexity_ else (low, middle)
    p = perplexity(low)[1]

    def cost(point):
        w = 1 / (1 + np.sum((point - space.embedding_) ** 2, axis=1))
        return np.sum(p * (np.log(np.maximum(p, 1e-300)) - np.log(w / w.sum())))

    return cost


def own_expectation(space, squares):
    near = np.argsort(squares)[: space.n_neighbors_]
    distances = np.sqrt(squares[near])
    low, high = 1e-9, 1e9
    for _ in range(200):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if np.exp(-distances / middle).sum() < np.log2(len(near)) else (low, middle)
    pull = np.exp(-distances / low)
    a, b = space.curve_

    def cost(point):
        soft = np.sum((point - space.embedding_) ** 2, axis=1) + 1e-3  # umap-learn's softening
        w = 1 / (1 + a * soft**b)
        return -np.sum(pull * np.log(w[near])) - 5 * pull.sum() / len(w) * np.sum(np.log(1 - w))

    return cost


@pytest.mark.parametrize(
    ("kind", "own_cost"),
    [(MDS, own_stress), (TSNE, own_divergence), pytest.param(UMAP, own_expectation, marks=needs_umap)],
)
def test_new_points_lie_where_their_own_cost_is_lowest(kind, own_cost, maps_of, disturbed):
    space = maps_of[kind]
    lowest = []
    for point, squares in zip(space.transform(disturbed), squares_of(space, disturbed), strict=True):
        cost = own_cost(space, squares)
        here = minimize(cost, point, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
        assert np.linalg.norm(here.x - point) < 1e-3 * space.size_
        assert cost(point) <= here.fun + 1e-8
        # plain searches from its nearest neighbours find nothing lower
        starts = space.embedding_[np.argsort(squares)[:5]]
        others = [minimize(cost, start, method="Nelder-Mead").fun for start in starts]
        lowest.append(cost(point) <= min(others) + 1e-3 * (1 + abs(min(others))))
    # UMAP's cost has many small valleys between the known points
    assert np.mean(lowest) >= (0.85 if kind is UMAP else 1.0)


@pytest.mark.slow
@needs_umap
def test_our_rule_agrees_with_umap_learns_own(many, disturbed):
    from peakscape.maps.embedding.umap import _umap_learn

    space = UMAP(n_epochs=200, random_state=0).fit(many)
    span = ((disturbed / space.scale_ - space.mean_) @ space.basis_).astype(np.float32)
    known = space.known_
    start = (10 * known[:, :2] / np.abs(known[:, :2]).max()).astype(np.float32)
    reference = _umap_learn().UMAP(n_epochs=200, random_state=5, n_jobs=1, init=start).fit(known)
    space.embedding_ = reference.embedding_.astype(float)
    ours, theirs = space.transform(disturbed), reference.transform(span)
    extent = np.ptp(reference.embedding_, axis=0).max()
    distance = np.linalg.norm(ours - theirs, axis=1) / extent
    # theirs itself moves by 1 to 2 % of the extent between a batch and alone, and by up to 12.7 %
    assert np.median(distance) < 0.03
    assert np.quantile(distance, 0.9) < 0.12


@pytest.mark.parametrize("kind", KINDS)
def test_alone_in_a_batch_and_after_saving(kind, maps_of, disturbed, tmp_path):
    space = maps_of[kind]
    whole = space.transform(disturbed)
    alone = np.concatenate([space.transform(row[None]) for row in disturbed])
    np.testing.assert_allclose(alone, whole, atol=1e-6 * space.size_)
    save(space, tmp_path / "some.map")
    again = load(tmp_path / "some.map")
    np.testing.assert_array_equal(again.transform(disturbed), whole)
    np.testing.assert_array_equal(again.inverse_transform(whole), space.inverse_transform(whole))


@pytest.mark.parametrize("kind", KINDS)
def test_training_patterns_are_placed_near_their_points(kind, maps_of, many):
    space = maps_of[kind]
    distance = np.linalg.norm(space.transform(many) - space.embedding_, axis=1) / space.size_
    assert np.median(distance) < {MDS: 1e-4, TSNE: 0.05, UMAP: 0.2}[kind]
    assert distance.max() < {MDS: 1e-2, TSNE: 0.5, UMAP: 0.5}[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_neighbours_stay_neighbours(kind, maps_of, many, pattern_maker):
    new = pattern_maker(n_samples=60, n_points=200, seed=9)
    space = maps_of[kind]
    assert trustworthiness(many, space.embedding_, n_neighbors=5) > 0.95
    assert trustworthiness(new, space.transform(new), n_neighbors=5) > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_the_decoder_gives_unseen_patterns_back(kind, maps_of, many, pattern_maker):
    new = pattern_maker(n_samples=30, n_points=200, seed=8)
    space = maps_of[kind]
    lost = np.sum((space.inverse_transform(space.transform(new)) - new) ** 2) / np.sum((new - many.mean(axis=0)) ** 2)
    assert lost < 0.15
    assert space.inverse_transform_members(np.zeros((4, 2))).shape == (1, 4, 200)


@pytest.mark.parametrize("kind", KINDS)
def test_masked_windows_as_masked_copies(kind, maps_of, many):
    space = maps_of[kind]
    starts, stops = np.array([0, 40, 110]), np.array([10, 60, 130])
    copies = np.repeat(many[:1], 3, axis=0)
    for copy, start, stop in zip(copies, starts, stops, strict=True):
        copy[start:stop] = 0.0
    moved = space.transform_masked(many[0], starts, stops)
    np.testing.assert_allclose(moved[0], space.transform(copies), atol=1e-6 * space.size_)


def test_scaling_agrees_with_scikit_learn(many):
    space = MDS(tolerance=1e-12).fit(many)
    known = space.known_.astype(float)
    points, stress = smacof(
        cdist(known, known), init=known[:, :2], n_init=1, max_iter=3000, eps=1e-14, normalized_stress=False
    )
    distances = cdist(known, known)
    assert stress / np.sum(distances**2) * 2 == pytest.approx(space.stress_**2, rel=1e-4)
    np.testing.assert_allclose(cdist(points, points), cdist(space.embedding_, space.embedding_), atol=1e-2)


def test_a_plane_is_kept_as_it_is():
    rng = np.random.default_rng(0)
    plane, directions = rng.normal(size=(40, 2)), np.linalg.qr(rng.normal(size=(30, 2)))[0]
    space = MDS().fit(plane @ directions.T)
    new = rng.normal(size=(10, 2))
    wanted = cdist(new, plane) / space.scale_
    np.testing.assert_allclose(cdist(space.transform(new @ directions.T), space.embedding_), wanted, atol=1e-5)
    assert space.stress_ < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_repeats_bit_by_bit_on_one_thread_or_two(kind, tmp_path, many):
    np.save(tmp_path / "many.npy", many)
    code = (
        "import sys, numpy as np; from peakscape import maps\n"
        f"space = maps.{kind.__name__}(**{QUICK[kind]!r}).fit(np.load('many.npy'))\n"
        "np.save(sys.argv[1], space.embedding_)"
    )
    threads = "2" if os.environ.get("OMP_NUM_THREADS") == "1" else "1"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, threads)
    subprocess.run([sys.executable, "-c", code, "other.npy"], cwd=tmp_path, env=environment, check=True)
    here = kind(**QUICK[kind]).fit(many).embedding_
    np.testing.assert_array_equal(here, kind(**QUICK[kind]).fit(many).embedding_)
    np.testing.assert_array_equal(here, np.load(tmp_path / "other.npy"))


@needs_umap
def test_chance_enters_where_it_is_told(many):
    one, two = (UMAP(n_epochs=50, random_state=seed).fit(many).embedding_ for seed in (0, 1))
    assert np.abs(one - two).max() > 1e-3
    one, two = (TSNE(n_iterations=250, random_state=seed).fit(many).embedding_ for seed in (0, 1))
    np.testing.assert_array_equal(one, two)
    one, two = (TSNE(n_iterations=250, start="random", random_state=seed).fit(many).embedding_ for seed in (0, 1))
    assert np.abs(one - two).max() > 1e-3


def test_sets_read_by_blocks_give_the_same_map(many, maps_of, monkeypatch):
    monkeypatch.setattr("peakscape.maps.span.MOST_AT_ONCE", 1000)
    by_blocks = MDS().fit(many)
    np.testing.assert_allclose(
        cdist(by_blocks.embedding_, by_blocks.embedding_),
        cdist(maps_of[MDS].embedding_, maps_of[MDS].embedding_),
        atol=2e-2,
    )
    np.testing.assert_allclose(by_blocks.transform(many), by_blocks.transform(many[:]), atol=1e-9)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (MDS(tolerance=0.0), "tolerance must be more than 0, got 0"),
        (TSNE(perplexity=-2.0), "perplexity must be more than 0, got -2"),
        (TSNE(n_iterations=100), "n_iterations must be more than 249, got 100"),
        (TSNE(start="spectral"), "start must be one of 'pca', 'random', got 'spectral'"),
        (UMAP(n_neighbors=1), "n_neighbors must be more than 1, got 1"),
        (UMAP(min_dist=1.5), "min_dist must be from 0 to 1, got 1.5"),
        (UMAP(start="lucky"), "'spectral', 'random', got 'lucky'"),
    ],
)
def test_parameters_out_of_range_are_refused(space, message, many):
    with pytest.raises(InputError, match=message):
        space.fit(many)


def test_too_many_patterns_for_all_pairs_are_refused(many, monkeypatch):
    monkeypatch.setattr("peakscape.maps.embedding.mds.MOST_SAMPLES", 50)
    with pytest.raises(InputError, match="takes 50 patterns at most, got 90"):
        MDS().fit(many)


def test_a_missing_extra_is_named(many, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtra, match=r"pip install 'peakscape\[umap\]'"):
        UMAP().fit(many)


@needs_umap
def test_a_saved_umap_opens_without_umap_learn(maps_of, disturbed, tmp_path, monkeypatch):
    save(maps_of[UMAP], tmp_path / "some.map")
    expected = maps_of[UMAP].transform(disturbed)
    monkeypatch.setitem(sys.modules, "umap", None)
    np.testing.assert_array_equal(load(tmp_path / "some.map").transform(disturbed), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_three_patterns_and_copies_are_enough(kind):
    patterns = np.eye(3, 10)
    assert np.isfinite(kind(**QUICK[kind]).fit(patterns).transform(patterns)).all()
    twice = np.repeat(np.eye(5, 10), 4, axis=0)
    space = kind(**QUICK[kind]).fit(twice)
    points = space.transform(twice)
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points[::4], points[1::4], atol=1e-9)
    assert PCA().fit(twice).transform(twice).shape == points.shape
