"""The study of a measured series: one's own files and what they run over, from raw spectra to a report.

Composition, temperature, pressure or any other number: which method reads it best from spectra it has not seen, with
what interval, on which map, by which peaks, and which spectra do not belong.
"""

import os
import time
import warnings
from pathlib import Path
from typing import Any

import xarray as xr
from threadpoolctl import threadpool_limits

from peakscape import maps, spectra
from peakscape.errors import PeakscapeWarning
from peakscape.preparation import Recipe
from peakscape.studies import results, series_figures, series_parts, series_relevance, series_report
from peakscape.studies.evaluation import Report
from peakscape.studies.series_parts import Series, SeriesSettings

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "pybaselines")


def run(
    dataset: xr.Dataset,
    out: str | os.PathLike[str],
    *,
    label: str | None = None,
    settings: SeriesSettings | None = None,
    force: bool = False,
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Run the study of a series and write its report.

    Parameters
    ----------
    dataset
        The spectra as measured, labelled.
    out
        Folder for ``report.html``, ``figures/``, ``spectra.zarr``, ``series.map/``, ``leave_one_out.csv`` and
        ``summary.json``.
    label
        What the series runs over: the name of a numeric label, or "composition"; None where there is only one.
    settings
        What to compute.
    force
        Whether to write over an earlier run in `out`.
    report
        Called with a line before each step.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        If `out` holds an earlier run and `force` is not set, the label is not there, or there are fewer than five
        different values of it.
    """
    started = time.perf_counter()
    folder, settings = results.results_folder(out, force=force), settings or SeriesSettings()
    target = series_parts.choose_target(dataset, label)
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        # Samples left out at the rim lie outside all others by construction: the report tells it once for all.
        warnings.simplefilter("ignore", PeakscapeWarning)
        report("preparing the spectra")
        recipe = (Recipe.default(dataset) if settings.prepare is None else Recipe.from_text(settings.prepare)).fit(
            dataset
        )
        prepared = recipe.apply(dataset)
        report("fitting the map")
        series = series_parts.fit(prepared, target, settings)
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        summary, parts = _compute(folder, dataset, series, recipe, report)
        maps.save_with_samples(
            series.space, folder / "series.map", prepared, preparation=recipe.to_dict(), extras=parts["extras"]
        )
        spectra.save(prepared, folder / "spectra.zarr")
    summary["seconds"] = round(time.perf_counter() - started, 1)
    report("writing the report")
    series_report.write(folder / "report.html", summary, parts)
    results.write_table(folder / "leave_one_out.csv", parts["left_out_samples"])
    results.write_json(folder / results.SUMMARY, summary)
    return summary


def _compute(
    folder: Path, dataset: xr.Dataset, series: Series, recipe: Recipe, report: Report
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compute all parts and draw the figures; return the summary and what the report needs besides it."""
    summary: dict[str, Any] = {
        "n_samples": series.n_samples,
        "n_points": series.intensity.shape[1],
        "label": series.target.name,
        "values": len(series.levels),
        "preparation": recipe.text,
        "map": type(series.space).__name__,
        "seed": series.settings.seed,
        "versions": results.package_versions(PACKAGES),
    }
    parts: dict[str, Any] = {}
    report("leaving out one value after the other, all methods")
    found, parts["left_out"], parts["left_out_samples"] = series_parts.left_out(series)
    summary |= found
    report("looking for what does not belong")
    summary["novelty"], parts["novelty"], parts["extras"] = series_parts.novelty(series)
    report("grouping")
    summary["groups"], parts["grouping"] = series_parts.grouping(series)
    report("following the path over the map")
    summary["path"], parts["steps"] = series_parts.path(series)
    report("masking every window of a spectrum")
    summary["relevance"], parts["relevance"] = series_relevance.relevance(series)
    report("drawing the figures")
    place = folder / "figures"
    parts["figures"] = {
        "spectra": series_figures.draw_spectra(place, series, dataset),
        "map": series_figures.draw_map(place, series, summary),
        "left_out": series_figures.draw_left_out(place, series, parts, summary),
        "grouping": series_figures.draw_grouping(place, series, parts["grouping"]),
        "relevance": series_figures.draw_relevance(place, series, parts["relevance"]),
    }
    return summary, parts
