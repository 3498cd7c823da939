"""Associations against scipy, scikit-learn and closed forms; false positives where samples come in groups."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kruskal, spearmanr
from scipy.stats.contingency import association
from sklearn.cross_decomposition import CCA
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mutual_info_score

from peakscape.analysis import associate
from peakscape.analysis.associations import neighbor_information, quantile_levels
from peakscape.errors import InputError


def samples(n=120, seed=0):
    chance = np.random.default_rng(seed)
    points = chance.normal(size=(n, 2))
    height = points @ [1.0, 0.5] + chance.normal(size=n)
    classes = np.array(["c", "h", "w"])[np.digitize(points[:, 0] + chance.normal(scale=0.5, size=n), [-0.5, 0.5])]
    return points, height, classes, np.digitize(points[:, 1] + 0.5 * points[:, 0], [-0.3, 0.8])


def rows_of(table, quantity):
    return table[table["quantity"] == quantity].set_index("target")


def test_correlations_are_those_of_scipy_and_scikit_learn():
    points, height, classes, clusters = samples()
    table = associate(points, {"height": height, "phase": classes}, clusters=clusters, n_permutations=9)
    numeric, named = rows_of(table, "height")["correlation"], rows_of(table, "phase")["correlation"]
    ranks = np.argsort(np.argsort(height)).astype(float)
    assert numeric["axis_0"] == pytest.approx(spearmanr(points[:, 0], height).statistic)
    assert numeric["axis_1"] == pytest.approx(spearmanr(points[:, 1], height).statistic)
    assert numeric["plane"] ** 2 == pytest.approx(LinearRegression().fit(points, ranks).score(points, ranks))
    h = kruskal(*(height[clusters == k] for k in range(3))).statistic
    assert numeric["clusters"] ** 2 == pytest.approx(h / (len(height) - 1))
    h = kruskal(*(points[classes == k, 1] for k in "chw")).statistic
    assert named["axis_1"] ** 2 == pytest.approx(h / (len(height) - 1))
    members = np.eye(3)[np.unique(classes, return_inverse=True)[1]]
    one, two = CCA(n_components=1, tol=1e-12, max_iter=10_000).fit_transform(points, members[:, :2])
    assert named["plane"] == pytest.approx(abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]), abs=1e-6)
    counts = pd.crosstab(classes, clusters).to_numpy()
    assert named["clusters"] == pytest.approx(association(counts, method="cramer"))


def test_information_is_that_of_scikit_learn():
    points, height, classes, clusters = samples()
    table = associate(points, {"height": height, "phase": classes}, clusters=clusters, n_permutations=9)
    named = rows_of(table, "phase")["mutual_information"]
    wanted = mutual_info_classif(points, classes, random_state=0)
    assert named["axis_0"] == pytest.approx(wanted[0], abs=1e-9)
    assert named["axis_1"] == pytest.approx(wanted[1], abs=1e-9)
    assert named["clusters"] == pytest.approx(mutual_info_score(classes, clusters) - 2 * 2 / (2 * len(classes)))
    levels = pd.qcut(height, 6, labels=False)
    np.testing.assert_array_equal(quantile_levels(height[np.newaxis])[0], levels)
    numeric = rows_of(table, "height")["mutual_information"]
    assert numeric["axis_0"] == pytest.approx(mutual_info_classif(points[:, :1], levels, random_state=0)[0], abs=1e-9)


def test_a_class_of_one_counts_as_in_scikit_learn():
    chance = np.random.default_rng(3)
    classes = np.repeat([0, 1, 2, 3], [1, 2, 17, 20])
    place = chance.normal(size=(40, 1)) + classes[:, np.newaxis]
    wanted = mutual_info_classif(place, classes, random_state=0)[0]
    assert wanted > 0.1
    assert neighbor_information(place, [classes])[0] == pytest.approx(wanted, abs=1e-9)


def test_information_in_the_plane_is_the_closed_form():
    """Two classes on separate halves of a square: log 2; on the same square: nothing."""
    chance = np.random.default_rng(0)
    points, classes = chance.uniform(size=(600, 2)), np.arange(600) % 2
    assert neighbor_information(points, [classes])[0] == pytest.approx(0.0, abs=0.05)
    apart = points + 5.0 * classes[:, np.newaxis]
    assert neighbor_information(apart, [classes])[0] == pytest.approx(np.log(2.0), abs=0.01)


@given(seed=st.integers(0, 1000), angle=st.floats(0.0, 6.28))
@settings(max_examples=15, deadline=None)
def test_a_turned_map_is_the_same_plane(seed, angle):
    points, height, classes, _ = samples(40, seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    columns = ["correlation", "mutual_information", "p_correlation"]
    one, two = (
        associate(some, {"height": height, "phase": classes}, n_permutations=19, random_state=seed)
        for some in (points, points @ turn.T)
    )
    plane = one["target"] == "plane"
    np.testing.assert_allclose(one.loc[plane, columns], two.loc[plane, columns], atol=1e-9)


def test_missing_values_are_left_out_and_counted():
    points, height, classes, clusters = samples()
    clusters = np.where(np.arange(120) < 10, -1, clusters)
    missing = np.arange(120) % 4 == 0
    columns = {"height": np.where(missing, np.nan, height), "phase": np.where(missing, None, classes)}
    table = associate(points, columns, clusters=clusters, n_permutations=19)
    assert rows_of(table, "height")["n"].tolist() == [90, 90, 90, 90 - (~missing[:10]).sum()]
    alone = associate(points[~missing], {"height": height[~missing], "phase": classes[~missing]}, n_permutations=19)
    for name in ("height", "phase"):
        with_missing, without = rows_of(table, name).iloc[:3], rows_of(alone, name)
        columns = ["correlation", "mutual_information", "p_correlation", "p_mutual_information"]
        np.testing.assert_allclose(with_missing[columns].astype(float), without[columns].astype(float))
    assert rows_of(associate(points, {"none": [np.nan] * 120}, n_permutations=9), "none")["n"].tolist() == [0, 0, 0]


def test_what_is_constant_or_scarce_is_not_measured():
    points, *_ = samples()
    few = np.where(np.arange(120) < 4, np.arange(120.0), np.nan)
    table = associate(points, {"one": np.ones(120), "few": few}, clusters=np.zeros(120), n_permutations=9)
    assert table[["correlation", "p_mutual_information", "adjusted_correlation"]].isna().all(axis=None)


def grouped(seed):
    """Thirty groups of four near one another on the map; a quantity that has nothing to do with it, one a group."""
    chance = np.random.default_rng(seed)
    groups = np.repeat(np.arange(30), 4)
    points = chance.normal(size=(30, 2))[groups] + 0.3 * chance.normal(size=(120, 2))
    return points, {"n": chance.normal(size=30)[groups], "c": chance.choice(list("abc"), 30)[groups]}, groups


def test_false_positives_are_few_with_groups_and_many_without():
    columns = ["p_correlation", "p_mutual_information"]
    found = {True: [], False: []}
    for seed in range(60):
        points, quantities, groups = grouped(seed)
        for respected in found:
            blocks = groups if respected else None
            table = associate(points, quantities, groups=blocks, n_permutations=39, random_state=seed)
            found[respected].append(table[columns].to_numpy() <= 0.05)
    with_groups, naive = np.mean(found[True], axis=0), np.mean(found[False], axis=0)
    # 60 trials at 0.05: 0.15 is beyond 3.5 standard errors, and the mean of all twelve is within 0.05 of 0.05
    assert with_groups.max() <= 0.15
    assert 0.02 <= with_groups.mean() <= 0.08
    assert naive[:, 0].min() > 0.2
    assert naive[:, 1].min() > 0.5


def test_corrected_p_values_are_those_of_benjamini_and_hochberg():
    points, height, classes, _ = samples(40)
    table = associate(points, {"height": height, "phase": classes}, n_permutations=99)
    p = table[["p_correlation", "p_mutual_information"]].to_numpy().ravel()
    order = np.argsort(p)
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    wanted = np.empty_like(p)
    wanted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    got = table[["adjusted_correlation", "adjusted_mutual_information"]].to_numpy().ravel()
    np.testing.assert_allclose(got, wanted)


def test_the_order_of_columns_and_the_seed_decide_nothing_else():
    points, height, classes, clusters = samples(60)
    one = associate(points, {"height": height, "phase": classes}, clusters=clusters, n_permutations=49)
    two = associate(points, pd.DataFrame({"phase": classes, "height": height}), clusters=clusters, n_permutations=49)
    kept = ["correlation", "mutual_information", "p_correlation", "p_mutual_information"]
    for name in ("height", "phase"):
        pd.testing.assert_frame_equal(rows_of(one, name)[kept], rows_of(two, name)[kept])


@pytest.mark.parametrize(
    ("quantities", "options", "message"),
    [
        ({"a": np.zeros(5)}, {}, "quantity 'a' of shape"),
        ({"a": np.full(120, np.inf)}, {}, "infinite"),
        ({"a": np.arange(120.0)}, {"groups": [1, 2]}, "groups of shape"),
        ({"a": np.arange(120.0)}, {"clusters": [1, 2]}, "clusters of shape"),
        ({"a": np.arange(120.0)}, {"n_permutations": 0}, "a permutation or more"),
    ],
)
def test_what_cannot_be_used_is_refused(quantities, options, message):
    with pytest.raises(InputError, match=message):
        associate(samples()[0], quantities, **options)
