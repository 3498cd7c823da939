"""A number read beside the class of a spectrum, such as the temperature: with the class known, and without."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from peakscape import analysis
from peakscape.analysis.validation.left_out import trusted_method
from peakscape.analysis.validation.regressors import BroadenedPLS, ClassKnown, MapRegressor, default_baselines
from peakscape.errors import InputError
from peakscape.studies.library.compute import Library
from peakscape.studies.runner import number_or_none

N_COMPONENTS = 3


def methods(space: Any) -> dict[str, Any]:
    """Return all ways to read the number, unfitted, the simplest first; `space` is an unfitted map."""
    plain = default_baselines()
    pls = BroadenedPLS(n_components=N_COMPONENTS, sigma=0.0)
    readout = analysis.CompositionReadout(method="neighbors")
    return {
        "mean": ClassKnown(),
        "class_mean": ClassKnown(within=True),
        "nearest_spectrum": ClassKnown(plain["nearest_pattern"]),
        "pls": ClassKnown(pls),
        "pls_within_class": ClassKnown(pls, within=True),
        "map_neighbors": ClassKnown(MapRegressor(clone(space), readout)),
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
    tried = methods(space)
    rule = analysis.LeftOutIntervals(level=library.settings.level, method="student", widen=False)
    told = analysis.compare_left_out(rows, numbers, tried, groups=groups, intervals=rule)
    single = analysis.compare_left_out(rows, numbers, {"nearest": tried["nearest_spectrum"]}, intervals=rule)
    trusted, why = trusted_method(told.table)
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
