"""Groups that are known are found; what has none is not divided."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import adjusted_rand_score, silhouette_score

from peakscape import formats, spectra
from peakscape.analysis import group_samples, spectrum_distances
from peakscape.analysis.distances import map_distances
from peakscape.errors import InputError

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no measured data at {DATA} (set PEAKSCAPE_DATA)")


def clouds(n_clouds, seed=0, size=12):
    generator = np.random.default_rng(seed)
    centres = 10.0 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 0]])[:n_clouds]
    points = np.concatenate([centre + generator.normal(size=(size, 2)) for centre in centres])
    return points, np.repeat(np.arange(n_clouds), size)


@pytest.mark.parametrize("n_clouds", [2, 3, 4, 5])
@pytest.mark.parametrize("method", ["average", "complete"])
def test_known_groups_are_suggested(n_clouds, method):
    points, truth = clouds(n_clouds)
    found = group_samples(map_distances(points), method=method)
    assert found.suggested == found.n_groups == n_clouds
    assert adjusted_rand_score(truth, found.labels) == 1.0
    chosen = found.scores.set_index("n_groups").loc[n_clouds]
    assert chosen["stability"] > 0.95
    assert chosen["silhouette"] == pytest.approx(silhouette_score(points, truth))


def test_medoids_are_the_least_distant_members():
    points, truth = clouds(3)
    found = group_samples(map_distances(points))
    for group, medoid in enumerate(found.medoids):
        members = points[truth == group]
        best = np.flatnonzero(truth == group)[cdist(members, members).sum(axis=1).argmin()]
        assert medoid == best


@pytest.mark.parametrize("n_dimensions", [2, 5])
@pytest.mark.parametrize("seed", range(4))
def test_one_cloud_is_not_divided(seed, n_dimensions):
    points = np.random.default_rng(seed).normal(size=(60, n_dimensions))
    assert group_samples(cdist(points, points)).suggested == 1


def test_outliers_are_named_the_farthest_first():
    points, _ = clouds(2)
    points = np.concatenate([points, [[60.0, 60.0], [25.0, -25.0]]])
    found = group_samples(map_distances(points), n_groups=2)
    assert found.outliers.tolist() == [24, 25]
    assert found.remoteness[24] > found.remoteness[25] > 3.5


def test_the_number_of_groups_can_be_given():
    points, _ = clouds(3)
    found = group_samples(map_distances(points), n_groups=5)
    assert found.n_groups == 5
    assert found.suggested == 3
    assert found.labels[0] == 0
    assert len(found.medoids) == 5
    assert group_samples(map_distances(points), n_groups=1).labels.tolist() == [0] * 36


def test_the_same_seed_gives_the_same_scores():
    points, _ = clouds(3)
    one, two = (group_samples(map_distances(points), random_state=4) for _ in range(2))
    assert one.scores.equals(two.scores)


def test_equal_samples_are_one_group():
    found = group_samples(np.zeros((6, 6)))
    assert found.suggested == 1
    assert not found.outliers.size


@pytest.mark.parametrize(
    ("distances", "options", "message"),
    [
        (np.zeros((3, 3)), {}, "four or more"),
        (np.ones((5, 5)), {}, "zeros on the diagonal"),
        (np.triu(np.ones((5, 5)), 1), {}, "symmetric"),
        (np.full((5, 5), np.nan), {}, "finite"),
        (np.zeros((5, 5)), {"n_groups": 9}, "1 to 5 groups"),
        (np.zeros((5, 5)), {"method": "ward"}, "average, complete, single"),
    ],
)
def test_what_cannot_be_grouped_is_refused(distances, options, message):
    with pytest.raises(InputError, match=message):
        group_samples(distances, **options)


@needs_data
def test_the_phases_of_barium_titanate_are_groups():
    """Four groups in the order of the temperature, borders within 25 K of the transitions that are known for BaTiO3.

    About 183 K (rhombohedral to orthorhombic), 278 K (to tetragonal) and 393 K (to cubic): G. H. Kwei et al., J. Phys.
    Chem. 97 (1993) 2368, DOI 10.1021/j100112a043. On warming the first comes late.
    """
    ramp = formats.read(sorted((DATA / "batio3-ramp").glob("*.IoQ")), axis="q", resample=True)
    ramp = spectra.select(ramp, axis_range=(0.5, 12.0))
    temperature = np.array([float(name.split("_")[-1].removesuffix("K")) for name in ramp["name"].values])
    found = group_samples(spectrum_distances(ramp["intensity"].values))
    labels = found.labels[np.argsort(temperature)]
    assert found.suggested == 4
    assert np.flatnonzero(np.diff(labels)).size == 3
    borders = np.sort(temperature)[np.flatnonzero(np.diff(labels))] + 2.5
    np.testing.assert_allclose(borders, [183, 278, 393], atol=30)
