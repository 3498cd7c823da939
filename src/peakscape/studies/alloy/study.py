"""The XRD study: what Utimula et al. describe, end to end, on structures that the project relaxed itself.

Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from ase import Atoms

from peakscape import datasets, spectra, structures
from peakscape.errors import CollapseWarning, InputError
from peakscape.feature_space import FeatureSpace
from peakscape.preparation import Recipe
from peakscape.studies import runner
from peakscape.studies.alloy import compute, evaluation, figures, generation, report
from peakscape.studies.alloy import search as networks
from peakscape.studies.alloy.compute import Settings, Width
from peakscape.studies.alloy.search import Grid
from peakscape.studies.runner import Outcome, Run

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "numba", "jax", "ase", "spglib", "gemmi")
FEWEST = 15
"""Structures that a quick look needs."""


def run(
    out: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    full_evaluation: bool = False,
    search: Grid | None = None,
    force: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Run the study and write its report.

    Parameters
    ----------
    out
        Folder for ``report.html``, ``figures/``, ``patterns.zarr``, ``alloy.space/``, ``summary.json``; with the full
        evaluation ``evaluation.json`` and the folder ``evaluation/`` of its splits.
    settings
        What to compute.
    full_evaluation
        Whether to evaluate all methods on many splits too (half an hour on two cores, goes on where it stopped).
    search
        Networks to try besides, by hidden layers, mini-batch and epochs (goes on likewise); None for none.
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
    settings = settings or Settings()
    with runner.start(out, force=force, report=report, expected=CollapseWarning) as study:  # collapses are counted
        return study.finish(_compute(study, settings, full_evaluation, search), "alloy", PACKAGES)


def _taken(settings: Settings) -> list[Atoms]:
    """The structures of a study, or of a quick look."""
    atoms = datasets.load_alloy_structures()[:: settings.every]
    if len(atoms) < FEWEST:
        raise InputError(
            f"one structure of {settings.every} leaves {len(atoms)}; the study needs {FEWEST} or more: give a smaller"
            " --every"
        )
    return atoms


def _compute(study: Run, settings: Settings, full_evaluation: bool, search: Grid | None) -> Outcome:
    """Compute all parts, draw the figures, and save the map."""
    atoms, widths = _taken(settings), []
    second = datasets.load_alloy_structures(series="second")[:: settings.every]
    for fwhm in settings.fwhm:
        study.step(f"simulating {len(atoms) + len(second)} patterns, FWHM {fwhm:g} degree")
        patterns, others = (compute.simulate(some, settings, fwhm) for some in (atoms, second))
        widths.append(Width(fwhm, patterns, others, *compute.one_split(len(atoms), settings)))
    study.step("training the maps, with all compositions and without one; reading compositions (the longest step)")
    tasks = _tasks(widths, atoms, settings)
    done = runner.side_by_side(tasks, expected=CollapseWarning, report=study.step)
    main, found = widths[-1], done[f"FWHM {settings.main_fwhm:g} degree"]
    scores = {f"{width.fwhm:g}": done[f"FWHM {width.fwhm:g} degree"]["scores"] for width in widths}
    made = {name: done[f"without {name}"] for name in generation.targets_of(main.patterns)}
    summary = report.header(len(atoms), settings) | {"widths": scores} | scores[f"{settings.main_fwhm:g}"]
    summary |= {"generation": {name: part["scores"] for name, part in made.items()}, **found["summary"]}
    full = None
    if full_evaluation:
        full = evaluation.evaluate(study, {width.fwhm: width.patterns for width in widths}, settings)
        runner.write_json(study.folder / "evaluation.json", full)
    if search is not None:
        summary["search"] = networks.search(study, {one.fwhm: one.patterns for one in widths}, settings, search)
    study.step("drawing the figures")
    curves = {name: part["curves"] for name, part in made.items()}
    drawn = figures.draw(study.figures, main, found, curves, summary, full)
    spectra.save(main.patterns, study.folder / "patterns.zarr")
    train = main.patterns.isel(sample=main.train)
    recipe = Recipe.from_text("normalize=maximum").fit(train)
    space = FeatureSpace.of_map(
        found["spaces"]["autoencoder"],
        recipe,
        recipe.apply(train),
        reason="the map of the study",
        labels=["composition"],
    )
    shown = atoms[int(main.train[0])]
    study.keep(space, "alloy", structures={str(shown.info["name"]): structures.parent_cell(shown)})
    tables = {name: done[f"FWHM {float(name):g} degree"]["table"] for name in scores}
    return report.outcome(summary, tables, found, drawn, full)


def _tasks(widths: list[Width], atoms: list[Atoms], settings: Settings) -> dict[str, Callable[[], dict[str, Any]]]:
    """Name what can go side by side: each width, and the main one without each of the compositions left out."""
    tasks: dict[str, Callable[[], dict[str, Any]]] = {}
    for width in reversed(widths):  # the main width has most to do
        explored = atoms if width is widths[-1] else None
        tasks[f"FWHM {width.fwhm:g} degree"] = partial(_study_width, width, explored, settings)
    for name, target in generation.targets_of(widths[-1].patterns).items():
        tasks[f"without {name}"] = partial(generation.study_target, target, widths[-1].patterns, atoms, settings)
    return tasks


def _study_width(width: Width, atoms: list[Atoms] | None, settings: Settings) -> dict[str, Any]:
    """Fit all maps at one width, read compositions, and with `atoms` ask the main map for relevance and axes."""
    known = width.intensity[width.train], width.amounts[width.train]
    spaces = compute.fit_maps(*known, settings, seed=settings.seed)
    readers = compute.Readers(spaces, *known, settings)
    asked = width.intensity[width.test]
    estimates = readers.read(asked)
    collapsed = {name: space.collapsed_ for name, space in spaces.items() if hasattr(space, "collapsed_")}
    scores = {
        "reconstruction": compute.reconstruction(width, spaces),
        "table2": compute.score(estimates, width.amounts[width.test]),
        "outside_triangles": readers.by_map.outside(asked),
        "leave_composition_out": compute.leave_composition_out(width.patterns, settings),
        "confounder": compute.confounder(width, readers),
        "collapsed_members": {name: int(np.sum(members)) for name, members in collapsed.items()},
    }
    found: dict[str, Any] = {"scores": scores, "table": compute.table_2(width, estimates)}
    if atoms is not None:
        found |= {"spaces": spaces} | compute.explore(width, spaces["autoencoder"], atoms, settings)
    return found
