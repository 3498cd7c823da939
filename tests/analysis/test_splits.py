import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.analysis.validation.splits import leave_group_out, random_splits
from peakscape.errors import InputError


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40).filter(lambda groups: len(set(groups)) > 1))
def test_a_left_out_group_never_leaks(groups):
    seen = []
    for left in leave_group_out(groups):
        assert {groups[i] for i in left.test} == {left.group}
        assert left.group not in {groups[i] for i in left.train}
        assert sorted([*left.train, *left.test]) == list(range(len(groups)))
        assert left.single == (groups.count(left.group) == 1)
        seen.extend(left.test)
    assert sorted(seen) == list(range(len(groups)))


def test_compositions_equal_but_for_rounding_are_one_group():
    composition = np.array([[0.1 + 0.2, 1.0], [0.3, 1.0], [0.5, 1.0], [-0.0, 1.0], [0.0, 1.0]])
    assert [left.test.tolist() for left in leave_group_out(composition)] == [[3, 4], [0, 1], [2]]


@given(n=st.integers(2, 200), seed=st.integers(0, 99), share=st.floats(0.01, 0.99))
def test_random_splits_part_the_samples(n, seed, share):
    for train, test in random_splits(n, n_splits=3, test_size=share, random_state=seed):
        assert sorted([*train, *test]) == list(range(n))
        assert len(train) >= 1
        assert len(test) >= 1


def test_random_splits_repeat_with_the_seed_and_differ_without():
    draw = lambda seed: [test.tolist() for _, test in random_splits(150, n_splits=5, random_state=seed)]  # noqa: E731
    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert len({tuple(test) for test in draw(1)}) == 5


@pytest.mark.parametrize("groups", [["a", "a"], [[1.0, 2.0], [1.0, 2.0]], [1.0, np.nan], np.zeros((2, 2, 2))])
def test_refuses_groups_that_cannot_be_left_out(groups):
    with pytest.raises(InputError):
        leave_group_out(groups)


@pytest.mark.parametrize(
    "arguments", [{"n_samples": 1}, {"n_samples": 9, "test_size": 1.0}, {"n_samples": 9, "n_splits": 0}], ids=str
)
def test_refuses_splits_that_leave_nothing(arguments):
    with pytest.raises(InputError):
        random_splits(**arguments)
