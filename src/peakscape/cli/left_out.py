"""Each spectrum left out once: the map's answer for it, beside those of the plainest methods."""

import argparse
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peakscape.cli.inputs import asked_recipe, open_for_map, open_spectra
from peakscape.cli.map_commands import new_map
from peakscape.cli.output import emit, lines_of, progress
from peakscape.cli.targets import Target, asked_label, choose_target, known_of_spectra, new_readout
from peakscape.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.analysis import CompositionReadout
    from peakscape.maps import FeatureMap, SavedMap

Array = NDArray[np.float64]
BROADENING = 0.25  # degrees: peaks that move by less than this look like a linear change


def run_leave_one_out(saved: "SavedMap | None", paths: list[str], options: argparse.Namespace) -> None:
    """Leave out one spectrum after the other, fit anew without it, and print the errors side by side."""
    from sklearn.base import clone

    from peakscape import spectra

    if saved:
        dataset = open_for_map(paths, saved, options)
    else:
        raw = open_spectra(paths, options)
        dataset = asked_recipe(options, raw).apply(raw)
    space = clone(saved.map) if saved else new_map(options, dataset)
    if dataset.sizes["sample"] < 5:
        raise InputError(f"leaving one out needs at least five spectra, got {dataset.sizes['sample']}")
    elements = [str(e) for e in dataset["element"].values] if "element" in dataset.coords else None
    target = choose_target(known_of_spectra(dataset), elements, asked_label(options))
    readout = new_readout(options, target)
    methods = plain_methods(readout, dataset[spectra.axis_name(dataset)].values)
    answers = leave_out(space, readout, dataset["intensity"].values, target.values, methods)
    errors, samples = summarize(answers, target), _per_sample(dataset, target, answers)
    about = f"{type(space).__name__} with {readout.method}"
    result = {"target": target.name, "map": type(space).__name__, "method": readout.method}
    emit(
        options,
        result | {"errors": errors, "samples": samples},
        [
            f"{target.name} of {len(samples)} spectra, each left out once; map: {about}, fitted anew without it",
            "",
            *lines_of(errors),
            "",
            *lines_of(samples),
        ],
    )


def plain_methods(readout: "CompositionReadout", axis: Array) -> dict[str, Any]:
    """Return the plain methods, unfitted, by name.

    Examples
    --------
    >>> from peakscape.analysis import CompositionReadout
    >>> list(plain_methods(CompositionReadout(method="triangle"), np.arange(5.0, 60.0, 0.04)))
    ['mean', 'nearest_pattern', 'pls', 'pls_broadened', 'pca2_triangle', 'pca2_gaussian_process']
    """
    from peakscape import analysis

    step = float(np.median(np.diff(axis)))
    every = analysis.default_baselines(sigma=BROADENING / step if axis[-1] <= 180 else 25.0)
    plain = analysis.BroadenedPLS(n_components=5, sigma=0.0)
    methods = {"mean": every["mean"], "nearest_pattern": every["nearest_pattern"], "pls": plain}
    chosen = dict.fromkeys(["pls_broadened", f"pca2_{readout.method}", "pca2_gaussian_process"])
    return methods | {name: every[name] for name in chosen}


def leave_out(
    space: "FeatureMap", readout: "CompositionReadout", intensity: Array, values: Array, methods: dict[str, Any]
) -> dict[str, Array]:
    """Predict each sample from all others, by the map fitted anew and by plain methods.

    Parameters
    ----------
    space, readout
        The map and the readout, whose settings count.
    intensity
        Shape (n_samples, n_points).
    values
        What is known, shape (n_samples,) or (n_samples, n_labels).
    methods
        Unfitted regressors by name.

    Returns
    -------
    dict
        Answers in the shape of `values`: "map" first, then the plain methods by name.

    Examples
    --------
    >>> from peakscape.analysis import CompositionReadout
    >>> from peakscape.maps import PCA
    >>> slope = np.linspace(0.0, 1.0, 6)
    >>> patterns = np.outer(slope, np.arange(8.0)) + np.outer(slope**2, np.ones(8))
    >>> found = leave_out(PCA(), CompositionReadout(method="gaussian_process"), patterns, slope, {})
    >>> bool(np.abs(found["map"] - slope).max() < 0.2)
    True
    """
    from sklearn.base import clone

    from peakscape.analysis import place_members

    values = np.asarray(values, dtype=np.float64)
    answers = {name: np.empty_like(values) for name in ("map", *methods)}
    for sample in progress(range(len(values)), "leaving one out"):
        kept = np.arange(len(values)) != sample
        with warnings.catch_warnings():
            # A sample at the rim lies outside all others by construction: a warning a sample would bury the result.
            warnings.simplefilter("ignore")
            fitted = clone(space).fit(intensity[kept])
            known = clone(readout).fit(place_members(fitted, intensity[kept]), values[kept])
            answers["map"][sample] = known.predict(place_members(fitted, intensity[~kept]))[0]
            for name, method in methods.items():
                answer = clone(method).fit(intensity[kept], values[kept]).predict(intensity[~kept])
                answers[name][sample] = np.reshape(answer, values[~kept].shape)[0]
    return answers


def summarize(answers: dict[str, Array], target: Target) -> pd.DataFrame:
    """Return the errors of each method, one row a method.

    For a composition: eq. (3) of doi:10.1002/adts.202200613 (worst, mean, median) and the rms error of each element in
    atoms per formula unit. For a label: the rms error over all spectra, over those that do not carry its lowest or
    highest value (which no method can reach by interpolation), and the largest error.

    Examples
    --------
    >>> target = Target("x", np.array([0.0, 0.5, 1.0]), None)
    >>> summarize({"map": np.array([0.3, 0.6, 1.0])}, target).round(3).values.tolist()
    [['map', 0.183, 0.1, 0.3]]
    """
    from peakscape import analysis

    if target.elements:
        rows = {
            name: analysis.composition_errors(answer, target.values, elements=target.elements)
            for name, answer in answers.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").drop(columns="share_above").reset_index(names="method")
    inner = (target.values > target.values.min()) & (target.values < target.values.max())
    errors = {name: np.abs(answer - target.values) for name, answer in answers.items()}
    return pd.DataFrame(
        {
            "method": list(errors),
            "rmse": [_rms(error) for error in errors.values()],
            "rmse_inner": [_rms(error[inner]) for error in errors.values()],
            "largest": [float(error.max()) for error in errors.values()],
        }
    )


def _rms(error: Array) -> float:
    return float(np.sqrt(np.mean(error**2))) if len(error) else float("nan")


def _per_sample(dataset: "xr.Dataset", target: Target, answers: dict[str, Array]) -> pd.DataFrame:
    table = pd.DataFrame({"name": dataset["name"].values})
    truth, read = (np.reshape(part, (len(table), -1)) for part in (target.values, answers["map"]))
    for i, column in enumerate(target.columns):
        table[column], table[f"{column}_read"] = truth[:, i], read[:, i]
    return table
