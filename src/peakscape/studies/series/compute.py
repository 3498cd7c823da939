"""What the study of a series asks: methods left out, novelty, groups, the path over the map, relevant peaks."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from sklearn.base import clone

from peakscape import analysis, maps, spectra
from peakscape.analysis.clusters import Grouping
from peakscape.analysis.readout.registry import Method
from peakscape.analysis.readout.transitions import path_steps
from peakscape.analysis.validation.left_out import LeftOutComparison, default_methods, trusted_method
from peakscape.analysis.validation.regressors import MapRegressor, SharedFits
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.spectra.container import shift_axis as _shift_axis
from peakscape.studies.runner import number_or_none, side_by_side

Array = NDArray[np.float64]
BROADENING = 0.25  # degree, for partial least squares on broadened patterns: 6 points where there are no degrees
FEW = 15
"""Up to so many values every interval comes from models that never saw its sample; of more, from folds within folds."""
NESTED_FOLDS = 6
MOST_FOLDS = 30
"""More values than this are dealt into so many folds in turn, so that each is still left out with its repeats."""
ENOUGH = 20
"""Different values from which on the path's speed is judged."""
WINDOW = 0.3  # of the mean peak width: what is masked at once
SHIFT, REMAINDER = "map axis 1: shift of all peaks", "map axis 2: leading change of the rest"


@dataclass(frozen=True)
class SeriesSettings:
    """What the study of a series computes.

    Attributes
    ----------
    prepare
        Steps of preparation as `Recipe.from_text` reads them; None for those that suit the kind of the spectra.
    level
        Share of answers that an interval should cover.
    n_components
        Components of partial least squares.
    seed
        Seed of subsamples.
    """

    prepare: str | None = None
    level: float = 0.9
    n_components: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Target:
    """What the series runs over: `values` of shape (n_samples,) or (n_samples, n_elements), named `columns`."""

    name: str
    values: Array
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """A prepared series, what it runs over, and the map of all of it."""

    dataset: xr.Dataset
    target: Target
    settings: SeriesSettings
    shift_axis: Array
    space: maps.ShiftMap

    @property
    def intensity(self) -> Array:
        """Prepared spectra, shape (n_samples, n_points)."""
        return np.asarray(self.dataset["intensity"].values, dtype=np.float64)

    @property
    def n_samples(self) -> int:
        """Number of spectra."""
        return int(self.dataset.sizes["sample"])

    @property
    def names(self) -> list[str]:
        """Names of the samples."""
        return [str(name) for name in self.dataset["name"].values]

    @property
    def levels(self) -> Array:
        """Different values of the label, one row each."""
        return np.unique(np.round(self.target.values.reshape(self.n_samples, -1), 9), axis=0)

    @property
    def order(self) -> Array:
        """One number a sample, for colours and the path: the label, or the composition's leading direction."""
        values = self.target.values
        if values.ndim == 1:
            return values
        centred = values - values.mean(axis=0)
        direction = np.linalg.svd(centred, full_matrices=False)[2][0]
        return np.asarray(centred @ (direction * np.sign(direction[np.argmax(np.abs(direction))])))

    @property
    def axis(self) -> Array:
        """Positions of the points."""
        return np.asarray(self.dataset[spectra.axis_name(self.dataset)].values, dtype=np.float64)

    @property
    def axis_label(self) -> str:
        """Name and unit of the axis."""
        return spectra.axis_label(spectra.axis_name(self.dataset))


def choose_target(dataset: xr.Dataset, label: str | None) -> Target:
    """Choose what the series runs over.

    Raises
    ------
    InputError
        If it is not there, not given for every sample, or takes fewer than five values.
    """
    known = spectra.numeric_labels(dataset)
    if label in (None, "composition") and "composition" in dataset.coords:
        elements = tuple(str(element) for element in dataset["element"].values)
        target = Target("composition", np.asarray(dataset["composition"].values, dtype=np.float64), elements)
    else:
        name = next(iter(known)) if label is None and len(known) == 1 else label
        if name is None or name not in known:
            raise InputError(
                f"expected a numeric label to study, got {label!r}; known: {', '.join(known) or 'none'}. Label the"
                " files with --pattern (a regular expression with one group) and --label NAME, or with --labels TABLE"
            )
        target = Target(name, known[name], (name,))
    if not np.isfinite(target.values).all():
        raise InputError(f"{target.name} is not known of every sample; leave those files out or complete the table")
    n_values = len(np.unique(np.round(target.values.reshape(len(target.values), -1), 9), axis=0))
    if n_values < 5:
        raise InputError(f"expected at least five different values of {target.name} in a series, got {n_values}")
    return target


def fit(prepared: xr.Dataset, target: Target, settings: SeriesSettings) -> Series:
    """Fit the map on all samples: what remains of a spectrum once its shift is out is seen as it is, not broadened."""
    axis = _shift_axis(prepared)
    space = maps.ShiftMap(axis=axis, residual_width=0.0, normalize=False).fit(prepared["intensity"].values)
    return Series(prepared, target, settings, axis, space)


def methods(series: Series) -> dict[str, Any]:
    """Return all methods, unfitted, the simplest first.

    The map is read by a plane, a Gaussian process, and for a long series of one label along its path.
    """
    step = float(np.median(np.diff(series.axis)))
    broad = BROADENING / step if spectra.axis_name(series.dataset) == "two_theta" else 6.0
    plain = default_methods(axis=series.axis, n_components=series.settings.n_components, sigma=broad)
    readouts: dict[str, Method] = {"shift_map": "plane", "shift_map_gp": "gaussian_process"}
    if series.target.values.ndim == 1 and len(series.levels) >= ENOUGH:
        readouts["shift_map_path"] = "path"
    space = SharedFits(clone(series.space))
    registered = maps.RegisteredPLS(axis=series.shift_axis, n_components=series.settings.n_components)
    return (
        plain
        | {"pls_registered": registered}
        | {name: MapRegressor(space, analysis.CompositionReadout(method=method)) for name, method in readouts.items()}
    )


def best_on_map(table: pd.DataFrame) -> str:
    """Return which readout of the map errs least where left out."""
    rows = table[table["method"].str.startswith("shift_map")]
    column = "rmse_inner" if rows["rmse_inner"].notna().all() else "rmse"
    return str(rows["method"].iloc[int(np.argmin(rows[column].to_numpy()))])


def interval_rule(series: Series) -> analysis.LeftOutIntervals:
    """Choose how intervals are made: jackknife+, or where the values are too few for a finite one, Student's t."""
    level = series.settings.level
    needed = math.ceil(level / (1.0 - level)) + 1
    return analysis.LeftOutIntervals(level=level, method="jackknife+" if len(series.levels) >= needed else "student")


def left_out(series: Series) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Leave out each value of the label once, with all its repeats, and compare all methods.

    Returns
    -------
    summary : dict
        ``leave_one_out``, ``trusted_method``, ``trusted_because`` and ``interval``.
    table, samples : DataFrame
        One row a method; one row a sample with the answers of the trusted method and of the map.
    """
    values, intensity, settings = series.target.values, series.intensity, series.settings
    few, n_folds = len(series.levels) <= FEW, MOST_FOLDS if len(series.levels) > MOST_FOLDS else None
    rule = interval_rule(series)
    told = analysis.compare_left_out(
        intensity, values, methods(series), groups=values, n_folds=n_folds, intervals=rule, nested=few,
        names=series.target.columns if values.ndim == 2 else None,
    )  # fmt: skip
    trusted, why = trusted_method(told.table)
    table = told.table
    on_map = best_on_map(table)
    ends = {name: (told.lower[name], told.upper[name]) for name in dict.fromkeys((trusted, on_map))}
    if not few:
        tasks = {name: partial(_nested_ends, series, name, rule) for name in ends}
        for name, alone in side_by_side(tasks, expected=PeakscapeWarning).items():
            ends[name] = (alone.lower[name], alone.upper[name])
            row = table["method"] == name
            table.loc[row, ["coverage", "mean_width"]] = alone.table[["coverage", "mean_width"]].to_numpy()
    scores = {str(row.pop("method")): row for row in table.to_dict("records")}
    summary = {
        "leave_one_out": {name: {str(k): number_or_none(v) for k, v in row.items()} for name, row in scores.items()},
        "trusted_method": trusted,
        "trusted_because": why,
        "best_on_map": on_map,
        "interval": {
            "level": settings.level,
            "method": trusted,
            "rule": rule.method,
            "coverage": number_or_none(scores[trusted]["coverage"]),
            "mean_width": number_or_none(scores[trusted]["mean_width"]),
        },
    }
    return summary, table, _per_sample(series, told.answers, ends)


def _nested_ends(series: Series, name: str, rule: analysis.LeftOutIntervals) -> LeftOutComparison:
    """Compare one method by folds within folds, for intervals from models that never saw the sample."""
    values, method = series.target.values, {name: methods(series)[name]}
    return analysis.compare_left_out(
        series.intensity, values, method, groups=values, n_folds=NESTED_FOLDS, intervals=rule, nested=True
    )


def _per_sample(series: Series, answers: dict[str, Array], ends: dict[str, tuple[Array, Array]]) -> pd.DataFrame:
    table = pd.DataFrame({"name": series.names})
    for k, column in enumerate(series.target.columns):
        table[column] = series.target.values.reshape(series.n_samples, -1)[:, k]
        for name, answer in answers.items():
            table[f"{column}_{name}"] = answer.reshape(series.n_samples, -1)[:, k]
        for name, (low, high) in ends.items():
            table[f"{column}_{name}_lower"] = low.reshape(series.n_samples, -1)[:, k]
            table[f"{column}_{name}_upper"] = high.reshape(series.n_samples, -1)[:, k]
    return table


def novelty(series: Series) -> tuple[dict[str, Any], pd.DataFrame, analysis.Novelty]:
    """Tell how strange each sample looks to a map fitted without it, and give what judges new ones."""
    judge = analysis.Novelty(axis=series.axis, shift_axis=series.shift_axis, level=1.0 - series.settings.level)
    judge.fit(series.space, series.intensity, series.target.values)
    errors = judge.left_out_error_
    table = pd.DataFrame({"name": series.names, "not_explained": errors, "distance": judge.left_out_distance_})
    strange = np.flatnonzero(judge.odd())
    summary = {
        "median_not_explained": float(np.median(errors)),
        "largest_not_explained": float(errors.max()),
        "strange": [series.names[k] for k in strange[np.argsort(-errors[strange])]],
    }
    return summary, table, judge


def grouping(series: Series) -> tuple[dict[str, Any], Grouping]:
    """Group the spectra by distances that allow for shifts."""
    distances = analysis.spectrum_distances(
        series.intensity, metric="cosine", shift_axis=series.shift_axis, max_shift=float(np.ptp(series.space.shifts_))
    )
    found = analysis.group_samples(distances, random_state=series.settings.seed)
    members = [[series.names[k] for k in np.flatnonzero(found.labels == g)] for g in range(found.n_groups)]
    return {
        "suggested": int(found.suggested),
        "medoids": [series.names[k] for k in found.medoids],
        "members": members,
        "outliers": [series.names[k] for k in found.outliers],
    }, found


def path(series: Series) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """Find where the path over the map jumps as the label grows, and how far its shift follows the label."""
    points = series.space.transform(series.intensity)
    order = series.order
    found: dict[str, Any] = {
        "correlation_of_shift": float(np.corrcoef(points[:, 0], order)[0, 1]),
        "shift_range": float(np.ptp(series.space.shifts_)),
        "lowest_match_quality": float(series.space.match_quality_.min()),
        "lowest_match_of": series.names[int(series.space.match_quality_.argmin())],
        "transitions": [],
    }
    if series.target.values.ndim != 1 or len(np.unique(order)) < ENOUGH:
        return found, None
    steps = path_steps(points, order)
    found["transitions"] = analysis.find_transitions(points, order).to_dict("records")
    return found, steps


def relevance(series: Series) -> tuple[dict[str, Any], dict[str, Any]]:
    """Mask every window of the spectrum in the middle, and tell shift and remainder apart."""
    sample = int(np.argsort(series.order, kind="stable")[series.n_samples // 2])
    spectrum = series.intensity[sample]
    n_window = max(3, round(WINDOW * series.space.width_points_))
    starts = np.arange(len(spectrum) - n_window + 1)
    moved = series.space.transform_masked_parts(spectrum, starts, starts + n_window)
    parts = {
        "registration": moved.registration,
        "residual": moved.residual,
        "whole": moved.registration + moved.residual,
    }
    sizes = {name: np.linalg.norm(part, axis=1) for name, part in parts.items()}
    centres = series.axis[starts + n_window // 2]
    strongest = {name: float(centres[int(np.argmax(size))]) for name, size in sizes.items()}
    return {
        "sample": series.names[sample],
        "window": float(series.axis[n_window - 1] - series.axis[0]),
        "strongest": strongest["whole"],
        "strongest_by_shift": strongest["registration"],
        "strongest_by_remainder": strongest["residual"],
    }, {"sample": sample, **sizes}
