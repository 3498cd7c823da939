"""A small space, a series of patterns, and a sink that only collects."""

import numpy as np
import pytest

import peakscape as ps
from peakscape import FeatureSpace
from peakscape.live import Measured

AXIS = np.linspace(10.0, 40.0, 300)


def pattern(x: float) -> np.ndarray:
    """Two peaks of which one moves."""
    return np.exp(-(((AXIS - 15 - 2 * x) / 0.4) ** 2)) + 0.6 * np.exp(-(((AXIS - 30) / 0.4) ** 2))


def measured(number: int, *, uid: str = "run", x: float | None = None, **metadata) -> Measured:
    """The spectrum of a number, always the same."""
    noise = np.random.default_rng(number).normal(0.0, 0.005, len(AXIS))
    row = pattern((number % 50) / 50 if x is None else x) + noise
    return Measured(uid, number, "two_theta", AXIS, row, {"name": f"n{number}", "wavelength": 1.5406} | metadata)


@pytest.fixture(scope="session")
def space():
    x = np.linspace(0.0, 1.0, 12)
    series = ps.spectra.make([pattern(one) for one in x], two_theta=AXIS, wavelength=1.5406, labels={"x": x})
    return ps.FeatureSpace("pca", preparation="none").fit(series, label="x")


@pytest.fixture(scope="session")
def saved(space, tmp_path_factory):
    return space.save(tmp_path_factory.mktemp("space") / "small.space")


@pytest.fixture(scope="session")
def light(space, tmp_path_factory):
    """The path of a space that tells coordinates only, in a millisecond."""
    known = space.known_.drop_vars("x")
    return (
        FeatureSpace("pca", preparation="none", novelty=False)
        .fit(known)
        .save(tmp_path_factory.mktemp("space") / "light.space")
    )


class Collected:
    """A sink that keeps what it is given."""

    def __init__(self):
        self.taken, self.notes, self.marks = {}, [], set()

    def take(self, measured):
        self.taken.setdefault(measured.key, measured)

    def note(self, code, text, uid=""):
        self.notes.append((code, text))

    def is_known(self, uid, number):
        return (uid, number) in self.taken

    def remember(self, key):
        self.marks.add(key)

    def remembers(self, key):
        return key in self.marks


@pytest.fixture
def sink():
    return Collected()
