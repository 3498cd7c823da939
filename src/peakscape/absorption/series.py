"""A list of core-hole calculations, one result a file: resumable, in any executor."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ase import Atoms

from peakscape.absorption.spectrum import CoreHoleSpectrum, save_spectra
from peakscape.errors import InputError
from peakscape.files import replace_atomically

FAILURES = "failures.json"
"""Name of the file that says what failed, in the folder of the results."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CoreHoleJob:
    """One spectrum to compute.

    Parameters
    ----------
    name
        Name of the result and of its file.
    atoms
        Structure.
    absorber
        Index of the absorbing atom.
    labels
        Carried along.

    Examples
    --------
    >>> CoreHoleJob("h-BN.B", Atoms("B"), 0).name
    'h-BN.B'
    """

    name: str
    atoms: Atoms
    absorber: int
    labels: Mapping[str, Any] = field(default_factory=dict)


def run_series(
    jobs: Iterable[CoreHoleJob],
    folder: str | Path,
    *,
    compute: Callable[[CoreHoleJob], CoreHoleSpectrum],
    done: Iterable[str] = (),
    executor: Executor | None = None,
    retry: bool = False,
) -> dict[str, str]:
    """Compute what is missing of a list, in its order; a killed run goes on where it stopped.

    Parameters
    ----------
    jobs
        What to compute; names must differ.
    folder
        One file ``NAME.npz`` a result, each whole or absent, and ``failures.json``. Made if absent.
    compute
        Computes one job; a function at the top of a module (or a partial of one) if `executor` uses processes.
    done
        Names that are finished elsewhere.
    executor
        Any ``concurrent.futures.Executor``; None computes here, one after the other.
    retry
        Whether to try what failed before again.

    Returns
    -------
    dict
        What failed, now or before: name to reason. Other jobs go on.

    Raises
    ------
    InputError
        If two jobs have the same name.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from peakscape.absorption.spectrum import example
    >>> with TemporaryDirectory() as folder:
    ...     failures = run_series([CoreHoleJob("one", Atoms("B"), 0)], folder, compute=lambda job: example())
    ...     failures, [path.name for path in Path(folder).iterdir()]
    ({}, ['one.npz'])
    """
    listed = list(jobs)
    names = [job.name for job in listed]
    if len(set(names)) < len(names):
        raise InputError(f"expected different names, {sorted({n for n in names if names.count(n) > 1})} come twice")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    failures = {} if retry else read_failures(place)
    skipped = set(done) | set(failures)
    waiting = [job for job in listed if job.name not in skipped and not (place / f"{job.name}.npz").exists()]
    for number, (job, outcome) in enumerate(_outcomes(waiting, place, compute, executor), start=1):
        if outcome is not None:
            failures[job.name] = outcome
        _write_failures(place, failures)
        _log.info("%s of %s: %s %s", number, len(waiting), job.name, outcome or "done")
    return failures


def read_failures(folder: str | Path) -> dict[str, str]:
    """Return what failed in a folder of results: name to reason."""
    path = Path(folder) / FAILURES
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _outcomes(
    jobs: list[CoreHoleJob],
    folder: Path,
    compute: Callable[[CoreHoleJob], CoreHoleSpectrum],
    executor: Executor | None,
) -> Iterable[tuple[CoreHoleJob, str | None]]:
    """Yield each job with its failure, or None, as they end."""
    if executor is None:
        for job in jobs:
            yield job, _attempt(job, folder, compute)
        return
    futures: dict[Future[str | None], CoreHoleJob] = {
        executor.submit(_attempt, job, folder, compute): job for job in jobs
    }
    for future in as_completed(futures):
        failure = future.exception()
        yield futures[future], future.result() if failure is None else f"{type(failure).__name__}: {failure}"


def _attempt(job: CoreHoleJob, folder: Path, compute: Callable[[CoreHoleJob], CoreHoleSpectrum]) -> str | None:
    """Compute and store one job; the reason if it fails, whatever it is, so that the others go on."""
    try:
        save_spectra([compute(job)], folder / f"{job.name}.npz")
    except Exception as failure:
        return f"{type(failure).__name__}: {failure}"
    return None


def _write_failures(folder: Path, failures: Mapping[str, str]) -> None:
    """Write the file of failures, or remove it where there are none."""
    if failures:
        with replace_atomically(folder / FAILURES) as fresh:
            fresh.write_text(json.dumps(failures, indent=1), encoding="utf-8")
    else:
        (folder / FAILURES).unlink(missing_ok=True)
