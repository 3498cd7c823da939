"""Measured absorption of known compounds: compared around the edge and aligned within bounds, wherever it is asked."""

import numpy as np
import pytest
import xarray as xr

from peakscape import spectra
from peakscape.analysis.naming import Search
from peakscape.analysis.validation.class_accuracy import neighbor_namer
from peakscape.feature_space import FeatureSpace
from peakscape.feature_space.near_edge import MOST, aligned_distances, aligned_namer
from peakscape.preparation import Recipe

ENERGY = np.r_[6900:7090:5.0, 7090:7160:0.5, 7160:7700:4.0]
KINDS = ("a", "b", "c")


def edge(kind: int, energy: np.ndarray, *, waves: float = 0.1) -> np.ndarray:
    """An edge with a white line and a resonance by kind; behind it waves that depend on the sample, not the kind."""
    away = energy - 7120.0
    peak = (0.5 + 0.2 * kind) * np.exp(-(((away - 3.0) / 2.5) ** 2))
    resonance = 0.12 * np.exp(-(((away - 14.0 - 2.0 * kind) / 4.0) ** 2))
    fine = waves * np.sin(np.maximum(away - 110.0, 0.0) ** 0.5 * 2.2) * (away > 110.0)
    return 0.5 + np.arctan(away / 1.2) / np.pi + peak + resonance + fine


@pytest.fixture(scope="module")
def library() -> xr.Dataset:
    random = np.random.default_rng(3)
    kinds = np.repeat(np.arange(3), 4)
    rows = [edge(kind, ENERGY - random.uniform(-0.9, 0.9), waves=random.normal(0, 0.2)) for kind in kinds]
    rows = np.array(rows) + random.normal(0, 2e-3, (12, len(ENERGY)))
    labels = {"compound": [KINDS[k] for k in kinds], "edge_step": np.full(12, 0.7)}
    return spectra.make(rows, energy=ENERGY, kind="absorption", labels=labels)


@pytest.fixture(scope="module")
def space(library: xr.Dataset) -> FeatureSpace:
    return FeatureSpace("pca").fit(library, "compound")


def test_long_scans_are_compared_around_their_edge(space: FeatureSpace) -> None:
    low, high = space.known_["energy"].values[[0, -1]]
    assert low == pytest.approx(7100, abs=3)
    assert high == pytest.approx(7220, abs=3)
    assert np.diff(space.known_["energy"].values) == pytest.approx(0.5, abs=0.01)


def test_short_ones_and_those_without_an_edge_stay(library: xr.Dataset) -> None:
    assert Recipe.default(spectra.select(library, axis_range=(7090, 7200))).text == "none"
    flat = library.copy(deep=True)
    flat["intensity"] = flat["intensity"] * 0.0 + 1.0
    assert Recipe.default(flat).text == "none"


def test_a_new_spectrum_is_moved_within_the_bounds(space: FeatureSpace) -> None:
    assert space.search_.max_shift == MOST
    rows = [edge(1, ENERGY - 0.8, waves=0.5), edge(1, ENERGY + 0.8, waves=-0.5)]
    found = space.place(spectra.make(rows, energy=ENERGY, kind="absorption", labels={"edge_step": [0.7, 0.7]}))
    assert found["compound"].values.tolist() == ["b", "b"]
    assert found["compound_on_map"].values.tolist() == ["b", "b"]
    errors = space.validate().set_index("method")["accuracy"]
    assert errors["nearest_spectrum"] == errors["map"] == 1.0


def test_numbers_are_read_from_spectra_as_they_are(library: xr.Dataset) -> None:
    valence = library.assign_coords(valence=("sample", np.arange(12.0)))
    assert FeatureSpace("pca", novelty=False).fit(valence, ["compound", "valence"]).search_ == Search()
    counted = library.drop_vars("edge_step")
    assert FeatureSpace("pca", novelty=False).fit(counted, "compound").search_ == Search()


def test_ways_to_classify_see_aligned_spectra() -> None:
    axis = np.arange(0.0, 40.0, 0.5)
    first, other = np.exp(-(((axis - 15.0) / 2.0) ** 2)), np.exp(-(((axis - 17.0) / 3.0) ** 2))
    rows, labels = np.array([first, other]), {"kind": np.array(["narrow", "wide"])}
    moved = np.exp(-(((axis - 17.0) / 2.0) ** 2))[None]
    search, plain = Search(max_shift=2.0, step=0.5), neighbor_namer(rows, labels)
    assert aligned_namer(plain, rows, axis, Search()) is plain
    assert plain(np.arange(2), [moved])[0]["kind"].tolist() == ["wide"]
    assert aligned_namer(plain, rows, axis, search)(np.arange(2), [moved])[0]["kind"].tolist() == ["narrow"]
    both = np.vstack([first, moved])
    assert aligned_distances(both, axis, Search())[0, 1] > 5 * aligned_distances(both, axis, search)[0, 1]
