"""Where known patterns differ in amounts alone, mixtures of them are known, and what holds another phase is not."""

import warnings

import numpy as np
import pytest

import peakscape as ps

AXIS = np.linspace(10.0, 60.0, 1200)


def phase(rng):
    places = rng.uniform(13.0, 57.0, 12)
    return sum(
        h * np.exp(-(((AXIS - at) / 0.12) ** 2)) for at, h in zip(places, rng.uniform(0.2, 1.0, 12), strict=True)
    )


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(3)
    return np.array([phase(rng) for _ in range(6)])


@pytest.fixture(scope="module")
def space(parts):
    """Twenty mixtures of two to four of five phases; no two hold the same amounts."""
    rng = np.random.default_rng(5)
    shares = np.array([rng.dirichlet(np.full(5, 0.4)) for _ in range(20)])
    patterns = shares @ parts[:5] + rng.normal(0.0, 0.002, (20, len(AXIS)))
    known = ps.spectra.make(patterns, two_theta=AXIS, wavelength=1.54, labels={"a": shares[:, 0]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ps.FeatureSpace("pca", preparation="none").fit(known, label="a")


def placed(space, patterns):
    rng = np.random.default_rng(8)
    noisy = np.asarray(patterns) + rng.normal(0.0, 0.002, np.shape(patterns))
    return space.place(ps.spectra.make(noisy, two_theta=AXIS, wavelength=1.54))


def test_all_phases_at_once_are_known(space, parts):
    assert space.novelty_.novelty.mixed
    rng = np.random.default_rng(6)
    shares = np.array([rng.dirichlet(np.full(5, 3.0)) for _ in range(20)])
    assert placed(space, shares @ parts[:5]).foreign.values.sum() <= 1


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_another_phase_is_foreign(space, parts, share):
    rng = np.random.default_rng(7)
    shares = np.array([rng.dirichlet(np.full(5, 3.0)) for _ in range(8)])
    assert placed(space, (1 - share) * shares @ parts[:5] + share * parts[5]).foreign.values.all()


def test_a_saved_space_judges_the_same(space, parts, tmp_path):
    space.save(tmp_path / "mixed.space")
    again = ps.open_space(tmp_path / "mixed.space")
    assert again.novelty_.novelty.mixed
    asked = np.vstack([parts[:5].mean(axis=0), parts[5]])
    assert np.array_equal(placed(again, asked).unexplained, placed(space, asked).unexplained)
    pure = {"labels": {"a": [1.0, 0, 0, 0, 0]}, "name": list("abcde")}
    grown = space.add(ps.spectra.make(parts[:5], two_theta=AXIS, wavelength=1.54, **pure))
    assert grown.novelty_.novelty.mixed


def test_peaks_that_move_do_not_mix():
    x = np.linspace(0.0, 1.0, 12)
    moved = np.array([sum(np.exp(-(((AXIS - at * (1 + 0.02 * one)) / 0.12) ** 2)) for at in (15, 24, 33)) for one in x])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        space = ps.FeatureSpace("shift", preparation="none").fit(
            ps.spectra.make(moved, two_theta=AXIS, wavelength=1.54, labels={"x": x}), label="x"
        )
    assert not space.novelty_.novelty.mixed
