"""Distances against plain formulas and scipy's, translations against shifts that are known."""

import time

import numpy as np
import pytest
from scipy.spatial.distance import cdist, jensenshannon

from peakscape.analysis import spectrum_distances
from peakscape.analysis.distances import map_distances
from peakscape.errors import InputError

METRICS = ["cosine", "pearson", "jensen_shannon", "dynamic_time_warping"]
AXIS = np.arange(400.0)


def peaks(*places, width=4.0):
    return sum(np.exp(-(((AXIS - place) / width) ** 2)) for place in places)


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).uniform(0.0, 1.0, size=(7, 50))


@pytest.mark.parametrize(("metric", "name"), [("cosine", "cosine"), ("pearson", "correlation")])
def test_angles_are_those_of_scipy(rows, metric, name):
    np.testing.assert_allclose(spectrum_distances(rows, metric=metric), cdist(rows, rows, name), atol=1e-12)


def test_jensen_shannon_is_that_of_scipy(rows):
    expected = [[jensenshannon(one, two, base=2) for two in rows] for one in rows]
    np.testing.assert_allclose(spectrum_distances(rows, metric="jensen_shannon"), expected, atol=1e-7)


def plain_warping(one, two, reach):
    """Dynamic time warping by its recursion, in a band."""
    best = np.full((len(one) + 1, len(two) + 1), np.inf)
    best[0, 0] = 0.0
    for i in range(len(one)):
        for j in range(max(0, i - reach), min(len(two), i + reach + 1)):
            best[i + 1, j + 1] = (one[i] - two[j]) ** 2 + min(best[i, j], best[i, j + 1], best[i + 1, j])
    return np.sqrt(best[-1, -1])


@pytest.mark.parametrize("reach", [0, 1, 4])
def test_warping_is_that_of_the_recursion(rows, reach):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = [[plain_warping(one, two, reach) for two in unit] for one in unit]
    found = spectrum_distances(rows, metric="dynamic_time_warping", max_warp=float(reach))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_translation_within_the_bound_is_forgiven(metric):
    spectra = np.array([peaks(100, 250), peaks(106, 256), peaks(130, 280)])
    still = spectrum_distances(spectra, metric=metric, max_warp=0.0)
    moved = spectrum_distances(spectra, metric=metric, max_shift=8.0, max_warp=0.0)
    assert moved[0, 1] < 0.02 < 0.3 < still[0, 1]
    assert moved[0, 2] == pytest.approx(still[0, 2], abs=0.05)
    assert (moved <= still + 1e-12).all()


def test_warping_forgives_unequal_moves_where_translation_cannot():
    spectra = np.array([peaks(100, 250), peaks(104, 246)])
    assert spectrum_distances(spectra, max_shift=10.0)[0, 1] > 0.2
    still = spectrum_distances(spectra, metric="dynamic_time_warping", max_warp=0.0)[0, 1]
    assert spectrum_distances(spectra, metric="dynamic_time_warping", max_warp=6.0)[0, 1] < 0.1 * still


def test_a_lattice_change_is_a_translation_of_the_logarithm():
    q = np.linspace(1.0, 6.0, 4000)
    pattern = [sum(np.exp(-(((q - p * s) / 0.01) ** 2)) for p in (1.5, 2.6, 4.1)) for s in (1.0, 1.015)]
    assert spectrum_distances(pattern, shift_axis=np.log(q))[0, 1] > 0.9
    # peaks of one width in q have another in ln q after they moved: not quite nothing is left
    assert spectrum_distances(pattern, shift_axis=np.log(q), max_shift=0.02)[0, 1] < 0.01


@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_symmetric_with_zeros(rows, metric):
    found = spectrum_distances(rows, metric=metric, max_shift=3.0)
    np.testing.assert_array_equal(found, found.T)
    assert not np.diagonal(found).any()
    assert (found >= 0).all()
    scaled = spectrum_distances(rows * np.arange(1, 8)[:, None], metric=metric, max_shift=3.0)
    np.testing.assert_allclose(scaled, found, atol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_75_long_patterns_take_seconds(metric):
    """75 patterns of 11,900 points; a generous limit for a busy machine, where a quiet one takes 0.1 to 1.5 s."""
    axis = np.linspace(1.0, 119.99, 11_900)
    places = np.random.default_rng(1).uniform(5, 115, 40)
    spectra = [sum(np.exp(-(((axis - p * (1 + 1e-4 * k)) / 0.03) ** 2)) for p in places) for k in range(75)]
    start = time.process_time()
    spectrum_distances(spectra, metric=metric, shift_axis=np.log(np.sin(np.radians(axis / 2))), max_shift=0.02)
    assert time.process_time() - start < 8


def test_map_distances_take_the_median_of_members():
    points = np.array([[[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [3.0, 4.0]], [[9.0, 9.0], [-9.0, 0.0]]])
    assert map_distances(points).tolist() == [[0.0, 5.0], [5.0, 0.0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "manhattan"}, "cosine, pearson"),
        ({"max_shift": -1.0}, "not be negative"),
        ({"max_warp": np.nan}, "not be negative"),
        ({"shift_axis": np.zeros(50)}, "ascending"),
    ],
)
def test_bad_options_are_refused(rows, options, message):
    with pytest.raises(InputError, match=message):
        spectrum_distances(rows, **options)


def test_spectra_without_intensity_are_refused():
    with pytest.raises(InputError, match="nowhere positive"):
        spectrum_distances(np.zeros((3, 5)))
