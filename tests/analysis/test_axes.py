import numpy as np
import pandas as pd
import pytest
import scipy.stats

from peakscape.analysis import axis_correlations
from peakscape.analysis.axes import gradient_directions, trajectory_shifts
from peakscape.errors import InputError


def _points(n=80):
    return np.random.default_rng(0).normal(size=(n, 2))


def test_correlations_equal_those_of_scipy():
    points = _points()
    volume = points[:, 0] ** 3 + 0.3 * points[:, 1]
    table = axis_correlations(points, {"volume": volume}, n_bootstrap=50, random_state=0)
    for axis in (0, 1):
        row = table[table["axis"] == f"axis_{axis}"].iloc[0]
        assert row["pearson"] == pytest.approx(scipy.stats.pearsonr(points[:, axis], volume).statistic)
        assert row["spearman"] == pytest.approx(scipy.stats.spearmanr(points[:, axis], volume).statistic)
        assert row["pearson_low"] <= row["pearson"] <= row["pearson_high"]


def test_interval_covers_the_true_correlation():
    inside = 0
    for seed in range(40):
        points = np.random.default_rng(seed).multivariate_normal([0, 0, 0], [[1, 0, 0.6], [0, 1, 0], [0.6, 0, 1]], 60)
        row = axis_correlations(points[:, :2], {"a": points[:, 2]}, n_bootstrap=200, random_state=seed).iloc[0]
        inside += row["pearson_low"] <= 0.6 <= row["pearson_high"]
    assert inside >= 34  # 38 expected at 95 %; fewer than 34 has a probability below 1e-2 even at 92 %


def test_a_constant_quantity_has_no_correlation():
    table = axis_correlations(_points(), {"c": np.full(80, 0.1 + 0.2)}, n_bootstrap=5, random_state=0)
    assert table[["pearson", "spearman", "pearson_low"]].isna().all().all()


def test_frames_and_ensembles_are_taken_and_the_seed_repeats():
    points = _points()
    frame = pd.DataFrame({"a": points[:, 0], "c": points[:, 1]})
    first = axis_correlations(np.stack([points] * 3), frame, n_bootstrap=20, random_state=1)
    second = axis_correlations(points, {"a": points[:, 0], "c": points[:, 1]}, n_bootstrap=20, random_state=1)
    pd.testing.assert_frame_equal(first, second)
    assert first["quantity"].tolist() == ["a", "c", "a", "c"]


def test_direction_of_a_plane():
    points = _points()
    table = gradient_directions(points, {"a": 5 - 2 * points[:, 1], "flat": np.ones(80)})
    assert table["angle"][0] == pytest.approx(-90)
    assert table["per_unit"][0] == pytest.approx(2)
    assert table["r2"][0] == pytest.approx(1)
    assert np.isnan(table["r2"][1])


class Ends:
    def __init__(self, n_members=3):
        self.n_members = n_members

    def transform_members(self, X):
        return np.stack([(1 + 0.1 * k) * X[:, [0, -1]] for k in range(self.n_members)])

    def transform(self, X):
        return np.median(self.transform_members(X), axis=0)


def test_a_straight_series_gives_its_arrow():
    values = np.array([0.9, 1.0, 1.1, 1.2])
    spectra = np.column_stack([3 * values, np.ones(4), 7 - 4 * values])
    path = trajectory_shifts(Ends(), spectra, values)
    # The middle member scales by 1.1, so the median path has the slope 1.1 (3, -4); members 5, 5.5, 6 long.
    np.testing.assert_allclose(path.direction, [0.6, -0.8])
    assert path.shift_per_unit == pytest.approx(5.5)
    assert path.shift_error == pytest.approx(0.5 / np.sqrt(3))
    assert path.straightness == pytest.approx(1.0)
    assert path.members.shape == (3, 4, 2)


def test_a_curved_or_absent_path_says_so():
    values = np.linspace(-1, 1, 9)
    bent = trajectory_shifts(Ends(1), np.column_stack([values, values**2]), values)
    assert 0.5 < bent.straightness < 0.95
    still = trajectory_shifts(Ends(1), np.ones((9, 2)), values)
    assert still.shift_per_unit == 0
    assert np.isnan(still.straightness)
    assert np.isnan(still.shift_error)


@pytest.mark.parametrize(
    ("spectra", "values"),
    [
        (np.ones((1, 4)), [1.0]),
        (np.ones((3, 4)), [1.0, 2.0]),
        (np.ones((2, 4)), [1.0, 1.0]),
        (np.ones((2, 4)), [1.0, np.nan]),
    ],
)
def test_refuses_series_that_do_not_fit(spectra, values):
    with pytest.raises(InputError):
        trajectory_shifts(Ends(), spectra, values)


@pytest.mark.parametrize("quantities", [{"a": np.ones(3)}, {"a": np.full(80, np.nan)}])
def test_refuses_quantities_that_do_not_fit(quantities):
    with pytest.raises(InputError, match="'a'"):
        axis_correlations(_points(), quantities)
    with pytest.raises(InputError, match="'a'"):
        gradient_directions(_points(), quantities)
