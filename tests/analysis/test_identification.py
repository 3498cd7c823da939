"""Naming spectra: right names, calibrated probabilities, bounded moves, strangers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr

from peakscape.analysis import Identifier
from peakscape.analysis.naming import Search, identifier_state, restore_identifier
from peakscape.analysis.novelty.plain_forms import plain_curves
from peakscape.errors import InputError

AXIS = np.linspace(0.0, 20.0, 401)


def peak(at, width=0.6):
    return np.exp(-(((AXIS - at) / width) ** 2))


def library(n_groups=8, *, apart=2.0, noise=0.1, seed=0):
    """Spectra of two classes, in groups that vary together."""
    chance = np.random.default_rng(seed)
    rows, labels, groups = [], [], []
    for name, at in (("cubic", 8.0), ("layered", 8.0 + apart)):
        for group in range(n_groups):
            place = at + chance.normal(scale=0.3)
            for _ in range(2):
                rows.append(peak(place) + 0.5 * peak(14) + noise * chance.normal(size=len(AXIS)))
                labels.append(name)
                groups.append(f"{name}{group}")
    return np.array(rows), np.array(labels), np.array(groups)


def test_unexplained_is_one_minus_squared_correlation():
    rows, labels, groups = library()
    new = peak(8.1) + 0.4 * peak(14)
    found = Identifier(axis=AXIS).fit(rows, labels, groups).identify([new]).iloc[0]
    best = max(pearsonr(new, row).statistic for row in rows)
    assert found["unexplained"] == pytest.approx(1 - best**2, rel=1e-9)
    assert found["label"] == "cubic"


@settings(deadline=None, max_examples=20)
@given(st.floats(-0.9, 0.9), st.floats(0.1, 100), st.floats(-10, 10))
def test_shift_scale_and_offset_do_not_change_the_name(shift, scale, offset):
    rows, labels, groups = library(noise=0.0)
    finder = Identifier(axis=AXIS, search=Search(max_shift=1.0, step=0.05)).fit(rows, labels, groups)
    place = np.interp(AXIS - shift, AXIS, rows[0])
    found = finder.identify([scale * place + offset]).iloc[0]
    assert found["label"] == "cubic"
    assert found["unexplained"] < 0.01
    assert found["shift"] == pytest.approx(-shift, abs=0.03)


def test_a_stretch_is_found():
    rows, labels, groups = library(noise=0.0)
    wide = np.interp((AXIS - 10.0) / 1.05 + 10.0, AXIS, rows[0])
    finder = Identifier(axis=AXIS, search=Search(stretches=(1 / 1.05, 1.0))).fit(rows, labels, groups)
    found = finder.identify([wide]).iloc[0]
    assert found["stretch"] == pytest.approx(1 / 1.05)
    assert found["unexplained"] < 1e-3


def test_alone_or_in_a_batch():
    rows, labels, groups = library()
    finder = Identifier(axis=AXIS, search=Search(max_shift=0.5)).fit(rows, labels, groups)
    batch = finder.identify(rows[:4])
    alone = finder.identify(rows[2:3]).iloc[0]
    assert batch.loc[2, "label"] == alone["label"]
    assert batch.loc[2, "probability"] == pytest.approx(alone["probability"], rel=1e-9)


def test_probabilities_mean_what_they_say():
    # classes that overlap: nobody can be sure
    rows, labels, groups = library(150, apart=0.5, noise=0.02)
    finder = Identifier(axis=AXIS).fit(rows, labels, groups)
    new, truth, _ = library(150, apart=0.5, noise=0.02, seed=1)
    found = finder.identify(new)
    right = (found["label"] == truth).to_numpy()
    assert right.mean() < 0.95
    # one number for all spectra: a little too careful here, never too sure
    assert right.mean() - 0.1 < found["probability"].mean() < right.mean() + 0.03
    sure = found["probability"] > 0.85
    assert right[sure].mean() > right[~sure].mean() + 0.1


def test_strangers_are_foreign_and_kin_is_not():
    rows, labels, groups = library(20)
    finder = Identifier(axis=AXIS, search=Search(max_shift=0.5)).fit(rows, labels, groups)
    kin, _, _ = library(20, seed=5)
    assert finder.identify(kin)["foreign"].mean() < 0.2
    strangers = np.array([peak(3) + peak(17), peak(2, 2.0), np.sin(AXIS)])
    assert finder.identify(strangers)["foreign"].all()


def test_calibration_by_disturbed_copies_is_less_sure():
    rows, labels, groups = library(10, apart=1.0, noise=0.01)
    plain = Identifier(axis=AXIS).fit(rows, labels, groups)
    rough = rows + np.random.default_rng(3).normal(scale=0.5, size=rows.shape)
    careful = Identifier(axis=AXIS).fit(rows, labels, groups, trials=rough, trial_labels=labels, trial_groups=groups)
    assert careful.left_out_["unexplained"].median() > 3 * plain.left_out_["unexplained"].median()
    assert careful.left_out_["probability"].mean() < plain.left_out_["probability"].mean() + 1e-9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": ["one"] * 32}, "two classes or more"),
        ({"groups": ["cubic"] * 16 + ["layered"] * 16}, "nothing can be left out"),
        ({"labels": ["one"] * 3}, "expected labels for 32 spectra"),
    ],
)
def test_bad_input_is_told(change, words):
    rows, labels, groups = library()
    with pytest.raises(InputError, match=words):
        Identifier(axis=AXIS).fit(rows, **({"labels": labels, "groups": groups} | change))


def test_flat_spectra_and_impossible_searches_are_refused():
    rows, labels, groups = library()
    finder = Identifier(axis=AXIS).fit(rows, labels, groups)
    with pytest.raises(InputError, match="constant"):
        finder.identify([np.ones(len(AXIS))])
    with pytest.raises(InputError, match="positive stretches"):
        Search(stretches=(0.0,)).moves()
    with pytest.raises(InputError, match="not negative"):
        Search(max_shift=-1.0).moves()


def test_state_brings_it_back():
    rows, labels, groups = library()
    search = Search(max_shift=0.5, step=0.1, stretches=(0.95, 1.0), pivot=8.0)
    finder = Identifier(axis=AXIS, search=search).fit(rows, labels, groups)
    new, _, _ = library(3, seed=4)
    first = finder.identify(new)
    again = restore_identifier(identifier_state(finder), finder.classes_.tolist()).identify(new)
    kept = ["label", "second", "nearest", "shift", "stretch", "foreign"]
    assert first[kept].equals(again[kept])
    np.testing.assert_allclose(first["probability"], again["probability"], rtol=1e-3)  # single precision


def test_nothing_fitted_has_no_state():
    with pytest.raises(InputError, match="knows nothing yet"):
        identifier_state(Identifier())


def comb(kind, chance):
    """Four peaks whose distances tell the class, on a broad one, which is most of the variance."""
    places = np.array([5.0, 8.0, 11.0, 14.5]) + (0.5 * np.arange(4) if kind else 0.0)
    heights = chance.uniform(0.1, 0.4, 4)
    rows = sum(height * peak(at) for at, height in zip(places, heights, strict=True)) + peak(10.0, 5.0)
    return rows + 0.01 * chance.normal(size=len(AXIS))


@pytest.fixture(scope="module")
def combs():
    chance = np.random.default_rng(0)
    rows = [comb(k % 2, chance) for k in range(40)]
    noisy = rows + chance.uniform(0.05, 0.15, (40, 1)) * chance.normal(size=(40, len(AXIS)))
    known = {"spectra": rows, "labels": ["a", "b"] * 20, "groups": np.arange(40)}
    known |= {f"trial_{name}": known[name] for name in ("labels", "groups")} | {"trials": noisy}
    plain = plain_curves(AXIS)
    return [Identifier(axis=AXIS, search=Search(max_shift=0.5), plain=one).fit(**known) for one in (None, plain)]


def test_one_plain_peak_gets_no_name(combs):
    """Whatever is broad enough resembles something: the known one has to explain more than plain forms do."""
    chance = np.random.default_rng(1)
    asked = [peak(10.0, 4.5), comb(0, chance), comb(1, chance)]
    before, now = (finder.identify(asked)["foreign"].tolist() for finder in combs)
    assert (before[0], now) == (False, [True, False, False])


def test_what_fits_twice_as_well_elsewhere_gets_no_name(combs):
    row = comb(0, np.random.default_rng(2))
    found = combs[1].identify([row, np.interp(AXIS + 1.75, AXIS, row)])
    assert np.isnan(found["elsewhere"][0])
    assert found["elsewhere"][1] == pytest.approx(1.75, abs=0.3)
    assert found["foreign"].tolist() == [False, True]


def test_plain_forms_are_kept_bit_by_bit(combs):
    again = restore_identifier(identifier_state(combs[1]), ["a", "b"])
    asked = [peak(10.0, 4.5), comb(1, np.random.default_rng(3))]
    first, second = (finder.identify(asked)[["plain", "foreign"]] for finder in (combs[1], again))
    assert first.equals(second)
