"""Peaks that move together are told from those that stay, whose pull on the registration is taken away."""

import numpy as np
import pytest

from peakscape.signal.peak_motion import evenly, explained_by_shift, peak_motion, register_together
from peakscape.signal.registration import Registration

AXIS = np.linspace(0.0, 1.0, 1500)
MOVED = np.linspace(0.0, 0.03, 9)
PLACES = np.array([0.15, 0.22, 0.31, 0.45, 0.58, 0.71, 0.8])
HEIGHTS = np.array([0.5, 0.3, 1.0, 0.4, 0.6, 0.2, 0.5])


def patterns(places, heights, width=0.006):
    """Sums of Gaussians: places and heights of shape (n_samples, n_peaks)."""
    shapes = np.exp(-(((AXIS - places[..., None]) / width) ** 2))
    return (shapes * np.broadcast_to(heights, places.shape)[..., None]).sum(axis=1)


def with_stranger(amounts, place=0.26):
    moving = patterns(PLACES + MOVED[:, None], HEIGHTS)
    return moving + np.asarray(amounts)[:, None] * patterns(np.array([[place]]), np.ones(1))


def centred(shift):
    return shift - np.median(shift)


def test_a_strong_peak_that_stays_is_found_with_its_samples_and_pulls_no_shift():
    amounts = np.array([0.0, 3.0, 0.0, 2.0, 4.0, 0.0, 3.0, 2.0, 0.0])
    rows = with_stranger(amounts)
    plain = Registration(AXIS, 0.012, 0.1)
    pulled = plain.chain(plain.modes(plain.prepare(rows)))[1]
    registration, chained = register_together(plain, rows)
    [(start, stop)] = registration.left_out
    assert start < 0.26 < stop
    assert np.abs(centred(pulled) - centred(MOVED)).max() > 1e-3
    assert np.abs(centred(chained.shift) - centred(MOVED)).max() < 2e-4
    [fixed] = peak_motion(AXIS, rows, chained.shift).fixed
    assert fixed.position == pytest.approx(0.26, abs=1e-3)
    assert fixed.holders.tolist() == np.flatnonzero(amounts).tolist()


def test_a_substrate_in_all_samples_is_found():
    registration, chained = register_together(Registration(AXIS, 0.012, 0.1), with_stranger(np.full(9, 2.0)))
    assert len(registration.left_out) == 1
    assert np.abs(centred(chained.shift) - centred(MOVED)).max() < 3e-4


@pytest.mark.parametrize(
    "rows",
    [
        patterns(PLACES + MOVED[:, None], HEIGHTS),
        patterns(PLACES + 0.0 * MOVED[:, None], HEIGHTS * (1.0 + np.outer(MOVED, [9.0, 0, -9.0, 5.0, 0, 20.0, 0]))),
        patterns(PLACES + MOVED[:, None] * [1.0, -1.0, 0.0, 0.5, -0.5, 1.5, 0.2], HEIGHTS),
    ],
    ids=["all together", "only amounts", "each its own way"],
)
def test_nothing_is_left_out_where_nothing_stays_among_others_that_move(rows):
    registration = Registration(AXIS, 0.012, 0.1)
    assert register_together(registration, rows)[0] is registration


def test_each_peak_has_one_vote_however_strong():
    found = peak_motion(AXIS, with_stranger(np.full(9, 50.0)), np.zeros(9))
    assert found.n_peaks.min() == 1  # beside a peak fifty times as strong the others are weaker than 2 %
    found = peak_motion(AXIS, with_stranger(np.full(9, 8.0)), 0.7 * MOVED)
    assert np.abs(centred(found.shift) - centred(MOVED)).max() < 1e-3
    assert found.agreeing.max() < 1.0


def test_patterns_without_peaks_have_no_vote_and_no_shift():
    rows = patterns(PLACES + MOVED[:, None], HEIGHTS)
    rows[4] = 1.0
    found = peak_motion(AXIS, rows, MOVED)
    assert found.n_peaks[4] == 0
    assert found.agreeing[4] == 0.0
    assert np.delete(found.agreeing, 4).min() == pytest.approx(1.0)
    assert peak_motion(AXIS, np.ones((3, 1500)), np.zeros(3)).shift.tolist() == [0.0, 0.0, 0.0]


def test_a_shift_explains_all_of_a_shift_and_nothing_of_amounts():
    moved = patterns(PLACES + MOVED[:, None], HEIGHTS)
    amounts = np.linspace(0.1, 1.0, 9)[:, None] * moved[0] + np.linspace(1.0, 0.1, 9)[:, None] * moved[-1]
    assert explained_by_shift(AXIS, moved, MOVED) > 0.98
    assert explained_by_shift(AXIS, amounts, 0.1 * MOVED) < 0.1
    assert explained_by_shift(AXIS, np.ones((3, 1500)), np.zeros(3)) == 0.0


def test_of_many_patterns_some_are_looked_at():
    assert evenly(500)[[0, -1]].tolist() == [0, 499]
