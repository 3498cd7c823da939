"""A number read beside the class of a spectrum, such as the temperature: with the class known, and without."""

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted

from peakscape import analysis
from peakscape.errors import InputError
from peakscape.studies.library_parts import Array, Library, number_or_none

NAMES = {
    "mean": "one constant",
    "class_mean": "mean of its class",
    "nearest_spectrum": "nearest spectrum",
    "pls": "PLSR",
    "pls_within_class": "PLSR on the difference from its class",
    "map_neighbors": "map, nearest neighbours",
}
N_COMPONENTS = 3


class ClassKnown(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Read a number from spectra whose class is known: its number stands in the last column.

    Parameters
    ----------
    estimator
        Unfitted regressor; None answers with the mean.
    within
        Whether it sees, and answers with, differences from the mean of the known spectra of the class; else it does
        not learn of the class at all.

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

    def predict(self, X: ArrayLike) -> Array:
        """Return the numbers of spectra with their class, shape (n_samples,)."""
        check_is_fitted(self, "means_")
        rows = np.asarray(X, dtype=np.float64)
        shape, number = self._means(rows[:, -1])
        if self.estimator is None:
            return number
        if not self.within:
            return np.asarray(self.estimator_.predict(rows[:, :-1])).reshape(len(rows))
        return np.asarray(number + np.asarray(self.estimator_.predict(rows[:, :-1] - shape)).reshape(len(rows)))

    def _means(self, classes: NDArray[np.float64]) -> tuple[Array, Array]:
        found = [self.means_.get(kind, self.means_[None]) for kind in classes]
        return np.array([shape for shape, _ in found]), np.array([number for _, number in found])


def methods(library: Library, space: Any) -> dict[str, Any]:
    """Return all ways to read the number, unfitted, the simplest first; `space` is an unfitted map."""
    plain = analysis.default_baselines()
    pls = analysis.BroadenedPLS(n_components=N_COMPONENTS, sigma=0.0)
    readout = analysis.CompositionReadout(method="neighbors")
    return {
        "mean": ClassKnown(),
        "class_mean": ClassKnown(within=True),
        "nearest_spectrum": ClassKnown(plain["nearest_pattern"]),
        "pls": ClassKnown(pls),
        "pls_within_class": ClassKnown(pls, within=True),
        "map_neighbors": ClassKnown(analysis.MapRegressor(clone(space), readout)),
    }


def read_numbers(library: Library, space: Any) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Leave out each group, and read the number by every method; scans of which it is not known do not count.

    Returns
    -------
    summary : dict
        ``label``, ``methods.<name>`` with ``rmse``, ``coverage``, ``mean_width`` and ``by_class``, ``trusted_method``,
        ``trusted_because``, ``nearest_single_scans``.
    table, samples : DataFrame
        One row a method; one row a scan with all answers and the interval of the trusted method.

    Raises
    ------
    InputError
        If fewer than three groups or two different values are known.
    """
    known = np.isfinite(library.numbers)
    numbers, groups, classes = library.numbers[known], library.groups[known], library.classes[known]
    if len(np.unique(groups)) < 3 or len(np.unique(numbers)) < 2:
        raise InputError(f"expected {library.also} of three groups and two different values of it or more")
    codes = np.searchsorted(library.class_names, classes).astype(np.float64)
    rows = np.column_stack([library.intensity[known], codes])
    tried = methods(library, space)
    rule = analysis.LeftOutIntervals(level=library.settings.level, method="student", widen=False)
    told = analysis.compare_left_out(rows, numbers, tried, groups=groups, intervals=rule)
    single = analysis.compare_left_out(rows, numbers, {"nearest": tried["nearest_spectrum"]}, intervals=rule)
    trusted, why = analysis.trusted_method(told.table)
    samples = pd.DataFrame({"name": np.array(library.names)[known], library.label: classes, "known": numbers})
    samples = samples.assign(**told.answers, lower=told.lower[trusted], upper=told.upper[trusted])
    table = told.table[["method", "rmse", "max_error", "coverage", "mean_width"]]
    values = [len(np.unique(numbers[classes == kind])) for kind in np.unique(classes)]
    summary = {
        "label": library.also,
        "fewest_values": min(values),
        "most_values": max(values),
        "n_samples": int(known.sum()),
        "n_groups": len(np.unique(groups)),
        "trusted_method": trusted,
        "trusted_because": why,
        "methods": {
            str(row["method"]): {key: number_or_none(row[key]) for key in ("rmse", "coverage", "mean_width")}
            | {"by_class": _by_class(samples, library.label, str(row["method"]))}
            for row in table.to_dict("records")
        },
        "nearest_single_scans": float(single.table["rmse"].iloc[0]),
    }
    return summary, table, samples


def _by_class(samples: pd.DataFrame, label: str, method: str) -> dict[str, float]:
    squares = (samples[method] - samples["known"]) ** 2
    return {str(kind): float(np.sqrt(value)) for kind, value in squares.groupby(samples[label]).mean().items()}
