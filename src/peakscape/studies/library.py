"""The study of a library: measured spectra of known materials, and how surely a new one is named by them.

Which map, or none, names a spectrum best when its repeats are left out; whether a material that is not in the library
is told; whether a number, such as the temperature, can be read as well.
"""

import os
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from peakscape import maps, spectra
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.preparation import Recipe
from peakscape.studies import (
    library_figures,
    library_naming,
    library_numbers,
    library_parts,
    library_report,
    library_unlike,
    results,
)
from peakscape.studies.evaluation import Report
from peakscape.studies.library_parts import Array, Library, LibrarySettings

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn")


def run(
    dataset: xr.Dataset,
    out: str | os.PathLike[str],
    *,
    label: str | None = None,
    also: str | None = None,
    groups: Sequence[str] | None = None,
    not_read: Sequence[tuple[str, str]] = (),
    settings: LibrarySettings | None = None,
    force: bool = False,
    report: Report = lambda line: None,
) -> dict[str, Any]:
    """Run the study of a library and write its report.

    Parameters
    ----------
    dataset
        The spectra, labelled, one element and edge.
    out
        Folder for ``report.html``, ``figures/``, ``spectra.zarr``, ``library.map/``, ``left_out.csv`` and
        ``summary.json``.
    label
        What is to be named.
    also
        A numeric label to read too.
    groups
        Labels whose values repeats share; None for the label, `also`, and the temperature and sample where known.
    not_read
        Files that could not be used and why, to be told.
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
        If `out` holds an earlier run and `force` is not set, or the labels do not make a library (see
        `library_parts.choose`).
    """
    started = time.perf_counter()
    folder, settings = results.results_folder(out, force=force), settings or LibrarySettings()
    library_parts.choose(dataset, label, also=also, groups=groups, settings=settings)  # fails before any work
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        # A group that is left out often lies outside all others: the report tells it once for all.
        warnings.simplefilter("ignore", PeakscapeWarning)
        report("preparing the spectra")
        recipe = Recipe.default(dataset) if settings.prepare is None else Recipe.from_text(settings.prepare)
        prepared = recipe.fit(dataset).apply(dataset)
        library = library_parts.choose(prepared, label, also=also, groups=groups, settings=settings)
        library_parts.unfitted_maps(library)
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        summary, parts = _compute(library, recipe, not_read, report)
        _draw(folder / "figures", library, summary, parts)
        _save_map(folder / "library.map", library, parts["spaces"][summary["map"]], recipe)
        spectra.save(prepared, folder / "spectra.zarr")
    summary["seconds"] = round(time.perf_counter() - started, 1)
    report("writing the report")
    library_report.write(folder / "report.html", summary, parts)
    results.write_table(folder / "left_out.csv", parts["answers"])
    results.write_json(folder / results.SUMMARY, summary)
    return summary


def _compute(
    library: Library, recipe: Recipe, not_read: Sequence[tuple[str, str]], report: Report
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compute all parts; return the summary and what the report needs besides it."""
    naming, table, answers = library_naming.name_left_out(library, report)
    tried = {name: space for name, space in library_parts.unfitted_maps(library).items() if name in naming["maps"]}
    if not tried:
        raise InputError(f"none of the maps asked for can be made here: {'; '.join(naming['maps_missing'].values())}")
    best = library_naming.best_map(table, list(tried))
    report("fitting the maps to all spectra")
    spaces = {name: _with_seed(space, library).fit(library.intensity, library.classes) for name, space in tried.items()}
    parts: dict[str, Any] = {"naming": table, "answers": answers, "spaces": spaces}
    wrong = answers["counted"] & (answers[[library_naming.RAW, best]].ne(answers[library.label], axis=0)).any(axis=1)
    parts["wrong"] = answers.loc[wrong, ["name", library.label, library_naming.RAW, best]]
    report("leaving out each class whole")
    unlike, parts["unlike"] = library_unlike.unlike(library)
    number = None
    if library.also:
        report(f"reading {library.also}")
        number, parts["numbers"], parts["number_samples"] = library_numbers.read_numbers(
            library, _untaught(table, tried)
        )
    parts["groups"] = _groups(library)
    return {
        **_about(library, recipe, not_read),
        **naming,
        "map": best,
        "verdict": library_naming.verdict(table, best),
        "unlike": unlike,
        "number": number,
    }, parts


def _about(library: Library, recipe: Recipe, not_read: Sequence[tuple[str, str]]) -> dict[str, Any]:
    dataset = library.dataset
    alone = np.unique(library.classes[~library.nameable])
    return {
        "n_spectra": len(library.classes),
        "n_points": library.intensity.shape[1],
        "label": library.label,
        "n_classes": len(library.class_names),
        "n_groups": len(np.unique(library.groups)),
        "group_labels": list(library.group_labels),
        "groups": {str(row["group"]): int(row["scans"]) for row in _groups(library).to_dict("records")},
        "only_group": [str(kind) for kind in alone],
        "element": dataset.attrs.get("element"),
        "calibrated": "energy_shift" in dataset.coords if dataset.attrs["kind"] == "absorption" else None,
        "preparation": recipe.text,
        "history": "; ".join(str(dataset.attrs.get("history", "")).splitlines()),
        "not_read": [{"file": Path(file).name, "reason": reason} for file, reason in not_read],
        "level": library.settings.level,
        "seed": library.settings.seed,
        "versions": results.package_versions(PACKAGES),
    }


def _untaught(table: pd.DataFrame, tried: dict[str, Any]) -> Any:
    """Return the best map that learns no classes, from which numbers are read; PCA where none was asked for."""
    names = [name for name in tried if name not in library_parts.TAUGHT]
    return tried[library_naming.best_map(table, names)] if names else maps.PCA()


def _groups(library: Library) -> pd.DataFrame:
    names, first, counts = np.unique(library.groups, return_index=True, return_counts=True)
    table = pd.DataFrame({"group": names, library.label: library.classes[first], "scans": counts})
    return table.assign(counted=library.nameable[first])


def _with_seed(space: Any, library: Library) -> Any:
    fresh = clone(space)
    seeded = "random_state" in fresh.get_params()
    return fresh.set_params(random_state=library.settings.seed) if seeded else fresh


def _draw(folder: Path, library: Library, summary: dict[str, Any], parts: dict[str, Any]) -> None:
    points: dict[str, Array] = {name: space.transform(library.intensity) for name, space in parts["spaces"].items()}
    parts["figures"] = {
        "spectra": library_figures.draw_spectra(folder, library),
        "maps": library_figures.draw_maps(folder, library, points, parts),
        "naming": library_figures.draw_naming(folder, library, parts["naming"]),
    }
    if summary["number"] is not None:
        parts["figures"]["numbers"] = library_figures.draw_numbers(
            folder, library, parts["number_samples"], summary["number"]["trusted_method"], parts["numbers"]
        )


def _save_map(path: Path, library: Library, space: Any, recipe: Recipe) -> None:
    """Save the map with all that `peakscape place` needs to name a spectrum, or to call it unlike."""
    extras: dict[str, Any] = {"spectra": library.intensity.astype(np.float32)}
    known = library_unlike.farness(library, library_unlike.distances_between(library)).known
    extras["known_distance"] = known
    everything = np.ones(len(library.classes), dtype=bool)
    with suppress(InputError):  # a taught map cannot be fitted without one of two classes
        judge = library_unlike.new_novelty(library, everything, space)
        extras |= results.with_prefix(results.NOVELTY, judge.state())
    maps.save_with_samples(
        space, path, library.dataset, preparation=recipe.to_dict(), extras=extras, class_label=library.label
    )
