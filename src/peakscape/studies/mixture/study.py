"""The study of a series of mixtures: what each spectrum consists of, where parts appear and vanish, what is left."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import xarray as xr
from ase import Atoms

from peakscape.errors import InputError, PeakscapeWarning
from peakscape.studies import runner
from peakscape.studies.mixture import compute, figures
from peakscape.studies.mixture.compute import MixtureSettings
from peakscape.studies.runner import Outcome

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "ase", "gemmi")


def run(
    dataset: xr.Dataset,
    parts: Mapping[str, Atoms] | xr.Dataset,
    out: str | os.PathLike[str],
    *,
    label: str | None = None,
    settings: MixtureSettings | None = None,
    force: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Run the study of a series of mixtures and write its report.

    Parameters
    ----------
    dataset
        The spectra as measured.
    parts
        Structures by name: weight fractions of powder patterns; or a container of pure spectra: shares of the signal.
    out
        Folder for ``report.html``, ``figures/``, ``fractions.csv`` and ``summary.json``.
    label
        What the series runs over: a numeric label such as time or temperature; None: the only one there is, or the
        number of the spectrum.
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
        If `out` holds an earlier run and `force` is not set, there are no parts, or the label is not there.
    SpectraError
        If spectra and parts cannot be brought together.
    """
    if not isinstance(parts, xr.Dataset) and not parts:
        raise InputError("expected parts that the mixtures may consist of, got none")
    with runner.start(out, force=force, report=report, expected=PeakscapeWarning) as study:
        study.step(f"unmixing {dataset.sizes['sample']} spectra")
        series = compute.unmix(dataset, parts, label, settings or MixtureSettings(), report)
        summary, tables = compute.summarize(series)
        study.step("drawing the figures")
        drawn = figures.draw(study.figures, series, series.presence)
        kept = {"fractions": tables.pop("fractions")}
        return study.finish(Outcome(summary, drawn, tables, kept, compute.words_of(series)), "mixture", PACKAGES)
