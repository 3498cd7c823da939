import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.analysis.associations import permutation_p_value, permute_groups


@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=8), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_each_group_takes_samples_of_one_other(sizes, seed):
    chance = np.random.default_rng(seed)
    groups = chance.permutation(np.repeat(np.arange(len(sizes)), sizes))
    for rows in permute_groups(groups, n_permutations=6, random_state=seed):
        givers = [np.unique(groups[rows[groups == number]]) for number in range(len(sizes))]
        assert all(len(giver) == 1 for giver in givers)
        assert sorted(np.concatenate(givers)) == list(range(len(sizes)))
        for number, giver in enumerate(givers):
            times = np.bincount(rows[groups == number], minlength=len(groups))[groups == giver[0]]
            assert np.ptp(times) <= 1


def test_equal_groups_give_permutations_and_single_samples_all_of_them():
    rows = permute_groups(np.repeat(np.arange(6), 3), n_permutations=50)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.tile(np.arange(18), (50, 1)))
    plain = permute_groups(np.arange(3), n_permutations=3000)
    seen, counts = np.unique(plain, axis=0, return_counts=True)
    assert len(seen) == 6
    assert counts.min() > 400  # 500 each, standard deviation 20


def test_p_values_count_what_is_as_extreme():
    assert permutation_p_value(2.0, [1.0] * 998 + [2.0]) == pytest.approx(2 / 1000)
    assert permutation_p_value(5.0, np.zeros(999)) == pytest.approx(1 / 1000)
    assert np.isnan(permutation_p_value(float("nan"), [1.0]))
