"""Peaks toward a label: signed changes, shares, plain ways, and rankings that are told from bad ones."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from peakscape.analysis import CompositionReadout
from peakscape.analysis.label_relevance import faithfulness as faithful
from peakscape.analysis.label_relevance.changes import label_changes, ranked_by_change, series_changes, shares
from peakscape.analysis.label_relevance.plain import LinearReading, correlations
from peakscape.analysis.label_relevance.windows import windows_of
from peakscape.errors import InputError

AXIS = np.linspace(10.0, 50.0, 400)
PLACES = (15.0, 20.0, 27.0, 35.0, 41.0, 46.0)
X = np.linspace(0.0, 1.0, 9)


def _peak(at, height=1.0):
    return height * np.exp(-(((AXIS - at) / 0.25) ** 2))


def _series():
    """The strongest peak tells nothing, one grows with x, one shrinks a little, one varies by chance."""
    rng = np.random.default_rng(0)
    heights = [[1.0, 0.2 + 0.5 * x, 0.6 - 0.2 * x, 0.3, 0.4, 0.5 * rng.random()] for x in X]
    clean = np.array([sum(_peak(at, one) for at, one in zip(PLACES, row, strict=True)) for row in heights])
    return clean + rng.normal(scale=0.002, size=clean.shape)


ROWS = _series()
WINDOWS = windows_of(ROWS, AXIS, min_height=0.05)
GROUPS = np.arange(len(X))


class _Members:
    """Two members that see the growing and the shrinking peak; the second scales the second axis."""

    def __init__(self, factor=1.5):
        self.seen = np.stack([_peak(20.0), _peak(27.0)], axis=1)
        self.factor = factor

    def transform_members(self, X):
        points = np.asarray(X) @ self.seen
        return np.stack([points, points * [1.0, self.factor]])

    def transform(self, X):
        return self.transform_members(X)[0]


def _readout(space):
    return CompositionReadout(method="plane").fit(space.transform_members(ROWS), X)


def test_windows_hold_each_peak_once():
    assert len(WINDOWS) == len(PLACES)
    np.testing.assert_allclose(AXIS[WINDOWS.tops], PLACES, atol=0.1)
    assert (WINDOWS.stops[:-1] <= WINDOWS.starts[1:]).all()


def test_a_moving_peak_has_one_window_that_covers_its_way():
    moving = np.array([_peak(15.0 + 3.0 * x) + _peak(40.0, 0.5) for x in X[::2]])  # steps of three widths
    found = windows_of(moving, AXIS)
    assert len(found) == 2
    assert AXIS[found.starts[0]] < 15.0
    assert AXIS[found.stops[0]] > 18.0


def test_changes_are_those_of_the_label_of_masked_copies_and_signed():
    space, spectrum = _Members(), ROWS[6]
    readout = _readout(space)
    for fill in (None, ROWS.mean(axis=0)):
        changes = label_changes(space, readout, spectrum, WINDOWS.starts, WINDOWS.stops, fill=fill)
        assert changes.shape == (2, 6)
        for number in range(6):
            copy = spectrum.copy()
            part = slice(WINDOWS.starts[number], WINDOWS.stops[number])
            copy[part] = 0.0 if fill is None else fill[part]
            both = readout.predict_members(space.transform_members(np.array([copy, spectrum])))[..., 0]
            np.testing.assert_allclose(changes[:, number], both[:, 0] - both[:, 1], atol=1e-12)
    assert changes[0, 1] < -0.05  # x = 0.75 grew: with the mean in its place less is read
    assert abs(changes[0, 0]) < 1e-9  # the strongest tells nothing


def test_errors_are_those_of_members():
    changes = np.array([[0.1, -0.4], [0.3, -0.4]])
    import pandas as pd

    told = ranked_by_change(changes, pd.DataFrame({"two_theta": [1.0, 2.0]}))
    assert told["two_theta"].tolist() == [2.0, 1.0]
    np.testing.assert_allclose(told["change"], [-0.4, 0.2])
    np.testing.assert_allclose(told["change_error"], [0.0, np.sqrt(0.02) / np.sqrt(2.0)], atol=1e-12)
    assert ranked_by_change(changes[:1], pd.DataFrame({"q": [1.0, 2.0]}))["change_error"].isna().all()


def test_shares_of_a_right_reading_sum_up_to_one():
    space = _Members()
    changes = series_changes(space, _readout(space), ROWS, WINDOWS, column=0, fill=ROWS.mean(axis=0))
    found = shares(changes, X)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=0.01)
    linear = LinearReading.of(ROWS, X, GROUPS)
    assert shares(linear.changes(ROWS, WINDOWS, ROWS.mean(axis=0)), X).sum() == pytest.approx(1.0, abs=0.02)


def test_linear_reading_is_that_of_scikit_learn_and_vip_has_mean_square_one():
    from sklearn.cross_decomposition import PLSRegression

    linear = LinearReading.of(ROWS, X, GROUPS)
    other = PLSRegression(linear.n_components, scale=False).fit(ROWS, X)
    masked = ROWS.copy()
    masked[:, WINDOWS.starts[1] : WINDOWS.stops[1]] = 0.0
    expected = other.predict(masked).ravel() - other.predict(ROWS).ravel()
    np.testing.assert_allclose(linear.changes(ROWS, WINDOWS, None)[:, 1], expected, atol=1e-10)
    assert np.mean(linear.vip**2) == pytest.approx(1.0)
    assert linear.largest_vip(WINDOWS).argmax() == 1


def test_correlation_has_the_sign_of_the_change():
    found = correlations(ROWS, X, WINDOWS)
    assert found[1] > 0.99
    assert found[2] < -0.99


def test_the_ranking_to_believe_is_found():
    table = faithful.faithfulness(
        PCA(2), CompositionReadout(method="plane"), ROWS, X[:, np.newaxis], WINDOWS, GROUPS, n_peaks=(1, 2), n_random=4
    )
    told = table.set_index(["reader", "n_peaks", "ranking"])
    for reader in ("pls", "map"):
        good, bad, chance = (told.loc[(reader, 1, name)] for name in ("label_change", "intensity", "random"))
        assert good["alone"] < 0.3 * bad["alone"]  # what grows with x is enough, the strongest peak is not
        assert good["alone"] < 0.3 * chance["alone"]
        assert good["without"] > 2 * bad["without"]  # and it is missed where it is taken away
        assert good["alone_better"] == 1.0
    again = faithful.faithfulness(
        PCA(2), CompositionReadout(method="plane"), ROWS, X[:, np.newaxis], WINDOWS, GROUPS, n_peaks=(1, 2), n_random=4
    )
    assert again.equals(table)


def test_nothing_of_a_left_out_sample_makes_a_ranking(monkeypatch):
    seen = []

    def spy(space, readout, spectra, values, *rest):
        seen.append(set(np.round(values, 9)))
        return {"only": np.arange(len(WINDOWS), 0.0, -1.0)}

    monkeypatch.setattr(faithful, "rank_windows", spy)
    plane = CompositionReadout(method="plane")
    faithful.faithfulness(PCA(2), plane, ROWS, X[:, np.newaxis], WINDOWS, GROUPS, n_peaks=(1,), n_random=1)
    assert all(len(values) < len(X) for values in seen)
    assert set.union(*({*np.round(X, 9)} - values for values in seen)) == {*np.round(X, 9)}


def test_bad_input():
    with pytest.raises(InputError, match="two peaks or more to rank, found 1"):
        windows_of(np.array([_peak(20.0), _peak(20.0)]), AXIS)
    with pytest.raises(InputError, match="three different values"):
        faithful.faithfulness(PCA(2), CompositionReadout(), ROWS[:4], X[:4, None], WINDOWS, np.array([0, 0, 1, 1]))
