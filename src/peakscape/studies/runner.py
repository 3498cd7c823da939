"""How a study runs: its folder, its steps, parts side by side on all cores, what is kept, and what it writes."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from peakscape import report as reports
from peakscape.errors import InputError
from peakscape.explorer import export
from peakscape.files import errors_naming, replace_atomically

if TYPE_CHECKING:
    import pandas as pd

    from peakscape.feature_space import FeatureSpace

Report = Callable[[str], None]
Result = TypeVar("Result")
SUMMARY = "summary.json"
MARK = ".peakscape"
"""File that tells a folder of ours, before its summary is there."""


@dataclass(frozen=True)
class Outcome:
    """What a study found.

    Attributes
    ----------
    summary
        Plain numbers and texts, as ``summary.json`` holds them.
    figures
        PNG files by name.
    tables
        Tables of the report by name.
    kept
        Tables that are written as ``<name>.csv`` too.
    words
        What the template of the report needs besides the summary, or in the place of a number of it.
    """

    summary: dict[str, Any]
    figures: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    kept: dict[str, pd.DataFrame] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)


class Run:
    """A study under way: made by `start`, which asks for the folder; it tells its steps and writes the outcome.

    Attributes
    ----------
    folder
        Where everything is written, made and marked as ours when it is first asked for; `figures` lies in it.
    """

    def __init__(self, folder: Path, report: Report) -> None:
        self._folder = folder
        self._space: tuple[FeatureSpace, str, dict[str, Any]] | None = None
        self._report, self._started = report, time.perf_counter()

    @property
    def folder(self) -> Path:
        """Folder of the study, made and marked when it is first asked for."""
        mark = self._folder / MARK
        if not mark.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            with errors_naming(mark):
                mark.write_text("a study of peakscape writes into this folder\n", encoding="utf-8")
        return self._folder

    @property
    def figures(self) -> Path:
        """Folder of the figures, made when it is first asked for."""
        place = self.folder / "figures"
        place.mkdir(parents=True, exist_ok=True)
        return place

    def step(self, name: str) -> None:
        """Tell that a step begins."""
        self._report(name)

    def keep(self, space: FeatureSpace, name: str, **marked: Any) -> None:
        """Save the space of the study in its folder; the report stands beside its map.

        `marked` is what `explorer.export` marks on spectra: structures, or calculations with their states.
        """
        space.save(self.folder / f"{name}.space")
        self._space = space, name, marked

    def kept(self, name: str, key: str, compute: Callable[[], dict[str, Any]], *, step: str) -> dict[str, Any]:
        """Return the result of a long step: from its file of an earlier run with the same `key`, or computed and kept.

        So a study that was stopped goes on where it was.
        """
        path = self.folder / f"{name}.json"
        if path.exists():
            found: dict[str, Any] = json.loads(path.read_text())
            if found.get("key") == key:
                return found
        self.step(step)
        found = {"key": key, **compute()}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, found)
        return found

    def finish(self, outcome: Outcome, study: str, packages: tuple[str, ...]) -> dict[str, Any]:
        """Write the report, the tables and last of all the summary, which is returned."""
        found = {"versions": package_versions(packages), "seconds": round(time.perf_counter() - self._started, 1)}
        summary = {**outcome.summary, **found}
        self.step("writing the report")
        template = package_files(f"peakscape.studies.{study}").joinpath("report.html.j2").read_text(encoding="utf-8")
        words = {**summary, "summary": summary, **outcome.words}
        self._write_report(template, words, outcome)
        for name, table in outcome.kept.items():
            with replace_atomically(self.folder / f"{name}.csv") as fresh:
                table.to_csv(fresh, index=table.index.name is not None)
        write_json(self.folder / SUMMARY, summary)
        return summary

    def _write_report(self, template: str, words: dict[str, Any], outcome: Outcome) -> None:
        """Write the report: beside the map of the study's space, alone where it has none."""
        filled: dict[str, Any] = {"figures": outcome.figures, "tables": outcome.tables | outcome.kept}
        path = self.folder / "report.html"
        if self._space is None:
            reports.write(path, template, words, **filled)
            return
        space, name, marked = self._space
        export(space, path, title=name, article=reports.article(template, words, **filled), **marked)


def check_ours(folder: Path) -> None:
    """Raise InputError where a folder holds anything and is not that of a study: nothing else is written over.

    Examples
    --------
    >>> check_ours(Path("no/such/folder"))
    """
    if not folder.is_dir() or (folder / MARK).exists() or not any(folder.iterdir()):
        return
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        if isinstance(found, dict) and {"versions", "seconds"} <= set(found):  # of a run before folders were marked
            return
    raise InputError(f"{folder} holds files that no study of peakscape wrote; choose a new or an empty folder")


@contextmanager
def start(out: str | os.PathLike[str], *, force: bool, report: Report, expected: type[Warning]) -> Iterator[Run]:
    """Start a study: ask for its folder, and silence warnings that the report counts.

    Parameters
    ----------
    out
        Folder for the results; nothing is made yet.
    force
        Whether to write over an earlier run.
    report
        Called with a line before each step.
    expected
        Warnings that the study expects and tells of itself.

    Yields
    ------
    Run

    Raises
    ------
    InputError
        If `out` holds an earlier run and `force` is not set, or anything that no study of ours wrote.

    Examples
    --------
    >>> with start("no/such/folder", force=False, report=print, expected=Warning) as run:
    ...     run.step("looking around")
    looking around
    """
    folder = Path(out)
    check_ours(folder)
    if (folder / SUMMARY).exists() and not force:
        raise InputError(
            f"{folder} holds an earlier run; choose another folder or allow it to be written over (--force)"
        )
    with quiet(expected):
        yield Run(folder, report)


@contextmanager
def quiet(expected: type[Warning]) -> Iterator[None]:
    """Silence expected warnings, and let matrices be multiplied on one thread, where two only wait for each other."""
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore", expected)
        yield


def side_by_side(
    tasks: Mapping[str, Callable[[], Result]], *, expected: type[Warning], report: Report = lambda line: None
) -> dict[str, Result]:
    """Run tasks that do not need one another, in a process on each core.

    The numbers do not depend on the number of cores: each task is alone in its process, on one thread. On one core
    they run here, one after another. Let the longest come first.

    Parameters
    ----------
    tasks
        Functions without parameters by name; what they hold and return is copied between processes.
    expected
        Warnings to silence in them.
    report
        Called with the name of each task that is done.

    Returns
    -------
    dict
        What they returned, by name.

    Examples
    --------
    >>> side_by_side({"one": lambda: 1}, expected=Warning)
    {'one': 1}
    """
    from joblib import Parallel, cpu_count, delayed, parallel_config

    def alone(name: str, task: Callable[[], Result]) -> tuple[str, Result]:
        with quiet(expected):
            return name, task()

    n_jobs = max(1, min(len(tasks), cpu_count()))
    calls = [delayed(alone)(name, task) for name, task in tasks.items()]
    found = {}
    with parallel_config("loky", inner_max_num_threads=1):
        # Copies instead of shared memory: compiled functions take arrays that may be written to.
        work = Parallel(n_jobs, batch_size=1, pre_dispatch="all", max_nbytes=None, return_as="generator_unordered")
        for name, result in work(calls):
            report(f"done: {name}")
            found[name] = result
    return {name: found[name] for name in tasks}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain content as JSON, whole or not at all."""
    with replace_atomically(path) as fresh:
        fresh.write_text(json.dumps(content, indent=1))


def package_versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Return versions by name of the package; "not installed" for what is missing.

    Examples
    --------
    >>> package_versions(("no-such-package",))
    {'no-such-package': 'not installed'}
    """
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as plain dictionaries.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"a": [1, 2]}))
    [{'a': 1}, {'a': 2}]
    """
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def number_or_none(value: Any) -> float | None:
    """Return a number as JSON holds it: None for what is not finite.

    Examples
    --------
    >>> number_or_none(1.5), number_or_none(float("nan"))
    (1.5, None)
    """
    return float(value) if value == value and abs(value) != float("inf") else None
