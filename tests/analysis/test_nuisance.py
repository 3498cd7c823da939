"""The nuisance table against numbers worked out by hand."""

import numpy as np
import pytest

from peakscape.analysis.nuisance import composition_spacing, nuisance_table
from peakscape.errors import InputError

POINTS = np.array([[0.0, 0.0], [0.0, 0.2], [3.0, 0.1], [3.0, 4.1]])
AMOUNTS = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])


def test_spacing_joins_each_composition_to_its_nearest():
    spacing = composition_spacing(POINTS, AMOUNTS)
    np.testing.assert_allclose(spacing.steps, [1.0, 2.0])
    np.testing.assert_allclose(spacing.distances, [3.0, 4.0])  # from the mean of the two samples of the first
    assert spacing.unit == 3.5


def test_movements_are_in_units_of_the_spacing_and_changes_of_the_composition():
    spacing = composition_spacing(POINTS, AMOUNTS)
    shift = np.array([0.7, 0.0])
    copies = np.concatenate([POINTS + shift, POINTS - 2 * shift])
    table = nuisance_table(
        lambda X: 2 * X, POINTS, {"shift": copies}, 2 * POINTS + 1, place=lambda X: X, spacing=spacing
    ).set_index("disturbance")
    assert table.index.tolist() == ["one step of composition", "clean", "shift"]
    assert table.movement.tolist() == pytest.approx([1.0, 0.0, 0.3])  # 0.7 / 3.5 and 1.4 / 3.5, half each
    assert table.loc["shift", "movement_90"] == pytest.approx(0.4)
    assert table.loc["shift", "change"] == pytest.approx(np.sqrt((1.4**2 + 2.8**2) / 2))
    assert table.loc["shift", "change_worst"] == pytest.approx(2.8)
    assert table.loc["clean", "rmse"] == pytest.approx(np.sqrt(2))
    assert table.loc["one step of composition", "change"] == pytest.approx(np.sqrt(2.5))


def test_a_method_without_a_map_moves_nothing():
    table = nuisance_table(lambda X: X[:, 0], POINTS, {"same": POINTS}, AMOUNTS[:, 0])
    assert table.disturbance.tolist() == ["clean", "same"]
    assert table.movement.isna().all()
    assert table.change.tolist() == [0.0, 0.0]


def test_what_does_not_fit_is_refused():
    read = lambda X: X[:, 0]  # noqa: E731
    with pytest.raises(InputError, match="two compositions"):
        composition_spacing(POINTS, np.ones(4))
    with pytest.raises(InputError, match="at one point"):
        composition_spacing(np.zeros((4, 2)), AMOUNTS)
    with pytest.raises(InputError, match="copies of 4 spectra"):
        nuisance_table(read, POINTS, {"few": POINTS[:3]}, AMOUNTS[:, 0])
    with pytest.raises(InputError, match="spacing"):
        nuisance_table(read, POINTS, {}, AMOUNTS[:, 0], place=read)
    with pytest.raises(InputError, match="one composition"):
        nuisance_table(read, POINTS, {}, AMOUNTS[:3])
