"""The average of several methods, with weights of what each errs on left-out samples."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.validation.families import AT_AN_END
from peakscape.analysis.validation.intervals import LeftOutIntervals
from peakscape.analysis.validation.left_out import LEAST_INNER, LeftOutComparison, left_out_ends, score_left_out
from peakscape.analysis.validation.splits import inner_samples

Array = NDArray[np.float64]
BLEND = "blend"
"""Name of the average among the methods."""
POWER = 8.0
"""Weights are left-out errors to the power of minus this: a method that errs by a third more counts a tenth."""
APART = ("nearest_pattern",)
"""Methods that take no part: where repeats are known, leaving out tells nothing of what lies between."""


class Blend:
    """Average what fitted methods answer.

    A method for which a spectrum lies infinitely far outside (a peak that is followed is not there) is left out of the
    average for that spectrum.

    Parameters
    ----------
    members
        Fitted regressors by name.
    weights
        By name, their sum 1.
    """

    def __init__(self, members: Mapping[str, Any], weights: Mapping[str, float]) -> None:
        self.members = {name: members[name] for name in weights}
        self.weights = dict(weights)

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

    def mix(self, answers: Mapping[str, Array], outside: Mapping[str, Array]) -> tuple[Array, Array]:
        """Average answers (n_samples, n_labels) and distances outside (n_samples,) by method.

        Examples
        --------
        >>> blend = Blend({"a": None, "b": None}, {"a": 0.75, "b": 0.25})
        >>> answers = {"a": np.array([[1.0], [1.0]]), "b": np.array([[5.0], [5.0]])}
        >>> blend.mix(answers, {"a": np.array([0.0, np.inf]), "b": np.zeros(2)})[0].ravel().tolist()
        [2.0, 5.0]
        """
        names = list(self.weights)
        far = np.array([outside[name] for name in names])
        weights = np.where(np.isfinite(far), np.array([[self.weights[name]] for name in names]), 0.0)
        total = weights.sum(axis=0)
        lost = total < 1e-6
        weights = np.where(lost, [[self.weights[name]] for name in names], weights / np.where(lost, 1.0, total))
        told = sum(weight[:, np.newaxis] * answers[name] for weight, name in zip(weights, names, strict=True))
        distance = (weights * np.where(np.isfinite(far), far, 0.0)).sum(axis=0)
        return np.asarray(told), np.where(lost, np.inf, distance)


def blend_weights(errors: Mapping[str, float]) -> dict[str, float]:
    """Return the weight of each method from its error; those below a thousandth take no part.

    Examples
    --------
    >>> blend_weights({"line": 0.01, "map": 0.01, "mean": 0.3})
    {'line': 0.5, 'map': 0.5}
    """
    known = {name: error for name, error in errors.items() if name not in APART and np.isfinite(error)}
    least = max(min(known.values()), np.finfo(float).tiny)
    raw = {name: (least / max(error, least)) ** POWER for name, error in known.items()}
    kept = {name: weight for name, weight in raw.items() if weight >= 1e-3 * sum(raw.values())}
    return {name: weight / sum(kept.values()) for name, weight in kept.items()}


def with_blend(
    told: LeftOutComparison, labels: Array, groups: NDArray[np.intp], names: tuple[str, ...] | None = None
) -> tuple[LeftOutComparison, dict[str, float]]:
    """Add the average to methods that were compared, and return its weights.

    What the average errs on a left-out group is told with weights from all other groups, so the choice between methods
    is made anew without it.

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
    """
    table = labels.reshape(len(labels), -1)
    answers = {name: answer.reshape(table.shape) for name, answer in told.answers.items()}
    squares = {name: ((answer - table) ** 2).mean(axis=1) for name, answer in answers.items()}

    inner = inner_samples(labels)
    counts = np.where(inner, 1.0, AT_AN_END) if inner.sum() >= LEAST_INNER else np.ones(len(table))

    def weights(kept: NDArray[np.bool_]) -> dict[str, float]:
        errors = {name: np.average(square[kept], weights=counts[kept]) for name, square in squares.items()}
        return blend_weights({name: float(np.sqrt(error)) for name, error in errors.items()})

    read, hard = np.empty_like(table), np.ones(len(table))
    for group in np.unique(groups):
        left = groups == group
        own = weights(~left) if not left.all() else weights(left)
        read[left] = sum(weight * answers[name][left] for name, weight in own.items())
        hard[left] = sum(weight * told.fitted[name].difficulty_[left] for name, weight in own.items())
    final = weights(np.ones(len(table), dtype=bool))
    example = next(iter(told.fitted.values()))
    method: Literal["student", "conformal"] = "student" if example.method == "student" else "conformal"
    blend = Blend({name: told.fitted[name].estimator_ for name in final}, final)
    state = {"residuals": table - read, "difficulty": hard, "groups": groups}
    fitted = LeftOutIntervals.restore(blend, labels, state, method=method, level=example.level)
    lower, upper = left_out_ends(fitted)
    joined = replace(
        told,
        answers=told.answers | {BLEND: read.reshape(labels.shape)},
        lower=told.lower | {BLEND: lower.reshape(labels.shape)},
        upper=told.upper | {BLEND: upper.reshape(labels.shape)},
        fitted=told.fitted | {BLEND: fitted},
    )
    return replace(joined, table=score_left_out(joined, labels, groups, names)), final


def _outside(model: Any, X: Array) -> Array:
    return np.asarray(model.distance_outside(X)) if hasattr(model, "distance_outside") else np.zeros(len(X))
