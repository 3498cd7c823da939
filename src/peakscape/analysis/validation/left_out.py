"""Which method to trust on given samples: all of them by one left-out scheme, and a written rule for the choice."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from peakscape.analysis.readout.registry import Method
from peakscape.analysis.validation.intervals import FitTo, Indices, LeftOutIntervals, Rule, half_widths
from peakscape.analysis.validation.peak_line import PeakLine
from peakscape.analysis.validation.regressors import BroadenedPLS, MapReadout, PreparedPLS, default_baselines
from peakscape.analysis.validation.splits import inner_samples, leave_group_out, number_groups
from peakscape.errors import InputError
from peakscape.threads import one_blas_thread

Array = NDArray[np.float64]
LEAST_INNER = 3  # inner samples from which the choice is made on them alone


@dataclass(frozen=True)
class LeftOutComparison:
    """All methods, each sample left out once.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a method, in the order given (see `compare_left_out`).
    answers, lower, upper : dict of ndarrays
        By method: its answers for the left-out samples and the ends of their intervals, in the shape of the labels.
    fitted : dict of LeftOutIntervals
        By method: fitted on all samples, to answer for new spectra.
    """

    table: pd.DataFrame
    answers: dict[str, Array]
    lower: dict[str, Array]
    upper: dict[str, Array]
    fitted: dict[str, LeftOutIntervals]


def default_methods(
    *,
    axis: ArrayLike | None = None,
    n_components: int = 5,
    sigma: float = 25.0,
    readouts: Sequence[Method] = ("neighbors",),
) -> dict[str, Any]:
    """Make the plain methods, unfitted, by name, the simplest first.

    `axis` (n_points,) is for the line through a peak, `n_components` for the partial least squares, `sigma` the
    broadening of ``pls_broadened`` in points, `readouts` how the map of two principal components is read.

    Examples
    --------
    >>> list(default_methods())
    ['mean', 'nearest_pattern', 'peak_line', 'pls', 'pls_broadened', 'pls_prepared', 'pca2_neighbors']
    """
    plain = default_baselines()
    return {
        "mean": plain["mean"],
        "nearest_pattern": plain["nearest_pattern"],
        "peak_line": PeakLine(axis=axis),
        "pls": BroadenedPLS(n_components=n_components, sigma=0.0),
        "pls_broadened": BroadenedPLS(n_components=n_components, sigma=sigma),
        "pls_prepared": PreparedPLS(n_components=n_components),
        **{f"pca2_{method}": MapReadout(method=method) for method in dict.fromkeys(readouts)},
    }


def compare_left_out(
    spectra: ArrayLike,
    labels: ArrayLike,
    methods: Mapping[str, Any],
    *,
    groups: ArrayLike | None = None,
    n_folds: int | None = None,
    intervals: LeftOutIntervals | None = None,
    nested: bool = False,
    names: Sequence[str] | None = None,
    n_jobs: int | None = None,
) -> LeftOutComparison:
    """Leave out one sample (or group) after the other, fit every method anew without it, and compare.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    labels
        Shape (n_samples,) or (n_samples, n_labels): compositions, or any numbers.
    methods
        Unfitted regressors on spectra by name, the simplest first: `default_methods`, then maps as `MapRegressor`.
    groups
        What is left out together: labels (n_samples,) or compositions (n_samples, n_elements); None for single samples.
    n_folds
        Deal the groups into so many folds, in turn, and leave out whole folds: for large sets; None for every group.
    intervals
        An unfitted `LeftOutIntervals` whose settings count; by default jackknife+ at level 0.9.
    nested
        Whether the interval of a left-out sample comes from models that never saw it: half as many fits as the square
        of the folds, and the only coverage that tests anything. Otherwise it comes from the left-out residuals of all
        other samples (by the rule ``"conformal"`` if not ``"student"``), whose models did see it: that costs nothing
        and shows the width, but its coverage is near the level by construction.
    names
        Of the columns of several labels.
    n_jobs
        Processes among which the fits are divided, each on one thread of linear algebra; None fits one after the other
        in this process. All models are kept until the end, and numbers are the same with any number of processes.

    Returns
    -------
    LeftOutComparison
        The columns of its ``table`` are ``method``; ``rmse`` and ``max_error`` over all samples and labels;
        ``rmse_inner`` over samples whose labels are no corner of all known ones (no method that interpolates can reach
        a corner that is left out); ``coverage`` and ``mean_width`` of the interval; ``excess`` and ``excess_error``,
        mean and standard error over groups of the squared error above that of the best method, on the inner samples
        where there are three or more; ``rmse_<name>`` for several labels.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite, there are no methods or there is too little to leave out.

    Examples
    --------
    >>> axis, x = np.linspace(10.0, 30.0, 201), np.linspace(0.0, 1.0, 9)
    >>> spectra = np.exp(-((axis - (19.0 + 4.0 * x[:, np.newaxis])) ** 2) / 0.1)
    >>> methods = {name: default_methods(axis=axis)[name] for name in ("mean", "peak_line")}
    >>> told = compare_left_out(spectra, x, methods)
    >>> told.table["rmse"].round(2).tolist(), trusted_method(told.table)[0]
    ([0.36, 0.0], 'peak_line')
    """
    if not methods:
        raise InputError("expected at least one method to compare, got none")
    rows, values = np.asarray(spectra, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    folds = _folds(len(values), groups, n_folds)
    template = LeftOutIntervals() if intervals is None else intervals
    template.check_known(rows, values, folds)
    told = LeftOutComparison(pd.DataFrame(), {}, {}, {}, {})
    fits = _Fits(methods, rows, values, keep=nested or n_jobs is not None)
    if n_jobs is not None:
        fits.make(_sets_to_fit(folds, nested), n_jobs)
    for name in methods:
        fitted = clone(template).set_params(estimator=clone(methods[name]))
        told.fitted[name] = fitted.fit_by(partial(fits, name), rows, values, folds)
        told.answers[name] = values - fitted.residuals_.reshape(values.shape)
        half = _nested(fitted, partial(fits, name), rows, values) if nested else left_out_ends(fitted)
        told.lower[name], told.upper[name] = (np.reshape(end, values.shape) for end in half)
    table = score_left_out(
        told, values, number_groups(values) if groups is None else number_groups(np.asarray(groups)), names
    )
    return LeftOutComparison(table, told.answers, told.lower, told.upper, told.fitted)


def trusted_method(table: pd.DataFrame) -> tuple[str, str]:
    """Choose the method to trust from left-out errors alone, and say why.

    The rule: the method with the smallest squared error on left-out samples is the best; any whose squared error is
    above it by no more than one standard error of their difference is as good; of these the first in the table, the
    simplest, is trusted. So a map is trusted only where every simpler method is worse by more than chance, and the
    mean of the labels where nothing beats it.

    Parameters
    ----------
    table
        Of `compare_left_out`, the simplest method first.

    Returns
    -------
    method, why : str
        Its name, and one sentence.

    Raises
    ------
    InputError
        If no method has an error.

    Examples
    --------
    >>> rows = {"method": ["line", "map"], "rmse": [0.02, 0.02], "rmse_inner": [0.016, 0.015]}
    >>> trusted_method(pd.DataFrame(rows | {"excess": [3e-5, 0.0], "excess_error": [4e-5, 0.0]}))[1][:60]
    'line errs by 0.02 over all values; 0.016 between the ends (r'
    """
    known = table[np.isfinite(table["excess"].to_numpy(dtype=float))]
    if known.empty:
        raise InputError("no method has an error on left-out samples; nothing can be trusted")
    errors = known["rmse_inner"] if known["rmse_inner"].notna().all() else known["rmse"]
    best = known.loc[known["excess"].idxmin()]
    chosen = known[known["excess"] <= known["excess_error"]].iloc[0] if len(known) > 1 else best
    name, leader = str(chosen["method"]), str(best["method"])
    own, least = _both(chosen), _both(best)
    if name == "mean":
        return name, "no method beats the mean of the labels by more than one standard error: trust none"
    if name != leader:
        near = f"within one standard error of {leader}, {least}"
        return name, f"{name} errs by {own} (rms, left out), {near}, and is simpler"
    others = errors.drop(best.name)
    beside = ""
    if len(others):
        second = known.loc[others.idxmin()]
        beside = f"; next is {second['method']} with {_both(second)}"
    return name, f"{name} errs least where left out, by {own} (rms), and nothing simpler comes near{beside}"


def _both(row: "pd.Series[Any]") -> str:
    """The error over all values, and beside it that between the ends."""
    inner = "" if np.isnan(row["rmse_inner"]) else f"; {row['rmse_inner']:.3g} between the ends"
    return f"{row['rmse']:.3g} over all values{inner}"


def _folds(n_samples: int, groups: ArrayLike | None, n_folds: int | None) -> Indices:
    """Number of the fold of each sample."""
    numbers = np.arange(n_samples) if groups is None else number_groups(np.asarray(groups))
    if n_folds is not None and n_folds < 2:
        raise InputError(f"expected two folds or more, got {n_folds}")
    return numbers if n_folds is None else numbers % n_folds


class _Fits:
    """Models by method and by the samples that they were fitted to; with `keep` each is fitted once."""

    def __init__(self, methods: Mapping[str, Any], spectra: Array, values: Array, *, keep: bool) -> None:
        self._methods, self._spectra, self._values, self._keep = methods, spectra, values, keep
        self._made: dict[tuple[str, bytes], Any] = {}

    def __call__(self, name: str, rows: Indices | None) -> Any:
        key = name, b"all" if rows is None else rows.tobytes()
        if key in self._made:
            return self._made[key]
        model = clone(self._methods[name]).fit(*self._known(rows))
        if self._keep:
            self._made[key] = model
        return model

    def make(self, sets: list[Indices | None], n_jobs: int) -> None:
        """Fit all methods to all sets of samples, several sets at a time."""
        known = (self._known(rows) for rows in sets)
        for rows, (models, caught) in zip(
            sets, Parallel(n_jobs)(delayed(_fit_methods)(dict(self._methods), *each) for each in known), strict=True
        ):
            for one in caught:
                warnings.warn(one, stacklevel=3)
            key = b"all" if rows is None else rows.tobytes()
            self._made |= {(name, key): model for name, model in models.items()}

    def _known(self, rows: Indices | None) -> tuple[Array, Array]:
        return (self._spectra, self._values) if rows is None else (self._spectra[rows], self._values[rows])


def _fit_methods(methods: dict[str, Any], spectra: Array, values: Array) -> tuple[dict[str, Any], list[Warning]]:
    """Fit methods together, so that maps they share are fitted once; and what they warned of."""
    with warnings.catch_warnings(record=True) as caught, one_blas_thread():
        warnings.simplefilter("always")
        models = {name: clone(method).fit(spectra, values) for name, method in methods.items()}
    return models, [one.message for one in caught if isinstance(one.message, Warning)]


def _sets_to_fit(folds: Indices, nested: bool) -> list[Indices | None]:
    """The samples of each fit: all, all but one fold, and with `nested` all but two."""
    numbers = np.unique(folds)
    sets: list[Indices | None] = [None, *(np.flatnonzero(folds != fold) for fold in numbers)]
    if nested and len(numbers) > 2:
        sets += [np.flatnonzero((folds != one) & (folds != other)) for one, other in combinations(numbers, 2)]
    return sets


def _nested(fitted: LeftOutIntervals, fit_to: FitTo, spectra: Array, values: Array) -> tuple[Array, Array]:
    """Ends of the intervals of left-out samples, from models that never saw them."""
    lower, upper = np.empty_like(values), np.empty_like(values)
    for left in leave_group_out(fitted.groups_):

        def without(rows: Indices | None, train: Indices = left.train) -> Any:
            return fit_to(train if rows is None else train[rows])

        inner = clone(fitted).fit_by(without, spectra[left.train], values[left.train], fitted.groups_[left.train])
        lower[left.test], upper[left.test] = inner.predict(spectra[left.test])[1]
    return lower, upper


def left_out_ends(fitted: LeftOutIntervals) -> tuple[Array, Array]:
    """Ends of the intervals of left-out samples, from the left-out residuals of the samples of other groups."""
    hard = fitted.difficulty_[:, np.newaxis]
    scaled = np.abs(fitted.residuals_) / hard
    rule: Rule = "student" if fitted.method == "student" else "conformal"
    half = np.empty_like(scaled)
    for left in leave_group_out(fitted.groups_):
        groups = fitted.groups_[left.train]
        half[left.test] = half_widths(scaled[left.train], groups, method=rule, level=fitted.level)
    answers = fitted.known_labels_ - fitted.residuals_
    return answers - half * hard, answers + half * hard


def score_left_out(
    told: LeftOutComparison, values: Array, groups: NDArray[np.intp], names: Sequence[str] | None
) -> pd.DataFrame:
    """Return the table of `compare_left_out` from answers and intervals; `groups` are what was left out together."""
    inner = inner_samples(values)
    judged = inner if inner.sum() >= LEAST_INNER else np.ones(len(values), dtype=bool)
    truth = values.reshape(len(values), -1)
    squares = {name: (answer.reshape(truth.shape) - truth) ** 2 for name, answer in told.answers.items()}
    best = squares[min(squares, key=lambda name: float(squares[name][judged].mean()))]
    rows = []
    for name, square in squares.items():
        excess = (square - best).mean(axis=1)[judged]
        by_group = np.array([excess[groups[judged] == group].mean() for group in np.unique(groups[judged])])
        error = by_group.std(ddof=1) / np.sqrt(len(by_group)) if len(by_group) > 1 else 0.0
        low, high = (ends[name].reshape(truth.shape) for ends in (told.lower, told.upper))
        row = {
            "method": name,
            "rmse": float(np.sqrt(square.mean())),
            "rmse_inner": float(np.sqrt(square[inner].mean())) if inner.any() else float("nan"),
            "max_error": float(np.sqrt(square.max())),
            "coverage": float(((low <= truth) & (truth <= high)).mean()),
            "mean_width": float((high - low).mean()),
            "excess": float(by_group.mean()),
            "excess_error": float(error),
        }
        if values.ndim == 2:
            titles = [str(i) for i in range(truth.shape[1])] if names is None else names
            row |= {f"rmse_{title}": float(np.sqrt(square[:, i].mean())) for i, title in enumerate(titles)}
        rows.append(row)
    return pd.DataFrame(rows)
