"""Regressors from spectra to labels: a map with its readout, and the plain ones that stand beside every map."""

import hashlib
import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.dummy import DummyRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.analysis.inputs import place_members
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.readout.near_points import Hull
from peakscape.analysis.readout.registry import PLANAR, Method
from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import ExtrapolationWarning
from peakscape.signal.peaks import common_width, sharpen
from peakscape.signal.smoothing import gaussian


class MapRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Fit a map and a readout on it: from a spectrum to its labels in one step.

    Parameters
    ----------
    space
        An unfitted map of two dimensions; None is scikit-learn's PCA.
    readout
        An unfitted readout; None is the Gaussian process, which is the one that extrapolates.

    Attributes
    ----------
    space_ : object
        The fitted map.
    readout_ : CompositionReadout
        The fitted readout.
    n_features_in_ : int
        Points of a spectrum.

    Examples
    --------
    >>> spectra = np.outer(np.linspace(0.0, 1.0, 8), np.arange(5.0)) + np.eye(8, 5) * 0.1
    >>> regressor = MapRegressor().fit(spectra, np.linspace(0.0, 1.0, 8))
    >>> bool(abs(regressor.predict(spectra[3:4])[0] - 3 / 7) < 0.1)
    True
    """

    def __init__(self, space: Any = None, readout: CompositionReadout | None = None) -> None:
        self.space = space
        self.readout = readout

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on spectra (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels)."""
        least = {"ensure_min_samples": 3, "ensure_min_features": 2}
        spectra, labels = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, **least)
        readout = CompositionReadout(method="gaussian_process") if self.readout is None else clone(self.readout)
        self.space_ = PCA(2, svd_solver="full") if self.space is None else clone(self.space)
        self.space_.fit(spectra, labels)  # only maps that say so look at the labels
        self.readout_ = readout.fit(place_members(self.space_, spectra), np.asarray(labels, dtype=np.float64))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Read the labels of spectra (n_samples, n_points), without a warning outside the known points."""
        points = self._place(X)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExtrapolationWarning)
            return np.asarray(self.readout_.predict(points))

    def distance_outside(self, X: ArrayLike) -> NDArray[np.float64]:
        """Tell how far from the known points of the map spectra (n_samples, n_points) lie.

        Returns
        -------
        ndarray of shape (n_samples,)
            0 inside the hull of the known points; else the distance to the nearest known point, as far as it is beyond
            the typical step between points of different labels, in such steps. The median over members.

        Examples
        --------
        >>> spectra = np.outer(np.linspace(0.0, 1.0, 8), np.arange(5.0)) + np.eye(8, 5) * 0.1
        >>> regressor = MapRegressor().fit(spectra, np.linspace(0.0, 1.0, 8))
        >>> distance = regressor.distance_outside([3 * spectra[7], spectra[3]])
        >>> bool(distance[0] > 3.0), float(distance[1])
        (True, 0.0)
        """
        queries = self._place(X)
        known = self.readout_.coordinates_
        labels = number_groups(self.readout_.composition_)
        pairs = zip(known, queries, strict=True)
        return np.asarray(np.median([_beyond(points, labels, asked) for points, asked in pairs], axis=0))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several labels may be fitted together, and that two coordinates may not suffice."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags

    def _place(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        return np.asarray(place_members(self.space_, validate_data(self, X, dtype=np.float64, reset=False)))


def distances_outside(readout: CompositionReadout, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tell how far places of a map (n_places, 2) lie outside what a readout knows; see `MapRegressor`."""
    labels = number_groups(readout.composition_)
    return np.asarray(np.median([_beyond(points, labels, places) for points in readout.coordinates_], axis=0))


def typical_steps(readout: CompositionReadout) -> NDArray[np.float64]:
    """Return of each member the typical step between known points of different labels, shape (n_members,)."""
    labels = number_groups(readout.composition_)
    return np.array([_step(points, labels) for points in readout.coordinates_])


def _step(points: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    centers = np.array([points[labels == label].mean(axis=0) for label in np.unique(labels)])
    return float(np.median(cKDTree(centers).query(centers, k=2)[0][:, 1])) if len(centers) > 1 else 0.0


def _beyond(points: NDArray[np.float64], labels: NDArray[np.intp], queries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of queries outside the hull beyond the typical step between known points of different labels."""
    distance = cKDTree(points).query(queries)[0] / max(_step(points, labels), np.finfo(float).tiny)
    return np.where(Hull(points).outside(queries), np.maximum(distance - 1.0, 0.0), 0.0)


class BroadenedPLS(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Partial least squares on broadened spectra: not a map, but a rival that any map has to face.

    Broadening makes peaks that move by less than their new width look like a linear change.

    Parameters
    ----------
    n_components
        Components at most; fewer where there are fewer samples.
    sigma
        Standard deviation of the Gaussian in points of the axis; 0 leaves the spectra as they are.
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
        return gaussian(spectra, self.sigma)


class PreparedPLS(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Partial least squares on well prepared spectra: the strongest plain rival on measured patterns with moving peaks.

    Each spectrum becomes the difference of two Gaussians (0.7 and 3 times as wide as a peak: no background, less
    noise), clipped at zero, its square root, scaled to norm 1.

    Parameters
    ----------
    n_components
        Components at most; fewer where there are fewer samples.
    fwhm
        Width of the peaks in points; None estimates it from the training spectra (``fwhm_``).
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
        roots = np.sqrt(np.clip(sharpen(spectra, self.fwhm_), 0.0, None))
        return np.asarray(roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), np.finfo(float).tiny))


class MapReadout(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A map (None: scikit-learn's PCA) and the readout of a name in one: a plain rival, without `distance_outside`.

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


class SharedFits(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fit a map once for each training set, however many copies of this estimator ask for it.

    Leaving out one sample after the other with several readouts of one map would fit the same map again and again.
    Copies made by `sklearn.base.clone` share what was fitted; a deep copy or another process does not.

    Parameters
    ----------
    space
        An unfitted map, whose fit involves no chance or has a fixed `random_state`.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> first = SharedFits(PCA(2))
    >>> second = clone(first)
    >>> spectra = np.random.default_rng(0).standard_normal((6, 4))
    >>> first.fit(spectra).fitted_ is second.fit(spectra).fitted_
    True
    """

    def __init__(self, space: Any) -> None:
        self.space = space

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        """Fit on spectra (n_samples, n_points) and labels, or take what was fitted on the same before."""
        digest = hashlib.sha256()
        for part in (X, np.zeros(0) if y is None else y):
            values = np.ascontiguousarray(part, dtype=np.float64)
            digest.update(repr(values.shape).encode() + values.tobytes())
        key = digest.digest()
        fits: dict[bytes, Any] = self.__dict__.setdefault("_fits", {})
        if key not in fits:
            fits[key] = clone(self.space).fit(X, y)
        self.fitted_ = fits[key]
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Place spectra (n_samples, n_points): coordinates (n_samples, 2)."""
        return np.asarray(self.fitted_.transform(X))

    def transform_members(self, X: ArrayLike) -> NDArray[np.float64]:
        """Place spectra by each member: coordinates (n_members, n_samples, 2), of the trusted ones."""
        points = place_members(self.fitted_, X)
        return points if points.ndim == 3 else points[np.newaxis]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the other fits behind: a copy in another process needs its own only."""
        return {name: value for name, value in super().__getstate__().items() if name != "_fits"}

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy that shares what was fitted."""
        copy = type(self)(clone(self.space))
        copy.__dict__["_fits"] = self.__dict__.setdefault("_fits", {})
        return copy


class ClassKnown(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Read a number from spectra whose class is known: the number of the class stands in the last column.

    Parameters
    ----------
    estimator
        Unfitted regressor; None answers with the mean.
    within
        Whether it sees, and answers with, differences from the mean of the known spectra of the class; else it does
        not learn of the class at all.

    Attributes
    ----------
    means_ : dict
        By class, and by None for all, the mean spectrum and the mean number.
    estimator_ : object
        Fitted, where there is one.

    Examples
    --------
    >>> spectra = np.array([[0.0, 1.0, 0], [0.0, 2.0, 0], [9.0, 1.0, 1], [9.0, 2.0, 1]])
    >>> ClassKnown(within=True).fit(spectra, [10.0, 20.0, 30.0, 40.0]).predict([[0.0, 1.5, 0], [9.0, 1.5, 1]]).tolist()
    [15.0, 35.0]
    """

    def __init__(self, estimator: Any = None, *, within: bool = False) -> None:
        self.estimator = estimator
        self.within = within

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on spectra with their class, shape (n_samples, n_points + 1), and numbers (n_samples,)."""
        rows, numbers = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        spectra, classes = rows[:, :-1], rows[:, -1]
        self.means_ = {None: (spectra.mean(axis=0), float(numbers.mean()))}
        if self.within:
            known = np.unique(classes)
            self.means_ |= {k: (spectra[classes == k].mean(axis=0), float(numbers[classes == k].mean())) for k in known}
        if self.estimator is not None:
            shape, number = self._means(classes)
            if not self.within:
                shape, number = np.zeros_like(shape), np.zeros_like(number)
            self.estimator_ = clone(self.estimator).fit(spectra - shape, numbers - number)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the numbers of spectra with their class, shape (n_samples,)."""
        check_is_fitted(self, "means_")
        rows = np.asarray(X, dtype=np.float64)
        shape, number = self._means(rows[:, -1])
        if self.estimator is None:
            return number
        if not self.within:
            return np.asarray(self.estimator_.predict(rows[:, :-1])).reshape(len(rows))
        return np.asarray(number + np.asarray(self.estimator_.predict(rows[:, :-1] - shape)).reshape(len(rows)))

    def _means(self, classes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        found = [self.means_.get(kind, self.means_[None]) for kind in classes]
        return np.array([shape for shape, _ in found]), np.array([number for _, number in found])
