"""How a feature space predicts a number or a composition: by its map and by plain methods; which of them is trusted."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from peakscape import analysis
from peakscape.analysis import CompositionReadout, LeftOutIntervals, MapRegressor
from peakscape.errors import PeakscapeWarning
from peakscape.feature_space.known import KnownLabel, plain_table, table_of
from peakscape.feature_space.left_out_maps import LeftOutMaps
from peakscape.feature_space.remarks import Remark

Array = NDArray[np.float64]
MAP = "map"
"""Name of the method that reads the label from the space's own map."""
BROADENING = 0.25
"""Degrees: peaks that move by less than this look like a linear change to partial least squares."""
LEAST_OF_A_MAP = 3
"""Spectra without which there is no map, so that none of so many can be left out."""
FEWEST = 5
"""Known spectra from which methods are compared by leaving some out."""


@dataclass(frozen=True)
class LabelAnswers:
    """What each method says of some spectra.

    Attributes
    ----------
    values, lower, upper : dict of ndarrays of shape (n_samples, n_columns)
        By method: the label and the ends of its prediction interval.
    steps_outside : ndarray of shape (n_samples,)
        How far the trusted method's interval was widened because the spectrum lies outside the known ones, in steps.
    """

    values: dict[str, Array]
    lower: dict[str, Array]
    upper: dict[str, Array]
    steps_outside: Array


class LabelReadout:
    """One label of a space: every method fitted, its left-out errors, and which method is trusted.

    Attributes
    ----------
    label : KnownLabel
        What is known.
    methods : dict of LeftOutIntervals
        Fitted, the simplest first, the map last.
    errors : pandas.DataFrame
        Of `analysis.compare_left_out`: one row a method.
    trusted, why : str
        Of `analysis.trusted_method`.
    remarks : tuple of Remark
        What is to be known of all answers.
    """

    def __init__(
        self,
        label: KnownLabel,
        methods: dict[str, LeftOutIntervals],
        errors: pd.DataFrame,
        trusted: tuple[str, str],
        remarks: tuple[Remark, ...] = (),
    ) -> None:
        self.label = label
        self.methods = methods
        self.errors = errors
        self.trusted, self.why = trusted
        self.remarks = remarks

    @property
    def readout(self) -> CompositionReadout:
        """The readout of the label on the map."""
        found: CompositionReadout = self.methods[MAP].estimator_.readout_
        return found

    def predict(self, rows: Array) -> LabelAnswers:
        """Answer for prepared spectra (n_samples, n_points), one after the other: alone and together alike."""
        parts: dict[str, list[tuple[Array, Array, Array]]] = {name: [] for name in self.methods}
        for row in rows:
            for name, method in self.methods.items():
                answer, (low, high) = method.predict(row[np.newaxis])
                parts[name].append((np.ravel(answer), np.ravel(low), np.ravel(high)))
        ends = {
            name: [np.reshape(part, (len(rows), -1)) for part in zip(*found, strict=True)] if found else None
            for name, found in parts.items()
        }
        empty = np.empty((0, len(self.label.columns)))
        values, lower, upper = ({n: e[k] if e else empty for n, e in ends.items()} for k in range(3))
        trusted = self.methods[self.trusted]
        outside = np.array([trusted.difficulty(row[np.newaxis])[0] - 1.0 for row in rows])
        return LabelAnswers(values, lower, upper, outside)

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return what `restore_label` needs: text and numbers, and arrays by name."""
        described = {
            "name": self.label.name,
            "columns": list(self.label.columns),
            "methods": list(self.methods),
            "rule": next(iter(self.methods.values())).method,
            "trusted": self.trusted,
            "why": self.why,
            "errors": plain_table(self.errors),
            "remarks": [[remark.code, remark.text] for remark in self.remarks],
        }
        arrays: dict[str, NDArray[Any]] = {"groups": next(iter(self.methods.values())).groups_.astype(np.int64)}
        for name, method in self.methods.items():
            arrays[f"residuals/{name}"] = method.residuals_
            arrays[f"difficulty/{name}"] = method.difficulty_
        return described, arrays


def fit_label(
    label: KnownLabel, maps: LeftOutMaps, axis: Array, *, level: float, groups: NDArray[np.intp] | None, n_folds: int
) -> LabelReadout:
    """Fit every method on the known spectra, leave out each value of the label with all its repeats, and compare.

    Parameters
    ----------
    label
        What is known of the spectra of `maps`.
    maps
        The space's map, to be fitted without what is left out.
    axis
        Positions of the points, shape (n_points,).
    level
        Share of answers that an interval should cover.
    groups
        What is left out together, shape (n_samples,); None: all spectra with one value of the label.
    n_folds
        More groups than this are dealt into so many folds.
    """
    known = maps.known
    if len(known) <= LEAST_OF_A_MAP:
        return _unmeasured(label, unfitted_methods(label, maps, axis), known, level=level)
    numbers, remarks = _groups(label, groups)
    n_groups = len(np.unique(numbers))
    rule: Any = "conformal" if n_groups >= np.ceil(level / (1.0 - level)) else "student"
    methods = unfitted_methods(label, maps, axis)
    if len(known) < FEWEST:
        remarks += (Remark.of("too_few_to_validate", label=label.name, n_known=len(known), fewest=FEWEST),)
        methods = {name: methods[name] for name in ("mean", MAP)}
    maps.leave_out(numbers % n_folds if n_groups > n_folds else numbers)
    with warnings.catch_warnings():
        # a sample at the rim lies outside all others by construction: a warning a sample would bury the result
        warnings.simplefilter("ignore", PeakscapeWarning)
        told = analysis.compare_left_out(
            known,
            label.target,
            methods,
            groups=numbers,
            n_folds=n_folds if n_groups > n_folds else None,
            intervals=LeftOutIntervals(method=rule, level=level),
            names=label.columns if label.is_composition else None,
        )
    return LabelReadout(label, told.fitted, told.table, analysis.trusted_method(told.table), remarks)


def _unmeasured(label: KnownLabel, unfitted: Mapping[str, Any], known: Array, *, level: float) -> LabelReadout:
    """The map alone, of which nothing can be left out: its answers have no finite interval."""
    n_known = len(known)
    state = {
        "residuals": np.full(label.values.shape, np.inf),
        "difficulty": np.ones(n_known),
        "groups": np.arange(n_known),
    }
    fitted = clone(unfitted[MAP]).fit(known, label.target)
    methods = {MAP: LeftOutIntervals.restore(fitted, label.target, state, method="student", level=level)}
    errors = pd.DataFrame({"method": [MAP]} | {name: [np.nan] for name in ("rmse", "rmse_inner", "max_error")})
    remark = Remark.of("too_few_to_validate", label=label.name, n_known=n_known, fewest=FEWEST)
    why = f"{n_known} known spectra: none can be left out of the map, so how far to trust it is not known"
    return LabelReadout(label, methods, errors, (MAP, why), (remark,))


def read_by_map(label: KnownLabel, maps: LeftOutMaps, axis: Array, *, level: float) -> LabelReadout:
    """Read a label by the map alone, the map being kept as it is: for maps that would take long to fit anew.

    What is left out is left out of the readout, a value with all its repeats, not of the map: the errors are too small
    where the map has seen the value, and a remark says so.
    """
    fitted = clone(unfitted_methods(label, maps, axis)[MAP]).fit(maps.known, label.target)
    numbers, remarks = _groups(label, None)
    readout = clone(fitted.readout_).set_params(
        groups="composition" if len(np.unique(numbers)) < len(numbers) else None
    )
    residuals = readout.fit(fitted.readout_.coordinates_, label.target).residuals()
    state = {"residuals": residuals, "difficulty": np.ones(len(residuals)), "groups": numbers}
    few = len(np.unique(numbers)) < np.ceil(level / (1.0 - level))
    rule: Any = "student" if few else "conformal"
    methods = {MAP: LeftOutIntervals.restore(fitted, label.target, state, method=rule, level=level)}
    errors = pd.DataFrame(
        {
            "method": [MAP],
            "rmse": [float(np.sqrt((residuals**2).mean()))],
            "max_error": [float(residuals.max())],
            "rmse_inner": [np.nan],
        }
    )
    why = "read by the map alone, which was not fitted anew without any spectrum; other methods were not compared"
    return LabelReadout(label, methods, errors, (MAP, why), (*remarks, Remark.of("map_kept", label=label.name)))


def restore_label(
    described: Mapping[str, Any],
    arrays: Mapping[str, Array],
    label: KnownLabel,
    maps: LeftOutMaps,
    axis: Array,
    level: float,
) -> LabelReadout:
    """Bring a label back: methods fitted on the known spectra again, their left-out errors as they were kept."""
    methods = {}
    unfitted = unfitted_methods(label, maps, axis)
    for name in described["methods"]:
        fitted = clone(unfitted[name]).fit(maps.known, label.target)
        state = {key: arrays[f"{key}/{name}"] for key in ("residuals", "difficulty")} | {"groups": arrays["groups"]}
        methods[name] = LeftOutIntervals.restore(fitted, label.target, state, method=described["rule"], level=level)
    errors = table_of(described["errors"])
    remarks = tuple(Remark(code, text) for code, text in described["remarks"])
    return LabelReadout(label, methods, errors, (described["trusted"], described["why"]), remarks)


def unfitted_methods(label: KnownLabel, maps: LeftOutMaps, axis: Array) -> dict[str, Any]:
    """Return the methods, unfitted, the simplest first: those of `analysis.default_methods`, then the map."""
    step = float(np.median(np.diff(axis)))
    sigma = BROADENING / step if axis[-1] <= 180 else 25.0
    methods = analysis.default_methods(axis=axis, sigma=sigma, readouts=("neighbors",))
    readouts: dict[str, Any] = {MAP: "gaussian_process", "map_plane": "plane"}
    if label.is_composition:
        readouts = {MAP: "triangle", "map_gaussian_process": "gaussian_process"}
    return methods | {name: MapRegressor(maps, CompositionReadout(method=method)) for name, method in readouts.items()}


def _groups(label: KnownLabel, groups: NDArray[np.intp] | None) -> tuple[NDArray[np.intp], tuple[Remark, ...]]:
    """What is left out together: what was asked for, else all spectra of one value, else single ones."""
    if groups is not None:
        return groups, ()
    values = np.unique(np.round(label.values, 9), axis=0, return_inverse=True)[1].ravel()
    n_values = int(values.max()) + 1
    if n_values >= FEWEST:
        return values, ()
    remark = Remark.of("few_values", label=label.name, n_values=n_values)
    return np.arange(len(values)), (remark,) if n_values < len(values) else ()
