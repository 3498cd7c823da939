"""What every map promises, on spectra of an absorption edge: one point for one spectrum, and the same map again."""

from importlib.util import find_spec

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from peakscape.absorption.broadening import spectrum_from_sticks
from peakscape.datasets import load_nitride_spectra
from peakscape.maps import KDA, LDA, MDS, PCA, TSNE, UMAP, Autoencoder, ShiftMap, load, registry, save

ENERGY = np.arange(185.0, 225.0, 0.2)
SMALL_NETWORK = {"hidden": (16, 8), "n_members": 2, "n_epochs": 100, "random_state": 3}
MADE = {
    "Autoencoder": lambda: Autoencoder(**SMALL_NETWORK),
    "KDA": KDA,
    "LDA": LDA,
    "MDS": MDS,
    "PCA": PCA,
    "ShiftMap": lambda: ShiftMap(axis=ENERGY),
    "TSNE": lambda: TSNE(n_iterations=500),
    "UMAP": lambda: UMAP(n_epochs=100, random_state=3),
}
needs_umap = pytest.mark.skipif(find_spec("umap") is None, reason="extra umap is not installed")
NAMES = [pytest.param(name, marks=needs_umap) if name == "UMAP" else name for name in MADE]
# Of the map's size. What is promised is 1e-6; what was measured is 5e-15 at most.
SAME_POINT = 1e-9


def test_all_maps_are_here():
    assert set(MADE) == {kind.class_name for kind in registry.MAPS}


def classes(spectra):
    """Classes for LDA and KDA, which alone are taught; they need not mean anything here."""
    return np.arange(len(spectra)) // 4 % 3


def variants(spectra, *, seed, n_each):
    """Disturbed copies of computed edges: width, energy scale and noise, on the scale of their maximum."""
    rng = np.random.default_rng(seed)
    rows = []
    for sticks in spectra:
        for _ in range(n_each):
            row = spectrum_from_sticks(sticks, ENERGY, gaussian=rng.uniform(0.4, 1.2), shift=rng.uniform(-0.3, 0.3))
            rows.append(row / row.max() + rng.normal(scale=rng.uniform(0.0, 0.1), size=len(row)))
    return np.array(rows)


@pytest.fixture(scope="module")
def edges():
    every = load_nitride_spectra()
    chosen = every[:: max(1, len(every) // 12)][:12]
    return variants(chosen, seed=0, n_each=max(4, 48 // len(chosen))), variants(chosen, seed=1, n_each=2)


@pytest.fixture(scope="module")
def fitted(edges):
    return {
        name: make().fit(edges[0], classes(edges[0]))
        for name, make in MADE.items()
        if name != "UMAP" or find_spec("umap")
    }


def apart(one, two, size):
    return np.abs(one - two).max() / size


@pytest.mark.parametrize("name", NAMES)
def test_one_spectrum_lies_at_one_point(name, fitted, edges, tmp_path):
    known, new = edges
    space = fitted[name]
    size = np.ptp(space.transform(known), axis=0).max()
    whole = space.transform(new)
    order = np.random.default_rng(0).permutation(len(new))
    shuffled = np.empty_like(whole)
    shuffled[order] = space.transform(new[order])
    alone = np.concatenate([space.transform(row[None]) for row in new])
    among_known = space.transform(np.concatenate([known, new]))[len(known) :]
    save(space, tmp_path / "some.map", axis={"energy": ENERGY})
    opened = load(tmp_path / "some.map")
    opened_alone = np.concatenate([opened.transform(row[None]) for row in new[::-1]])[::-1]
    for other in (alone, shuffled, among_known, opened_alone):
        assert apart(other, whole, size) < SAME_POINT
    np.testing.assert_array_equal(opened.transform(new), whole)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_map(name, fitted, edges):
    known, new = edges
    np.testing.assert_array_equal(MADE[name]().fit(known, classes(known)).transform(new), fitted[name].transform(new))


@pytest.mark.parametrize("name", [name for name in MADE if name != "UMAP"])
def test_one_thread_of_linear_algebra_or_two(name, edges):
    """UMAP, whose threads are numba's too: test_placed_map.py, in a process of its own."""
    known, new = edges
    placed = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            placed.append(MADE[name]().fit(known, classes(known)).transform(new))
    np.testing.assert_array_equal(*placed)
