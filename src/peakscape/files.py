"""Atomic writing: a file or folder is either wholly new or still the old one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
