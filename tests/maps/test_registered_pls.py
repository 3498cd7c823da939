import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.errors import InputError
from peakscape.maps import RegisteredPLS

AXIS = np.linspace(0.0, 1.0, 800)


@parametrize_with_checks([RegisteredPLS(), RegisteredPLS(template="medoid", residual_width=0.0)])
def test_scikit_learn(estimator, check):
    check(estimator)


def make_patterns(n_samples, seed):
    """Peaks that move by more than their width with the first label and trade heights with the second."""
    rng = np.random.default_rng(seed)
    labels = rng.uniform(size=(n_samples, 2))
    centers = np.array([0.2, 0.35, 0.5, 0.7]) + 0.06 * labels[:, :1]
    heights = np.stack([np.ones(n_samples), 1 + 0.2 * labels[:, 1], np.ones(n_samples), 1 - 0.2 * labels[:, 1]], axis=1)
    patterns = (heights[..., None] * np.exp(-(((AXIS - centers[..., None]) / 0.01) ** 2))).sum(axis=1)
    return patterns + 0.01 * rng.standard_normal(patterns.shape), labels


def test_two_labels_are_read_better_than_from_raw_patterns():
    (known, labels), (new, truth) = make_patterns(40, 0), make_patterns(30, 1)
    error = RegisteredPLS(axis=AXIS).fit(known, labels).predict(new) - truth
    plain = PLSRegression(8, scale=False).fit(known, labels).predict(new) - truth
    assert np.sqrt((error**2).mean(axis=0)).max() < 0.05
    assert np.sqrt((error**2).mean(axis=0)).max() < 0.5 * np.sqrt((plain**2).mean(axis=0)).max()


def test_alone_or_in_a_batch():
    known, labels = make_patterns(20, 0)
    model = RegisteredPLS(axis=AXIS).fit(known, labels[:, 0])
    new = make_patterns(4, 1)[0]
    assert np.concatenate([model.predict(row[None]) for row in new]) == pytest.approx(model.predict(new), abs=1e-9)


def test_components_must_be_positive():
    with pytest.raises(InputError, match="n_components"):
        RegisteredPLS(n_components=0).fit(*make_patterns(10, 0))
