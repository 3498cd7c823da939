"""A watched folder: each file that appears is read once it is whole.

Truth is what lies in the folder. watchfiles, where it is installed, only says where to look; on network file systems,
which tell nobody of files that another machine writes, and without watchfiles the folder is looked through again and
again. A file is read when its size and time have not changed for a while; a writer that pauses longer than that leaves
a file that is flagged or placed as it was, and read anew when it has grown.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xarray as xr

from peakscape.errors import InputError, PeakscapeError
from peakscape.live.measured import Sink, measured_of

SETTLE = 0.25
"""Seconds for which a file must stay as it is before it is read."""
PATIENCE = 10.0
"""Seconds that a file which cannot be read is given to become whole, before it is flagged."""
LOOK = 0.25
"""Seconds between two looks through the folder where nobody tells of changes."""
LOOK_ANYWAY = 5.0
"""The same where watchfiles tells of them: it may lose some."""
NETWORK = ("nfs", "cifs", "smb", "fuse", "lustre", "gpfs", "beegfs", "ceph", "afs", "9p", "pvfs", "glusterfs")
"""Kinds of file systems, by how their names begin, on which changes are not told."""
HIDDEN = (".", "~")
UNFINISHED = (".tmp", ".part", ".partial", ".swp", ".filepart", ".crdownload", ".lock")
"""How files are named that some writer will rename."""
Signature = tuple[int, int]


@dataclass
class _Seen:
    """What is known of a file that changes."""

    signature: Signature
    since: float
    first: float = field(default_factory=time.monotonic)


class Folder:
    """Spectra in files that appear in a folder.

    Parameters
    ----------
    path
        The folder; folders in it are looked through too.
    read
        From a path to the container, as `peakscape.read` with what files do not tell (wavelength, axis).
    pattern
        Of file names that are read, such as ``"*.xy"``.
    polling
        Look again and again; None: where the folder lies on a network file system, or watchfiles is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        read: Callable[[Path], xr.Dataset],
        pattern: str = "*",
        polling: bool | None = None,
    ) -> None:
        self.path, self.pattern = Path(path), pattern
        self.name = f"folder {self.path}"
        self._read = read
        self._polling = polling
        self._changing: dict[Path, _Seen] = {}
        self._done: dict[Path, Signature] = {}

    def check(self) -> None:
        """Raise InputError where there is no such folder, or it cannot be read."""
        if not self.path.is_dir():
            raise InputError(f"{self.path}: expected a folder to watch, there is none; create it first or mount it")
        if not os.access(self.path, os.R_OK | os.X_OK):
            raise InputError(f"{self.path}: the folder cannot be read; ask for the right to")

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Give the spectra of all files that lie there and of those that come."""
        polling = self._polling
        if polling is None:
            kind = file_system(self.path)
            polling = kind.startswith(NETWORK) or not _can_watch()
            if polling and kind.startswith(NETWORK):
                sink.note("polling", f"{self.path} lies on a network file system ({kind}): looked at every {LOOK} s")
        changes = _looks(stop) if polling else _watched(self.path, stop)
        is_away = False
        self._look(sink)
        for paths in changes:
            if not self.path.is_dir():
                if not is_away:
                    sink.note("source_away", f"{self.path} has vanished; waiting for it to come back")
                is_away = True
                stop.wait(1.0)
                continue
            if is_away:
                sink.note("source_back", f"{self.path} is back")
                is_away = False
            self._look(sink, paths)
            self._finish(sink)

    def _look(self, sink: Sink, paths: set[Path] | None = None) -> None:
        """Take note of files that are new or have changed: all, or those at some paths."""
        now = time.monotonic()
        for path in self._files() if paths is None else paths:
            signature = _signature(path)
            if signature is None or self._done.get(path) == signature or not self._is_wanted(path):
                continue
            seen = self._changing.get(path)
            if seen is None and sink.remembers(_mark(path, signature)):
                self._done[path] = signature
            elif seen is None or seen.signature != signature:
                since = now if _is_young(signature) else now - SETTLE
                self._changing[path] = _Seen(signature, since, now if seen is None else seen.first)

    def _finish(self, sink: Sink) -> None:
        """Read the files that have not changed for long enough."""
        now = time.monotonic()
        for path, seen in sorted(self._changing.items(), key=lambda item: (item[1].first, item[0])):
            signature = _signature(path)
            if signature is None:
                del self._changing[path]
            elif signature != seen.signature:
                self._changing[path] = _Seen(signature, now, seen.first)
            elif now - seen.since >= SETTLE and self._take(path, seen, sink):
                del self._changing[path]
                self._done[path] = signature

    def _take(self, path: Path, seen: _Seen, sink: Sink) -> bool:
        """Read a file and give its spectra; False if it may still become whole."""
        try:
            uid = f"{self._relative(path)}:{_content(path)}"
            dataset = self._read(path)
        except (PeakscapeError, OSError) as error:
            if time.monotonic() - seen.since < PATIENCE:
                return False
            line = " ".join(str(error).split()).removeprefix(f"{path}: ")
            sink.note("not_read", f"not read: {self._relative(path)}: {line}")
            sink.remember(_mark(path, seen.signature))
            return True
        if _signature(path) != seen.signature:  # it grew while it was read
            return False
        for one in measured_of(dataset, uid, when=seen.signature[1] / 1e9):
            sink.take(one)
        sink.remember(_mark(path, seen.signature))
        return True

    def _files(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith(HIDDEN))
            yield from (Path(folder, name) for name in sorted(files))

    def _is_wanted(self, path: Path) -> bool:
        name = path.name
        return path.match(self.pattern) and not name.startswith(HIDDEN) and not name.lower().endswith(UNFINISHED)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


def _signature(path: Path) -> Signature | None:
    """Size and time of a file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if found.st_size and not path.is_dir() else None


def _is_young(signature: Signature) -> bool:
    """Whether a file was written so recently that it may be written still; clocks of file servers differ."""
    return abs(time.time() - signature[1] / 1e9) < 60.0


def _mark(path: Path, signature: Signature) -> str:
    return f"{path.absolute()}|{signature[0]}|{signature[1]}"


def _content(path: Path) -> str:
    """Name the content of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _can_watch() -> bool:
    from importlib.util import find_spec

    return find_spec("watchfiles") is not None


def _looks(stop: threading.Event) -> Iterator[set[Path] | None]:
    """Nobody tells: look through all, again and again."""
    while not stop.wait(LOOK):
        yield None


def _watched(path: Path, stop: threading.Event) -> Iterator[set[Path] | None]:
    """What watchfiles tells, and all from time to time."""
    import watchfiles

    options: dict[str, Any] = {"debounce": 50, "step": 20, "rust_timeout": int(SETTLE * 500), "yield_on_timeout": True}
    looked = time.monotonic()
    while not stop.is_set():
        try:
            for changes in watchfiles.watch(path, stop_event=stop, watch_filter=None, **options):
                is_due = time.monotonic() - looked > LOOK_ANYWAY
                looked = time.monotonic() if is_due else looked
                yield None if is_due else {Path(name) for _, name in changes}
        except (FileNotFoundError, RuntimeError, OSError):  # the folder has vanished, or is not back yet
            if stop.wait(LOOK):
                return
        yield None


def file_system(path: Path) -> str:
    """Return the kind of file system on which a path lies, as Linux names it; "" where that is not known.

    Examples
    --------
    >>> file_system(Path("/proc"))
    'proc'
    """
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    target, best, kind = str(path.resolve()), "", ""
    for line in lines:
        where, what = [*line.split(" "), "", ""][1:3]
        where = where.replace("\\040", " ")
        is_in = target == where or target.startswith(where.rstrip("/") + "/") or where == "/"
        if is_in and len(where) >= len(best):
            best, kind = where, what
    return kind
