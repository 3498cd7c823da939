"""The study of boron nitride after Hasegawa et al., Sci. Rep. 15 (2025), doi:10.1038/s41598-025-18580-z.

From computed B-K edges of four phases and their defects to seven maps, their scores beside what needs no map, what the
maps have to do with structure and electrons, and measured spectra classified with a probability.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from peakscape import spectra
from peakscape.errors import PeakscapeWarning
from peakscape.feature_space import FeatureSpace
from peakscape.studies import runner
from peakscape.studies.nitride import compute, figures, physics, report
from peakscape.studies.nitride import spectra as material
from peakscape.studies.nitride.compute import NitrideSettings
from peakscape.studies.nitride.spectra import Measured, Nitride
from peakscape.studies.runner import Run

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "umap-learn")


def run(
    out: str | os.PathLike[str],
    *,
    settings: NitrideSettings | None = None,
    force: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Run the study of boron nitride and write its report.

    Parameters
    ----------
    out
        Folder for ``report.html``, ``figures/``, ``spectra.zarr``, ``nitride.space/``, tables (``.csv``) and
        ``summary.json``.
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
        If `out` holds an earlier run and `force` is not set, or the folder of measured spectra lacks them.
    """
    settings = settings or NitrideSettings()
    with runner.start(out, force=force, report=report, expected=PeakscapeWarning) as study:
        measured = material.load_measured(settings.measured)  # fails before any work
        study.step("broadening and preparing the spectra")
        nitride = material.load(every=settings.every)
        return study.finish(_compute(study, nitride, measured, settings), "nitride", PACKAGES)


def _compute(study: Run, nitride: Nitride, measured: list[Measured], settings: NitrideSettings) -> runner.Outcome:
    """Compute all parts, draw the figures, and save the map."""
    study.step("fitting and scoring the maps, whole structures left out (the longest step)")
    asked = compute.new_comparison(nitride, settings)
    tasks = compute.comparison_tasks(asked) | {"answers": partial(_answer, nitride, measured, settings)}
    done = runner.side_by_side(tasks, expected=PeakscapeWarning, report=study.step)
    parts = compute.gather(asked, done) | done["answers"]
    parts["chosen"] = next(name for name in ("UMAP", "t-SNE", *parts["fitted"]) if name in parts["fitted"])
    space = parts["fitted"][parts["chosen"]]
    study.step("relating the map to structure and electrons")
    clusters = partial(_clusters, nitride, space, settings)
    tasks = {"clusters": clusters, **{f"windows, {name}": partial(physics.windows, nitride, space, name)
             for name in physics.asked_windows(nitride)}}  # fmt: skip
    done = runner.side_by_side(tasks, expected=PeakscapeWarning, report=study.step)
    parts["clusters"], parts["associations"] = done["clusters"]
    parts["windows"] = {name: done[f"windows, {name}"] for name in physics.asked_windows(nitride)}
    parts["between"] = physics.between(nitride, space)
    study.step("placing measured spectra")
    parts["answers"], parts["by_map"], parts["points"] = compute.place_measured(
        nitride, parts["finder"], parts["fitted"], measured
    )
    summary = report.summarize(nitride, parts, settings)
    study.step("drawing the figures")
    drawn = figures.draw(study.figures, nitride, measured, parts, summary)
    _save(study, nitride, parts)
    return report.outcome(summary, parts, drawn)


def _answer(nitride: Nitride, measured: list[Measured], settings: NitrideSettings) -> dict[str, Any]:
    """Learn to classify without a map, and ask what measured and foreign spectra are, whatever the choices."""
    tried = compute.trials(nitride, settings)
    finder = compute.identifier(nitride, tried)
    return {
        "trials": tried,
        "finder": finder,
        "errors": compute.calibration_errors(nitride, finder, measured),
        "choices": compute.vary_choices(nitride, measured),
        "foreign": compute.name_foreign(nitride, finder),
    }


def _clusters(nitride: Nitride, space: Any, settings: NitrideSettings) -> tuple[physics.Clusters, Any]:
    """Find clusters, and what place and cluster tell of."""
    found = physics.clusters(nitride, space, settings)
    return found, physics.associations(nitride, found, settings)


def _save(study: Run, nitride: Nitride, parts: dict[str, Any]) -> None:
    """Save the spectra, and the map with what `peakscape place` needs to classify a spectrum or to call it foreign."""
    prepared = nitride.recipe.apply(nitride.dataset)
    space = FeatureSpace.of_map(
        parts["fitted"][parts["chosen"]], nitride.recipe, prepared, reason="the map of the study", class_label="phase",
        identifier=parts["finder"],
    )  # fmt: skip
    study.keep(space, "nitride", computed=nitride.found, offset=nitride.offset)
    spectra.save(nitride.dataset, study.folder / "spectra.zarr")
