import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.errors import CollapseWarning
from peakscape.maps import Autoencoder
from peakscape.maps.autoencoder import network
from peakscape.maps.autoencoder.autoencoder import code_spread, local_spread

POINTS = np.random.default_rng(0).normal(size=(20, 2)) * [1.0, 0.4]


@given(st.floats(-3.2, 3.2), st.floats(0.05, 10.0))
def test_spread_does_not_depend_on_turn_and_scale(angle, scale):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(code_spread(scale * POINTS @ turn + 3.0), code_spread(POINTS), rtol=1e-9)


def test_local_spread_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    weights = network.initial_weights(rng, rank=6, n_points=6, hidden=(12, 5), spread=np.array([1.0, 0.5]))
    weights = {name: array.astype(float) for name, array in weights.items()}
    span, step = rng.normal(size=(15, 6)), 1e-7
    ratios = []
    for pattern in span:
        ends = [np.arctanh(network.encode(weights, pattern + sign * step * np.eye(6))) for sign in (1, -1)]
        larger, smaller = np.linalg.svd((ends[0] - ends[1]) / (2 * step), compute_uv=False)
        ratios.append(smaller / larger)
    np.testing.assert_allclose(local_spread(weights, span), np.median(ratios), rtol=1e-5)


def test_a_code_on_a_bent_curve_is_called_collapsed(patterns):
    # one unit before the code: whatever is learned, the code is a curve
    space = Autoencoder(recipe="paper", hidden=(16, 1), n_members=4, n_epochs=100, random_state=0)
    with pytest.warns(CollapseWarning, match="4 of 4"):
        space.fit(patterns)
    assert np.all(space.local_spread_ < 1e-6)


def test_healthy_members_are_far_from_the_limit(fitted, fitted_paper):
    for space in (fitted, fitted_paper):
        assert np.minimum(space.code_spread_, space.local_spread_).min() > 0.05
        assert not space.collapsed_.any()
