"""Every step keeps scikit-learn's rules and treats a pattern alone as in a batch."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.errors import InputError
from peakscape.preparation import (
    Background,
    Contrast,
    Despike,
    Displacement,
    Normalize,
    Resample,
    Scale,
    StripKAlpha2,
    ZeroShift,
)

TWO_THETA = np.linspace(20.0, 50.0, 301)
STEPS = [
    Background(),
    Background(method="snip"),
    Background(method="mor"),
    Background(method="asls"),
    Despike(),
    StripKAlpha2(),
    Normalize(),
    Normalize(by="norm"),
    Scale(),
    ZeroShift(),
    Displacement(),
    Contrast(),
    Resample(),
]


@parametrize_with_checks(STEPS)
def test_scikit_learn_rules(estimator, check):
    check(estimator)


def _patterns(seed: int, n: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    peaks = 22.0 + 26.0 * random.random((n, 6, 1))
    shapes = random.random((n, 6, 1)) * np.exp(-(((TWO_THETA - peaks) / 0.3) ** 2))
    return shapes.sum(axis=1) + 0.2 * np.exp(-TWO_THETA / 30.0) + 0.01 * random.random((n, 301))


EVERY = [
    *STEPS,
    Normalize(by="area"),
    Normalize(by="standard", window=(30.0, 32.0)),
    Resample(onto=np.geomspace(21.0, 49.0, 400)),
    Resample(onto=np.linspace(20.0, 50.0, 40), average=True),
    StripKAlpha2(unit="q"),
]


@pytest.mark.parametrize("step", EVERY, ids=str)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5), scale=st.floats(1e-3, 1e6))
@settings(max_examples=6, deadline=None)
def test_alone_as_in_a_batch_bit_by_bit(step, seed, n, scale):
    training, rows = _patterns(0, 4) * scale, np.abs(_patterns(seed, n)) * scale
    if getattr(step, "by", "") == "standard":
        rows = rows + 9 * scale * np.exp(-(((TWO_THETA - 31.0) / 0.2) ** 2))
        training = training + 9 * scale * np.exp(-(((TWO_THETA - 31.0) / 0.2) ** 2))
    fitted = clone(step).set_params(axis=TWO_THETA).fit(training)
    together = fitted.transform(rows)
    alone = np.concatenate([fitted.transform(row[None]) for row in rows])
    assert np.array_equal(together, alone)
    # The learned parameters, through JSON, make the same step without the training patterns.
    learned = json.loads(json.dumps(fitted.learned(), default=np.ndarray.tolist))
    again = type(step)(**learned, axis=TWO_THETA).fit(np.ones((1, 301)) if not isinstance(step, Scale) else rows)
    assert np.array_equal(again.transform(rows), together)


@pytest.mark.parametrize("axis", [TWO_THETA[:-1], TWO_THETA[::-1], np.full(301, np.nan)])
def test_axis_must_fit(axis):
    with pytest.raises(InputError, match="axis"):
        Background(axis=axis).fit(_patterns(0, 2))


@pytest.mark.parametrize(
    "step",
    [
        Background(method="magic"),
        Background(width=1000.0),
        Background(width=0.01),
        Despike(fwhm=1.0),
        Despike(threshold=-1.0),
        Despike(max_width=3),
        StripKAlpha2(anode="Xx"),
        StripKAlpha2(ratio=1.5),
        StripKAlpha2(unit="energy"),
        Normalize(by="magic"),
        Normalize(by="standard"),
        Normalize(window=(90.0, 91.0)),
        Scale(scale=-1.0),
        ZeroShift(limit=0.0),
        ZeroShift(reference=[1.0, 2.0]),
        Displacement(fwhm=-1.0),
        Contrast(fwhm=0.0),
        Resample(onto=[10.0, 30.0]),
        Resample(onto=[30.0, 21.0]),
        Resample(onto=[]),
    ],
    ids=str,
)
def test_wrong_parameters_are_told(step):
    with pytest.raises(InputError):
        step.set_params(axis=TWO_THETA).fit(_patterns(0, 2))


def test_two_theta_beyond_180_is_no_two_theta():
    with pytest.raises(InputError, match="two_theta between 0 and 180"):
        StripKAlpha2(axis=TWO_THETA * 6).fit(_patterns(0, 2))
