import numpy as np
import pandas as pd
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.analysis import find_peaks, rank_peaks
from peakscape.analysis.peaks import compare_positions, spearman_between_halves, strong_irrelevant
from peakscape.analysis.relevance import mask_displacements
from peakscape.errors import InputError

AXIS = np.round(10 + 0.01 * np.arange(2000), 2)
PLACES = np.array([12.0, 15.0, 15.2, 22.0, 27.0])
HEIGHTS = np.array([1.0, 0.5, 0.4, 0.3, 0.05])


def _pattern(sigma=0.03):
    return (HEIGHTS * np.exp(-((AXIS[:, None] - PLACES) ** 2) / (2 * sigma**2))).sum(axis=1)


class Blind:
    """Members that see everything but the window around 22 degrees; each scales it a little differently."""

    def __init__(self, n_members=6):
        self.factors = 1 + 0.1 * np.arange(n_members)
        self.seen = np.where(np.abs(AXIS - 22.0) < 1.0, 0.01, 1.0)

    def transform_members(self, X):
        total = np.asarray(X) @ self.seen
        return np.stack([factor * np.column_stack([total, 0 * total]) for factor in self.factors])

    def transform(self, X):
        return np.median(self.transform_members(X), axis=0)


class BlindOnce(Blind):
    """One member misses the strongest peak by chance, the others do not."""

    def transform_members(self, X):
        coordinates = super().transform_members(X)
        seen = np.where(np.abs(AXIS - 12.0) < 1.0, 0.0, self.seen)
        coordinates[0, :, 0] = np.asarray(X) @ seen
        return coordinates


def test_finds_the_peaks_where_they_are():
    peaks = find_peaks(_pattern(), axis=AXIS)
    np.testing.assert_allclose(peaks["two_theta"], PLACES, atol=0.011)
    np.testing.assert_allclose(peaks["intensity"], HEIGHTS, rtol=0.01)
    assert len(find_peaks(_pattern(), axis=AXIS, min_height=0.2)) == 4


def test_bounds_hold_the_whole_peak_and_never_overlap():
    pattern = _pattern()
    peaks = find_peaks(pattern, axis=AXIS)
    assert (peaks["stop"].to_numpy()[:-1] <= peaks["start"].to_numpy()[1:]).all()
    # A Gaussian holds erf(2.96 / sqrt 2) = 0.997 of its area where it is above 1 % of its height; 12.0 stands alone.
    alone = peaks.iloc[0]
    area = pattern[int(alone["start"]) : int(alone["stop"])].sum() * 0.01
    assert area == pytest.approx(np.sqrt(2 * np.pi) * 0.03, rel=0.005)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_bounds_enclose_every_peak_of_noise(seed):
    noise = np.random.default_rng(seed).uniform(size=200)
    peaks = find_peaks(noise, axis=np.arange(200.0), min_prominence=0.0)
    assert (peaks["start"] <= peaks["index"]).all()
    assert (peaks["index"] < peaks["stop"]).all()
    assert (peaks["stop"].to_numpy()[:-1] <= peaks["start"].to_numpy()[1:]).all()


def test_compares_positions_finer_than_a_step():
    pattern = np.exp(-((AXIS - 20.004) ** 2) / (2 * 0.05**2))
    table = compare_positions(pattern, [20.0, 25.0], within=0.1, axis=AXIS)
    assert table["difference"][0] == pytest.approx(0.004, abs=5e-4)
    assert np.isnan(table["found"][1])


@pytest.mark.parametrize("mask", ["window", "peak"])
def test_ranks_peaks_by_what_the_map_sees(mask):
    ranking = rank_peaks(Blind(), _pattern(), mask=mask, axis=AXIS)
    assert ranking["two_theta"].iloc[0] == 12.0
    assert ranking["rank"].tolist() == [1, 2, 3, 4, 5]
    assert (np.diff(ranking["relevance"]) <= 0).all()
    assert ranking["two_theta"].iloc[-1] == 22.0
    np.testing.assert_allclose(ranking["relevance_error"] * np.sqrt(6), ranking["relevance_spread"])


def test_the_window_is_centred_on_the_peak():
    ranking = rank_peaks(Blind(), _pattern(), width=0.03, axis=AXIS)
    middle = AXIS[(ranking["start"] + ranking["stop"] - 1) // 2]
    assert (ranking["stop"] - ranking["start"] == 3).all()
    np.testing.assert_allclose(middle, ranking["two_theta"])


def test_whole_peaks_move_further_than_windows():
    window = rank_peaks(Blind(), _pattern(), axis=AXIS).sort_values("two_theta")
    peak = rank_peaks(Blind(), _pattern(), mask="peak", axis=AXIS).sort_values("two_theta")
    assert (peak["relevance"].to_numpy() > window["relevance"].to_numpy()).all()


def test_the_position_column_has_the_name_of_the_axis():
    spectrum = xr.DataArray(_pattern(), dims="q", coords={"q": AXIS})
    assert rank_peaks(Blind(), spectrum).columns[0] == "q"


def test_strong_irrelevant_finds_the_blind_spot():
    listed = strong_irrelevant(rank_peaks(Blind(), _pattern(), axis=AXIS))
    assert listed["two_theta"].tolist() == [22.0]
    assert listed["relevance_ratio"][0] == pytest.approx(0.01, rel=0.05)


def test_one_member_that_misses_a_peak_proves_nothing():
    listed = strong_irrelevant(rank_peaks(BlindOnce(), _pattern(), axis=AXIS))
    assert 12.0 not in listed["two_theta"].tolist()
    alone = rank_peaks(Blind(n_members=1), _pattern(), axis=AXIS)
    assert alone["relevance_upper"].isna().all()
    assert len(strong_irrelevant(alone)) == 0


def test_an_uncertain_peak_is_not_listed():
    ranking = pd.DataFrame(
        {"intensity": [1.0, 0.9, 0.8], "relevance": [1.0, 0.9, 0.05], "relevance_upper": [1.1, 1.0, 0.5]}
    )
    assert len(strong_irrelevant(ranking)) == 0
    assert len(strong_irrelevant(ranking.assign(relevance_upper=[1.1, 1.0, 0.1]))) == 1
    with pytest.raises(InputError, match="relevance_upper"):
        strong_irrelevant(ranking.drop(columns="relevance_upper"))


def test_agreement_of_two_halves_is_spearman():
    moved = np.random.default_rng(0).uniform(size=(2, 30))
    assert spearman_between_halves(moved) == pytest.approx(scipy.stats.spearmanr(*moved).statistic)


def test_agreement_grows_with_what_members_share():
    generator = np.random.default_rng(0)
    shared, own = generator.uniform(size=50), generator.uniform(size=(10, 50))
    assert spearman_between_halves(shared + 0.1 * own) > 0.9 > spearman_between_halves(shared + 3 * own)
    many = generator.uniform(size=(14, 20))
    assert spearman_between_halves(many, random_state=3) == spearman_between_halves(many, random_state=3)


def test_displacements_of_a_ranking_give_its_means():
    pattern = _pattern()
    ranking = rank_peaks(Blind(), pattern, axis=AXIS)
    moved = mask_displacements(Blind(), pattern, ranking["start"], ranking["stop"])
    np.testing.assert_allclose(moved.mean(axis=0), ranking["relevance"])
    assert spearman_between_halves(moved) == pytest.approx(1.0)


def test_refuses_what_has_no_peaks_or_no_ranking():
    with pytest.raises(InputError, match="nowhere positive"):
        find_peaks(np.zeros(10), axis=np.arange(10.0))
    with pytest.raises(InputError, match="mask"):
        rank_peaks(Blind(), _pattern(), mask="half", axis=AXIS)
    with pytest.raises(InputError, match="width"):
        rank_peaks(Blind(), _pattern(), width=0.0, axis=AXIS)
    with pytest.raises(InputError, match="two members"):
        spearman_between_halves(np.ones((1, 5)))
