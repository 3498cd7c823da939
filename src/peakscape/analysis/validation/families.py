"""Families of regressions on prepared spectra: each finds its best preparation and size anew wherever it is fitted."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from peakscape.analysis.validation.kernel_regression import Scores, pls_answers, process_errors
from peakscape.analysis.validation.left_out import LEAST_INNER
from peakscape.analysis.validation.preparations import ABSOLUTE, Preparations
from peakscape.analysis.validation.splits import inner_samples, number_groups
from peakscape.errors import InputError
from peakscape.signal import gaussian_process
from peakscape.signal.nonnegative import nonnegative_least_squares

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
MOST_FOLDS, FEW_FOLDS, MANY = 12, 3, 200
"""Folds by which a family chooses, fewer where there are many spectra; what belongs together is dealt into them."""
FEW_VALUES = 5
"""Different values of a label from which all samples of one are left out together."""
N_AVERAGED, AVERAGING = 3, 8.0
"""So many of the best preparations are averaged, with weights of their left-out errors to the power of minus this."""
COST = 0.06
"""What each further component adds to the left-out error by which it is chosen: few samples tempt to many."""
AT_AN_END = 0.25
"""Weight of what is erred at an end of the known values, where a left-out sample cannot be reached by interpolation."""
PROCESS_OPTIONS = [
    (count, length, noise) for count in (1, 2, 4, 6) for length in (1.0, 2.0, 4.0) for noise in (1e-4, 1e-2)
]


class _Family(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What families share: known spectra are found again, and candidates compared by leaving some out."""

    def __init__(self, ways: Preparations, names: tuple[str, ...] = ("plain",)) -> None:
        self.ways = ways
        self.names = names

    def _known(self, X: ArrayLike, y: ArrayLike) -> tuple[Indices, Array, Indices]:
        """Numbers of the spectra, labels as a table, and the fold of each spectrum."""
        rows, labels = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        numbers = self.ways.numbers_of(rows)
        if numbers is None:
            raise InputError("expected spectra that were given to Preparations: it knows no others")
        self._single_label = labels.ndim == 1
        table = labels.reshape(len(labels), -1)
        groups = number_groups(table) if self.ways.groups is None else number_groups(self.ways.groups[numbers])
        n_groups = len(np.unique(groups))
        if n_groups < FEW_VALUES:
            groups, n_groups = np.arange(len(table)), len(table)
        self._mean, deviation = table.mean(axis=0), table.std(axis=0)
        self._unit = np.where(deviation > 0, deviation, 1.0)
        most = MOST_FOLDS if len(table) <= MANY else FEW_FOLDS
        return numbers, (table - self._mean) / self._unit, groups if n_groups <= most else groups % most

    def _shaped(self, answers: Array) -> Array:
        table = answers * self._unit + self._mean
        return np.asarray(table[:, 0] if self._single_label else table)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several labels may be fitted together."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class BestPLS(_Family):
    """Partial least squares on the preparation, and with the number of components, that err least where left out.

    Parameters
    ----------
    ways
        Of the known spectra; `fit` takes some of these.
    names
        Preparations that are tried.
    n_components
        Components at most.

    Attributes
    ----------
    members_ : list of (name, weight, mean, direction)
        Preparations averaged, the best first.
    chosen_ : str
        The best preparation, with its number of components.
    """

    def __init__(self, ways: Preparations, names: tuple[str, ...] = ("plain",), *, n_components: int = 6) -> None:
        super().__init__(ways, names)
        self.n_components = n_components

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on known spectra (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels)."""
        numbers, labels, folds = self._known(X, y)
        train = np.array([folds != fold for fold in np.unique(folds)])
        n_components = max(1, min(self.n_components, int(train.sum(axis=1).min()) - 1))
        inner = inner_samples(labels)
        counts = np.where(inner, 1.0, AT_AN_END) if inner.sum() >= LEAST_INNER else np.ones(len(labels))
        found = []
        for name in self.names:
            gram = self.ways.gram(name)[np.ix_(numbers, numbers)]
            told = np.stack([pls_answers(gram, column, train, n_components)[0] for column in labels.T], axis=-1)
            wrong = np.where(train[:, np.newaxis, :, np.newaxis], 0.0, told - labels) ** 2
            errors = np.sqrt((wrong.sum(axis=(0, 3)) @ counts) / (counts.sum() * labels.shape[1]))
            errors *= 1.0 + COST * np.arange(n_components)
            found.append((float(errors.min()), int(errors.argmin()) + 1, name))
        best = sorted(found)[:N_AVERAGED]
        if all(name in ABSOLUTE for _, _, name in best):  # something must answer where the exposure is another
            best += sorted(one for one in found if one[2] not in ABSOLUTE)[:1]
        least = max(best[0][0], np.finfo(float).tiny)
        self.members_ = []
        for error, count, name in best:
            rows = self.ways.of_known(name)[numbers]
            gram = self.ways.gram(name)[np.ix_(numbers, numbers)]
            everything = np.ones((1, len(numbers)), dtype=bool)
            dual = np.stack([pls_answers(gram, column, everything, count)[1][0, -1] for column in labels.T])
            mean, weight = rows.mean(axis=0), (least / max(error, least)) ** AVERAGING
            self.members_.append((name, weight, mean, dual @ (rows - mean)))
        self.chosen_ = f"{best[0][2]}, {best[0][1]} components"
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Predict the labels of any spectra (n_samples, n_points)."""
        check_is_fitted(self, "members_")
        rows = np.asarray(X, dtype=np.float64)
        told, total = np.zeros((len(rows), len(self._mean))), np.zeros((len(rows), 1))
        usual = self.ways.has_usual_exposure(rows)
        for name, weight, mean, direction in self.members_:
            used = weight * (usual if name in ABSOLUTE else np.ones(len(rows)))[:, np.newaxis]
            # products of one row at a time have the same bits alone and among others
            told += used * np.array([direction @ row for row in self.ways.apply(name, rows) - mean])
            total += used
        return self._shaped(told / total)


class BestProcess(_Family):
    """A Gaussian process on a few principal components of the preparation that errs least where left out.

    Parameters
    ----------
    ways, names
        As of `BestPLS`.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on known spectra (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels)."""
        numbers, labels, folds = self._known(X, y)
        options = [one for one in PROCESS_OPTIONS if one[0] <= max(1, len(numbers) - 3)]
        found = []
        for name in self.names:
            scores = Scores.of(self.ways.gram(name)[np.ix_(numbers, numbers)], 6)
            errors = process_errors(scores.points, labels, folds, options)
            found.append((float(np.sqrt(errors.min())), name, int(errors.argmin()), scores))
        _, self.chosen_, which, scores = min(found, key=lambda one: one[0])
        count, self._length, noise = options[which]
        self._points, rows = scores.points[:, :count], self.ways.of_known(self.chosen_)[numbers]
        self._center = rows.mean(axis=0)
        self._back = scores.back[:, :count].T @ (rows - self._center)
        self._weights = gaussian_process.weights(self._points, labels, length=self._length, noise=noise)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Predict the labels of any spectra (n_samples, n_points)."""
        check_is_fitted(self, "chosen_")
        rows = self.ways.apply(self.chosen_, np.asarray(X, dtype=np.float64))
        points = (rows - self._center) @ self._back.T
        return self._shaped(gaussian_process.kernel(points, self._points, self._length) @ self._weights)


class EndMembers(_Family):
    """Spectra as mixtures of two ends, found by least squares from all known ones; shares by non-negative ones.

    The ends are the spectra at the smallest and the largest known value if spectra change in proportion to the label
    (D. M. Haaland and E. V. Thomas, Anal. Chem. 60, 1193 (1988), DOI 10.1021/ac00162a020).
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on known spectra (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels)."""
        numbers, labels, _ = self._known(X, y)
        rows = self.ways.of_known(self.names[0])[numbers]
        self._ends, self._low, self._high = [], labels.min(axis=0), labels.max(axis=0)
        for column, low, high in zip(labels.T, self._low, self._high, strict=True):
            share = (column - low) / (high - low if high > low else 1.0)
            self._ends.append(np.linalg.lstsq(np.stack([1.0 - share, share], axis=1), rows, rcond=None)[0])
        self.fitted_ = True
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Predict the labels of any spectra (n_samples, n_points)."""
        check_is_fitted(self, "fitted_")
        rows = self.ways.apply(self.names[0], np.asarray(X, dtype=np.float64))
        shares = np.empty((len(rows), len(self._ends)))
        for number, ends in enumerate(self._ends):
            amounts = np.array([nonnegative_least_squares(ends.T, row) for row in rows])
            shares[:, number] = amounts[:, 1] / np.maximum(amounts.sum(axis=1), np.finfo(float).tiny)
        return self._shaped(self._low + shares * (self._high - self._low))


class WithinBounds(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor whose answers are kept within what the label can be.

    Parameters
    ----------
    estimator
        Unfitted.
    n_points
        It sees the first so many points of each spectrum only; None: all.
    bounds
        Least and largest value that the label can have.
    total
        What labels of several columns sum up to, none of them below zero.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> line = WithinBounds(LinearRegression(), bounds=(0.0, 1.0)).fit([[0.0], [0.5], [1.0]], [0.0, 0.5, 1.0])
    >>> line.predict([[-1.0], [0.25], [9.0]]).round(2).tolist()
    [0.0, 0.25, 1.0]
    """

    def __init__(
        self,
        estimator: Any,
        *,
        n_points: int | None = None,
        bounds: tuple[float, float] | None = None,
        total: float | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_points = n_points
        self.bounds = bounds
        self.total = total

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on spectra (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels)."""
        self.estimator_ = clone(self.estimator).fit(self._seen(X), y)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Predict the labels of spectra (n_samples, n_points)."""
        check_is_fitted(self, "estimator_")
        answers = np.asarray(self.estimator_.predict(self._seen(X)), dtype=np.float64)
        if self.total is not None and answers.ndim == 2:
            return onto_simplex(answers, self.total)
        return answers if self.bounds is None else np.clip(answers, *self.bounds)

    def distance_outside(self, X: ArrayLike) -> Array:
        """Tell how far outside the known ones spectra lie, as the regressor says; 0 where it says nothing."""
        if not hasattr(self.estimator_, "distance_outside"):
            return np.zeros(len(np.asarray(X)))
        return np.asarray(self.estimator_.distance_outside(self._seen(X)))

    def _seen(self, X: ArrayLike) -> Array:
        return np.asarray(X, dtype=np.float64)[:, : self.n_points]


def onto_simplex(rows: Array, total: float) -> Array:
    """Return the nearest rows whose entries are not negative and sum up to a total.

    J. Duchi et al., Proc. 25th ICML (2008) 272, DOI 10.1145/1390156.1390191.

    Examples
    --------
    >>> onto_simplex(np.array([[0.5, 0.75, -0.25], [0.2, 0.3, 0.5]]), 1.0).round(3).tolist()
    [[0.375, 0.625, 0.0], [0.2, 0.3, 0.5]]
    """
    order = -np.sort(-rows, axis=1)
    excess = (np.cumsum(order, axis=1) - total) / np.arange(1, rows.shape[1] + 1)
    n_kept = np.maximum((order > excess).sum(axis=1), 1)
    return np.asarray(np.maximum(rows - excess[np.arange(len(rows)), n_kept - 1][:, np.newaxis], 0.0))
