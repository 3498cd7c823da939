"""The study of boron nitride after Hasegawa et al., Sci. Rep. 15 (2025), doi:10.1038/s41598-025-18580-z.

From computed B-K edges of four phases and their defects to maps by five methods, their scores beside what needs no map,
what the maps have to do with structure and electrons, and measured spectra named with a probability.
"""

import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from peakscape import analysis, maps, spectra
from peakscape.errors import PeakscapeWarning
from peakscape.studies import (
    nitride_choices,
    nitride_figures,
    nitride_parts,
    nitride_physics,
    nitride_report,
    nitride_summary,
    results,
)
from peakscape.studies import nitride_spectra as material
from peakscape.studies.evaluation import Report
from peakscape.studies.nitride_parts import NitrideSettings
from peakscape.studies.nitride_spectra import Measured, Nitride

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "umap-learn")


def run(
    out: str | os.PathLike[str],
    *,
    settings: NitrideSettings | None = None,
    force: bool = False,
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Run the study of boron nitride and write its report.

    Parameters
    ----------
    out
        Folder for ``report.html``, ``figures/``, ``spectra.zarr``, ``nitride.map/``, tables (``.csv``) and
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
    started = time.perf_counter()
    folder, settings = results.results_folder(out, force=force), settings or NitrideSettings()
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore", PeakscapeWarning)
        measured = material.load_measured(settings.measured)  # fails before any work
        report("broadening and preparing the spectra")
        nitride = material.load(every=settings.every)
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        parts = _compute(nitride, measured, settings, report)
        summary = nitride_summary.summarize(nitride, parts, settings)
        report("drawing the figures")
        parts["figures"] = _draw(folder / "figures", nitride, parts, summary)
        _save(folder, nitride, parts)
    summary |= {"versions": results.package_versions(PACKAGES), "seconds": round(time.perf_counter() - started, 1)}
    report("writing the report")
    nitride_report.write(folder / "report.html", summary, parts)
    for name in ("compared", "associations", "by_map", "errors", "choices"):
        results.write_table(folder / f"{name}.csv", parts[name], index=name == "compared")
    results.write_json(folder / results.SUMMARY, summary)
    return summary


def _compute(nitride: Nitride, measured: list[Measured], settings: NitrideSettings, report: Report) -> dict[str, Any]:
    """Compute all parts."""
    report("fitting the maps")
    parts: dict[str, Any] = {"fitted": nitride_parts.fit_maps(nitride, settings)}
    parts["chosen"] = next(name for name in ("UMAP", "t-SNE", *parts["fitted"]) if name in parts["fitted"])
    space = parts["fitted"][parts["chosen"]]
    report("scoring the maps, whole structures left out")
    parts["compared"] = nitride_parts.compare(nitride, settings)
    parts["kinds"] = nitride_parts.accuracy_by_kind(nitride, settings)
    parts["twins"] = nitride_parts.without_twins(nitride, settings)
    parts["defects"] = nitride_parts.defects_by_site(nitride, settings)
    parts["alone"] = nitride_parts.alone_and_together(parts["fitted"], nitride.prepared)
    report("relating the map to structure and electrons")
    parts["clusters"] = nitride_physics.clusters(nitride, space, settings)
    parts["associations"] = nitride_physics.associations(nitride, parts["clusters"], settings)
    parts["windows"] = nitride_physics.windows(nitride, space)
    parts["between"] = nitride_physics.between(nitride, space)
    report("naming measured and foreign spectra")
    parts["trials"] = nitride_parts.trials(nitride, settings)
    finder = parts["finder"] = nitride_parts.identifier(nitride, parts["trials"])
    parts["measured"] = measured
    parts["answers"], parts["by_map"], parts["points"] = nitride_parts.place_measured(
        nitride, finder, parts["fitted"], parts["measured"]
    )
    parts["errors"] = nitride_parts.calibration_errors(nitride, finder, parts["measured"])
    parts["choices"] = nitride_choices.vary(nitride, measured)
    parts["foreign"] = nitride_parts.name_foreign(nitride, finder)
    return parts


def _draw(folder: Path, nitride: Nitride, parts: dict[str, Any], summary: dict[str, Any]) -> dict[str, Path]:
    chosen = parts["chosen"]
    drawn = {
        "spectra": nitride_figures.draw_spectra(folder, nitride, parts["measured"], parts["answers"]),
        "maps": nitride_figures.draw_maps(folder, nitride, parts["fitted"], parts["measured"], parts["points"]),
        "robustness": nitride_figures.draw_robustness(folder, summary),
        "clusters": nitride_figures.draw_clusters(folder, nitride, parts["clusters"], chosen),
        "windows": nitride_figures.draw_windows(folder, nitride, parts["windows"], chosen),
        "between": nitride_figures.draw_between(folder, parts["between"], chosen),
    }
    if parts["measured"]:
        drawn["calibration"] = nitride_figures.draw_measured(folder, parts["errors"])
    return drawn


def _save(folder: Path, nitride: Nitride, parts: dict[str, Any]) -> None:
    """Save the spectra, and the map with what `peakscape place` needs to name a spectrum or to call it unlike all."""
    prepared = nitride.recipe.apply(nitride.dataset)
    extras: dict[str, Any] = {
        "spectra": np.asarray(prepared["intensity"].values, dtype=np.float32),
        "known_distance": nitride_parts.usual_distances(nitride, parts["trials"]),
    }
    extras |= results.with_prefix(results.IDENTIFIER, analysis.identifier_state(parts["finder"]))
    maps.save_with_samples(
        parts["fitted"][parts["chosen"]], folder / "nitride.map", prepared, preparation=nitride.recipe.to_dict(),
        extras=extras, class_label="phase",
    )  # fmt: skip
    spectra.save(nitride.dataset, folder / "spectra.zarr")
