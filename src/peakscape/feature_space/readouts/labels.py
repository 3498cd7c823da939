"""How a feature space predicts a number or a composition: by its map and by plain methods; which of them is trusted."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from sklearn.base import clone

from peakscape import analysis
from peakscape.analysis import CompositionReadout, LeftOutIntervals
from peakscape.analysis.validation.blending import BLEND, Blend, with_blend
from peakscape.analysis.validation.extrapolation import Beyond, EndBlock, ErrorModel, end_blocks
from peakscape.analysis.validation.families import BestPLS, BestProcess, EndMembers, WithinBounds
from peakscape.analysis.validation.intervals import distance_outside_box
from peakscape.analysis.validation.left_out import LeftOutComparison, default_methods, trusted_method
from peakscape.analysis.validation.preparations import Preparations
from peakscape.analysis.validation.regressors import MapRegressor
from peakscape.errors import PeakscapeWarning
from peakscape.feature_space.known import KnownLabel, plain_table, table_of
from peakscape.feature_space.readouts.left_out_maps import SLOW_FOLDS, LeftOutMaps
from peakscape.feature_space.readouts.novelty import safe_shift_axis
from peakscape.feature_space.remarks import Remark

Array = NDArray[np.float64]
MAP = "map"
"""Name of the method that reads the label from the space's own map."""
END_MEMBERS = "end_members"
PROCESS = ("plain", "root", "broadened", "root_broadened", "raw_area")
"""Preparations on which Gaussian processes are tried."""
FEW_WAYS = ("plain", "root", "broadened", "sharpened_root")
"""Preparations that are tried where there are many spectra."""
HELPS = 0.8
"""Share of the error of the mean above which a method must beat it by more than one standard error."""
MOST_ROWS = 400
"""Known spectra above which few preparations are tried: more cost minutes and tell little more."""
LEAST_VALUES = 3
"""Values of a label from which all spectra of one are left out together, where enough for a map remain."""
LEAST_OF_A_MAP = 3
"""Spectra without which there is no map, so that none of so many can be left out."""
FEW_VALUES = "few_values"
"""Code of the remark that single spectra were left out while their repeats stayed."""
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
        Of `analysis.compare_left_out`, less the coverage: one row a method.
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
        found: CompositionReadout = self.methods[MAP].estimator_.estimator_.readout_
        return found

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each method in the average of them; nothing where there is none."""
        return dict(self.methods[BLEND].estimator_.weights) if BLEND in self.methods else {}

    def predict(self, rows: Array) -> LabelAnswers:
        """Answer for prepared spectra (n_samples, n_points), one after the other: alone and together alike."""
        shape = (len(rows), len(self.label.columns))
        values, lower, upper = ({name: np.empty(shape) for name in self.methods} for _ in range(3))
        outside = np.empty(len(rows))
        for number, row in enumerate(rows):
            for name, (value, far) in self._answer_one(row[np.newaxis]).items():
                hard = self.methods[BLEND].estimator_.widening(far) if name == BLEND else 1.0 + far
                low, high = self.methods[name].ends(value, hard)
                if self._repeats_stayed:  # they tell nothing of what lies between
                    low, high = np.full_like(value, -np.inf), np.full_like(value, np.inf)
                values[name][number] = value[0]
                lower[name][number], upper[name][number] = (self._bounded(end)[0] for end in (low, high))
                if name == self.trusted:
                    outside[number] = far[0]
        return LabelAnswers(values, lower, upper, outside)

    @property
    def _repeats_stayed(self) -> bool:
        """Whether single spectra were left out whose repeats the methods knew."""
        return any(remark.code == FEW_VALUES for remark in self.remarks)

    def _answer_one(self, row: Array) -> dict[str, tuple[Array, Array]]:
        """What every method says of one spectrum (1, n_points), and how far outside it lies for it."""
        told = {}
        for name, method in self.methods.items():
            if name != BLEND:
                value = np.asarray(method.estimator_.predict(row), dtype=np.float64).reshape(1, -1)
                told[name] = (value, method.widening(row, value) - 1.0)
        if BLEND in self.methods:  # of answers that are there, not of methods asked again
            blend = self.methods[BLEND]
            value, far = blend.estimator_.mix(*({name: one[k] for name, one in told.items()} for k in range(2)))
            told[BLEND] = (value, np.maximum(far, distance_outside_box(value, blend.known_labels_)))
        return told

    def _bounded(self, values: Array) -> Array:
        """Ends within the bounds of the label; an infinite one stays, for it says that nothing is known."""
        bounds = self.label.bounds
        return values if bounds is None else np.where(np.isfinite(values), np.clip(values, *bounds), values)

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return what `restore_label` needs: text and numbers, and arrays by name."""
        described = {
            "name": self.label.name,
            "columns": list(self.label.columns),
            "methods": list(self.methods),
            "rule": next(iter(self.methods.values())).method,
            "trusted": self.trusted,
            "why": self.why,
            "weights": self.weights,
            "error_model": _described(self.methods),
            "bounds": None if self.label.bounds is None else list(self.label.bounds),
            "errors": plain_table(self.errors),
            "remarks": [[remark.code, remark.text] for remark in self.remarks],
        }
        arrays: dict[str, NDArray[Any]] = {"groups": next(iter(self.methods.values())).groups_.astype(np.int64)}
        for name, method in self.methods.items():
            arrays[f"residuals/{name}"] = method.residuals_
            arrays[f"difficulty/{name}"] = method.difficulty_
        return described, arrays


def ways_of(known: xr.Dataset, raw: Array | None, groups: NDArray[np.intp] | None = None) -> Preparations:
    """Return in which ways known spectra are prepared for methods without a map.

    Parameters
    ----------
    known
        As the space prepares them.
    raw
        The same as they were recorded, (n_samples, n_points); None where nothing is lost in preparation.
    groups
        What is left out together.
    """
    rows = np.asarray(known["intensity"].values, dtype=np.float64)
    joined = rows if raw is None else np.hstack([rows, raw])
    return Preparations(joined, safe_shift_axis(known), groups, n_raw=0 if raw is None else raw.shape[1])


def fit_label(
    label: KnownLabel,
    maps: LeftOutMaps,
    ways: Preparations,
    axis: Array,
    *,
    level: float,
    groups: NDArray[np.intp] | None,
    n_folds: int,
) -> LabelReadout:
    """Fit every method on the known spectra, leave out each value of the label with all its repeats, and compare.

    Parameters
    ----------
    label
        What is known of the spectra of `maps`.
    maps
        The space's map, to be fitted without what is left out.
    ways
        Of `ways_of`, of the same spectra.
    axis
        Positions of the points, shape (n_points,).
    level
        Share of answers that an interval should cover.
    groups
        What is left out together, shape (n_samples,); None: all spectra with one value of the label.
    n_folds
        More groups than this are dealt into so many folds.
    """
    methods = unfitted_methods(label, maps, ways, axis)
    if len(ways.known) <= LEAST_OF_A_MAP:
        return _unmeasured(label, methods, ways.known, level=level)
    numbers, remarks = _groups(label, groups)
    n_groups = len(np.unique(numbers))
    rule: Any = "conformal" if n_groups >= np.ceil(level / (1.0 - level)) else "student"
    if len(ways.known) < FEWEST:
        remarks += (Remark.of("too_few_to_validate", label=label.name, n_known=len(ways.known), fewest=FEWEST),)
        ends = (END_MEMBERS,) if END_MEMBERS in methods and _n_values(label) == 2 else ()
        methods = {name: methods[name] for name in ("mean", *ends, MAP)}
    maps.leave_out(numbers % n_folds if n_groups > n_folds else numbers)
    names = label.columns if label.is_composition else None
    with warnings.catch_warnings():
        # a sample at the rim lies outside all others by construction: a warning a sample would bury the result
        warnings.simplefilter("ignore", PeakscapeWarning)
        told = analysis.compare_left_out(
            ways.known,
            label.target,
            methods,
            groups=numbers,
            n_folds=n_folds if n_groups > n_folds else None,
            intervals=LeftOutIntervals(method=rule, level=level),
            names=names,
        )
    if len(ways.known) >= FEWEST:
        folds = numbers % n_folds if n_groups > n_folds else numbers
        blocks = _ends(label, numbers, few=n_folds <= SLOW_FOLDS)
        beyond = _beyond(label, methods, told, maps, ways, blocks, folds) if blocks is not None else None
        told, _ = with_blend(told, label.target, folds, names, beyond, n_groups)
    table = told.table.drop(columns="coverage")  # intervals are made from these residuals, so it is as asked for
    if any(remark.code == FEW_VALUES for remark in remarks):
        table = table.assign(mean_width=np.inf)
    return LabelReadout(label, told.fitted, table, _trusted(label, told), remarks)


def _ends(label: KnownLabel, groups: NDArray[np.intp], *, few: bool) -> list[EndBlock] | None:
    """Ends of one number to be left out; None for a composition and for few values."""
    values = label.values[:, 0]
    if label.is_composition or len(np.unique(np.round(values, 9))) < FEWEST:
        return None
    return end_blocks(values, groups, few=few)


def _beyond(
    label: KnownLabel,
    methods: Mapping[str, Any],
    told: LeftOutComparison,
    maps: LeftOutMaps,
    ways: Preparations,
    blocks: list[EndBlock],
    folds: NDArray[np.intp],
) -> Beyond:
    """What the methods err beyond the ends of one number."""
    values = label.values[:, 0]
    maps.keep([block.kept for block in blocks])
    residuals = {name: values - answers.reshape(-1) for name, answers in told.answers.items()}

    def fit_to(name: str, rows: NDArray[np.intp]) -> Any:
        return clone(methods[name]).fit(ways.known[rows], values[rows])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PeakscapeWarning)
        return Beyond.measure(fit_to, residuals, ways.known, values, blocks, folds)


def _described(methods: Mapping[str, LeftOutIntervals]) -> dict[str, Any] | None:
    """The error model of the average as plain numbers."""
    model = methods[BLEND].estimator_.errors if BLEND in methods else None
    return None if model is None else asdict(model)


def _n_values(label: KnownLabel) -> int:
    return len(np.unique(np.round(label.values, 9), axis=0))


def _trusted(label: KnownLabel, told: LeftOutComparison) -> tuple[str, str]:
    """The average of all methods, unless it does no better than the mean or nothing is known between two values."""
    table = told.table.set_index("method")
    if BLEND in table.index:
        own, plain = table.loc[BLEND], table.loc["mean"]
        if own["rmse"] > HELPS * plain["rmse"] and plain["excess"] <= plain["excess_error"]:
            return "mean", "no method beats the mean of the labels by more than one standard error: trust none"
    if END_MEMBERS in table.index and _n_values(label) == 2:
        return END_MEMBERS, f"{label.name} is known at two values: what lies between is read as a mixture of both"
    if BLEND not in table.index:
        return trusted_method(told.table)
    weights = sorted(told.fitted[BLEND].estimator_.weights.items(), key=lambda one: -one[1])
    parts = ", ".join(f"{name} {weight:.0%}" for name, weight in weights if weight >= 0.05)
    inner = "" if np.isnan(own["rmse_inner"]) else f"; {own['rmse_inner']:.3g} between the ends"
    errs = f"{BLEND} errs by {own['rmse']:.3g} (rms, left out, all values{inner})"
    return BLEND, f"{errs} and averages {parts}; {_as_good(table)}"


def _as_good(table: pd.DataFrame) -> str:
    """Say which single methods the average cannot be told from by the errors that were measured."""
    near = table.index[(table["excess"] <= table["excess_error"]) & (table.index != BLEND)]
    if not len(near):
        return "no single method comes within one standard error of it"
    if len(near) == 1:
        return f"{near[0]} alone errs as little, within one standard error"
    return f"{', '.join(near[:-1])} and {near[-1]}, each alone, err as little, within one standard error"


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
    fitted = clone(_on_map(label, maps, len(axis))[MAP]).fit(maps.known, label.target)
    known = fitted.estimator_.readout_
    numbers, remarks = _groups(label, None)
    readout = clone(known).set_params(groups="composition" if len(np.unique(numbers)) < len(numbers) else None)
    residuals = readout.fit(known.coordinates_, label.target).residuals()
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
    ways: Preparations,
    axis: Array,
    level: float,
) -> LabelReadout:
    """Bring a label back: methods fitted on the known spectra again, their left-out errors as they were kept."""
    bounds = described.get("bounds")
    label = replace(label, bounds=None if bounds is None else (float(bounds[0]), float(bounds[1])))
    methods: dict[str, LeftOutIntervals] = {}
    unfitted = unfitted_methods(label, maps, ways, axis)
    for name in described["methods"]:
        if name == BLEND:
            told = described.get("error_model")  # spaces of before have none: their weights are the same everywhere
            model = None if told is None else ErrorModel(**told)
            fitted = Blend({one: each.estimator_ for one, each in methods.items()}, described["weights"], model)
        else:
            fitted = clone(unfitted[name]).fit(ways.known, label.target)
        state = {key: arrays[f"{key}/{name}"] for key in ("residuals", "difficulty")} | {"groups": arrays["groups"]}
        methods[name] = LeftOutIntervals.restore(fitted, label.target, state, method=described["rule"], level=level)
    errors = table_of(described["errors"])
    remarks = tuple(Remark(code, text) for code, text in described["remarks"])
    return LabelReadout(label, methods, errors, (described["trusted"], described["why"]), remarks)


def unfitted_methods(label: KnownLabel, maps: LeftOutMaps, ways: Preparations, axis: Array) -> dict[str, Any]:
    """Return the methods, unfitted, the simplest first, the map last; each answers within the bounds of the label.

    The mean, the nearest pattern and the line through a peak; mixing of two ends; partial least squares and Gaussian
    processes on the preparations that are best, without and with registration; the readouts of the map.
    """
    plain = default_methods(axis=axis)
    names = ways.names if len(ways.known) <= MOST_ROWS else tuple(n for n in FEW_WAYS if n in ways.names)
    families: dict[str, Any] = {} if label.is_composition else {END_MEMBERS: EndMembers(ways)}
    families |= {"pls": BestPLS(ways, names), "process": BestProcess(ways, tuple(n for n in PROCESS if n in names))}
    if ways.registered_names:
        families["pls_registered"] = BestPLS(ways, ways.registered_names)
        families["process_registered"] = BestProcess(ways, ways.registered_names)
    seen = {name: plain[name] for name in ("mean", "nearest_pattern", "peak_line")}
    bounds, total = label.bounds, label.total
    return (
        {name: WithinBounds(one, n_points=len(axis), bounds=bounds, total=total) for name, one in seen.items()}
        | {name: WithinBounds(one, bounds=bounds, total=total) for name, one in families.items()}
        | _on_map(label, maps, len(axis))
    )


def _on_map(label: KnownLabel, maps: LeftOutMaps, n_points: int) -> dict[str, Any]:
    """Readouts of the map, unfitted."""
    path = {"map_path": "path"} if len(np.unique(np.round(label.values, 9))) >= FEWEST else {}
    readouts: dict[str, Any] = {"map_plane": "plane", **path, MAP: "gaussian_process"}
    if label.is_composition:
        readouts = {"map_gaussian_process": "gaussian_process", MAP: "triangle"}
    return {
        name: WithinBounds(
            MapRegressor(maps, CompositionReadout(method=method)),
            n_points=n_points, bounds=label.bounds, total=label.total,
        )
        for name, method in readouts.items()
    }  # fmt: skip


def _groups(label: KnownLabel, groups: NDArray[np.intp] | None) -> tuple[NDArray[np.intp], tuple[Remark, ...]]:
    """What is left out together: what was asked for, else all spectra of one value, else single ones."""
    if groups is not None:
        return groups, ()
    values = np.unique(np.round(label.values, 9), axis=0, return_inverse=True)[1].ravel()
    n_values = int(values.max()) + 1
    if n_values >= LEAST_VALUES and len(values) - np.bincount(values).max() >= LEAST_OF_A_MAP:
        return values, ()
    remark = Remark.of(FEW_VALUES, label=label.name, n_values=n_values)
    return np.arange(len(values)), (remark,) if n_values < len(values) else ()
