"""Spectra between two ends against closed forms on a linear map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

from peakscape.analysis import interpolate_spectra
from peakscape.errors import InputError


def flat(n_samples=12, seed=0):
    """Spectra in a plane, which a linear map of two axes keeps whole."""
    chance = np.random.default_rng(seed)
    return 2.0 + chance.normal(size=(n_samples, 2)) @ chance.normal(size=(2, 30))


@given(seed=st.integers(0, 500), n_steps=st.integers(2, 12))
@settings(max_examples=20, deadline=None)
def test_a_linear_map_gives_the_mixture(seed, n_steps):
    spectra = flat(seed=seed)
    space = PCA(n_components=2).fit(spectra)
    found = interpolate_spectra(space, spectra[0], spectra[1], known=spectra[2:], n_steps=n_steps)
    share = np.arange(n_steps)[:, np.newaxis] / (n_steps - 1)
    np.testing.assert_allclose(found.mixture, (1 - share) * spectra[0] + share * spectra[1])
    np.testing.assert_allclose(found.intensity, found.mixture, atol=1e-9)
    apart = cdist(found.mixture, spectra[2:])
    size = np.linalg.norm(spectra[2:], axis=1)[apart.argmin(axis=1)]
    np.testing.assert_allclose(found.distance, apart.min(axis=1) / size, atol=1e-9)
    np.testing.assert_allclose(found.mixture_distance, found.distance, atol=1e-9)
    np.testing.assert_allclose(found.round_trip, 0.0, atol=1e-9)


def test_points_of_the_map_are_ends_too():
    spectra = flat()
    space = PCA(n_components=2).fit(spectra)
    places = space.transform(spectra)
    one = interpolate_spectra(space, spectra[3], spectra[7], known=spectra)
    two = interpolate_spectra(space, places[3], places[7], known=spectra)
    np.testing.assert_allclose(one.intensity, two.intensity)
    np.testing.assert_array_equal(one.mixture, two.mixture)
    assert (one.nearest[0], one.nearest[-1]) == (3, 7)
    assert one.distance[[0, -1]].max() < 1e-9
    assert one.distance_on_map[[0, -1]].max() < 1e-9


class PeakPlace:
    """A map that knows that the spectra are one peak, and where: its place and its height."""

    axis = np.linspace(0.0, 1.0, 60)

    def transform(self, spectra):
        rows = np.asarray(spectra)
        return np.column_stack([rows @ self.axis / rows.sum(axis=1), rows.sum(axis=1)])

    def inverse_transform(self, coordinates):
        peaks = np.exp(-(((self.axis - coordinates[:, :1]) / 0.05) ** 2))
        return peaks * coordinates[:, 1:] / peaks.sum(axis=1, keepdims=True)


def test_a_map_that_follows_a_moving_peak_beats_the_mixture():
    space, places = PeakPlace(), np.linspace(0.3, 0.7, 9)
    spectra = space.inverse_transform(np.column_stack([places, np.full(9, 5.0)]))
    found = interpolate_spectra(space, spectra[0], spectra[8], known=spectra[1:8], n_steps=9)
    np.testing.assert_array_equal(found.nearest[1:8], np.arange(7))
    assert found.distance[1:8].max() < 1e-6
    assert found.mixture_distance[4] > 0.5  # two peaks where there is one
    np.testing.assert_allclose(found.coordinates[:, 0], places, atol=1e-6)


def test_what_cannot_be_used_is_refused():
    spectra = flat()
    space = PCA(n_components=2).fit(spectra)
    with pytest.raises(InputError, match="expected start to be a spectrum"):
        interpolate_spectra(space, spectra[0][:5], spectra[1], known=spectra)
    with pytest.raises(InputError, match="two steps or more"):
        interpolate_spectra(space, spectra[0], spectra[1], known=spectra, n_steps=1)
    with pytest.raises(InputError, match="cannot decode"):
        interpolate_spectra(object(), spectra[0], spectra[1], known=spectra)
