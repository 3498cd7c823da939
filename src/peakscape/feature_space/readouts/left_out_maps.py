"""A map fitted anew without some of its samples, once for each set that is left out, whoever asks."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone

from peakscape.errors import InputError
from peakscape.maps import registry
from peakscape.threads import one_blas_thread

Array = NDArray[np.float64]
QUICK_FOLDS, SLOW_FOLDS, MANY = 30, 5, 400
"""How often a map is fitted anew to measure left-out errors: slow ones, and those of many spectra, fewer times."""
Shared = tuple[dict[tuple[int, ...], Any], dict[bytes, int], dict[Any, Array], dict[Any, Array]]
OFFERED = ("inverse_transform", "inverse_transform_members", "collapsed_")


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
        fits, numbers = self._shared()[:2]
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
        self.fitted_, self._kept = fits[kept], kept
        return self

    def leave_out(self, folds: NDArray[np.intp]) -> None:
        """Fit without each fold, shape (n_samples,), and place all known spectra, on all cores; `fit` finds it done."""
        parts = np.unique(folds)
        if len(parts) > 1:
            self.keep([folds != fold for fold in parts])

    def keep(self, sets: Sequence[NDArray[np.bool_]]) -> None:
        """Fit to each set of the known spectra, (n_samples,) of bool, as `leave_out` does."""
        self._shared()

        def fit_to(kept: NDArray[np.bool_]) -> None:
            with one_blas_thread(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                copy = self.__sklearn_clone__().fit(self.known[kept])
                copy.transform(self.known)
                if hasattr(copy.fitted_, "transform_members"):
                    copy.transform_members(self.known)

        Parallel(n_jobs=-1, prefer="threads")(delayed(fit_to)(kept) for kept in sets)

    def _shared(self) -> Shared:
        """Fits so far, the number of each known spectrum by its bytes, where known spectra lie, and the last other."""
        if "_fits" not in self.__dict__:
            numbers = {row.tobytes(): number for number, row in reversed(list(enumerate(self.known)))}
            everything = tuple(numbers[row.tobytes()] for row in self.known)
            self.__dict__["_fits"] = ({everything: self.space}, numbers, {}, {})
        shared: Shared = self.__dict__["_fits"]
        return shared

    def transform(self, X: ArrayLike) -> Array:
        """Place spectra (n_samples, n_points): coordinates (n_samples, 2)."""
        rows = np.asarray(X, dtype=np.float64)
        if hasattr(self.fitted_, "transform_members"):
            members = self.transform_members(rows)
            if len(members) == 1:  # a map of one member places where its member does
                return np.asarray(members[0])
        return self._place(rows, "transform", 0)

    def transform_members(self, X: ArrayLike) -> Array:
        """Place spectra by each member of the fitted map: coordinates (n_members, n_samples, 2)."""
        if not hasattr(self.fitted_, "transform_members"):
            return self.transform(X)[np.newaxis]
        return self._place(np.asarray(X, dtype=np.float64), "transform_members", 1)

    def _place(self, rows: Array, how: str, axis: int) -> Array:
        """Place spectra, known ones once: placing costs as much as fitting where spectra are registered."""
        placed = self._shared()[2]
        if len(rows) == 1:
            return self._place_one(rows, how)
        keys = [(self._kept, how, row.tobytes()) for row in rows]
        missing = [number for number, key in enumerate(keys) if key not in placed]
        if missing:
            found = np.asarray(getattr(self.fitted_, how)(rows[missing]), dtype=np.float64)
            fresh = {keys[number]: np.take(found, [k], axis=axis) for k, number in enumerate(missing)}
            placed |= {key: value for key, value in fresh.items() if key[2] in self._shared()[1]}
            return np.concatenate([fresh.get(key, placed.get(key)) for key in keys], axis=axis)
        return np.concatenate([placed[key] for key in keys], axis=axis)

    def _place_one(self, rows: Array, how: str) -> Array:
        """Place one spectrum (1, n_points); where the last one lies is kept, for several methods ask for it."""
        _, known, placed, last = self._shared()
        key = (self._kept, how, rows.tobytes())
        store = placed if key[2] in known else last
        found = store.get(key)
        if found is None:
            found = np.asarray(getattr(self.fitted_, how)(rows), dtype=np.float64)
            if store is last and any(one[2] != key[2] for one in list(last)):
                last.clear()
            store[key] = found
        return found

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


def n_folds_of(space: Any, n_known: int = 0) -> int:
    """Return into how many folds at most the known spectra of a map are dealt."""
    return SLOW_FOLDS if registry.is_slow(space) or n_known > MANY else QUICK_FOLDS
