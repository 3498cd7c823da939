"""A map fitted anew without some of its samples, once for each set that is left out, whoever asks."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone

from peakscape.errors import InputError

Array = NDArray[np.float64]
OFFERED = ("transform_members", "inverse_transform", "inverse_transform_members", "collapsed_")


class LeftOutMaps(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Stand for the map of a space wherever it is fitted without some samples.

    Labels, classes and novelty each leave samples out; where they leave out the same, one fit serves all. A map that
    learns from labels is always given those that the space's map learned from, whatever `fit` is called with. Copies
    made by `sklearn.base.clone` share the fits.

    Parameters
    ----------
    space
        The fitted map of all samples.
    known
        Their spectra, shape (n_samples, n_points).
    targets
        What the map learned from beside them, n_samples rows; None for nothing.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> known = np.random.default_rng(0).standard_normal((6, 4))
    >>> first = LeftOutMaps(PCA(2).fit(known), known)
    >>> clone(first).fit(known[:5]).fitted_ is clone(first).fit(known[:5]).fitted_
    True
    """

    def __init__(self, space: Any, known: Array, targets: NDArray[Any] | None = None) -> None:
        self.space = space
        self.known = known
        self.targets = targets

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Fit on some of the known spectra, or take the map that was fitted on the same before."""
        rows = np.asarray(X, dtype=np.float64)
        fits, numbers = self._shared()
        try:
            kept = tuple(numbers[row.tobytes()] for row in rows)
        except KeyError:
            raise InputError(
                "expected spectra that the space knows: it is fitted anew to some of its own only"
            ) from None
        if kept not in fits:
            fresh = clone(self.space)
            chosen = np.array(kept)
            fits[kept] = fresh.fit(rows) if self.targets is None else fresh.fit(rows, self.targets[chosen])
        self.fitted_ = fits[kept]
        return self

    def _shared(self) -> tuple[dict[tuple[int, ...], Any], dict[bytes, int]]:
        """The fits so far, and the number of each known spectrum by its bytes."""
        if "_fits" not in self.__dict__:
            numbers = {row.tobytes(): number for number, row in reversed(list(enumerate(self.known)))}
            everything = tuple(numbers[row.tobytes()] for row in self.known)
            self.__dict__["_fits"] = ({everything: self.space}, numbers)
        shared: tuple[dict[tuple[int, ...], Any], dict[bytes, int]] = self.__dict__["_fits"]
        return shared

    def transform(self, X: ArrayLike) -> Array:
        """Place spectra (n_samples, n_points): coordinates (n_samples, 2)."""
        return np.asarray(self.fitted_.transform(X))

    def __getattr__(self, name: str) -> Any:
        """Offer of the fitted map what `analysis` looks for: its members, and the way back to spectra."""
        if name in OFFERED and "fitted_" in self.__dict__:
            return getattr(self.__dict__["fitted_"], name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy that shares the fits."""
        copy = type(self)(self.space, self.known, self.targets)
        copy.__dict__["_fits"] = self._shared()
        return copy
