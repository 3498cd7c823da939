"""What a referee asks: texts that follow what is known of the spectra."""

import numpy as np
import pytest

from peakscape import FeatureSpace, spectra
from peakscape.report import format_number

AXIS = np.linspace(10.0, 40.0, 400)


def series(**labels):
    x = np.repeat(np.linspace(0.0, 1.0, 6), 2)
    peaks = [np.exp(-(((AXIS - 15 - k) / 0.3) ** 2)) + np.exp(-(((AXIS - 30 - 2 * k) / 0.3) ** 2)) for k in x]
    return spectra.make(peaks, two_theta=AXIS, wavelength=1.5406, labels={"x": x, **labels})


def told(dataset, label="x"):
    space = FeatureSpace("pca", preparation="none", novelty=False).fit(dataset, label=label)
    return space.claims().set_index("label").loc[label]


@pytest.fixture(scope="module")
def rich():
    n = np.arange(12)
    return told(series(beamline=np.where(n % 2, "A", "B"), batch=["one"] * 12, temperature=300.0 + 10.0 * n))


def test_what_varies_is_in_and_what_is_constant_is_not(rich):
    assert "repeats: 6 spectra beyond one of a value" in rich.variance_in
    assert "instrument: 2 of beamline" in rich.variance_in
    assert "batch: all spectra are of one batch" in rich.variance_not_in
    assert "mounting: the files do not tell" in rich.variance_not_in
    assert "Variance between mounting, batch, day is not part of this error" in rich.sentence


def test_a_label_that_runs_with_another_is_told(rich):
    assert "temperature runs with x" in rich.confounders


def test_numbers_of_the_sentence_are_those_of_validate():
    space = FeatureSpace("pca", preparation="none", novelty=False).fit(series(), label="x")
    row = space.validate().query("trusted").iloc[0]
    sentence = space.claims().sentence[0]
    assert "12 spectra in 6 groups" in sentence
    assert row["method"] in sentence
    assert f"mean width of {format_number(row['mean_width'])}" in sentence
    assert "coverage is not tested" in sentence


def test_classes_are_told_with_an_interval():
    row = told(series(phase=np.repeat(["a", "b"], 6)), "phase")
    assert "12 of 12 named rightly" in row.error
    assert "interval of that share 0.8" in row.coverage
