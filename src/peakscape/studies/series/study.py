"""The study of a measured series: one's own files and what they run over, from raw spectra to a report.

Composition, temperature, pressure or any other number: which method reads it best from spectra it has not seen, with
what interval, on which map, by which peaks, and which spectra do not belong.
"""

import os
from collections.abc import Callable
from typing import Any

import xarray as xr

from peakscape import spectra
from peakscape.errors import PeakscapeWarning
from peakscape.feature_space import FeatureSpace
from peakscape.feature_space.readouts.novelty import Explained
from peakscape.preparation import Recipe
from peakscape.studies import runner
from peakscape.studies.runner import Outcome, Run
from peakscape.studies.series import compute, figures, report
from peakscape.studies.series.compute import Series, SeriesSettings

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "pybaselines")


def run(
    dataset: xr.Dataset,
    out: str | os.PathLike[str],
    *,
    label: str | None = None,
    settings: SeriesSettings | None = None,
    force: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Run the study of a series and write its report.

    Parameters
    ----------
    dataset
        The spectra as measured, labelled.
    out
        Folder for ``report.html``, ``figures/``, ``spectra.zarr``, ``series.space/``, ``leave_one_out.csv`` and
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
    settings = settings or SeriesSettings()
    # Samples left out at the rim lie outside all others by construction: the report tells it once for all.
    with runner.start(out, force=force, report=report, expected=PeakscapeWarning) as study:
        target = compute.choose_target(dataset, label)
        study.step("preparing the spectra")
        recipe = Recipe.default(dataset) if settings.prepare is None else Recipe.from_text(settings.prepare)
        prepared = recipe.fit(dataset).apply(dataset)
        study.step("fitting the map")
        series = compute.fit(prepared, target, settings)
        return study.finish(_compute(study, dataset, series, recipe), "series", PACKAGES)


def _compute(study: Run, dataset: xr.Dataset, series: Series, recipe: Recipe) -> Outcome:
    """Compute all parts, draw the figures, and save the map."""
    summary: dict[str, Any] = {
        "n_samples": series.n_samples,
        "n_points": series.intensity.shape[1],
        "label": series.target.name,
        "values": len(series.levels),
        "preparation": recipe.text,
        "map": type(series.space).__name__,
        "seed": series.settings.seed,
    }
    parts: dict[str, Any] = {}
    study.step("leaving out one value after the other, all methods")
    found, parts["left_out"], parts["left_out_samples"] = compute.left_out(series)
    summary |= found
    study.step("looking for what does not belong")
    summary["novelty"], parts["novelty"], judge = compute.novelty(series)
    study.step("grouping")
    summary["groups"], parts["grouping"] = compute.grouping(series)
    study.step("following the path over the map")
    summary["path"], parts["steps"] = compute.path(series)
    study.step("masking every window of a spectrum")
    summary["relevance"], parts["relevance"] = compute.relevance(series)
    study.step("drawing the figures")
    drawn = figures.draw(study.figures, series, dataset, parts, summary)
    space = FeatureSpace.of_map(
        series.space, recipe, series.dataset, reason="the map of the study", labels=[series.target.name], measured=True,
        novelty=Explained(judge),
    )  # fmt: skip
    study.keep(space, "series")
    parts["claims"] = space.claims()
    spectra.save(series.dataset, study.folder / "spectra.zarr")
    return report.outcome(summary, parts, drawn)
