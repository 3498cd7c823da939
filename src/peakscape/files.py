"""Files: written atomically, so that one is either wholly new or still the old one; and where compiled code is kept."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from peakscape.errors import InputError


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def replace_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a free path beside `path`; move what was written there into place on success.

    On any failure (an exception, an interrupt) what was written is removed and whatever stood at `path` before
    stays as it was. The move is one rename for a file; for a folder the old one is renamed aside first, so that a
    kill between the two renames leaves the old folder under a name that begins with a dot.

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
    workplace = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
    try:
        fresh = workplace / target.name
        yield fresh
        if target.is_dir() and not target.is_symlink():
            # rename() cannot replace a folder that holds something, so the old one steps aside first
            old = workplace / "old"
            target.rename(old)
            try:
                fresh.rename(target)
            except BaseException:
                old.rename(target)
                raise
        else:
            os.replace(fresh, target)
    finally:
        _remove(workplace)


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
