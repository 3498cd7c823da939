"""Scores of rebuilt spectra against scikit-learn's."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import r2_score

from peakscape.analysis.generation import r2_per_spectrum, reconstruct
from peakscape.errors import InputError


def test_r2_is_scikit_learns_spectrum_by_spectrum() -> None:
    rng = np.random.default_rng(0)
    true, rebuilt = rng.normal(size=(4, 30)), rng.normal(size=(4, 30))
    expected = [r2_score(one, other) for one, other in zip(true, rebuilt, strict=True)]
    np.testing.assert_allclose(r2_per_spectrum(true, rebuilt), expected)


def test_r2_about_the_mean_spectrum_is_zero_for_the_mean_spectrum() -> None:
    true = np.random.default_rng(0).normal(size=(4, 30))
    mean = true.mean(axis=0)
    np.testing.assert_allclose(r2_per_spectrum(true, np.tile(mean, (4, 1)), about=mean), 0, atol=1e-12)


def test_bad_input_is_told() -> None:
    with pytest.raises(InputError, match="without variation"):
        r2_per_spectrum(np.ones((1, 3)), np.ones((1, 3)))
    with pytest.raises(InputError, match="shape"):
        r2_per_spectrum(np.ones((1, 3)), np.ones((1, 4)))
    with pytest.raises(InputError, match="cannot bring"):
        reconstruct(object(), np.ones((2, 3)))


def test_reconstruct_is_the_maps_own_round_trip() -> None:
    values = np.random.default_rng(0).normal(size=(9, 5))
    space = PCA(2).fit(values)
    np.testing.assert_allclose(reconstruct(space, values), space.inverse_transform(space.transform(values)))
