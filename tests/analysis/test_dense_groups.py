"""Dense groups: four clouds in two far pairs, strays left out."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from peakscape.analysis import group_samples
from peakscape.analysis.clusters import dense_groups
from peakscape.analysis.distances import map_distances
from peakscape.errors import InputError


def pairs(seed):
    """Four clouds of 40 in two pairs, the pairs far apart, and four strays."""
    chance = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [40.0, 0.0], [44.0, 0.0]])
    points = np.repeat(centres, 40, axis=0) + 0.4 * chance.normal(size=(160, 2))
    return np.vstack([points, [[20.0, 30.0], [20.0, -30.0], [-25.0, 0.0], [70.0, 3.0]]]), np.repeat(np.arange(4), 40)


@pytest.mark.parametrize("seed", range(3))
def test_the_parts_of_far_pairs_are_found(seed):
    points, truth = pairs(seed)
    found = dense_groups(map_distances(points))
    assert set(found[160:]) == {-1}
    assert adjusted_rand_score(truth, found[:160]) > 0.95
    tree = group_samples(map_distances(points), n_resamples=10)
    assert adjusted_rand_score(truth, tree.labels[:160]) < 0.7  # why there is a second way


def test_numbers_follow_the_order_of_the_samples():
    points, _ = pairs(0)
    found = dense_groups(map_distances(points[::-1]))
    first = [label for label in dict.fromkeys(found.tolist()) if label >= 0]
    assert first == sorted(first)


@pytest.mark.parametrize("min_size", [1, 500])
def test_sizes_out_of_range_are_refused(min_size):
    with pytest.raises(InputError, match="min_size between 2 and"):
        dense_groups(map_distances(pairs(0)[0]), min_size=min_size)
