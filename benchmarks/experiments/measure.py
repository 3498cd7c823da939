"""One experiment of the bench: a space is made of the known spectra, and asked about new and foreign ones."""

import time
import warnings
from typing import Any

import numpy as np

from benchmarks.experiments.plain import plain_answers
from peakscape import FeatureSpace, datasets
from peakscape.analysis import find_transitions
from peakscape.datasets.simulated_series import SimulatedSeries
from peakscape.errors import InputError
from peakscape.feature_space import axes
from peakscape.signal.interpolation import shift_axis


def measure(kind: str, seed: int, *, only_numbers: bool = False, only_novelty: bool = False) -> dict[str, Any]:
    """Return everything that is told of one experiment, by name.

    `only_numbers` leaves foreign spectra out, `only_novelty` everything else: labels then only tell what is left out
    together, as they do where they are predicted too.
    """
    if only_novelty:
        return {"kind": kind, "seed": seed} | _of_novelty_alone(kind, seed)
    series = datasets.simulated_series(kind, seed)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        space = FeatureSpace(novelty=not only_numbers).fit(series.known, label=series.label)
        fitted = time.perf_counter()
        found = space.place(series.new)
        placed = time.perf_counter()
        strangers = None if only_numbers else space.place(series.foreign)
    told: dict[str, Any] = {"kind": kind, "seed": seed, "n_known": series.known.sizes["sample"]}
    told |= {"fit_s": fitted - start, "place_s": (placed - fitted) / series.new.sizes["sample"]}
    told |= _of_label(series, found) | _of_plain(series, space)
    if strangers is not None and "foreign" in found:
        told |= _of_foreign(series, found, strangers)
    return told | _of_transitions(series, space)


def _of_novelty_alone(kind: str, seed: int) -> dict[str, Any]:
    series = datasets.simulated_series(kind, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        space = FeatureSpace().fit(series.known, label=[], groups=series.label)
        return _of_foreign(series, space.place(series.new), space.place(series.foreign))


def _of_foreign(series: SimulatedSeries, found: Any, strangers: Any) -> dict[str, Any]:
    """Shares called foreign: of new spectra of the kind, between known values and beyond them, and of foreign ones."""
    near, inner = series.foreign["nearness"].values == "near", series.inner
    called, other = found["foreign"].values, strangers["foreign"].values
    return {
        "known_foreign": float(called[inner].mean()),
        "outer_foreign": float(called[~inner].mean()) if (~inner).any() else float("nan"),
        "near_foreign": float(other[near].mean()),
        "far_foreign": float(other[~near].mean()),
    }


def _of_label(series: SimulatedSeries, found: Any) -> dict[str, Any]:
    truth, name = series.new[series.label].values, series.label
    low, high = (found[f"{name}{end}"].values for end in ("_lower", "_upper"))
    trusted = str(found[f"{name}_method"].values[0])
    value = found[f"{name}_by_method"].sel({f"{name}_methods": trusted}).values  # also where it is not told
    inside, inner = (low <= truth) & (truth <= high), series.inner
    finite = np.isfinite(high - low)
    told = {
        "trusted": trusted,
        "range": float(np.ptp(truth)),
        "rmse": _rms(value - truth),
        "rmse_inner": _rms((value - truth)[inner]),
        "coverage": float(inside.mean()),
        "coverage_inner": float(inside[inner].mean()),
        "width": float((high - low)[finite].mean()) if finite.any() else float("nan"),
        "no_interval": float(1.0 - finite.mean()),
    }
    for method in found[f"{name}_methods"].values:
        told[f"own_{method}"] = _rms(found[f"{name}_by_method"].sel({f"{name}_methods": method}).values - truth)
    return told


def _of_plain(series: SimulatedSeries, space: FeatureSpace) -> dict[str, Any]:
    truth, values = series.new[series.label].values, series.known[series.label].values
    known, new = space.known_["intensity"].values, axes.prepare_for(series.new, space.recipe_)[0]["intensity"].values
    points = space.known_[space.axis_name].values
    told = plain_answers(
        series.known["intensity"].values, known, values, series.new["intensity"].values, new,
        (points, shift_axis(points, space.axis_name)),
    )  # fmt: skip
    return {f"plain_{name}": _rms(answer - truth) for name, answer in told.items()}


def _of_transitions(series: SimulatedSeries, space: FeatureSpace) -> dict[str, Any]:
    """Count transitions that are none, and those that are missed: a found one may be a step of the label off."""
    label = series.known[series.label].values
    levels = np.unique(label)
    try:
        found = find_transitions(np.median(space.coordinates_, axis=0), label)
    except InputError:  # too few values of the label
        return {}
    step = float(np.ptp(levels)) / (len(levels) - 1)
    near = np.array(
        [[row.start - step <= at <= row.stop + step for at in series.transitions] for row in found.itertuples()]
    ).reshape(len(found), len(series.transitions))
    missed = int((~near.any(axis=0)).sum()) if len(found) else len(series.transitions)
    return {"false_transitions": int((~near.any(axis=1)).sum()), "missed_transitions": missed}


def _rms(errors: Any) -> float:
    return float(np.sqrt(np.mean(np.square(errors)))) if len(errors) else float("nan")
