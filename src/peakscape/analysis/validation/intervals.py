"""Intervals for any regressor, from its answers for samples that were left out."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student_t
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError

Rule = Literal["jackknife+", "conformal", "student"]
RULES: tuple[Rule, ...] = get_args(Rule)
Array = NDArray[np.float64]
Indices = NDArray[np.intp]
FitTo = Callable[[Indices | None], Any]
"""Gives the model fitted to the samples of these numbers; to all for None."""


class LeftOutIntervals(BaseEstimator):  # type: ignore[misc]
    """Give the answers of any regressor an interval, from what it errs on samples that were left out.

    The regressor is fitted once on all samples and once without each sample (with `groups`, without each group: a
    whole composition, all variants of a structure), map and all.

    Known samples at the rim are further from the others than those in between, and unknown ones further still. So
    residuals are divided, and widths multiplied, by a difficulty: 1 plus the distance outside the known samples in
    steps between them; 1 inside. The distance is that of the answer outside the box of known labels or, if larger, what
    the regressor's own ``distance_outside(X)`` says; where that is infinite, so is the interval. A regressor that knows
    how its errors grow with the distance tells the difficulty by ``widening(distance)``.

    Parameters
    ----------
    estimator
        Unfitted, with ``fit(X, y)`` and ``predict(X)``.
    method
        ``"jackknife+"``: from the models without each sample, at each query (Barber et al., Ann. Statist. 49, 486
        (2021), DOI 10.1214/20-AOS1965, eq. (1.3); with groups their CV+ with groups as folds). ``"conformal"``: the
        ``ceil((n + 1) level)``-th smallest absolute residual on both sides of the answer. Both need
        ``n >= level / (1 - level)`` samples (9 at 0.9), and give infinite intervals with fewer. ``"student"``: the root
        mean square of the residuals (over groups, of their means) times the quantile of Student's t with as many
        degrees of freedom as there are samples (groups), less one: finite for three samples or more, but holds only
        where errors are close to normal. Coverage is that of new samples drawn like the known ones; with groups, it
        is a count over the known samples, and no theorem where groups differ in size.
    level
        Share of answers that the interval should cover.
    widen
        Whether to use the difficulty; False takes it as 1.

    Attributes
    ----------
    estimator_ : object
        Fitted on all samples.
    known_labels_ : ndarray of shape (n_samples, n_labels)
        As given.
    residuals_ : ndarray of shape (n_samples, n_labels)
        Labels minus the answers of the models without them.
    difficulty_ : ndarray of shape (n_samples,)
        Of each sample, seen from the others.
    groups_ : ndarray of int, shape (n_samples,)
        What was left out together.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> x = np.linspace(0.0, 1.0, 21)
    >>> scatter = np.random.default_rng(0).normal(scale=0.1, size=21)
    >>> intervals = LeftOutIntervals(LinearRegression()).fit(x[:, np.newaxis], x + scatter)
    >>> answer, (lower, upper) = intervals.predict([[0.5], [3.0]])
    >>> (upper - lower).round(1).tolist(), intervals.reasons([[0.5], [3.0]])[1]
    ([0.3, 12.1], 'outside the known samples by 34.8 steps: the interval is 35.8 times as wide')
    """

    def __init__(
        self, estimator: Any = None, *, method: Rule = "jackknife+", level: float = 0.9, widen: bool = True
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.level = level
        self.widen = widen

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit the regressor on all samples and without each of them.

        Parameters
        ----------
        X
            Spectra, shape (n_samples, n_points).
        y
            Labels, shape (n_samples,) or (n_samples, n_labels).
        groups
            What is left out together: labels of shape (n_samples,) or compositions (n_samples, n_elements); None
            leaves out single samples.

        Raises
        ------
        InputError
            If shapes do not fit, values are not finite, there are fewer than three samples or two groups, or a
            parameter is unknown.
        """
        spectra, labels = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        numbers = np.arange(len(spectra)) if groups is None else number_groups(np.asarray(groups))
        self.check_known(spectra, labels, numbers)

        def fit_to(rows: Indices | None) -> Any:
            known = (spectra, labels) if rows is None else (spectra[rows], labels[rows])
            return clone(self.estimator).fit(*known)

        return self.fit_by(fit_to, spectra, labels, numbers)

    def fit_by(self, fit_to: FitTo, spectra: Array, labels: Array, groups: Indices) -> Self:
        """Fit as `fit`, with models that `fit_to` gives: of all samples for None, else of those of these numbers."""
        self.check_known(spectra, labels, groups)
        self.groups_, self._single_label = groups, labels.ndim == 1
        self.known_labels_ = labels.reshape(len(labels), -1)
        self.estimator_ = fit_to(None)
        self.residuals_, self.difficulty_ = np.empty_like(self.known_labels_), np.ones(len(spectra))
        self._without = []
        for group in np.unique(groups):
            left = groups == group
            model = fit_to(np.flatnonzero(~left))
            answers = _table(model.predict(spectra[left]))
            self.residuals_[left] = self.known_labels_[left] - answers
            hard = self._difficulty(model, spectra[left], answers, self.known_labels_[~left])
            self.difficulty_[left] = np.where(np.isfinite(hard), hard, 1.0)
            if self.method == "jackknife+":
                self._without.append((group, model))
        return self

    def predict(self, X: ArrayLike) -> tuple[Array, Array]:
        """Answer for spectra, with an interval.

        Parameters
        ----------
        X
            Spectra, shape (n_samples, n_points).

        Returns
        -------
        answer : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Of the regressor fitted on all samples.
        interval : ndarray of shape (2, n_samples) or (2, n_samples, n_labels)
            Lower and upper end; infinite where no finite interval is honest (see `reasons`).

        Raises
        ------
        InputError
            If it is not fitted.
        """
        spectra = self._check_fitted(X)
        answers = _table(self.estimator_.predict(spectra))
        hard = self._difficulty(self.estimator_, spectra, answers, self.known_labels_)
        if self.method == "jackknife+":
            lower, upper = self._jackknife(spectra, hard)
        else:
            lower, upper = self.ends(answers, hard)
        column = (..., 0) if self._single_label else ...
        return answers[column], np.stack([np.minimum(lower, answers), np.maximum(upper, answers)])[column]

    def ends(self, answers: Array, hard: Array) -> tuple[Array, Array]:
        """Return the ends of the intervals around answers (n_samples, n_labels) of known difficulty (n_samples,).

        By the rules "conformal" and "student", whose widths are the same for all answers.
        """
        half = half_widths(self._scaled_residuals(), self.groups_, method=self.method, level=self.level)
        half = half * hard[:, np.newaxis]
        return answers - half, answers + half

    def difficulty(self, X: ArrayLike) -> Array:
        """Return by what the interval of each spectrum is widened, shape (n_samples,): 1 among the known samples.

        Parameters
        ----------
        X
            Spectra, shape (n_samples, n_points).
        """
        spectra = self._check_fitted(X)
        return self.widening(spectra, _table(self.estimator_.predict(spectra)))

    def widening(self, spectra: Array, answers: Array) -> Array:
        """Return the `difficulty` of spectra whose answers (n_samples, n_labels) are there already."""
        return self._difficulty(self.estimator_, spectra, answers, self.known_labels_)

    @classmethod
    def restore(
        cls,
        fitted: Any,
        labels: ArrayLike,
        state: Mapping[str, ArrayLike],
        *,
        method: Literal["conformal", "student"],
        level: float,
    ) -> Self:
        """Bring back intervals from what they erred on left-out samples, without leaving any out again.

        Parameters
        ----------
        fitted
            The regressor, fitted to all samples that are known now.
        labels
            What is known of them, shape (n_samples,) or (n_samples, n_labels).
        state
            ``residuals``, ``difficulty`` and ``groups`` of the samples that were left out; there may be fewer than
            known now.
        method, level
            As for the class; ``"jackknife+"`` would need the models without each sample.

        Raises
        ------
        InputError
            If a part is missing or shapes do not fit.

        Examples
        --------
        >>> from sklearn.linear_model import LinearRegression
        >>> x = np.arange(12.0)
        >>> made = LeftOutIntervals(LinearRegression(), method="student").fit(x[:, None], x**2)
        >>> state = {"residuals": made.residuals_, "difficulty": made.difficulty_, "groups": made.groups_}
        >>> again = LeftOutIntervals.restore(made.estimator_, x**2, state, method="student", level=0.9)
        >>> bool(np.array_equal(again.predict([[3.0]])[1], made.predict([[3.0]])[1]))
        True
        """
        values = np.asarray(labels, dtype=np.float64)
        table = values.reshape(len(values), -1)
        try:
            residuals = np.asarray(state["residuals"], dtype=np.float64)
            difficulty = np.asarray(state["difficulty"], dtype=np.float64)
            groups = np.asarray(state["groups"], dtype=np.intp)
        except KeyError as error:
            raise InputError(f"expected residuals, difficulty and groups of intervals, without {error}") from None
        if residuals.shape != (len(groups), table.shape[1]) or difficulty.shape != groups.shape:
            raise InputError(
                f"expected residuals ({len(groups)}, {table.shape[1]}) and difficulties ({len(groups)},), got shapes"
                f" {residuals.shape} and {difficulty.shape}"
            )
        made = cls(clone(fitted), method=method, level=level)
        made.estimator_, made.known_labels_, made._single_label = fitted, table, values.ndim == 1
        made.residuals_, made.difficulty_, made.groups_, made._without = residuals, difficulty, groups, []
        return made

    def reasons(self, X: ArrayLike) -> list[str]:
        """Say in words why the interval of each spectrum is wide or infinite.

        Parameters
        ----------
        X
            Spectra, shape (n_samples, n_points).

        Returns
        -------
        list of str
            Empty text where there is nothing to say.
        """
        spectra = self._check_fitted(X)
        needed = math.ceil(round(self.level / (1.0 - self.level), 9))
        if self.method != "student" and len(self.known_labels_) < needed:
            few = f"{len(self.known_labels_)} known samples are too few for an interval at level {self.level:g}"
            return [f"{few}: {needed} needed"] * len(spectra)
        return [_words(each) for each in self.difficulty(spectra)]

    def check_known(self, spectra: Array, labels: Array, groups: Indices) -> None:
        """Raise InputError if these options, spectra, labels or groups cannot be used."""
        if self.method not in RULES or not 0.0 < self.level < 1.0:
            raise InputError(
                f"expected method to be one of {', '.join(RULES)} and level between 0 and 1, got {self.method!r} and"
                f" {self.level}"
            )
        if spectra.ndim != 2 or labels.ndim not in (1, 2) or len(labels) != len(spectra) or len(spectra) < 3:
            raise InputError(
                "expected spectra (n_samples, n_points) of three samples or more and as many labels, got shapes "
                f"{spectra.shape} and {labels.shape}"
            )
        if not (np.isfinite(spectra).all() and np.isfinite(labels).all()):
            raise InputError("the spectra or labels hold values that are not finite; leave those samples out")
        if len(groups) != len(spectra) or len(np.unique(groups)) < 2:
            raise InputError(
                f"expected a group for each of {len(spectra)} samples and two groups or more, got "
                f"{len(groups)} in {len(np.unique(groups))}"
            )

    def _check_fitted(self, X: ArrayLike) -> Array:
        check_is_fitted(self, "estimator_")
        return np.asarray(X, dtype=np.float64)

    def _difficulty(self, model: Any, spectra: Array, answers: Array, known: Array) -> Array:
        """1 plus the distance outside the known samples, shape (n_samples,)."""
        if not self.widen:
            return np.ones(len(spectra))
        outside = distance_outside_box(answers, known)
        if hasattr(model, "distance_outside"):
            outside = np.maximum(outside, model.distance_outside(spectra))
        return np.asarray(model.widening(outside)) if hasattr(model, "widening") else 1.0 + outside

    def _jackknife(self, spectra: Array, hard: Array) -> tuple[Array, Array]:
        """Ends from the models without each sample, each with that sample's residual."""
        lower = np.empty((len(self.known_labels_), len(spectra), self.known_labels_.shape[1]))
        upper = np.empty_like(lower)
        scaled = self._scaled_residuals()
        for group, model in self._without:
            left = self.groups_ == group
            answers = _table(model.predict(spectra))
            half = scaled[left][:, np.newaxis] * hard[:, np.newaxis]
            lower[left], upper[left] = answers - half, answers + half
        return -_upper_quantile(-lower, self.level), _upper_quantile(upper, self.level)

    def _scaled_residuals(self) -> Array:
        """Absolute residuals over difficulties; never 0, as 0 times infinity is no width."""
        return np.maximum(np.abs(self.residuals_), np.finfo(float).tiny) / self.difficulty_[:, np.newaxis]


def half_widths(residuals: Array, groups: NDArray[np.intp], *, method: Rule = "conformal", level: float = 0.9) -> Array:
    """Half the width of an interval, by label, from absolute left-out residuals (n_samples, n_labels).

    ``"student"`` over the means of groups; else the quantile with the finite-sample correction (see
    `LeftOutIntervals`).
    """
    if method != "student":
        return _upper_quantile(residuals, level)
    squares = np.array([(residuals[groups == group] ** 2).mean(axis=0) for group in np.unique(groups)])
    quantile = student_t.ppf(0.5 + level / 2.0, max(1, len(squares) - 1))
    return np.asarray(quantile * np.sqrt(squares.mean(axis=0)))


def distance_outside_box(answers: Array, known: Array) -> Array:
    """Tell how far answers lie outside the box of known labels, shape (n_samples,): the largest over labels.

    In mean steps between the known values of the label; a label that is known with one value only does not count.
    """
    low, high = known.min(axis=0), known.max(axis=0)
    counts = np.array([len(np.unique(np.round(column, 6))) for column in known.T])
    varies = (counts > 1) & (high > low)
    step = np.where(varies, (high - low) / np.maximum(counts - 1, 1), 1.0)
    beyond = np.where(varies, np.maximum(np.maximum(low - answers, answers - high), 0.0) / step, 0.0)
    return np.asarray(beyond.max(axis=1))


def _upper_quantile(values: Array, level: float) -> Array:
    """The ceil((n + 1) level)-th smallest along the first axis, infinite where there is none."""
    rank = math.ceil(round((len(values) + 1) * level, 9))
    return np.sort(values, axis=0)[rank - 1] if rank <= len(values) else np.full(values.shape[1:], np.inf)


def _table(answers: ArrayLike) -> Array:
    values = np.asarray(answers, dtype=np.float64)
    return values.reshape(len(values), -1)


def _words(difficulty: float) -> str:
    if not np.isfinite(difficulty):
        return "nothing in this spectrum can be compared with the known ones: no finite interval is honest"
    if difficulty > 1.0 + 5e-2:
        return (
            f"outside the known samples by {difficulty - 1:.1f} steps: the interval is {difficulty:.1f} times as wide"
        )
    return ""
