import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA

from peakscape.analysis import CompositionReadout, compare_left_out
from peakscape.analysis.validation.regressors import MapRegressor, SharedFits


class CountedPCA(PCA):
    n_fits = 0

    def fit(self, X, y=None):
        CountedPCA.n_fits += 1
        return super().fit(X, y)


def test_readouts_share_the_fits_and_answer_as_they_would_alone() -> None:
    rng = np.random.default_rng(0)
    label = np.linspace(0.0, 1.0, 12)
    spectra = np.outer(label, rng.standard_normal(20)) + 0.01 * rng.standard_normal((12, 20))

    def methods(space):
        return {
            method: MapRegressor(space, CompositionReadout(method=method)) for method in ("plane", "gaussian_process")
        }

    CountedPCA.n_fits = 0
    shared = compare_left_out(spectra, label, methods(SharedFits(CountedPCA(2, svd_solver="full"))))
    assert CountedPCA.n_fits == 13  # one a sample left out, and one of all
    alone = compare_left_out(spectra, label, methods(PCA(2, svd_solver="full")))
    for method, answers in alone.answers.items():
        assert shared.answers[method] == pytest.approx(answers, abs=1e-9)


def test_other_samples_or_labels_are_fitted_anew() -> None:
    CountedPCA.n_fits = 0
    shared = SharedFits(CountedPCA(2))
    spectra = np.random.default_rng(0).standard_normal((6, 4))
    shared.fit(spectra, np.zeros(6))
    clone(shared).fit(spectra, np.ones(6))
    clone(shared).fit(spectra[:5], np.zeros(5))
    clone(shared).fit(spectra, np.zeros(6))
    assert CountedPCA.n_fits == 3
