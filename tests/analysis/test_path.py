import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.analysis import find_transitions
from peakscape.analysis.readout.transitions import path_steps
from peakscape.errors import InputError


def _path(seed: int, jumps: dict[float, float], n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = np.linspace(150.0, 445.0, n)
    points = np.c_[0.01 * label, np.sin(label / 80.0)] + 0.002 * rng.standard_normal((n, 2))
    for at, height in jumps.items():
        points[label > at] += [height, -height]
    return points, label


@given(seed=st.integers(0, 10_000))
def test_known_jumps_are_found(seed: int) -> None:
    points, label = _path(seed, {212.0: 0.3, 287.0: 0.2, 403.0: 0.2})
    found = find_transitions(points, label)
    assert np.abs(found["at"].to_numpy()[:, None] - [212.0, 287.0, 403.0]).min(axis=0) == pytest.approx(0, abs=5.0)


def test_few_others_are_found() -> None:
    jumps = {212.0: 0.3, 287.0: 0.2, 403.0: 0.2}
    counts = [len(find_transitions(*_path(seed, jumps))) - 3 for seed in range(60)]
    assert np.mean(counts) <= 0.1


def test_a_smooth_path_has_no_transition() -> None:
    counts = [len(find_transitions(*_path(seed, {}))) for seed in range(40)]
    assert np.mean(counts) <= 0.1


def test_order_rotation_and_scale_do_not_matter() -> None:
    points, label = _path(3, {300.0: 0.3})
    order = np.random.default_rng(0).permutation(len(label))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    first, second = find_transitions(points, label), find_transitions(7.0 * points[order] @ turn, label[order])
    assert first["at"].to_numpy() == pytest.approx(second["at"].to_numpy())


def test_repeats_of_a_label_are_averaged() -> None:
    points, label = _path(0, {300.0: 0.3})
    steps = path_steps(np.r_[points, points], np.r_[label, label])
    assert len(steps) == len(label) - 1


@pytest.mark.parametrize(("points", "label"), [(np.zeros((9, 2)), np.zeros(8)), (np.zeros((9, 2)), np.zeros(9))])
def test_bad_input_is_refused(points: np.ndarray, label: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected"):
        path_steps(points, label)


def test_values_that_are_not_finite_are_refused() -> None:
    points, label = _path(0, {})
    with pytest.raises(InputError, match="finite"):
        path_steps(points, np.r_[np.nan, label[1:]])
