"""The full evaluation of the alloy study: many splits, all methods, resumable, one result a file."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import analysis, composition, files
from peakscape.studies import left_out, methods
from peakscape.studies.methods import Settings

Report = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """One split to evaluate: `kind` "random" or "composition", known and asked samples, and whether they are alone."""

    kind: str
    number: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    single: bool = False


def jobs(patterns: xr.Dataset, settings: Settings) -> Iterator[Job]:
    """List the random splits, then each whole composition left out."""
    n_samples = patterns.sizes["sample"]
    splits = analysis.random_splits(n_samples, n_splits=settings.n_splits, test_size=0.1, random_state=settings.seed)
    for number, (train, test) in enumerate(splits):
        yield Job("random", number, train, test)
    for number, left in enumerate(analysis.leave_group_out(patterns["composition"].values)):
        yield Job("composition", number, left.train, left.test, left.single)


def evaluate(folder: Path, patterns: dict[float, xr.Dataset], settings: Settings, report: Report) -> dict[str, Any]:
    """Evaluate every method on every split at every width.

    Parameters
    ----------
    folder
        Where each split's result is kept; a killed run goes on where it stopped.
    patterns
        Width in degree to the patterns of that width.
    settings
        What to compute. Results of other settings or other patterns are not taken up.
    report
        Called with a line before each split.

    Returns
    -------
    dict
        Width (as text) to ``random``, ``leave_composition_out``, ``generation`` and ``reconstruction``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = {}
    for fwhm, spectra in patterns.items():
        key = _key(spectra, settings)
        results = []
        for job in jobs(spectra, settings):
            path = folder / f"{fwhm:g}-{job.kind}-{job.number:02d}.json"
            result = _read(path, key)
            if result is None:
                report(f"FWHM {fwhm:g} degree, {job.kind} split {job.number + 1}")
                result = {"key": key, **run_job(job, spectra, settings)}
                with files.replace_atomically(path) as fresh:
                    fresh.write_text(json.dumps(result))
            results.append(result)
        summary[f"{fwhm:g}"] = summarize(results, spectra)
    return summary


def _key(patterns: xr.Dataset, settings: Settings) -> str:
    """Fingerprint of what a result depends on."""
    told = json.dumps(asdict(settings) | {"fwhm": None, "n_splits": None}, sort_keys=True)
    return hashlib.sha256(told.encode() + np.round(patterns["intensity"].values, 9).tobytes()).hexdigest()[:16]


def _read(path: Path, key: str) -> dict[str, Any] | None:
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text())
    return result if result.get("key") == key else None


def run_job(job: Job, patterns: xr.Dataset, settings: Settings) -> dict[str, Any]:
    """Fit all maps on the known samples and run every method on the others."""
    intensity = patterns["intensity"].values
    # a new seed a split, so that no verdict hangs on one draw of the networks
    seed = settings.seed + 1000 * (job.kind == "composition") + job.number
    spaces = methods.fit_maps(intensity[job.train], patterns["composition"].values[job.train], settings, seed=seed)
    estimates = methods.estimate(spaces, patterns, job.train, job.test, settings)
    mean = intensity[job.train].mean(axis=0)
    rebuilt = {name: analysis.reconstruct(space, intensity[job.test]) for name, space in spaces.items()}
    result: dict[str, Any] = {
        "kind": job.kind,
        "test": job.test.tolist(),
        "single": job.single,
        "alone": _alone(patterns["composition"].values, job.train, job.test).tolist(),
        "estimates": {name: values.tolist() for name, values in estimates.items()},
        "r2": {n: analysis.r2_per_spectrum(intensity[job.test], r).tolist() for n, r in rebuilt.items()},
        "r2_about_mean": {
            n: analysis.r2_per_spectrum(intensity[job.test], r, about=mean).tolist() for n, r in rebuilt.items()
        },
        "collapsed": {n: int(np.sum(getattr(space, "collapsed_", 0))) for n, space in spaces.items()},
    }
    if job.kind == "composition":
        for target in left_out.TARGETS:
            if set(np.flatnonzero(left_out.samples_of(patterns, target))) == set(job.test.tolist()):
                result["generation"] = {
                    name: left_out.score_generation(space, patterns, target)[0] for name, space in spaces.items()
                }
    return result


def _alone(amounts: NDArray[np.float64], train: NDArray[np.intp], test: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mark test samples whose composition no training sample has, shape (n_test,)."""
    distance = composition.squared_error(amounts[test][:, None] + 0 * amounts[train], np.broadcast_to(
        amounts[train], (len(test), *amounts[train].shape)))  # fmt: skip
    return np.asarray(distance.min(axis=1) > 1e-9)


def summarize(results: list[dict[str, Any]], patterns: xr.Dataset) -> dict[str, Any]:
    """Bring the results of all splits of one width together."""
    random = [result for result in results if result["kind"] == "random"]
    grouped = [result for result in results if result["kind"] == "composition"]
    return {
        "random": _random_table(random, patterns["composition"].values),
        "leave_composition_out": _left_out_table(grouped, patterns),
        "generation": {
            left_out.formula_of(patterns, result["test"][0]): result["generation"]
            for result in grouped
            if "generation" in result
        },
        "reconstruction": {
            "random": _r2_table(random),
            "leave_composition_out": _r2_table(grouped),
        },
        "single_compositions": [left_out.formula_of(patterns, r["test"][0]) for r in grouped if r["single"]],
        "collapsed_members": {name: int(sum(result["collapsed"][name] for result in results)) for name in methods.MAPS},
        "n_splits": len(random),
    }


def _random_table(results: list[dict[str, Any]], amounts: NDArray[np.float64]) -> dict[str, dict[str, float]]:
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


def _left_out_table(results: list[dict[str, Any]], patterns: xr.Dataset) -> dict[str, dict[str, float]]:
    """Return the rms errors of each method over all samples, each with its whole composition left out."""
    shape = patterns["composition"].shape
    estimates = {name: np.full(shape, np.nan) for name in results[0]["estimates"]}
    inner = {name: np.full(shape, np.nan) for name in estimates}
    for result in results:
        for name, values in result["estimates"].items():
            estimates[name][result["test"]] = values
            if not result["single"]:
                inner[name][result["test"]] = values
    table = methods.left_out_rmse(estimates, patterns)
    without = methods.left_out_rmse(inner, patterns).set_index("method").add_suffix("_without_single")
    return methods.scores_by_method(table.join(without, on="method"))


def _r2_table(results: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    table = {}
    for name in results[0]["r2"]:
        plain = np.concatenate([result["r2"][name] for result in results])
        strict = np.concatenate([result["r2_about_mean"][name] for result in results])
        table[name] = {
            "r2_median": float(np.median(plain)),
            "r2_worst": float(plain.min()),
            "r2_about_mean_median": float(np.median(strict)),
        }
    return table
