"""Parts found from a series itself: moved ones, constraints, their number, and what they resemble."""

import numpy as np
import pytest
from numpy.typing import NDArray

from peakscape.analysis import BlindParts, count_parts
from peakscape.analysis.mixtures.blind import unimodal
from peakscape.errors import InputError

AXIS = np.linspace(0.0, 10.0, 200)


def peak(at: float) -> NDArray[np.float64]:
    return np.exp(-(((AXIS - at) / 0.2) ** 2))


PURE = np.array([peak(2) + 0.6 * peak(6), peak(2.8) + 0.5 * peak(7.2), peak(4.4) + 0.7 * peak(8.5)])


def cosines(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = PURE / np.linalg.norm(PURE, axis=1, keepdims=True)
    return (unit @ parts.T / np.linalg.norm(parts, axis=1)).max(axis=1)


def test_moved_parts_are_found_where_plain_factorisation_smears_them() -> None:
    rng = np.random.default_rng(0)
    truth, shifts = rng.dirichlet([0.6] * 3, 20), rng.uniform(-0.15, 0.15, (20, 3))
    mixed = np.array(
        [
            sum(t * np.interp(AXIS - s, AXIS, p) for t, s, p in zip(row, moves, PURE, strict=True))
            for row, moves in zip(truth, shifts, strict=True)
        ]
    ) + rng.normal(0, 0.005, (20, 200))
    plain = BlindParts(3, axis=AXIS, max_rounds=60).fit(mixed)
    moved = BlindParts(3, axis=AXIS, max_shift=0.25, max_rounds=60).fit(mixed)
    assert moved.unexplained_ < 0.2 * plain.unexplained_
    assert cosines(moved.parts_).min() > max(0.95, cosines(plain.parts_).min())


def test_known_parts_are_held_sums_closed_and_profiles_have_one_peak() -> None:
    time = np.linspace(0.0, 1.0, 15)
    truth = np.stack([np.clip(1 - 2 * time, 0, 1), 1 - np.abs(2 * time - 1), np.clip(2 * time - 1, 0, 1)], axis=1)
    mixed = truth @ PURE + np.random.default_rng(0).normal(0, 0.005, (15, 200))
    found = BlindParts(3, axis=AXIS, known=PURE[:1], closure=True, unimodal=True, max_rounds=40).fit(mixed)
    np.testing.assert_allclose(found.parts_[0], PURE[0], atol=1e-9)
    np.testing.assert_allclose(found.amounts_.sum(axis=1), 1.0)
    for one in found.amounts_.T:
        np.testing.assert_allclose(unimodal(one), one, atol=0.01)
    told = found.resemble(PURE, ["a", "b", "c"])
    assert told[0].name == "a"
    assert {one.name for one in told} == {"a", "b", "c"}


def test_unimodal_is_nearest_and_the_identity_where_nothing_is_wrong() -> None:
    assert unimodal(np.array([1.0, 3.0, 2.0])).tolist() == [1.0, 3.0, 2.0]
    assert unimodal(np.array([2.0, 0.0, 2.0])).tolist() in ([1.0, 1.0, 2.0], [2.0, 1.0, 1.0])


def test_number_by_stability() -> None:
    rng = np.random.default_rng(1)
    for n_parts in (2, 3):
        mixed = rng.dirichlet([0.6] * n_parts, 24) @ PURE[:n_parts] + rng.normal(0, 0.005, (24, 200))
        assert count_parts(mixed, axis=AXIS, max_parts=4, n_halves=4, max_rounds=60).n_parts == n_parts


def test_what_cannot_be_decomposed() -> None:
    with pytest.raises(InputError, match="from 1 to 3 parts"):
        BlindParts(4).fit(PURE)
    with pytest.raises(InputError, match="zero everywhere"):
        BlindParts(2).fit(np.vstack([PURE, np.zeros(200)]))
    with pytest.raises(InputError, match="finite"):
        BlindParts(2).fit(np.full((3, 5), np.nan))
    with pytest.raises(InputError, match="four spectra"):
        count_parts(PURE)
