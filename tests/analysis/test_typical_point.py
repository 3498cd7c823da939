import numpy as np
import pytest

from peakscape.analysis import CompositionReadout
from peakscape.analysis.painting import typical_point
from peakscape.errors import InputError


def test_a_smooth_map_is_followed_between_known_compositions() -> None:
    rng = np.random.default_rng(0)
    amounts = np.repeat(np.stack(np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5)), -1).reshape(-1, 2), 4, axis=0)
    points = np.c_[amounts[:, 0] + 0.2 * amounts[:, 1] ** 2, amounts[:, 1] - 0.3 * amounts[:, 0]]
    readout = CompositionReadout().fit(points + 0.01 * rng.standard_normal(points.shape), amounts)
    for wanted in ([0.4, 0.6], [0.9, 0.1]):
        expected = [wanted[0] + 0.2 * wanted[1] ** 2, wanted[1] - 0.3 * wanted[0]]
        assert typical_point(readout, wanted)[0] == pytest.approx(expected, abs=0.02)


def test_a_straight_line_is_exact_whatever_its_siblings() -> None:
    amounts = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0])
    readout = CompositionReadout().fit(np.c_[3.0 * amounts, np.zeros(6)], amounts)
    assert typical_point(readout, [1.5])[0] == pytest.approx([4.5, 0.0], abs=1e-2)


def test_the_number_of_amounts_is_checked() -> None:
    readout = CompositionReadout().fit(np.eye(3)[:, :2], np.arange(3.0))
    with pytest.raises(InputError, match="wanted amounts"):
        typical_point(readout, [1.0, 2.0])
