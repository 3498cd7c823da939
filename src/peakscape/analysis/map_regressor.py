"""A map and a readout as one regressor on raw spectra, so that both are fitted anew without what is left out."""

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.analysis.coordinates import Hull
from peakscape.analysis.members import place_members
from peakscape.analysis.readout import CompositionReadout
from peakscape.analysis.splits import number_groups
from peakscape.errors import ExtrapolationWarning


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


def _beyond(points: NDArray[np.float64], labels: NDArray[np.intp], queries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of queries outside the hull beyond the typical step between known points of different labels."""
    centers = np.array([points[labels == label].mean(axis=0) for label in np.unique(labels)])
    step = float(np.median(cKDTree(centers).query(centers, k=2)[0][:, 1])) if len(centers) > 1 else 0.0
    distance = cKDTree(points).query(queries)[0] / max(step, np.finfo(float).tiny)
    return np.where(Hull(points).outside(queries), np.maximum(distance - 1.0, 0.0), 0.0)
