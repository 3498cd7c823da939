"""Procrustes: against scipy's, and against similarities that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import procrustes

from peakscape.analysis import align_maps
from peakscape.analysis.comparison import overlay_maps
from peakscape.errors import InputError

POINTS = np.random.default_rng(0).normal(size=(12, 2)) * [2.0, 0.7]


@given(st.floats(-np.pi, np.pi), st.floats(0.1, 10), st.booleans(), st.floats(-5, 5))
def test_a_similarity_is_found_and_nothing_is_left(angle, scale, mirror, offset):
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = scale * np.diag([1.0, -1.0 if mirror else 1.0]) @ turn
    found = overlay_maps(POINTS, POINTS @ matrix + offset)
    np.testing.assert_allclose(found.matrix, matrix, atol=1e-9)
    np.testing.assert_allclose(found.offset, offset, atol=1e-9)
    assert found.disparity < 1e-12
    assert found.scale == pytest.approx(scale)
    assert found.mirrored is mirror


def test_the_disparity_is_that_of_scipy():
    other = POINTS + np.random.default_rng(1).normal(scale=0.3, size=POINTS.shape)
    assert overlay_maps(POINTS, other).disparity == pytest.approx(procrustes(other, POINTS)[2], rel=1e-9)


def test_only_shared_samples_count_by_name():
    names = [f"s{k}" for k in range(12)]
    order = np.random.default_rng(2).permutation(12)[:9]
    other = 2.0 * POINTS[order] + 1.0
    other[0] += [3.0, 0.0]
    found = overlay_maps(POINTS, other, names=names, reference_names=[names[k] for k in order])
    assert len(found.samples) == 9
    assert found.samples["name"][0] == names[order[0]]
    assert found.samples["displacement"].is_monotonic_decreasing
    assert found.samples["relative"][0] > 3 * found.samples["relative"][1:].median()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((POINTS[:2], POINTS[:2]), "three shared samples"),
        ((POINTS, POINTS[:5]), "three shared samples"),
        ((POINTS, np.zeros((12, 2))), "all points of a map are the same"),
        ((POINTS, np.where(POINTS > 1, np.nan, POINTS)), "must be finite"),
    ],
)
def test_what_cannot_be_laid_on_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        align_maps(*arguments)


def test_names_must_fit():
    names = [f"s{k}" for k in range(12)]
    with pytest.raises(InputError, match="both maps, or of none"):
        overlay_maps(POINTS, POINTS, names=names)
    with pytest.raises(InputError, match="that both maps have by name, got 0"):
        overlay_maps(POINTS, POINTS, names=names, reference_names=[f"t{k}" for k in range(12)])
    with pytest.raises(InputError, match="name of its own"):
        overlay_maps(POINTS, POINTS, names=["a"] * 12, reference_names=names)
