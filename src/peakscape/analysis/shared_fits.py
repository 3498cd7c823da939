"""A map that several readouts share: the same training samples are fitted once."""

import hashlib
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone

from peakscape.analysis.members import place_members


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

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy that shares what was fitted."""
        copy = type(self)(clone(self.space))
        copy.__dict__["_fits"] = self.__dict__.setdefault("_fits", {})
        return copy
