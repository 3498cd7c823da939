import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from peakscape.signal.procrustes import similarity

POINTS = np.random.default_rng(0).normal(size=(20, 2)) * [1.0, 0.4]


@given(st.floats(-3.2, 3.2), st.floats(0.01, 100.0), st.booleans(), st.floats(-5.0, 5.0))
def test_finds_any_similarity(angle, scale, mirrored, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn * [1.0, -1.0]
    target = scale * POINTS @ turn + shift
    matrix, offset = similarity(POINTS, target)
    np.testing.assert_allclose(POINTS @ matrix + offset, target, atol=1e-9 * max(scale, 1.0))


def test_a_single_point_is_only_shifted():
    matrix, offset = similarity(np.zeros((20, 2)), POINTS)
    assert abs(abs(np.linalg.det(matrix)) - 1.0) < 1e-12
    np.testing.assert_allclose(offset, POINTS.mean(axis=0))
