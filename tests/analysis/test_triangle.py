import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.analysis.readout.near_points import TriangleInterpolator


def _rule(points, values=None, n_neighbors=10):
    points = np.asarray(points, dtype=float)
    values = np.arange(len(points), dtype=float)[:, None] if values is None else np.asarray(values, dtype=float)
    return TriangleInterpolator(points, values, n_neighbors=n_neighbors)


def test_equation_two_by_hand():
    # A (0, 0), B (4, 0), C (0, 2); P (1, 0.5) is s = 1/4, t = 1/4: Q = 10 + (30 - 10)/4 + (50 - 10)/4 = 25.
    rule = _rule([[0, 0], [4, 0], [0, 2]], [[10.0], [30.0], [50.0]])
    assert rule.predict(np.array([[1.0, 0.5]]))[0, 0] == pytest.approx(25.0)


def test_the_nearest_corners_win():
    # Two triangles enclose P (0, 0.1): one of side 2 close by, one of side 20 far away.
    near, far = [[-1, -1], [1, -1], [0, 1]], [[-10, -10], [10, -10], [0, 10]]
    corners, _ = _rule(near + far).triangles(np.array([[0.0, 0.1]]))
    assert sorted(corners[0]) == [0, 1, 2]


def test_a_larger_triangle_is_taken_where_the_nearest_points_do_not_enclose():
    # The four nearest lie to the left; the Delaunay triangle reaches the far point on the right.
    points = [[0, 0], [0, 0.1], [0.1, 0], [0.1, 0.1], [5, 0.05]]
    corners, weights = _rule(points, n_neighbors=4).triangles(np.array([[1.0, 0.05]]))
    assert 4 in corners[0]
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= 0


def test_points_on_a_line_make_no_triangle():
    points = [[0, 0], [1, 0], [2, 0], [1, 5]]
    corners, weights = _rule(points).triangles(np.array([[0.9, 0.0]]))
    used = set(corners[0][weights[0] > 1e-12])
    assert used <= {0, 1, 2}
    assert {0, 1, 2} != set(corners[0])


def test_a_sample_beside_a_cluster_of_siblings_is_one_of_them():
    cluster = [[0.0, 0.0], [0.1, 0.0], [0.0, 0.1], [0.1, 0.1]]
    far = [[5.0, -3.0], [5.0, 3.0]]
    queries = np.array([[0.3, 0.05], [4.0, 0.05]])
    siblings = _rule(cluster + far, [[1.0]] * 4 + [[2.0]] * 2).predict(queries).ravel()
    assert siblings[0] == 1.0
    assert 1.5 < siblings[1] < 1.9  # two of the three nearest are the far ones: linear between the clusters
    # Neighbours that differ are no siblings: linear as everywhere.
    field = np.array(cluster + far)[:, :1]
    np.testing.assert_allclose(_rule(cluster + far, field).predict(queries).ravel(), queries[:, 0])


def test_outside_is_the_nearest_point():
    assert _rule([[0, 0], [1, 0], [0, 1]]).predict(np.array([[0.9, 0.9], [-3, 0.6]])).ravel().tolist() == [1.0, 2.0]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_weights_put_the_query_back_and_keep_the_paper_conditions(seed):
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(30, 2))
    queries = generator.dirichlet(np.ones(30), size=15) @ points
    corners, weights = _rule(points, n_neighbors=8).triangles(queries)
    np.testing.assert_allclose(np.einsum("nv,nvd->nd", weights, points[corners]), queries, atol=1e-9)
    assert (weights >= -1e-9).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_choice_is_the_smallest_summed_distance_among_all_enclosing_triangles(seed):
    from itertools import combinations

    generator = np.random.default_rng(seed)
    points, query = generator.normal(size=(9, 2)), generator.normal(scale=0.2, size=2)
    best = np.inf
    for triple in combinations(range(9), 3):
        a, b, c = points[list(triple)]
        s, t = np.linalg.solve(np.column_stack([b - a, c - a]), query - a)
        if s > 0 and t > 0 and s + t < 1:
            best = min(best, np.linalg.norm(points[list(triple)] - query, axis=1).sum())
    corners, _ = _rule(points, n_neighbors=9).triangles(query[None])
    if np.isfinite(best):
        assert np.linalg.norm(points[corners[0]] - query, axis=1).sum() == pytest.approx(best)
    else:
        assert len(set(corners[0])) == 1


@given(seed=st.integers(0, 10_000), angle=st.floats(0, 6.28), factor=st.floats(0.01, 100))
@settings(max_examples=15, deadline=None)
def test_turning_and_scaling_the_map_changes_nothing(seed, angle, factor):
    generator = np.random.default_rng(seed)
    points, queries = generator.normal(size=(25, 2)), generator.normal(size=(10, 2))
    turn = factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(_rule(points @ turn).predict(queries @ turn), _rule(points).predict(queries), atol=1e-6)
