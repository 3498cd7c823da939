"""The plainest ways from a spectrum to its composition, to stand beside every map."""

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.analysis.comparison import composition_errors
from peakscape.analysis.interpolators import PLANAR, Method
from peakscape.analysis.readout import CompositionReadout
from peakscape.analysis.sharpening import common_width, sharpen


class BroadenedPLS(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Partial least squares on broadened spectra: not a map, but a rival that any map has to face.

    Broadening makes peaks that move by less than their new width look like a linear change.

    Parameters
    ----------
    n_components
        Components at most; fewer where there are fewer samples.
    sigma
        Standard deviation of the Gaussian in points of the axis; 0 leaves the spectra as they are.

    Attributes
    ----------
    n_features_in_ : int
        Points of a spectrum.

    Examples
    --------
    >>> axis = np.arange(60.0)
    >>> spectra = np.exp(-((axis - np.linspace(25, 35, 11)[:, None]) ** 2) / 8)
    >>> model = BroadenedPLS(n_components=4, sigma=4.0).fit(spectra[::2], np.arange(11.0)[::2])
    >>> float(abs(model.predict(spectra[1:2]) - 1).max()) < 0.2
    True
    """

    def __init__(self, *, n_components: int = 8, sigma: float = 25.0) -> None:
        self.n_components = n_components
        self.sigma = sigma

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on spectra (n_samples, n_points) and compositions (n_samples, n_elements) or (n_samples,)."""
        spectra, labels = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        n_components = max(1, min(self.n_components, len(spectra) - 1, spectra.shape[1]))
        self._regression = PLSRegression(n_components=n_components, scale=False)
        with warnings.catch_warnings():
            # Labels explained in full before the last component: nothing is left to fit.
            warnings.filterwarnings("ignore", message=".*[Rr]esidual is constant", category=UserWarning)
            self._regression.fit(self._broaden(spectra), labels)
        self.n_components_ = n_components
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict compositions of spectra (n_samples, n_points)."""
        check_is_fitted(self)
        spectra = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self._regression.predict(self._broaden(spectra)))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several labels may be fitted together."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _broaden(self, spectra: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.sigma <= 0:
            return spectra
        return np.asarray(gaussian_filter1d(spectra, self.sigma, axis=1, mode="nearest"))


class PreparedPLS(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Partial least squares on well prepared spectra: the strongest plain rival on measured patterns with moving peaks.

    Each spectrum becomes the difference of two Gaussians (0.7 and 3 times as wide as a peak: no background, less
    noise), clipped at zero, its square root, scaled to norm 1.

    Parameters
    ----------
    n_components
        Components at most; fewer where there are fewer samples.
    fwhm
        Width of the peaks in points; None estimates it from the training spectra.

    Attributes
    ----------
    fwhm_ : float
        The width used.
    n_features_in_ : int
        Points of a spectrum.

    Examples
    --------
    >>> axis = np.arange(60.0)
    >>> spectra = np.exp(-((axis - np.linspace(25, 35, 11)[:, None]) ** 2) / 8)
    >>> model = PreparedPLS(n_components=4).fit(spectra[::2], np.arange(11.0)[::2])
    >>> float(abs(model.predict(spectra[1:2]) - 1).max()) < 0.3
    True
    """

    def __init__(self, *, n_components: int = 5, fwhm: float | None = None) -> None:
        self.n_components = n_components
        self.fwhm = fwhm

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on spectra (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels)."""
        spectra, labels = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self.fwhm_ = common_width(spectra) if self.fwhm is None else float(self.fwhm)
        prepared = self._prepare(spectra)
        centered = prepared - prepared.mean(axis=0)
        rank = int(np.linalg.matrix_rank(centered, tol=1e-8))
        # Spectra without a peak are all zero once prepared, and what varies may have nothing to do with the labels.
        related = np.abs(centered.T @ (labels - labels.mean(axis=0))).max() > 1e-9 * (1.0 + np.abs(labels).max())
        n_components = min(self.n_components, rank) if related else 0
        self._regression = BroadenedPLS(n_components=n_components, sigma=0.0) if n_components else DummyRegressor()
        self._regression.fit(prepared, labels)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict labels of spectra (n_samples, n_points)."""
        check_is_fitted(self)
        spectra = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self._regression.predict(self._prepare(spectra)))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several labels may be fitted together, and that numbers without peaks say nothing."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags

    def _prepare(self, spectra: NDArray[np.float64]) -> NDArray[np.float64]:
        roots = np.sqrt(np.clip(sharpen(spectra, fwhm=self.fwhm_), 0.0, None))
        return np.asarray(roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), np.finfo(float).tiny))


class MapReadout(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A map and a readout in one, from spectrum to composition.

    Parameters
    ----------
    space
        An unfitted map of two dimensions; None is scikit-learn's PCA.
    method
        Name of the readout (see `CompositionReadout`).

    Attributes
    ----------
    space_ : object
        The fitted map.
    readout_ : CompositionReadout
        The readout on it.

    Examples
    --------
    >>> spectra = np.random.default_rng(0).normal(size=(20, 5))
    >>> MapReadout(method="neighbors").fit(spectra, np.full(20, 3.0)).predict(spectra[:1]).tolist()
    [3.0]
    """

    def __init__(self, space: Any = None, *, method: Method = "triangle") -> None:
        self.space = space
        self.method = method

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on spectra (n_samples, n_points) and compositions (n_samples, n_elements) or (n_samples,)."""
        spectra, labels = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self.space_ = PCA(2, svd_solver="full") if self.space is None else clone(self.space)
        self._two_dimensional = np.ndim(labels) == 2
        self.readout_ = CompositionReadout(method=self.method)
        self.readout_.fit(self.space_.fit(spectra).transform(spectra), labels)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Predict compositions of spectra (n_samples, n_points), in silence outside the known points."""
        check_is_fitted(self)
        spectra = validate_data(self, X, dtype=np.float64, reset=False)
        answers = np.asarray(np.median(self.readout_.predict_members(self.space_.transform(spectra)), axis=0))
        return answers if self._two_dimensional else answers[:, 0]


def default_baselines(*, sigma: float = 25.0, n_components: int = 8) -> dict[str, Any]:
    """Make the unfitted baselines, each with ``fit(spectra, composition)`` and ``predict(spectra)``.

    Parameters
    ----------
    sigma
        Broadening of the partial least squares, standard deviation in points of the axis.
    n_components
        Its components.

    Returns
    -------
    dict
        ``mean``, ``nearest_pattern``, ``pls_broadened`` and ``pca2_<readout>`` for each readout.

    Examples
    --------
    >>> list(default_baselines())[:4]
    ['mean', 'nearest_pattern', 'pls_broadened', 'pca2_triangle']
    """
    return {
        "mean": DummyRegressor(strategy="mean"),
        "nearest_pattern": KNeighborsRegressor(n_neighbors=1),
        "pls_broadened": BroadenedPLS(n_components=n_components, sigma=sigma),
        **{f"pca2_{method}": MapReadout(method=method) for method in PLANAR},
    }


def compare_baselines(
    spectra_train: ArrayLike,
    composition_train: ArrayLike,
    spectra_test: ArrayLike,
    composition_test: ArrayLike,
    *,
    baselines: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Score baselines on the same test samples.

    Parameters
    ----------
    spectra_train, spectra_test
        Shape (n_samples, n_points).
    composition_train, composition_test
        Shape (n_samples, n_elements) or (n_samples,).
    baselines
        Unfitted regressors by name; by default those of `default_baselines`.

    Returns
    -------
    pandas.DataFrame
        One row a baseline, with the columns of `composition_errors`.

    Raises
    ------
    InputError
        If shapes do not fit or values are not finite.

    Examples
    --------
    >>> spectra = np.random.default_rng(0).normal(size=(20, 5))
    >>> some = {"mean": default_baselines()["mean"]}
    >>> compare_baselines(spectra, np.full(20, 3.0), spectra, np.full(20, 3.0), baselines=some)["worst"].tolist()
    [0.0]
    """
    rows = {}
    for name, baseline in (default_baselines() if baselines is None else baselines).items():
        fitted = clone(baseline).fit(np.asarray(spectra_train), np.asarray(composition_train))
        rows[name] = composition_errors(fitted.predict(np.asarray(spectra_test)), composition_test)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("baseline")
