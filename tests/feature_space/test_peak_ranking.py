"""Peaks ranked toward a label, asked of a space."""

import numpy as np
import pytest

from peakscape.errors import InputError
from peakscape.feature_space import open_space
from tests.feature_space.small_series import alloy


def test_peaks_of_one_pattern_toward_a_number(space):
    table = space.rank_peaks("x0.400", toward="x", fill="zero")
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert (np.diff(table["change"].abs()) <= 0).all()
    # the change is that of the answer of the map for the pattern without the peak
    raw = alloy([0.4], labels=())
    first = table.iloc[0]
    raw["intensity"][0, int(first["start"]) : int(first["stop"])] = 0.0
    by_map = [space.place(one)["x_by_method"].sel(x_methods="map")[0] for one in (raw, alloy([0.4], labels=()))]
    assert np.sign(first["change"]) == np.sign(float(by_map[0] - by_map[1]))
    assert {"pls_change", "vip", "correlation"} <= set(table.columns)


def test_elements_and_numbers_are_told_apart(space):
    iron, cobalt = (space.rank_peaks(toward=name).set_index("two_theta") for name in ("Fe", "Co"))
    np.testing.assert_allclose(iron["change"], -cobalt.loc[iron.index, "change"], atol=1e-6)  # they sum up to one
    np.testing.assert_allclose(iron["correlation"].abs(), cobalt.loc[iron.index, "correlation"].abs(), atol=1e-9)


def test_a_series_is_ranked_and_says_the_same_when_opened(space, saved):
    table = space.rank_peaks(toward="x")
    assert table["change_rms"].is_monotonic_decreasing
    assert {"from", "to", "label_share", "pls_share", "vip", "correlation"} <= set(table.columns)
    assert open_space(saved).rank_peaks(toward="x").equals(table)


def test_rankings_are_compared(space):
    table = space.compare_rankings("x", n_peaks=(1, 2), n_random=2)
    assert set(table["reader"]) == {"map", "pls"}
    assert {"label_change", "movement", "pls_change", "vip", "correlation", "intensity", "random"} == set(
        table["ranking"]
    )
    assert np.isfinite(table[["alone", "without"]]).all(axis=None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "expected a spectrum, or toward="),
        ({"toward": "y"}, r"got 'y'; known: \['x', 'Fe', 'Co'\]|got 'y'; known: \['Fe', 'Co', 'x'\]"),
        ({"toward": "composition"}, "got 'composition'"),
        ({"toward": "x", "width": 0.5}, "whole peaks are masked"),
        ({"spectrum": "x0.400", "toward": "x", "mask": "half"}, "expected mask to be"),
    ],
)
def test_bad_questions(space, words, message):
    with pytest.raises(InputError, match=message):
        space.rank_peaks(**words)
