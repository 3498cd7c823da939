"""Where mixtures lie between their parts, what their intervals allow, and where along a series parts are seen."""

import numpy as np
import pytest

from peakscape.analysis.mixtures.presence import find_presence
from peakscape.analysis.mixtures.triangle import mixture_map
from peakscape.errors import InputError


def test_regions_hold_all_places_that_the_intervals_allow() -> None:
    rng = np.random.default_rng(0)
    share, reach = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.05, 0.2])
    drawn = mixture_map(share[None], share[None] - reach, share[None] + reach)
    region = drawn.regions[0]
    tried = rng.dirichlet([5, 3, 2], 4000)
    places = tried @ drawn.ends
    allowed = ((tried >= share - reach) & (tried <= share + reach)).all(axis=1)
    edges = np.roll(region, -1, axis=0) - region
    off = places[:, None] - region
    inside = (edges[:, 0] * off[..., 1] - edges[:, 1] * off[..., 0] >= -1e-9).all(axis=1)
    np.testing.assert_array_equal(inside, allowed)


def test_more_parts_lie_on_the_plane_of_most_variance_with_arrows_toward_them() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet([1, 1, 1, 1, 1], 40)
    drawn = mixture_map(shares, shares, shares)
    assert 0.4 < drawn.shown < 1.0
    centred = shares - shares.mean(axis=0)
    least = np.sum((centred - drawn.coordinates @ np.linalg.pinv(drawn.coordinates) @ centred) ** 2)
    assert least / np.sum(centred**2) == pytest.approx(1.0 - drawn.shown, abs=1e-9)
    longest = int(np.linalg.norm(drawn.ends, axis=1).argmax())
    along = drawn.coordinates @ drawn.ends[longest]
    assert np.corrcoef(along, shares[:, longest])[0, 1] > 0.5
    np.testing.assert_allclose(drawn.regions[0][0], drawn.coordinates[0], atol=1e-9)


def test_a_sample_of_nothing_has_no_place() -> None:
    drawn = mixture_map([[0.0, 0.0], [1.0, 0.0]], np.zeros((2, 2)), [[0.1, 0.1], [1.0, 0.1]])
    assert np.isnan(drawn.coordinates[0]).all()
    assert len(drawn.regions[0]) == 0


def test_false_alarms_and_single_gaps_do_not_count() -> None:
    seen = np.array([0, 0.3, 0, 0, 0.2, 0.3, 0, 0.4, 0.5, 0, 0])[:, None]
    (one,) = find_presence(np.arange(11), seen, np.full((11, 1), 0.05), ["a"])
    assert one.onset == (3.0, 4.0)
    assert one.end == (8.0, 9.0)
    backward = find_presence(-np.arange(11), seen, np.full((11, 1), 0.05), ["a"])
    assert backward[0].onset == (-9.0, -8.0)
    assert find_presence(np.arange(11), 0.1 * seen, np.full((11, 1), 0.06), ["a"]) == ()
    with pytest.raises(InputError, match="2 parts"):
        find_presence(np.arange(11), seen, seen, ["a", "b"])
