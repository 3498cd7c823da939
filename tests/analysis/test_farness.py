import numpy as np
import pandas as pd
import pytest

from peakscape.analysis import Novelty
from peakscape.analysis.novelty.calibration import MOST_KNOWN, calibrate
from peakscape.analysis.novelty.decision import conformal_p_value, is_rare, judge_unexplained
from peakscape.analysis.novelty.farness import (
    Farness,
    distance_to_other_groups,
    learn_farness,
    leave_classes_out,
    rms_distances,
)
from peakscape.analysis.validation.class_accuracy import has_other_group, score_answers, wilson_interval
from peakscape.maps import PCA

AXIS = np.linspace(0.0, 10.0, 120)
CLASSES = np.repeat(["a", "b", "c"], 8)
GROUPS = np.array([f"{kind}{number % 8 // 2}" for number, kind in enumerate(CLASSES)])


@pytest.fixture(scope="module")
def spectra():
    chance = np.random.default_rng(0)
    places = np.repeat([2.0, 5.0, 8.0], 8) + chance.normal(scale=0.03, size=24)
    return np.exp(-(((AXIS - places[:, np.newaxis]) / 0.5) ** 2)) + chance.normal(scale=0.01, size=(24, 120))


def test_the_level_is_the_smallest_possible_among_few():
    assert is_rare([0.2], 4, level=0.05).tolist() == [True]
    assert is_rare([0.2], 9, level=0.05).tolist() == [False]
    assert not Farness(np.empty(0)).is_unlike([1e9]).any()
    assert np.isnan(Farness(np.empty(0)).p_values([1.0])).all()


def test_false_alarms_come_at_the_level():
    chance = np.random.default_rng(1)
    scores = chance.normal(size=(4000, 40))
    called = [is_rare(conformal_p_value(row[:1], row[1:]), 39, level=0.1)[0] for row in scores]
    assert np.mean(called) == pytest.approx(0.1, abs=0.015)


def test_what_is_hardly_unexplained_is_never_foreign():
    left_out = np.full(99, 1e-4)
    p_value, ratio, foreign = judge_unexplained(np.array([0.019, 0.021]), left_out, min_ratio=3.0)
    assert p_value.tolist() == [0.01, 0.01]
    assert (ratio > 100).all()
    assert foreign.tolist() == [False, True]


def test_farness_is_the_median_of_each_group_to_all_others(spectra):
    apart = rms_distances(spectra, spectra)
    usual = learn_farness(apart, GROUPS, CLASSES)
    own = np.flatnonzero(GROUPS == "b2")
    others = np.flatnonzero(GROUPS != "b2")
    by_hand = np.median([min(np.sqrt(np.mean((spectra[i] - spectra[j]) ** 2)) for j in others) for i in own])
    assert len(usual.known) == 12
    assert usual.known[6] == pytest.approx(by_hand)
    assert len(learn_farness(apart, GROUPS, CLASSES, without="b").known) == 8


def test_groups_that_are_alone_in_their_class_do_not_count(spectra):
    groups = np.where(CLASSES == "c", "c0", GROUPS)
    assert has_other_group(CLASSES, groups).sum() == 16
    assert len(learn_farness(rms_distances(spectra, spectra), groups, CLASSES).known) == 8


def test_a_class_left_out_is_told_from_the_others(spectra):
    found = leave_classes_out(rms_distances(spectra, spectra), GROUPS, CLASSES)
    assert found.table["n_unlike"].tolist() == [8, 8, 8]
    assert found.auroc == 1.0
    assert (found.n_alarms, found.n_groups) == (1, 12)
    mixed = leave_classes_out(rms_distances(spectra, spectra), GROUPS, np.tile(["a", "b"], 12))
    assert mixed.auroc < 0.9


def test_where_no_class_can_be_left_out_the_table_is_empty(spectra):
    found = leave_classes_out(rms_distances(spectra[:8], spectra[:8]), GROUPS[:8], CLASSES[:8])
    assert found.table.empty
    assert np.isnan(found.auroc)


def test_other_groups_may_be_those_of_other_spectra(spectra):
    distances = rms_distances(spectra[:2], spectra)
    nearest = distance_to_other_groups(distances, GROUPS[:2], GROUPS)
    np.testing.assert_array_equal(nearest, distances[:, 2:].min(axis=1))
    nothing = distance_to_other_groups(distances, GROUPS[:2], GROUPS, allowed=np.zeros(24, dtype=bool))
    assert np.isinf(nothing).all()


def test_calibration_says_why_it_cannot_be_made(spectra):
    axes = {"axis": AXIS, "shift_axis": AXIS}
    space = PCA().fit(spectra)
    novelty, remark = calibrate(space, spectra, groups=GROUPS, cost="instant", **axes)
    assert remark is None
    assert novelty.n_folds == 20
    assert calibrate(space, spectra, cost="minutes", **axes)[0].n_folds == 5
    assert calibrate(space, np.zeros((MOST_KNOWN + 1, 120)), **axes)[1].code == "no_novelty"
    assert calibrate(space, spectra, groups=np.zeros(24), **axes)[1].code == "no_novelty"


def test_a_saved_map_brings_its_novelty_back(spectra):
    space = PCA().fit(spectra)
    novelty = Novelty(axis=AXIS).fit(space, spectra, GROUPS)
    again = Novelty.from_extras(space, novelty.extras() | {"coordinates": np.zeros(2)})
    pd.testing.assert_frame_equal(again.assess(spectra).table, novelty.assess(spectra).table)
    assert Novelty.from_extras(space, {"spectra": spectra}) is None


def test_remarks_carry_codes(spectra):
    report = (
        Novelty(axis=AXIS)
        .fit(PCA().fit(spectra), spectra, GROUPS)
        .assess([spectra[3], np.exp(-(((AXIS - 3.4) / 0.5) ** 2))])
    )
    assert report.codes == ["known", "foreign"]
    assert [one.text for one in report.remarks] == report.words


def test_wilson_intervals_cover():
    chance = np.random.default_rng(0)
    for share in (0.05, 0.5, 0.9):
        ends = np.array([wilson_interval(k, 60, level=0.9) for k in range(61)])
        drawn = chance.binomial(60, share, size=4000)
        covered = (ends[drawn, 0] <= share) & (share <= ends[drawn, 1])
        assert covered.mean() == pytest.approx(0.9, abs=0.06)
    assert np.isnan(wilson_interval(0, 0)).all()


def test_groups_count_where_most_of_their_samples_are_right():
    answers = [["a", "a", "b", "b", "b", "x"], ["a", "b", "b", "b", "b", "x"]]
    told = score_answers(answers, ["a", "a", "a", "b", "b", "c"], ["p", "p", "q", "r", "s", "t"], level=0.9)
    assert told["n_counted"] == 5
    assert told["n_right"] == 3.5
    assert told["groups_counted"] == 4
    assert told["groups_right"] == 2.5  # one of two is not most
