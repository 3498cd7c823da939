import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from peakscape.analysis.comparison import label_silhouettes, mean_and_spread, neighbor_scores, whole_set_scores
from peakscape.errors import InputError
from peakscape.maps import PCA, TSNE


def ranks(points):
    """ranks[i][j]: the how-manieth neighbour of i the sample j is, from 1, by a plain sort."""
    distances = cdist(points, points)
    found = np.zeros(distances.shape, dtype=int)
    for i, row in enumerate(distances):
        others = sorted((j for j in range(len(row)) if j != i), key=lambda j: row[j])
        for rank, j in enumerate(others, start=1):
            found[i, j] = rank
    return found


def plain_scores(spectra, points, k):
    """Venna and Kaski's eqs. (1) and (2), by double loops."""
    n, before, after = len(spectra), ranks(spectra), ranks(points)
    intruders = missing = 0
    for i in range(n):
        for j in range(n):
            if i != j and after[i, j] <= k < before[i, j]:
                intruders += before[i, j] - k
            if i != j and before[i, j] <= k < after[i, j]:
                missing += after[i, j] - k
    size = 2 / (n * k * (2 * n - 3 * k - 1))
    return 1 - size * intruders, 1 - size * missing


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), k=st.integers(1, 6))
def test_neighbours_by_double_loops(seed, k):
    rng = np.random.default_rng(seed)
    spectra = rng.normal(size=(20, 7))
    points = spectra[:, :2] + 0.5 * rng.normal(size=(20, 2))
    found = neighbor_scores(spectra, points, n_neighbors=k)
    expected = plain_scores(spectra, points, k)
    assert (found["trustworthiness"], found["continuity"]) == pytest.approx(expected, abs=1e-12)


def test_a_torn_map_loses_continuity_and_a_folded_one_trust():
    ring = np.linspace(0.0, 2 * np.pi, 60, endpoint=False)
    circle = np.stack([np.cos(ring), np.sin(ring)], axis=1)
    torn = neighbor_scores(circle, np.stack([ring, 0 * ring], axis=1), n_neighbors=5)
    assert torn["continuity"] < torn["trustworthiness"]
    folded = neighbor_scores(circle, np.stack([np.cos(ring), 1e-3 * np.sin(ring)], axis=1), n_neighbors=5)
    assert folded["trustworthiness"] < folded["continuity"]


def test_silhouette_by_a_plain_loop():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(15, 2))
    labels = np.array(list("aabbbcccccaabbc"))
    distances = cdist(points, points)
    values = []
    for i, own in enumerate(labels):
        inside = np.mean([distances[i, j] for j in range(15) if labels[j] == own and j != i])
        outside = min(np.mean(distances[i, labels == other]) for other in set(labels) - {own})
        values.append((outside - inside) / max(inside, outside))
    assert label_silhouettes(points, {"kind": labels})["silhouette_kind"] == pytest.approx(np.mean(values))
    assert np.isnan(label_silhouettes(points, {"one": ["a"] * 15})["silhouette_one"])
    assert np.isnan(label_silhouettes(points, {"own": np.arange(15)})["silhouette_own"])


def test_seeds_are_told_apart_only_where_they_matter():
    spectra = np.random.default_rng(3).uniform(size=(30, 12))
    labels = {"half": np.arange(30) // 15}
    still, seeds = whole_set_scores(PCA(), spectra, labels, seeds=[4, 5, 6], n_neighbors=5)
    assert seeds == [4]
    assert still["seed_disparity_worst"] == pytest.approx(0.0, abs=1e-12)
    assert still["trustworthiness_spread"] == 0
    space = TSNE(start="random", n_iterations=250, perplexity=5)
    moved, seeds = whole_set_scores(space, spectra, labels, seeds=[4, 5, 6], n_neighbors=5)
    assert seeds == [4, 5, 6]
    assert 0.01 < moved["seed_disparity"] <= moved["seed_disparity_worst"] <= 1
    assert moved["trustworthiness_spread"] > 0
    assert min(moved["seconds"], moved["milliseconds_placed"]) > 0


def test_a_single_run_has_no_spread():
    assert np.isnan(mean_and_spread([{"a": 1.0}])["a_spread"])


@pytest.mark.parametrize(
    ("spectra", "points", "k"),
    [
        (np.ones((4, 3)), np.ones((4, 2)), 2),
        (np.ones((6, 3)), np.ones((5, 2)), 2),
        (np.full((6, 3), np.nan), np.ones((6, 2)), 2),
        (np.ones((6, 3)), np.ones((6, 2)), 0),
    ],
)
def test_bad_input_is_refused(spectra, points, k):
    with pytest.raises(InputError):
        neighbor_scores(spectra, points, n_neighbors=k)
