"""Small patterns whose peaks move and grow with two hidden numbers, and maps fitted to them."""

import numpy as np
import pytest

from peakscape.maps import PCA, Autoencoder


def make_patterns(n_samples: int = 30, n_points: int = 300, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    axis = np.linspace(0.0, 1.0, n_points)
    stretch, growth = rng.uniform(-1.0, 1.0, (2, n_samples))
    patterns = np.zeros((n_samples, n_points))
    for center, height in ((0.2, 1.0), (0.35, 0.5), (0.6, 0.8), (0.85, 0.3)):
        centers = center * (1.0 + 0.02 * stretch)
        heights = height * (1.0 + 0.4 * growth * (center - 0.5))
        patterns += heights[:, None] * np.exp(-(((axis - centers[:, None]) / 0.01) ** 2))
    return 50.0 * patterns


@pytest.fixture(scope="session")
def pattern_maker():
    return make_patterns


@pytest.fixture(scope="session")
def patterns() -> np.ndarray:
    return make_patterns()


@pytest.fixture(scope="session")
def new_patterns() -> np.ndarray:
    return make_patterns(n_samples=7, seed=1)


@pytest.fixture(scope="session")
def fitted(patterns):
    return Autoencoder(hidden=(16, 8), n_members=3, n_epochs=600, learning_rate=2e-3, random_state=3).fit(patterns)


@pytest.fixture(scope="session")
def fitted_paper(patterns):
    return Autoencoder(
        recipe="paper", hidden=(16, 8), n_members=2, n_epochs=600, learning_rate=2e-3, random_state=3
    ).fit(patterns)


@pytest.fixture(scope="session")
def fitted_smooth(patterns):
    return Autoencoder(
        hidden=(16, 8), n_members=2, n_epochs=600, learning_rate=2e-3, smoothing=4.0, random_state=3
    ).fit(patterns)


@pytest.fixture(scope="session")
def fitted_pca(patterns):
    return PCA().fit(patterns)
