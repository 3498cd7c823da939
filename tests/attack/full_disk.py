"""A disk of its own that is full while each command writes: one line of error, and the old output stays whole."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.attack import kills

SIZE = 256 * 2**20
"""Of the disk, in bytes: the studies write some tens of megabytes."""
NO_DISK = "no disk could be mounted"
SHARES = (0.0, 0.02, 0.3, 0.8)
"""Of what a command writes, so much is left free on the disk while it runs."""


@contextlib.contextmanager
def small_disk() -> Iterator[Path | None]:
    """Mount a disk in memory; None where this user may not."""
    with tempfile.TemporaryDirectory() as place:
        words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", place]
        try:
            made = subprocess.run(words, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            made = False
        try:
            yield Path(place) if made else None
        finally:
            if made:
                subprocess.run(["umount", "--lazy", place], check=True)  # a killed process may hold it for a moment


def campaign(*, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> dict[str, int]:
    """Run every command on a disk that fills up, and again with room; count what becomes of it."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place, small_disk() as disk:
        if disk is None:
            return {NO_DISK: 1}
        given = kills.inputs(Path(place) / "given")
        for name in kills.commands(given, given):
            if (only and name not in only) or name in without:
                continue
            out = disk / "out"
            out.mkdir()
            command = kills.commands(given, out)[name]
            for told in _one_command(command, disk, Path(place) / "errors.txt"):
                counts[told] += 1
                print(name, told, flush=True)
            shutil.rmtree(out)
    return dict(counts)


def _one_command(command: kills.Command, disk: Path, said: Path) -> Iterator[str]:
    """Give what becomes of the command for each share of room, and of the next run."""
    if command.fresh is not None:
        command.fresh()
    before = _used(disk)
    status, _ = kills.forked(command.words, said=said)
    if status != 0:
        yield f"BAD fails with room: {said.read_text()}"
        return
    written = max(_used(disk) - before, 4096)
    for share in SHARES:
        if command.fresh is not None:
            command.fresh()
        whole = command.output.exists()
        _fill(disk, int(share * written))
        status, _ = kills.forked(command.words, said=said)
        yield _judged(command, os.waitstatus_to_exitcode(status), said.read_text(), whole=whole)
        (disk / "filler").unlink()
        if command.fresh is not None:
            command.fresh()
        status, _ = kills.forked(command.words, said=said)
        left = [path.name for path in command.output.parent.rglob(".*") if path.name != ".peakscape"]
        if status != 0 or left:
            yield f"BAD the next run: {status}, {left}, {said.read_text()[-300:]}"
        command.opened(command.output)


def _judged(command: kills.Command, code: int, words: str, *, whole: bool) -> str:
    errors = [line for line in words.splitlines() if "error:" in line]
    if "Traceback" in words or code not in (0, 1) or (code == 1) != (len(errors) == 1):
        return f"BAD ends with {code}: {words[-400:]}"
    if code == 1 and not re.search(rf"{re.escape(str(command.output))}\S*: (.*: )?No space left on device", errors[0]):
        return f"BAD words: {errors[0][:300]}"
    if whole:
        try:
            command.opened(command.output)
        except Exception as error:
            return f"BAD the old output: {type(error).__name__}: {error}"
    return "refused" if code else "there was room"


def _used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _fill(disk: Path, left: int) -> None:
    """Fill the disk with a file but for so many bytes."""
    found = os.statvfs(disk)
    size = max(found.f_bfree * found.f_frsize - left, 0)
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))
