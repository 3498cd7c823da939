import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from peakscape.analysis import CompositionReadout
from peakscape.errors import InputError


def _loop(label: np.ndarray) -> np.ndarray:
    """A path that bends by three quarters of a circle, where no plane can follow."""
    return np.c_[np.cos(1.5 * np.pi * label), np.sin(1.5 * np.pi * label)]


@given(st.floats(0.02, 0.98))
def test_the_path_is_followed_around_a_bend(label: float) -> None:
    known = np.linspace(0.0, 1.0, 41)
    readout = CompositionReadout(method="path").fit(_loop(known), known)
    assert readout.predict_members(_loop(np.array([label])))[0, 0, 0] == pytest.approx(label, abs=2e-3)


def test_a_plane_cannot_follow_a_bend() -> None:
    known = np.linspace(0.0, 1.0, 41)
    assert np.abs(CompositionReadout(method="plane").fit(_loop(known), known).predict(_loop(known)) - known).max() > 0.1


def test_beyond_its_ends_the_path_says_its_end() -> None:
    known = np.linspace(0.0, 1.0, 9)
    readout = CompositionReadout(method="path").fit(np.c_[known, 2 * known], known)
    with pytest.warns(match="outside"):
        assert readout.predict([[1.1, 2.2], [-0.1, -0.2], [2.0, 4.0]]) == pytest.approx([1.0, 0.0, 1.0])


def test_repeats_are_averaged_and_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(6.0), 2)
    points = np.c_[label, label**2] + 0.01 * rng.standard_normal((12, 2))
    order = rng.permutation(12)
    first = CompositionReadout(method="path").fit(points, label).predict_members([[2.5, 6.0]])
    second = CompositionReadout(method="path").fit(points[order], label[order]).predict_members([[2.5, 6.0]])
    assert first == pytest.approx(second)


def test_the_plane_is_least_squares() -> None:
    rng = np.random.default_rng(0)
    points, values = rng.standard_normal((30, 2)), rng.standard_normal((30, 2))
    queries = rng.standard_normal((5, 2)) / 3
    expected = LinearRegression().fit(points, values).predict(queries)
    assert CompositionReadout(method="plane").fit(points, values).predict_members(queries)[0] == pytest.approx(
        expected, abs=1e-4
    )


def test_a_path_follows_one_label_only() -> None:
    with pytest.raises(InputError, match="one label"):
        CompositionReadout(method="path").fit(np.eye(3)[:, :2], np.eye(3))
    with pytest.raises(InputError, match="two different"):
        CompositionReadout(method="path").fit(np.eye(3)[:, :2], np.ones(3))
