"""Regions: what is done at once, written where it belongs, and marked as done, so that a restart goes on.

The output grows in a folder beside its place, with ``.unfinished`` after its name, and is moved there when it is whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from peakscape.cluster import connection
from peakscape.errors import InputError
from peakscape.files import errors_naming, replace_atomically
from peakscape.progress import progress
from peakscape.threads import one_thread

JOB = "job.json"


@dataclass(frozen=True, order=True)
class Region:
    """Rows ``first`` to ``stop`` (exclusive) of all samples."""

    number: int
    first: int
    stop: int

    def __str__(self) -> str:
        """Name the samples, from 0."""
        return f"samples {self.first} to {self.stop - 1}"


def divided(n_samples: int, n_rows: int) -> list[Region]:
    """Return all regions of so many rows.

    Examples
    --------
    >>> [str(region) for region in divided(5, 2)]
    ['samples 0 to 1', 'samples 2 to 3', 'samples 4 to 4']
    """
    starts = range(0, n_samples, n_rows)
    return [Region(number, first, min(first + n_rows, n_samples)) for number, first in enumerate(starts)]


@dataclass(frozen=True)
class Ledger:
    """An output that is not finished: its folder, and which regions are done at each stage."""

    folder: Path
    out: Path

    @property
    def store(self) -> Path:
        """Where the output itself grows."""
        return self.folder / self.out.name

    def done(self, stage: str) -> set[int]:
        """Return the numbers of regions that are done."""
        place = self.folder / stage
        place.mkdir(exist_ok=True)
        return {int(mark.name) for mark in place.iterdir() if mark.name.isdigit()}

    def run(self, work: Callable[[Region], None], regions: list[Region], *, stage: str, client: Any, text: str) -> None:
        """Do what is not done yet, here or by a client's workers, and mark it.

        The same bits by any hands: a region is always the same rows, on one thread.
        """
        done = self.done(stage)
        still = [region for region in regions if region.number not in done]
        job = partial(_do, work, self.folder / stage)
        finished = map(job, still) if client is None else connection.finish(client, job, still, where=str(self.out))
        for _ in progress(finished, text, total=len(still)):
            pass

    def finish(self) -> None:
        """Move the output to its place and remove the folder."""
        with replace_atomically(self.out) as fresh:
            os.replace(self.store, fresh)
        for mark in sorted(self.folder.rglob("*"), reverse=True):
            mark.rmdir() if mark.is_dir() and not mark.is_symlink() else mark.unlink()
        self.folder.rmdir()


def _do(work: Callable[[Region], None], marks: Path, region: Region) -> Region:
    """Do a region and mark it."""
    with one_thread():
        work(region)
    (marks / str(region.number)).touch()
    return region


@contextmanager
def ledger(out: str | os.PathLike[str], job: dict[str, Any]) -> Iterator[Ledger]:
    """Yield the unfinished output of a job, begun or gone on with.

    Parameters
    ----------
    out
        Where the output is to be; its folder must exist.
    job
        All that the output depends on, as JSON: a folder of another job is refused.

    Raises
    ------
    InputError
        If the unfinished output is of another job, or another process is at it.
    OSError
        If it cannot be written, as where the disk is full; with its path.
    """
    place = Path(out).absolute()
    if not place.parent.is_dir():
        raise InputError(f"cannot write {out}: the folder {place.parent} does not exist; create it first")
    folder = place.with_name(f"{place.name}.unfinished")
    described = json.dumps(job, sort_keys=True, default=str)
    if folder.exists() and not (folder / JOB).is_file():
        if any(folder.iterdir()):
            raise InputError(f"{folder} is in the way and not of peakscape; move it")
        folder.rmdir()
    if not folder.exists():
        with replace_atomically(folder) as fresh:
            fresh.mkdir()
            (fresh / JOB).write_text(described, encoding="utf-8")
    if (folder / JOB).read_text(encoding="utf-8") != described:
        raise InputError(f"{folder} is the beginning of another job; finish that one, or remove it")
    with (folder / JOB).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"another process is writing {place}") from error
        with errors_naming(Path(out)):
            yield Ledger(folder, place)


def digest_of(path: Path) -> str:
    """Return the checksum of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
