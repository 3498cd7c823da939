import pickle

import numpy as np
import pytest
from conftest import make_patterns
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peakscape.analysis import relevance
from peakscape.maps import Autoencoder
from peakscape.maps.autoencoder.windows import BLOCK, LONGEST_WINDOW


def masked_copies(spectrum, starts, stops, fill=None):
    copies = np.repeat(spectrum[None], len(starts), axis=0)
    for copy, start, stop in zip(copies, starts, stops, strict=True):
        copy[start:stop] = 0.0 if fill is None else fill[start:stop]
    return copies


def span_of(space, patterns):
    """The smallest extent of a member's map."""
    return np.ptp(space.transform_members(patterns), axis=1).min()


@pytest.mark.parametrize("name", ["fitted", "fitted_paper", "fitted_smooth"])
@pytest.mark.parametrize("width", [1, 3, LONGEST_WINDOW, LONGEST_WINDOW + 1])
@pytest.mark.parametrize("filled", [False, True])
def test_every_window_is_a_masked_copy_in_double_precision(name, width, filled, patterns, new_patterns, request):
    space = request.getfixturevalue(name)
    starts = np.arange(300 - width + 1)
    fill = np.linspace(0.0, 3.0, 300) if filled else None
    for spectrum in new_patterns[:2]:
        exact = space.transform_members(masked_copies(spectrum, starts, starts + width, fill))
        found = space.transform_masked(spectrum, starts, starts + width, fill=fill)
        np.testing.assert_allclose(found, exact, atol=1e-6 * span_of(space, patterns))


def test_the_networks_of_the_paper_bend_within_windows():
    """The layers of the paper, strong masks that switch units: a linear shortcut would fail here."""
    patterns = make_patterns(n_samples=20)
    space = Autoencoder(n_members=2, n_epochs=60, random_state=1, learning_rate=5e-3).fit(patterns)
    starts = np.arange(0, 240)
    stops = starts + 40
    exact = space.transform_members(masked_copies(patterns[0], starts, stops))
    found = space.transform_masked(patterns[0], starts, stops)
    np.testing.assert_allclose(found, exact, atol=1e-6 * span_of(space, patterns))
    one_by_one = [
        space.transform_masked(patterns[0], np.array([p]), np.array([p + 1])) - space.transform_members(patterns[:1])
        for p in range(300)
    ]
    added = np.array([sum(one_by_one[start:stop]) for start, stop in zip(starts, stops, strict=True)])[:, :, 0]
    moved = (exact - space.transform_members(patterns[:1])).transpose(1, 0, 2)
    assert np.abs(added - moved).max() > 1e-3 * span_of(space, patterns)


@given(seed=st.integers(0, 10_000), n=st.integers(0, 2 * BLOCK + 3))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_number_of_windows_in_any_order(seed, n, fitted, patterns):
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 300, n)
    stops = np.minimum(starts + rng.integers(0, 100, n), 300)
    spectrum = np.where(rng.random(300) < 0.5, 0.0, patterns[0])  # many windows hold nothing
    found = fitted.transform_masked(spectrum, starts, stops)
    exact = fitted.transform_members(masked_copies(spectrum, starts, stops)) if n else np.zeros((3, 0, 2))
    np.testing.assert_allclose(found, exact, atol=1e-6 * span_of(fitted, patterns))


def test_an_empty_window_moves_nothing(fitted, patterns):
    found = relevance(fitted, np.where(np.arange(300) < 150, patterns[0], 0.0), axis=0.01 * np.arange(300))
    assert found.displacement[:, :140].max() > 0
    assert not found.displacement[:, 150:].any()


def test_a_new_fit_forgets_the_old_encoders(patterns):
    space = Autoencoder(hidden=(8,), n_members=1, n_epochs=5, random_state=0).fit(patterns)
    windows = np.array([50]), np.array([60])
    before = space.transform_masked(patterns[0], *windows)
    space.set_params(random_state=1).fit(patterns)
    after = space.transform_masked(patterns[0], *windows)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, space.transform_members(masked_copies(patterns[0], *windows)), atol=1e-6)
    copy = pickle.loads(pickle.dumps(space))
    assert not hasattr(copy, "_prepared")
    np.testing.assert_array_equal(copy.transform_masked(patterns[0], *windows), after)
