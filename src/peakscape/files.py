"""Files: written as a whole or not at all, nothing replaced but our own; and where compiled code is kept."""

import errno
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from peakscape.errors import InputError

STORES = (".zarr", ".nc")
"""Suffixes of stored spectra."""


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def replace_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a free path beside `path`; move what was written there into place on success.

    On any failure (an exception, an interrupt) what was written is removed and whatever stood at `path` before
    stays as it was. The move is one rename for a file; for a folder the old one is renamed aside first. What a kill
    leaves behind, `tidy` puts right: it is called here, and by what opens saved spectra and spaces.

    Parameters
    ----------
    path
        The file or folder to write.

    Yields
    ------
    pathlib.Path
        A path that does not exist yet, in a hidden temporary folder beside `path`, with the name of `path`.

    Raises
    ------
    InputError
        If the folder that should hold `path` does not exist.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with replace_atomically(folder / "numbers.txt") as fresh:
    ...     _ = fresh.write_text("1 2 3")
    >>> (folder / "numbers.txt").read_text()
    '1 2 3'
    """
    target = Path(path)
    parent = target.parent
    if not parent.is_dir():
        raise InputError(f"cannot write {target}: the folder {parent} does not exist; create it first")
    tidy(target)
    with errors_naming(target):
        workplace = Path(tempfile.mkdtemp(prefix=f"{_prefix(target)}{os.getpid()}-", dir=parent))
        try:
            fresh = workplace / target.name
            yield fresh
            _move(fresh, target, aside=workplace / _ASIDE)
        finally:
            _remove(workplace)


@contextmanager
def errors_naming(target: Path) -> Iterator[None]:
    """Let an error of the system name what is being written, where it names nothing, or a temporary file for it.

    Examples
    --------
    >>> try:
    ...     with errors_naming(Path("a.xy")):
    ...         raise OSError(errno.ENOSPC, "No space left on device")
    ... except OSError as error:
    ...     print(error.filename)
    a.xy
    """
    try:
        yield
    except OSError as error:
        # What has no number shows no name, and what a connection says is of no file.
        unnamed = error.filename is None and error.errno is not None and not isinstance(error, ConnectionError)
        if unnamed or os.fspath(target.parent / _prefix(target)) in os.fsdecode(error.filename or ""):
            error.filename, error.filename2 = os.fspath(target), None
        raise


_ASIDE = ".old"
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)


def _move(fresh: Path, target: Path, *, aside: Path) -> None:
    """Move a file or folder to its place; of two writers at one place, the later one stays."""
    while True:
        try:
            os.replace(fresh, target)
            return
        except OSError as error:  # rename() cannot replace a folder that holds something
            if error.errno not in _OCCUPIED or not fresh.is_dir() or target.is_symlink():
                raise
        try:
            target.rename(aside)
        except FileNotFoundError:  # another writer has just moved it
            continue
        try:
            os.replace(fresh, target)
            return
        except OSError as error:
            if error.errno not in _OCCUPIED:
                aside.rename(target)
                raise
            _remove(aside)  # another writer has put a newer one there
        except BaseException:
            aside.rename(target)
            raise


def tidy(path: str | os.PathLike[str]) -> None:
    """Remove what killed processes left beside `path`; put back what one had moved aside and not yet replaced.

    Folders of processes that still run, here or on another machine, are left alone.

    Parameters
    ----------
    path
        A file or folder that is, or was to be, written by `replace_atomically`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> tidy(folder / "never written")
    """
    target = Path(path)
    prefix = _prefix(target)
    try:
        left = [one for one in target.parent.iterdir() if one.name.startswith(prefix) and not one.is_symlink()]
    except OSError:
        return
    for workplace in left:
        number = workplace.name.removeprefix(prefix).partition("-")[0]
        if not number.isdecimal() or _runs(int(number)):
            continue
        with suppress(OSError):
            if (workplace / _ASIDE).exists() and not target.exists():
                (workplace / _ASIDE).rename(target)
        _remove(workplace)


def _prefix(target: Path) -> str:
    """Begin the name of a temporary folder: of the target, and of the machine whose process numbers are meant."""
    key = f"{target.name}\0{_machine()}".encode(errors="surrogateescape")
    return f".{target.name[:40]}.{hashlib.sha256(key).hexdigest()[:10]}-"


@lru_cache
def _machine() -> str:
    """Name the set of processes among which a number is one process: a container has its own."""
    try:
        names = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        names = 0
    return f"{platform.node()}/{names}"


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


def check_marked(path: str | os.PathLike[str], *marks: bytes) -> None:
    """Raise InputError where a file stands at `path` that does not bear a mark of this package in its first bytes.

    Parameters
    ----------
    path
        Where something is to be written.
    *marks
        One of them must be among the first 4,096 bytes.

    Examples
    --------
    >>> check_marked("nothing there", b"peakscape")
    """
    place = Path(path)
    if not place.exists():
        return
    if place.is_file():
        with place.open("rb") as file:
            head = file.read(4096)
        if not head or any(mark in head for mark in marks):
            return
    raise InputError(f"{place} was not written by peakscape, which replaces only its own; choose another name")


@lru_cache
def machine_code_folder(sources: Path) -> Path:
    """Return where the machine code made from a folder of source files is kept, in the user's cache.

    ``peakscape/numba/<digest>`` in XDG_CACHE_HOME or ~/.cache. The digest is of all source files there: numba itself
    only watches the file of the function that is called, not those of the functions that are compiled into it. So an
    upgrade, or any change, compiles anew, whatever the time stamps say.

    Parameters
    ----------
    sources
        A folder with Python files.

    Examples
    --------
    >>> machine_code_folder(Path(__file__).parent).parent.name
    'numba'
    """
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    digest = hashlib.sha256()
    for file in sorted(sources.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return Path(home) / "peakscape" / "numba" / digest.hexdigest()[:16]
