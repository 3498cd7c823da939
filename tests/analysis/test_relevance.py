import sys

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from peakscape.analysis import relevance
from peakscape.analysis.inputs import check_spectrum
from peakscape.analysis.relevance import estimate_background, mask_displacements, window_bounds
from peakscape.errors import InputError


class LinearSpace:
    """A linear map of one member: P = x W."""

    def __init__(self, n_points, seed=0):
        self.weights = np.random.default_rng(seed).normal(size=(n_points, 2))

    def transform(self, X):
        return np.asarray(X) @ self.weights


class Ensemble:
    """Members that bend: P = tanh(x W); the masked transform is the fast one that maps offer."""

    def __init__(self, n_points, n_members=4, *, collapsed=None):
        self.weights = np.random.default_rng(1).normal(scale=0.2, size=(n_members, n_points, 2))
        if collapsed is not None:
            self.collapsed_ = np.asarray(collapsed)

    def transform_members(self, X):
        return np.tanh(np.asarray(X) @ self.weights)

    def transform(self, X):
        return np.median(self.transform_members(X), axis=0)


class FastEnsemble(Ensemble):
    calls = 0

    def transform_masked(self, spectrum, starts, stops, *, fill=None):
        type(self).calls += 1
        gone = spectrum - (0.0 if fill is None else fill)
        total = np.concatenate([np.zeros((len(self.weights), 1, 2)), (gone[:, None] * self.weights).cumsum(axis=1)], 1)
        whole = (spectrum @ self.weights)[:, None]
        return np.tanh(whole - (total[:, stops] - total[:, starts]))


def _spectrum(n_points, seed=2):
    return np.random.default_rng(seed).uniform(size=n_points)


@given(seed=st.integers(0, 10_000), n_points=st.integers(5, 40))
@settings(max_examples=25, deadline=None)
def test_linear_map_moves_by_the_weights_of_the_window(seed, n_points):
    space, spectrum = LinearSpace(n_points, seed), _spectrum(n_points, seed)
    found = relevance(space, spectrum, width=0.03, axis=1 + 0.01 * np.arange(n_points))
    assert found.displacement.shape == (1, n_points - 2)
    for i in range(n_points - 2):
        by_hand = np.linalg.norm(spectrum[i : i + 3] @ space.weights[i : i + 3])
        assert found.mean[i] == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
    assert np.isnan(found.spread).all()


def test_a_filling_takes_the_place_of_zero():
    space, spectrum = LinearSpace(20), _spectrum(20)
    fill = np.full(20, 0.3)
    found = relevance(space, spectrum, width=0.03, fill=fill, axis=0.01 * np.arange(20))
    by_hand = [np.linalg.norm((spectrum - fill)[i : i + 3] @ space.weights[i : i + 3]) for i in range(18)]
    np.testing.assert_allclose(found.mean, by_hand)
    assert relevance(space, spectrum, fill=spectrum, axis=0.01 * np.arange(20)).mean.max() < 1e-12


@pytest.mark.parametrize("fill", [None, 0.2])
def test_masked_copies_equal_the_fast_path(fill):
    spectrum, starts = _spectrum(60), np.array([0, 7, 50, 59])
    stops = np.array([60, 10, 55, 60])
    filling = None if fill is None else np.full(60, fill)
    FastEnsemble.calls = 0
    fast = mask_displacements(FastEnsemble(60), spectrum, starts, stops, fill=filling)
    slow = mask_displacements(Ensemble(60), spectrum, starts, stops, fill=filling)
    assert FastEnsemble.calls == 1
    np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_blocks_of_copies_join(monkeypatch):
    spectrum, axis = _spectrum(50), 0.01 * np.arange(50)
    whole = relevance(Ensemble(50), spectrum, axis=axis)
    # the function of the same name hides the module
    monkeypatch.setattr(sys.modules["peakscape.analysis.relevance"], "_BYTES_AT_ONCE", 7 * 50 * 8)
    np.testing.assert_allclose(relevance(Ensemble(50), spectrum, axis=axis).displacement, whole.displacement)


@pytest.mark.parametrize("kind", [Ensemble, FastEnsemble])
def test_collapsed_members_are_left_out(kind):
    spectrum, axis = _spectrum(30), 0.01 * np.arange(30)
    everyone = relevance(kind(30), spectrum, axis=axis).displacement
    some = relevance(kind(30, collapsed=[False, True, False, False]), spectrum, axis=axis)
    np.testing.assert_allclose(some.displacement, everyone[[0, 2, 3]])
    np.testing.assert_allclose(some.spread, everyone[[0, 2, 3]].std(axis=0, ddof=1))


def test_units_of_the_known_spread():
    known = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 4.0], [0.0, -4.0]])
    found = relevance(LinearSpace(9), _spectrum(9), axis=0.01 * np.arange(9), known=known)
    assert found.scale == pytest.approx(np.sqrt((9 + 9 + 16 + 16) / 4))
    np.testing.assert_allclose(found.relative * found.scale, found.mean)


def test_the_axis_of_a_data_array_is_used():
    spectrum = xr.DataArray(_spectrum(12), dims="q", coords={"q": 2 + 0.1 * np.arange(12)})
    found = relevance(LinearSpace(12), spectrum, width=0.2)
    assert found.axis_name == "q"
    np.testing.assert_allclose(found.start, 2 + 0.1 * np.arange(11))


@pytest.mark.parametrize(("start", "step", "n"), [(1.0, 0.01, 11900), (0.0, 0.02, 500), (5.0, 1 / 3, 40)])
def test_every_window_has_three_points(start, step, n):
    starts, stops = window_bounds(start + step * np.arange(n), 3 * step)
    assert len(starts) == n - 2
    assert set(stops - starts) == {3}
    assert stops[-1] == n


def test_uneven_steps_keep_the_width():
    axis = np.exp(np.linspace(0, 1, 200))
    starts, stops = window_bounds(axis, 0.1)
    extent = axis[stops - 1] - axis[starts]
    assert extent.max() <= 0.1 + 1e-9
    assert len(set(stops - starts)) > 1


def test_background_passes_under_peaks():
    axis = np.arange(400.0)
    slope = 1 + axis / 400
    estimated = estimate_background(slope + 5 * np.exp(-((axis - 200) ** 2) / 8), n_points=41)
    assert np.abs(estimated - slope)[60:340].max() < 0.15
    assert (estimated <= slope + 5).all()


@pytest.mark.parametrize(
    ("spectrum", "options", "message"),
    [
        (np.ones(10), {}, "axis"),
        (np.ones((2, 10)), {"axis": np.arange(10)}, "one spectrum"),
        (np.ones(10), {"axis": np.arange(9)}, "axis of 10 points"),
        (np.full(10, np.nan), {"axis": np.arange(10)}, "finite"),
        (np.ones(10), {"axis": np.arange(10)[::-1]}, "rises"),
        (np.ones(10), {"axis": np.arange(10), "width": 0.2}, "width"),
        (np.ones(10), {"axis": np.arange(10), "width": 3, "fill": "mean"}, "fill"),
        (np.ones(10), {"axis": np.arange(10), "width": 3, "fill": np.ones(3)}, "fill values"),
    ],
)
def test_refuses_bad_input(spectrum, options, message):
    with pytest.raises(InputError, match=message):
        relevance(LinearSpace(10), spectrum, **options)


@pytest.mark.parametrize(("starts", "stops"), [([3], [3]), ([-1], [2]), ([0], [11]), ([0, 1], [2])])
def test_refuses_masks_that_do_not_fit(starts, stops):
    with pytest.raises(InputError):
        mask_displacements(LinearSpace(10), np.ones(10), starts, stops)


def test_any_scikit_learn_map_works():
    patterns = np.random.default_rng(0).uniform(size=(8, 100))
    space = PCA(2).fit(patterns)
    found = relevance(space, patterns[0], axis=0.01 * np.arange(100))
    by_hand = [np.linalg.norm(space.components_[:, i : i + 3] @ patterns[0, i : i + 3]) for i in range(98)]
    np.testing.assert_allclose(found.mean, by_hand, rtol=1e-9)


def test_bare_arrays_are_on_two_theta():
    assert check_spectrum(np.ones(4), np.arange(4.0))[2] == "two_theta"
