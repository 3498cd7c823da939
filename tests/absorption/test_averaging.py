import numpy as np
import pytest

from peakscape import absorption, spectra
from peakscape.errors import InputError


def test_spread_of_known_noise():
    random = np.random.default_rng(0)
    truth = np.linspace(0, 1, 400)
    found = absorption.average(truth + 0.1 * random.normal(size=(25, 400)))
    assert np.sqrt(np.mean(found.spread**2)) == pytest.approx(0.1, rel=0.03)
    assert np.allclose(found.standard_error, found.spread / 5)
    assert np.sqrt(np.mean((found.mean - truth) ** 2)) == pytest.approx(0.02, rel=0.2)


def test_a_bad_repeat_stands_out():
    rows = np.ones((5, 100)) + 0.01 * np.random.default_rng(0).normal(size=(5, 100))
    rows[3, 40:] += 0.5
    deviation = absorption.average(rows).deviation
    assert deviation.argmax() == 3
    assert deviation[3] > 10 * np.median(deviation)


def test_repeats_by_two_labels():
    repeated = spectra.make(
        [[0, 1], [0, 3], [5, 5], [1, 1]],
        energy=[1, 2],
        kind="absorption",
        name=["a1", "a2", "a3", "b1"],
        labels={"compound": ["a", "a", "a", "b"], "temperature": [10.0, 10.0, 100.0, 10.0], "run": [1, 2, 3, 4]},
    )
    averaged, spread = absorption.scans.average_repeats(repeated, by=("compound", "temperature"))
    assert averaged.name.values.tolist() == ["a1", "a3", "b1"]
    assert averaged.intensity.values.tolist() == [[0, 2], [5, 5], [1, 1]]
    assert spread[0].tolist() == pytest.approx([0, np.sqrt(2)])
    assert np.isnan(spread[1:]).all()
    assert "run" not in averaged.coords  # no repeat's label is the average's
    assert averaged.attrs["history"].endswith("averaged 4 scans to 3 by compound, temperature")
    spectra.check(averaged)


def test_what_cannot_be_averaged():
    with pytest.raises(InputError, match="finite"):
        absorption.average([[1.0, np.nan]])
    with pytest.raises(InputError, match="phase"):
        absorption.scans.average_repeats(spectra.make([[0, 1]], energy=[1, 2], kind="absorption"), by="phase")
