"""Simulated experiments: truth for every label, the traps in them, and the same numbers for the same seed."""

import numpy as np
import pytest

from peakscape import spectra
from peakscape.datasets import simulated_kinds, simulated_series
from peakscape.errors import InputError


@pytest.mark.parametrize("kind", simulated_kinds())
def test_an_experiment_has_truth_for_every_label(kind):
    series = simulated_series(kind, 3)
    for part in (series.known, series.new, series.foreign):
        spectra.check(part)
        assert np.isfinite(part["intensity"].values).all()
    known, new = series.known[series.label].values, series.new[series.label].values
    assert np.isfinite(np.r_[known, new]).all()
    assert set(np.unique(series.foreign["nearness"].values)) == {"near", "far"}
    assert all(known.min() < at < known.max() for at in series.transitions)
    if kind != "mixtures":  # there zero is a value of many samples, known and new
        assert not set(known) & set(new)
    assert series.inner.any()


def test_the_seed_decides():
    one, same, other = (simulated_series("impurity", seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.known["intensity"], same.known["intensity"])
    assert one.known["intensity"].shape != other.known["intensity"].shape or not np.array_equal(
        one.known["intensity"], other.known["intensity"]
    )


def test_the_traps_are_there():
    rows = simulated_series("impurity", 0).known
    low = rows["two_theta"].values < 15.5
    largest = rows["intensity"].values.argmax(axis=1)
    assert (low[largest]).sum() >= 2  # a peak of another phase is the highest in two samples
    mixed = simulated_series("mixtures", 0).known
    assert (mixed["fraction_a"].values == 0.0).sum() >= 2
    labels = np.sort(simulated_series("thermal_ramp", 0).known["temperature"].values)
    steps = np.diff(labels)
    assert (steps == 0.0).any()
    assert np.isclose(steps, 0.001).any()


def test_bounds_are_told():
    assert list(simulated_series("two_references", 0).known["fraction"].attrs["bounds"]) == [0.0, 1.0]


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="one of solid_solution, impurity"):
        simulated_series("alchemy")
