"""The full evaluation of the alloy study: many splits, all methods, each split's result kept."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import analysis, composition
from peakscape.analysis.generation import r2_per_spectrum
from peakscape.analysis.validation.splits import leave_group_out, random_splits
from peakscape.studies.alloy import generation
from peakscape.studies.alloy.compute import MAPS, Array, Readers, Settings, fit_maps, formulas, left_out_rmse
from peakscape.studies.runner import Run

Results = list[dict[str, Any]]


@dataclass(frozen=True)
class Job:
    """One split to evaluate: `kind` "random" or "composition", known and asked samples, and whether it is alone."""

    kind: str
    number: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    single: bool = False


def jobs(patterns: xr.Dataset, settings: Settings) -> Iterator[Job]:
    """List the random splits, then each whole composition left out."""
    n_samples = patterns.sizes["sample"]
    splits = random_splits(n_samples, n_splits=settings.n_splits, test_size=0.1, random_state=settings.seed)
    for number, (train, test) in enumerate(splits):
        yield Job("random", number, train, test)
    for number, left in enumerate(leave_group_out(patterns["composition"].values)):
        yield Job("composition", number, left.train, left.test, left.single)


def evaluate(study: Run, patterns: dict[float, xr.Dataset], settings: Settings) -> dict[str, Any]:
    """Evaluate every method on every split at every width (degree): width as text to the tables of `summarize`.

    Each split's result is kept in ``evaluation/``; a stopped run goes on where it was, and takes up no result of other
    settings or other patterns.
    """
    summary = {}
    for fwhm, spectra in patterns.items():
        key = fingerprint(spectra, settings)
        results = []
        for job in jobs(spectra, settings):
            name = f"evaluation/{fwhm:g}-{job.kind}-{job.number:02d}"
            step = f"FWHM {fwhm:g} degree, {job.kind} split {job.number + 1}"
            results.append(study.kept(name, key, partial(run_job, job, spectra, settings), step=step))
        summary[f"{fwhm:g}"] = summarize(results, spectra)
    return summary


def fingerprint(patterns: xr.Dataset, settings: Settings) -> str:
    """Return a digest of what a result depends on."""
    told = json.dumps(asdict(settings) | {"fwhm": None, "n_splits": None}, sort_keys=True)
    return hashlib.sha256(told.encode() + np.round(patterns["intensity"].values, 9).tobytes()).hexdigest()[:16]


def run_job(job: Job, patterns: xr.Dataset, settings: Settings) -> dict[str, Any]:
    """Fit all maps on the known samples and run every method on the others."""
    intensity, amounts = patterns["intensity"].values, patterns["composition"].values
    known, asked = (intensity[job.train], amounts[job.train]), intensity[job.test]
    # a new seed a split, so that no verdict hangs on one draw of the networks
    seed = settings.seed + 1000 * (job.kind == "composition") + job.number
    spaces = fit_maps(*known, settings, seed=seed)
    rebuilt = {name: analysis.reconstruct(space, asked) for name, space in spaces.items()}
    r2 = {
        key: {name: r2_per_spectrum(asked, rows, about=about).tolist() for name, rows in rebuilt.items()}
        for key, about in (("r2", None), ("r2_about_mean", known[0].mean(axis=0)))
    }
    nearest = composition.squared_error(
        amounts[job.test][:, None] + 0 * known[1], 0 * amounts[job.test][:, None] + known[1]
    )
    result: dict[str, Any] = {
        "kind": job.kind,
        "test": job.test.tolist(),
        "single": job.single,
        "alone": (nearest.min(axis=1) > 1e-9).tolist(),  # no known sample has the composition
        "estimates": {name: rows.tolist() for name, rows in Readers(spaces, *known, settings).read(asked).items()},
        **r2,
        "collapsed": {name: int(np.sum(getattr(space, "collapsed_", 0))) for name, space in spaces.items()},
    }
    for target in generation.TARGETS if job.kind == "composition" else ():
        if set(np.flatnonzero(generation.samples_of(patterns, target))) == set(job.test.tolist()):
            result["generation"] = {
                name: generation.score_generation(space, patterns, target)[0] for name, space in spaces.items()
            }
    return result


def summarize(results: Results, patterns: xr.Dataset) -> dict[str, Any]:
    """Bring the results of all splits of one width together."""
    random = [result for result in results if result["kind"] == "random"]
    grouped = [result for result in results if result["kind"] == "composition"]
    names = formulas(patterns)
    return {
        "random": _random_table(random, patterns["composition"].values),
        "leave_composition_out": _left_out_table(grouped, patterns),
        "generation": {names[r["test"][0]]: r["generation"] for r in grouped if "generation" in r},
        "reconstruction": {"random": _r2_table(random), "leave_composition_out": _r2_table(grouped)},
        "single_compositions": [names[r["test"][0]] for r in grouped if r["single"]],
        "collapsed_members": {name: int(sum(result["collapsed"][name] for result in results)) for name in MAPS},
        "n_splits": len(random),
    }


def _random_table(results: Results, amounts: Array) -> dict[str, dict[str, float]]:
    """Score each method over the random splits: eq. (3), worst of each split, with and without lone samples."""
    table = {}
    for name in results[0]["estimates"]:
        errors = [composition.squared_error(r["estimates"][name], amounts[r["test"]]) for r in results]
        paired = [e[~np.asarray(r["alone"])] for e, r in zip(errors, results, strict=True)]
        worst, worst_paired = np.array([e.max() for e in errors]), np.array([e.max() for e in paired])
        low, high = np.quantile(worst, [0.25, 0.75])
        table[name] = {
            "median_worst": float(np.median(worst)),
            "worst_quartile_low": float(low),
            "worst_quartile_high": float(high),
            "median_worst_with_siblings": float(np.median(worst_paired)),
            "median_mean": float(np.median([e.mean() for e in errors])),
            "share_above_5e-3": float((np.concatenate(errors) > 5e-3).mean()),
            "share_above_5e-3_with_siblings": float((np.concatenate(paired) > 5e-3).mean()),
            "n_tests": int(sum(map(len, errors))),
        }
    return table


def _left_out_table(results: Results, patterns: xr.Dataset) -> dict[str, dict[str, float]]:
    """Return the rms errors of each method over all samples, each with its whole composition left out."""
    shape = patterns["composition"].shape
    estimates = {name: np.full(shape, np.nan) for name in results[0]["estimates"]}
    inner = {name: np.full(shape, np.nan) for name in estimates}
    for result in results:
        for name, values in result["estimates"].items():
            estimates[name][result["test"]] = values
            if not result["single"]:
                inner[name][result["test"]] = values
    without = left_out_rmse(inner, patterns)
    return {
        name: row | {f"{key}_without_single": value for key, value in without[name].items()}
        for name, row in left_out_rmse(estimates, patterns).items()
    }


def _r2_table(results: Results) -> dict[str, dict[str, float]]:
    """Sum up how well patterns come back, by map."""
    table = {}
    for name in results[0]["r2"]:
        plain, strict = (np.concatenate([r[key][name] for r in results]) for key in ("r2", "r2_about_mean"))
        table[name] = {
            "r2_median": float(np.median(plain)),
            "r2_worst": float(plain.min()),
            "r2_about_mean_median": float(np.median(strict)),
        }
    return table
