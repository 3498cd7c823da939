"""The plain methods beside a map, by one left-out scheme, and which of them all is to be trusted."""

import argparse
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peakscape.cli.inputs import asked_recipe, open_for_map, open_spectra
from peakscape.cli.map_commands import new_map
from peakscape.cli.output import emit, lines_of, remark, working
from peakscape.cli.targets import Target, asked_label, choose_target, known_of_spectra, new_readout
from peakscape.errors import InputError, PeakscapeWarning

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.analysis import CompositionReadout, LeftOutComparison
    from peakscape.maps import SavedMap

Array = NDArray[np.float64]
BROADENING = 0.25  # degrees: peaks that move by less than this look like a linear change
FEWEST = 5  # known spectra from which methods are compared
MOST_FOLDS = 30  # fits of each method beside a map's answer
MOST_KEPT = 60  # left-out models that jackknife+ keeps; above it, the plain conformal interval needs none


@dataclass(frozen=True)
class Beside:
    """What the other methods say of the spectra that a map was asked about.

    Attributes
    ----------
    answers : pandas.DataFrame
        A row a spectrum and method: its answer and interval.
    errors : pandas.DataFrame
        Of `compare_left_out`, on the map's known spectra.
    trusted, why : str
        Of `trusted_method`.
    """

    answers: pd.DataFrame
    errors: pd.DataFrame
    trusted: str
    why: str


def run_leave_one_out(saved: "SavedMap | None", paths: list[str], options: argparse.Namespace) -> None:
    """Leave out one spectrum (or all of one label) after the other, fit anew without it, and print all errors."""
    from sklearn.base import clone

    from peakscape import analysis, spectra

    if saved:
        dataset = open_for_map(paths, saved, options)
    else:
        raw = open_spectra(paths, options)
        dataset = asked_recipe(options, raw).apply(raw)
    space = clone(saved.map) if saved else new_map(options, dataset)
    if dataset.sizes["sample"] < FEWEST:
        raise InputError(f"leaving one out needs at least five spectra, got {dataset.sizes['sample']}")
    elements = [str(e) for e in dataset["element"].values] if "element" in dataset.coords else None
    target = choose_target(known_of_spectra(dataset), elements, asked_label(options))
    readout = new_readout(options, target)
    methods = plain_methods(readout, dataset[spectra.axis_name(dataset)].values)
    methods["map"] = analysis.MapRegressor(space, readout)
    with working(f"leaving out each of {dataset.sizes['sample']} spectra"):
        told = compare(dataset["intensity"].values, target, methods, options)
    trusted, why = analysis.trusted_method(told.table)
    samples = _per_sample(dataset, target, told.answers)
    result = {"target": target.name, "map": type(space).__name__, "method": readout.method, "level": options.level}
    result |= {"errors": told.table, "samples": samples, "trusted_method": trusted, "why": why}
    about = f"{type(space).__name__} with {readout.method}"
    heading = f"{target.name} of {len(samples)} spectra, each left out once; map: {about}, fitted anew without it"
    emit(options, result, [heading, "", *_lines(told.table, trusted, why), "", *lines_of(samples)])


def plain_methods(readout: "CompositionReadout", axis: Array) -> dict[str, Any]:
    """Return the plain methods, unfitted, by name, the simplest first.

    Examples
    --------
    >>> from peakscape.analysis import CompositionReadout
    >>> list(plain_methods(CompositionReadout(method="triangle"), np.arange(5.0, 60.0, 0.04)))[2:]
    ['peak_line', 'pls', 'pls_broadened', 'pls_prepared', 'pca2_neighbors', 'pca2_triangle']
    """
    from peakscape import analysis

    sigma = BROADENING / float(np.median(np.diff(axis))) if axis[-1] <= 180 else 25.0
    return analysis.default_methods(axis=axis, sigma=sigma, readouts=("neighbors", readout.method))


def compare(
    intensity: Array,
    target: Target,
    methods: dict[str, Any],
    options: argparse.Namespace,
    *,
    n_folds: int | None = None,
) -> "LeftOutComparison":
    """Compare methods on known spectra, shape (n_samples, n_points), as the options say.

    Examples
    --------
    >>> from peakscape.analysis import default_methods
    >>> spectra, x = np.random.default_rng(0).uniform(size=(9, 20)), np.arange(9.0)
    >>> options = argparse.Namespace(level=0.8, leave_group_out=False)
    >>> told = compare(spectra, Target("x", x, None), {"mean": default_methods()["mean"]}, options)
    >>> told.table["rmse"].round(3).tolist()
    [2.905]
    """
    from peakscape import analysis

    n_models = len(intensity) if n_folds is None else n_folds
    rule: Any = "jackknife+" if n_models <= MOST_KEPT else "conformal"
    with warnings.catch_warnings():
        # A sample at the rim lies outside all others by construction: a warning a sample would bury the result.
        warnings.simplefilter("ignore", PeakscapeWarning)
        return analysis.compare_left_out(
            intensity,
            target.values,
            methods,
            groups=target.values if options.leave_group_out else None,
            n_folds=n_folds,
            intervals=analysis.LeftOutIntervals(method=rule, level=options.level),
            names=target.elements,
        )


def ask_others(
    saved: "SavedMap", target: Target, readout: "CompositionReadout", dataset: "xr.Dataset", options: argparse.Namespace
) -> Beside | None:
    """Answer by the other methods, fitted on the spectra that the map was made of; None where these are not known."""
    from sklearn.base import clone

    from peakscape import analysis, maps

    known = saved.extras.get("spectra")
    if known is None or len(known) != len(target.values) or len(known) < FEWEST:
        remark("the map was saved without its spectra, or knows fewer than five: no other methods beside its answer")
        return None
    intensity = known.astype(np.float64)
    methods = plain_methods(readout, next(iter(saved.axis.values())))
    if options.refit or not isinstance(saved.map, maps.Autoencoder):
        methods["map"] = analysis.MapRegressor(clone(saved.map), readout)
    else:
        remark("this map's own error on left-out spectra is not known: --refit fits its networks anew to measure it")
    with working("fitting each method without each known spectrum"):
        n_folds = MOST_FOLDS if len(intensity) > MOST_FOLDS else None
        told = compare(intensity, target, methods, options, n_folds=n_folds)
    trusted, why = analysis.trusted_method(told.table)
    rows = []
    for method, fitted in told.fitted.items():
        answer, (lower, upper) = fitted.predict(dataset["intensity"].values)
        columns = (np.reshape(part, (len(answer), -1)) for part in (answer, lower, upper))
        rows.append(_answer_rows(dataset["name"].values, method, target, *columns))
    return Beside(pd.concat(rows, ignore_index=True), told.table, trusted, why)


def lines_beside(beside: Beside) -> list[str]:
    """Return what a person reads of the other methods."""
    return ["", *lines_of(beside.answers), "", *_lines(beside.errors, beside.trusted, beside.why)]


def _lines(errors: pd.DataFrame, trusted: str, why: str) -> list[str]:
    return [*lines_of(errors.drop(columns=["excess", "excess_error"])), "", f"trust {trusted}: {why}"]


def _answer_rows(
    names: NDArray[Any], method: str, target: Target, answer: Array, lower: Array, upper: Array
) -> pd.DataFrame:
    table = pd.DataFrame({"name": names, "method": method})
    for i, column in enumerate(target.columns):
        table[column], table[f"{column}_lower"], table[f"{column}_upper"] = answer[:, i], lower[:, i], upper[:, i]
    return table


def _per_sample(dataset: "xr.Dataset", target: Target, answers: dict[str, Array]) -> pd.DataFrame:
    table = pd.DataFrame({"name": dataset["name"].values})
    truth, read = (np.reshape(part, (len(table), -1)) for part in (target.values, answers["map"]))
    for i, column in enumerate(target.columns):
        table[column], table[f"{column}_read"] = truth[:, i], read[:, i]
    return table
