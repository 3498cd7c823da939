"""Transitions by change per unit of the label: jumps are found, noise is none, onset and end have errors."""

import numpy as np
import pytest

from peakscape.analysis import find_transitions
from peakscape.analysis.readout.transitions import path_steps
from peakscape.errors import InputError


def _ramp(seed: int, jump: float, *, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = np.sort(rng.uniform(0.0, 100.0, 30))
    label = np.r_[label, label[[5, 12, 20]], label[[8, 17]] + 0.001]  # repeats, and labels 0.001 apart
    points = np.c_[0.05 * label + jump * (label > 60.0), 0.02 * label]
    return points + noise * rng.standard_normal(points.shape), label


def test_a_jump_is_found_where_it_is():
    found = [find_transitions(*_ramp(seed, 4.0)) for seed in range(20)]
    assert all(len(table) <= 1 for table in found)
    found = [table for table in found if len(table)]
    assert len(found) >= 19  # one jump hides in a long step
    assert all(table.start[0] <= 60.0 <= table.stop[0] for table in found)
    assert all(abs(table.onset[0] - 60.0) <= table.onset_error[0] + 1e-9 for table in found)
    assert all(abs(table.end[0] - 60.0) <= table.end_error[0] + 1e-9 for table in found)


def test_labels_a_thousandth_apart_make_no_jump():
    assert sum(len(find_transitions(*_ramp(seed, 0.0))) for seed in range(30)) <= 1
    points, label = _ramp(0, 0.0)
    steps = path_steps(points, label)
    assert (steps["stop"] - steps["start"]).min() > 0.01  # repeats, and what lies 0.001 beside one, are one end


def test_what_is_noise_altogether_afterwards_is_one_transition():
    rng = np.random.default_rng(0)
    label = np.arange(40.0)
    points = np.c_[0.1 * label, 0.0 * label] + 0.02 * rng.standard_normal((40, 2))
    points[25:] = 5.0 * rng.standard_normal((15, 2))  # a melt has no peaks: its place on the map means nothing
    found = find_transitions(points, label)
    assert len(found) == 1
    assert found.start[0] == 24.0


def test_scale_and_order_do_not_matter():
    points, label = _ramp(3, 4.0)
    order = np.random.default_rng(1).permutation(len(label))
    np.testing.assert_allclose(find_transitions(points, label), find_transitions(7.0 * points[order], label[order]))


def test_what_cannot_be_judged_is_refused():
    points, label = _ramp(0, 0.0)
    with pytest.raises(InputError, match="at least eight different labels"):
        find_transitions(points[:6], label[:6])
    with pytest.raises(InputError, match="must be finite"):
        find_transitions(points, np.r_[np.nan, label[1:]])
    with pytest.raises(InputError, match="as many labels"):
        find_transitions(points, label[1:])
