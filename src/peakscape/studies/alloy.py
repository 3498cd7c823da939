"""The XRD study: what Utimula et al. describe, end to end, on structures that the project relaxed itself.

Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613.
"""

import os
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from peakscape import datasets, maps, spectra
from peakscape.errors import CollapseWarning
from peakscape.studies import alloy_figures, alloy_parts, alloy_report, left_out, methods, results
from peakscape.studies.alloy_parts import Width
from peakscape.studies.evaluation import Report, evaluate
from peakscape.studies.methods import Settings

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "numba", "jax", "ase", "spglib", "gemmi")


def run(
    out: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    full_evaluation: bool = False,
    force: bool = False,
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Run the study and write its report.

    Parameters
    ----------
    out
        Folder for ``report.html``, ``figures/``, ``patterns.zarr``, ``alloy.map/``, ``summary.json``; with the full
        evaluation ``evaluation.json`` and the folder ``evaluation/`` of its splits.
    settings
        What to compute.
    full_evaluation
        Whether to evaluate all methods on many splits too (half an hour on two cores, goes on where it stopped).
    force
        Whether to write over an earlier run of the study in `out`.
    report
        Called with a line before each step.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        If `out` holds an earlier run and `force` is not set.
    """
    started = time.perf_counter()
    settings = settings or Settings()
    folder = results.results_folder(out, force=force)
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        # One BLAS thread: the readouts' matrices are small, two threads only wait for each other.
        warnings.simplefilter("ignore", CollapseWarning)  # collapsed members are counted in the report
        summary, sections = _compute(folder, settings, full_evaluation, report)
    summary["seconds"] = round(time.perf_counter() - started, 1)
    report("writing the report")
    alloy_report.write(folder / "report.html", summary, sections)
    results.write_json(folder / results.SUMMARY, summary)
    return summary


def _compute(
    folder: Path, settings: Settings, full_evaluation: bool, report: Report
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compute all parts, draw the figures; return the summary and what the report needs besides it."""
    atoms = datasets.load_alloy_structures()[:: settings.every]
    second = datasets.load_alloy_structures(series="second")[:: settings.every]
    widths = {}
    for fwhm in settings.fwhm:
        report(f"simulating {len(atoms) + len(second)} patterns, FWHM {fwhm:g} degree")
        patterns = alloy_parts.simulate(atoms, settings, fwhm)
        others = alloy_parts.simulate(second, settings, fwhm)
        train, test = methods.one_split(len(atoms), settings)
        report(f"training the maps, FWHM {fwhm:g} degree")
        known = patterns.isel(sample=train)
        spaces = methods.fit_maps(known["intensity"].values, known["composition"].values, settings, seed=settings.seed)
        widths[f"{fwhm:g}"] = Width(fwhm, patterns, others, train, test, spaces)
    parts: dict[str, Any] = {"tables": {}}
    summary = _header(atoms, settings)
    for name, width in widths.items():
        report(f"reading compositions, FWHM {name} degree")
        estimates = methods.estimate(width.spaces, width.patterns, width.train, width.test, settings)
        parts["tables"][name] = alloy_parts.table_2(width, estimates)
        summary["widths"][name] = {
            "reconstruction": alloy_parts.reconstruction(width),
            "table2": methods.score(estimates, width.amounts[width.test]),
            "outside_triangles": methods.outside_triangles(width.spaces, width.intensity, width.train, width.test),
            "leave_composition_out": alloy_parts.leave_composition_out(width.patterns, settings),
            "confounder": alloy_parts.confounder(width, settings),
            "collapsed_members": {
                key: int(space.collapsed_.sum()) for key, space in width.spaces.items() if hasattr(space, "collapsed_")
            },
        }
    main = widths[f"{settings.main_fwhm:g}"]
    summary |= summary["widths"][f"{settings.main_fwhm:g}"]
    parts["figures"] = _explore(folder, main, atoms, settings, summary, parts, report)
    if full_evaluation:
        found = evaluate(folder / "evaluation", {w.fwhm: w.patterns for w in widths.values()}, settings, report)
        results.write_json(folder / "evaluation.json", found)
        parts["evaluation"] = found
        parts["figures"]["evaluation"] = alloy_figures.draw_evaluation(folder / "figures", found)
    _save(folder, main)
    return summary, parts


def _header(atoms: list[Any], settings: Settings) -> dict[str, Any]:
    table = datasets.alloy_table()
    n_points = len(np.arange(settings.two_theta[0], settings.two_theta[1] + 1e-9, settings.two_theta[2]))
    return {
        "n_patterns": len(atoms),
        "n_points": n_points,
        "fwhm": settings.main_fwhm,
        "n_members": settings.n_members,
        "n_epochs": settings.n_epochs,
        "seed": settings.seed,
        "versions": {package: version(package) for package in PACKAGES},
        "table1": table.to_dict("records"),
        "widths": {},
    }


def _explore(
    folder: Path,
    width: Width,
    atoms: list[Any],
    settings: Settings,
    summary: dict[str, Any],
    parts: dict[str, Any],
    report: Report,
) -> dict[str, Path]:
    """Relevance, generation and the axes' meaning at the main width, with all figures."""
    place = folder / "figures"
    report("masking every window and every peak")
    sample = alloy_parts.figure_5_sample(width)
    scan, ranking, summary["relevance"] = alloy_parts.relevance(width, atoms[sample], sample, settings)
    parts["ranking"] = ranking
    curves, summary["generation"] = {}, {}
    for target in left_out.TARGETS:
        left = left_out.samples_of(width.patterns, target)
        if not left.any():
            continue  # a quick look at every n-th structure may have none
        name = left_out.formula_of(width.patterns, int(np.flatnonzero(left)[0]))
        report(f"training without {name} and generating it")
        space = methods.fit_map("autoencoder", width.intensity[~left], settings, seed=settings.seed)
        scores, curves[name] = left_out.score_generation(space, width.patterns, target)
        rival = methods.fit_map(
            "shift_labels", width.intensity[~left], settings, seed=settings.seed, labels=width.amounts[~left]
        )
        scores["r2_shift_labels"] = left_out.score_generation(rival, width.patterns, target)[0]["r2"]
        scores |= left_out.check_positions(curves[name], atoms, width.patterns, target, settings)
        summary["generation"][name] = scores
    report("following artificial changes over the map")
    paths, correlations, directions = alloy_parts.axes(width, atoms, settings)
    parts["correlations"], parts["directions"] = correlations, directions
    summary["axes"] = {
        "correlations": correlations.to_dict("records"),
        "directions": directions.to_dict("records"),
        "shift_per_unit": {name: path.shift_per_unit for name, path in paths.items()},
    }
    report("drawing the figures")
    return {
        "feature_space": alloy_figures.draw_feature_space(place, width),
        "reconstruction": alloy_figures.draw_reconstruction(place, width),
        "painted": alloy_figures.draw_painted(place, width),
        "relevance": alloy_figures.draw_relevance(place, width, sample, scan, ranking),
        "generation": alloy_figures.draw_generation(place, width, curves, summary["generation"]),
        "axes": alloy_figures.draw_axes(place, width, paths),
    }


def _save(folder: Path, width: Width) -> None:
    """Keep the patterns and the map for the commands that follow."""
    spectra.save(width.patterns, folder / "patterns.zarr")
    train = width.patterns.isel(sample=width.train)
    maps.save_with_samples(width.spaces["autoencoder"], folder / "alloy.map", train, preparation={"scale": "maximum"})
