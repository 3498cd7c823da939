"""The study of a library: measured spectra of known materials, and how surely a new one is named by them.

Which map, or none, names a spectrum best when its repeats are left out; whether a material that is not in the library
is told; whether a number, such as the temperature, can be read as well.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakscape import maps, spectra
from peakscape.analysis.comparison import with_seed
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.feature_space import FeatureSpace
from peakscape.feature_space.saved import scale_of
from peakscape.maps import registry
from peakscape.preparation import Recipe
from peakscape.studies import runner
from peakscape.studies.library import classify, compute, figures, numbers, report
from peakscape.studies.library.compute import Library, LibrarySettings
from peakscape.studies.runner import Outcome, Run

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
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Run the study of a library and write its report.

    Parameters
    ----------
    dataset
        The spectra, labelled, one element and edge.
    out
        Folder for ``report.html``, ``figures/``, ``spectra.zarr``, ``library.space/``, ``left_out.csv`` and
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
        `compute.choose`).
    """
    settings = settings or LibrarySettings()
    choose = partial(compute.choose, label=label, also=also, groups=groups, settings=settings)
    # A group that is left out often lies outside all others: the report tells it once for all.
    with runner.start(out, force=force, report=report, expected=PeakscapeWarning) as study:
        choose(dataset)  # fails before any work
        study.step("preparing the spectra")
        recipe = Recipe.default(dataset) if settings.prepare is None else Recipe.from_text(settings.prepare)
        library = choose(recipe.fit(dataset).apply(dataset))
        return study.finish(_compute(study, library, recipe, not_read), "library", PACKAGES)


def _compute(study: Run, library: Library, recipe: Recipe, not_read: Sequence[tuple[str, str]]) -> Outcome:
    """Compute all parts, draw the figures, and save the best map."""
    study.step("classifying by every map, each group left out")
    found, table, answers, spaces = classify.name_left_out(library, study.step)
    if not spaces:
        raise InputError(f"none of the maps asked for can be made here: {'; '.join(found['maps_missing'].values())}")
    best = classify.best_map(table, list(spaces))
    wrong = answers["counted"] & (answers[[classify.RAW, best]].ne(answers[library.label], axis=0)).any(axis=1)
    parts: dict[str, Any] = {"naming": table, "answers": answers, "spaces": spaces, "groups": _groups(library)}
    parts["wrong"] = answers.loc[wrong, ["name", library.label, classify.RAW, best]]
    study.step("leaving out each class whole")
    unlike, parts["unlike"] = classify.unlike(library)
    number = None
    if library.also:
        study.step(f"reading {library.also}")
        space = _unsupervised(library, table, spaces)
        number, parts["numbers"], parts["number_samples"] = numbers.read_numbers(library, space)
    summary = _about(library, recipe, not_read) | found
    lead = classify.lead(answers, library.label, table, best, level=library.settings.level)
    summary |= {"map": best, "lead": lead, "verdict": report.verdict(table, best, lead)}
    summary |= {"unlike": unlike, "number": number}
    study.step("drawing the figures")
    drawn = figures.draw(study.figures, library, summary, parts)
    study.keep(_space(library, spaces[best], recipe), "library")
    spectra.save(library.dataset, study.folder / "spectra.zarr")
    return report.outcome(summary, parts, drawn)


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
        "max_shift": library.search.max_shift,
        "history": "; ".join(str(dataset.attrs.get("history", "")).splitlines()),
        "not_read": [{"file": Path(file).name, "reason": reason} for file, reason in not_read],
        "level": library.settings.level,
        "seed": library.settings.seed,
    }


def _unsupervised(library: Library, table: pd.DataFrame, tried: dict[str, Any]) -> Any:
    """Return the best map that learns no classes, from which numbers are read; PCA where none was asked for."""
    names = [name for name in tried if name not in compute.SUPERVISED]
    if not names:
        return maps.PCA()
    return with_seed(compute.unfitted_maps(library)[classify.best_map(table, names)], library.settings.seed)


def _groups(library: Library) -> pd.DataFrame:
    names, first, counts = np.unique(library.groups, return_index=True, return_counts=True)
    table = pd.DataFrame({"group": names, library.label: library.classes[first], "scans": counts})
    return table.assign(counted=library.nameable[first])


def _space(library: Library, space: Any, recipe: Recipe) -> FeatureSpace:
    """Return the space with all that `peakscape place` needs to classify a spectrum, or to call it foreign."""
    kind = registry.kind_of(space)
    return FeatureSpace.of_map(
        space,
        recipe,
        library.dataset,
        search=library.search,
        reason="the map of the study",
        class_label=library.label,
        novelty=classify.new_judge(library, np.ones(len(library.classes), dtype=bool), space),
        supervised_by=library.label if kind is not None and kind.supervised else None,
        absorption_scale=scale_of(library.dataset),
    )
