"""The average of several methods, with weights of what each errs on left-out samples."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from peakscape.analysis.validation.extrapolation import LEAST_WEIGHT, Beyond, ErrorModel
from peakscape.analysis.validation.families import AT_AN_END
from peakscape.analysis.validation.intervals import LeftOutIntervals, half_widths
from peakscape.analysis.validation.left_out import LEAST_INNER, LeftOutComparison, left_out_ends, score_left_out
from peakscape.analysis.validation.splits import inner_samples

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
BLEND = "blend"
"""Name of the average among the methods."""
POWER, LEAST_POWER, POWER_OF_A_GROUP = 8.0, 3.0, 0.7
"""Weights are left-out errors to the power of minus this: so much for each group that was left out, within bounds.

With power 8 a method that errs by a third more counts a tenth; few groups show differences by chance."""
APART = ("nearest_pattern",)
"""Methods that take no part: where repeats are known, leaving out tells nothing of what lies between."""
FREEDOM_BEYOND = 3
"""Degrees of freedom of what two ends show of errors beyond: neighbours in a block err alike."""
START, ROUNDS = 3.0, 2
"""Steps beyond the known values at which methods are weighed first, and how often the distance is then found from their
average: first those are asked that can reach beyond, for others say that everything lies between."""


class Blend:
    """Average what fitted methods answer.

    A method for which a spectrum lies infinitely far outside (a peak that is followed is not there) is left out of the
    average for that spectrum. With an error model, weights change with the distance beyond the known values, which is
    found from the average itself.

    Parameters
    ----------
    members
        Fitted regressors by name.
    weights
        By name, their sum 1: those between the known values.
    errors
        How errors grow beyond them; None: weights are the same everywhere, and intervals widen by one step a step.
    """

    def __init__(
        self, members: Mapping[str, Any], weights: Mapping[str, float], errors: ErrorModel | None = None
    ) -> None:
        self.members = {name: members[name] for name in (weights if errors is None else errors.errors)}
        self.weights = dict(weights)
        self.errors = errors

    def __sklearn_clone__(self) -> "Blend":
        """Nothing in it is fitted anew."""
        return self

    def predict(self, X: Array) -> Array:
        """Predict labels of spectra (n_samples, n_points), in the shape that the methods answer in."""
        answers = {name: np.asarray(one.predict(X)) for name, one in self.members.items()}
        shape = next(iter(answers.values())).shape
        outside = {name: _outside(one, X) for name, one in self.members.items()}
        tables = {name: answer.reshape(len(X), -1) for name, answer in answers.items()}
        return self.mix(tables, outside)[0].reshape(shape)

    def distance_outside(self, X: Array) -> Array:
        """Tell how far outside the known samples spectra are: the weighted mean of what the methods say."""
        outside = {name: _outside(one, X) for name, one in self.members.items()}
        return self.mix({name: np.zeros((len(X), 1)) for name in outside}, outside)[1]

    def widening(self, distance: Array) -> Array:
        """Tell by what intervals are wider so many steps outside (n_samples,)."""
        return 1.0 + distance if self.errors is None else self.errors.widening(distance)

    def mix(self, answers: Mapping[str, Array], outside: Mapping[str, Array]) -> tuple[Array, Array]:
        """Average answers (n_samples, n_labels) and distances outside (n_samples,) by method.

        Examples
        --------
        >>> blend = Blend({"a": None, "b": None}, {"a": 0.75, "b": 0.25})
        >>> answers = {"a": np.array([[1.0], [1.0]]), "b": np.array([[5.0], [5.0]])}
        >>> blend.mix(answers, {"a": np.array([0.0, np.inf]), "b": np.zeros(2)})[0].ravel().tolist()
        [2.0, 5.0]
        """
        far = np.array([outside[name] for name in self.members])
        n_samples = far.shape[1]
        if self.errors is None:
            plain = np.repeat([[self.weights[name]] for name in self.members], n_samples, axis=1)
            return self._mix_with(plain, answers, far)
        beyond = np.full(n_samples, START)
        for _ in range(ROUNDS):
            told, _ = self._mix_with(self.errors.weights(beyond), answers, far)
            beyond = self.errors.outside(told[:, 0])
        return self._mix_with(self.errors.weights(beyond), answers, far)

    def _mix_with(self, plain: Array, answers: Mapping[str, Array], far: Array) -> tuple[Array, Array]:
        """Average with weights (n_methods, n_samples), of methods that are not lost."""
        weights = np.where(np.isfinite(far), plain, 0.0)
        total = weights.sum(axis=0)
        lost = total < 1e-6
        weights = np.where(lost, plain, weights / np.where(lost, 1.0, total))
        told = sum(weight[:, np.newaxis] * answers[name] for weight, name in zip(weights, self.members, strict=True))
        distance = (weights * np.where(np.isfinite(far), far, 0.0)).sum(axis=0)
        return np.asarray(told), np.where(lost, np.inf, distance)


def blend_weights(errors: Mapping[str, float], power: float = POWER) -> dict[str, float]:
    """Return the weight of each method from its error; those below a thousandth take no part.

    Examples
    --------
    >>> blend_weights({"line": 0.01, "map": 0.01, "mean": 0.3})
    {'line': 0.5, 'map': 0.5}
    """
    known = {name: error for name, error in errors.items() if name not in APART and np.isfinite(error)}
    least = max(min(known.values()), np.finfo(float).tiny)
    raw = {name: (least / max(error, least)) ** power for name, error in known.items()}
    kept = {name: weight for name, weight in raw.items() if weight >= LEAST_WEIGHT * sum(raw.values())}
    return {name: weight / sum(kept.values()) for name, weight in kept.items()}


def power_of(n_groups: int) -> float:
    """Return the power of the weights for so many groups that were left out, one after the other.

    Examples
    --------
    >>> power_of(5), round(power_of(10), 9), power_of(40)
    (3.5, 7.0, 8.0)
    """
    return min(POWER, max(LEAST_POWER, POWER_OF_A_GROUP * n_groups))


def with_blend(
    told: LeftOutComparison,
    labels: Array,
    groups: Indices,
    names: tuple[str, ...] | None = None,
    beyond: Beyond | None = None,
    n_groups: int | None = None,
) -> tuple[LeftOutComparison, dict[str, float]]:
    """Add the average to methods that were compared, and return its weights between the known values.

    What the average errs on a left-out group is told with weights from all other groups, so the choice between methods
    is made anew without it; what it errs beyond an end, with weights from the other end.

    Parameters
    ----------
    told
        Of `compare_left_out`.
    labels
        As given to it, (n_samples,) or (n_samples, n_labels).
    groups
        What is left out together, (n_samples,).
    names
        Of the columns of several labels.
    beyond
        What the methods erred where whole ends of the label were left out; None: weights are the same everywhere.
    n_groups
        How many values, or groups, errors were measured on, where several were left out together; None: as many as
        `groups` has.
    """
    power = power_of(len(np.unique(groups)) if n_groups is None else n_groups)
    average = _Average(told, labels, groups, beyond, power)
    residuals, hard = average.left_out()
    final, model = average.final(residuals, hard)
    example = next(iter(told.fitted.values()))
    used = final if model is None else model.errors
    blend = Blend({name: told.fitted[name].estimator_ for name in used}, final, model)
    state = {"residuals": residuals, "difficulty": hard, "groups": groups}
    fitted = LeftOutIntervals.restore(blend, labels, state, method=average.rule, level=example.level)
    lower, upper = left_out_ends(fitted)
    read = labels - residuals.reshape(labels.shape)
    joined = replace(
        told,
        answers=told.answers | {BLEND: read},
        lower=told.lower | {BLEND: lower.reshape(labels.shape)},
        upper=told.upper | {BLEND: upper.reshape(labels.shape)},
        fitted=told.fitted | {BLEND: fitted},
    )
    return replace(joined, table=score_left_out(joined, labels, groups, names)), final


class _Average:
    """The average of methods by what they erred on left-out samples."""

    def __init__(
        self, told: LeftOutComparison, labels: Array, groups: Indices, beyond: Beyond | None, power: float
    ) -> None:
        self.table = labels.reshape(len(labels), -1)
        self.groups, self.beyond, self.power = groups, beyond, power
        self.answers = {name: answer.reshape(self.table.shape) for name, answer in told.answers.items()}
        self.squares = {name: ((answer - self.table) ** 2).mean(axis=1) for name, answer in self.answers.items()}
        inner = inner_samples(labels)
        enough = inner.sum() >= LEAST_INNER
        self.counts = np.where(inner, 1.0, AT_AN_END) if enough else np.ones(len(self.table))
        self.hard = {name: one.difficulty_ for name, one in told.fitted.items()}
        example = next(iter(told.fitted.values()))
        self.level = example.level
        self.rule: Literal["student", "conformal"] = "student" if example.method == "student" else "conformal"

    def errors(self, kept: NDArray[np.bool_]) -> dict[str, float]:
        """What each method errs on these samples, those at the ends counting less."""
        own = {name: np.average(square[kept], weights=self.counts[kept]) for name, square in self.squares.items()}
        return {name: float(np.sqrt(error)) for name, error in own.items()}

    def model(self, kept: NDArray[np.bool_], used: NDArray[np.bool_] | None = None) -> ErrorModel:
        """The error model from these samples, and from these records beyond them."""
        assert self.beyond is not None
        own = self.errors(kept)
        errors = {name: error for name, error in own.items() if name not in APART and np.isfinite(error)}
        records = np.ones(len(self.beyond.distances), dtype=bool) if used is None else used
        values = self.table[:, 0]
        step = float(np.ptp(values)) / (len(np.unique(np.round(values, 9))) - 1)
        growth = self.beyond.growth(errors, records)
        return ErrorModel(errors, growth, self.power, float(values.min()), float(values.max()), step)

    def left_out(self) -> tuple[Array, Array]:
        """Residuals (n_samples, n_labels) and difficulties (n_samples,), each group told from the others."""
        residuals, hard = np.empty_like(self.table), np.ones(len(self.table))
        for group in np.unique(self.groups):
            left = self.groups == group
            kept = ~left if not left.all() else left
            if self.beyond is None:
                own = blend_weights(self.errors(kept), self.power)
                read = sum(weight * self.answers[name][left] for name, weight in own.items())
                hard[left] = sum(weight * self.hard[name][left] for name, weight in own.items())
            else:
                read, hard[left] = self._beyond_others(left, kept)
            residuals[left] = self.table[left] - read
        if self.beyond is not None:
            hard /= self.model(np.ones(len(self.table), dtype=bool)).size(np.zeros(1))
        return residuals, hard

    def _beyond_others(self, left: NDArray[np.bool_], kept: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Answers of left-out samples and their expected errors, growth taken from the other end."""
        assert self.beyond is not None
        values = self.table[:, 0]
        model = self.model(kept)
        distance = replace(model, low=float(values[kept].min()), high=float(values[kept].max())).outside(values[left])
        outer = values[left][distance > 0]
        if len(outer):
            model = self.model(kept, self.beyond.at_top != (outer.mean() > values.mean()))
        answers = np.array([self.answers[name][left, 0] for name in model.errors])
        return (model.weights(distance) * answers).sum(axis=0)[:, np.newaxis], model.size(distance)

    def final(self, residuals: Array, hard: Array) -> tuple[dict[str, float], ErrorModel | None]:
        """Weights between the known values, and the error model where there is one."""
        everything = np.ones(len(self.table), dtype=bool)
        weights = blend_weights(self.errors(everything), self.power)
        if self.beyond is None:
            return weights, None
        model = self.model(everything)
        scaled = np.abs(residuals) / hard[:, np.newaxis] / model.size(np.zeros(1))
        usual = float(half_widths(scaled, self.groups, method=self.rule, level=self.level)[0])
        ratio = self._beyond_an_end() * student_t.ppf(0.5 + self.level / 2.0, FREEDOM_BEYOND)
        return weights, replace(model, beyond=max(1.0, float(ratio) / max(usual, np.finfo(float).tiny)))

    def _beyond_an_end(self) -> float:
        """Errors beyond each end over those expected from the other end (root mean square)."""
        assert self.beyond is not None
        ratios = np.empty(len(self.beyond.distances))
        for at_top in (False, True):
            own = self.beyond.at_top == at_top
            kept = np.ones(len(self.table), dtype=bool)
            kept[self.beyond.samples[own]] = False
            model = self.model(kept, ~own)
            errors = np.array([self.beyond.errors[name][own] for name in model.errors])
            read = (model.weights(self.beyond.distances[own]) * errors).sum(axis=0)
            ratios[own] = read / model.size(self.beyond.distances[own])
        return float(np.sqrt((ratios**2).mean()))


def _outside(model: Any, X: Array) -> Array:
    return np.asarray(model.distance_outside(X)) if hasattr(model, "distance_outside") else np.zeros(len(X))
