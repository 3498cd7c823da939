"""Zipped files of diffractometers, unpacked part by part within bounds."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from peakscape.errors import FormatError
from peakscape.formats.limits import MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_UNPACKED_BYTES

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError, OSError)


class Archive:
    """Hold an open zip file.

    Parameters
    ----------
    path
        The file, for messages.
    file
        The open zip file.
    """

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path = path
        self._file = file
        self._unpacked = 0

    @property
    def names(self) -> list[str]:
        """Names of the parts, each once."""
        return list(dict.fromkeys(self._file.namelist()))

    def read(self, name: str) -> bytes:
        """Unpack one part; raise FormatError where it is missing, damaged or larger than the limits."""
        try:
            info = self._file.getinfo(name)
            with self._file.open(info) as part:
                # The declared size may lie: read no more than the limit, whatever it says.
                raw = part.read(MAX_MEMBER_BYTES + 1)
        except _DAMAGE as error:
            raise FormatError(f"{self.path}: its part {name} cannot be unpacked ({_reason(error)})") from None
        self._unpacked += len(raw)
        if len(raw) > MAX_MEMBER_BYTES or self._unpacked > MAX_UNPACKED_BYTES:
            raise FormatError(
                f"{self.path}: unpacks to more than the limits ({MAX_MEMBER_BYTES} bytes a part,"
                f" {MAX_UNPACKED_BYTES} together) at {name}; is it a diffractometer's file?"
            )
        return raw


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zipped file.

    Raises
    ------
    FormatError
        Not a zip file, or with more parts than any diffractometer writes.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.rasx"
    >>> _ = path.write_bytes(packed({"root.xml": b"<Root/>"}).getvalue())
    >>> with open_archive(path) as archive:
    ...     archive.names, archive.read("root.xml")
    (['root.xml'], b'<Root/>')
    """
    if not path.is_file():
        raise FormatError(f"{path}: is no plain file")
    try:
        file = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise FormatError(
            f"{path}: is not a whole zip file, as {path.suffix} files are ({_reason(error)}); is it cut off?"
        ) from None
    with file:
        if len(file.infolist()) > MAX_MEMBERS:
            raise FormatError(f"{path}: holds {len(file.infolist())} parts; at most {MAX_MEMBERS} are looked at")
        yield Archive(path, file)


def packed(parts: Mapping[str, bytes]) -> io.BytesIO:
    """Return a zip file in memory.

    Examples
    --------
    >>> zipfile.ZipFile(packed({"a": b"1"})).namelist()
    ['a']
    """
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        for name, raw in parts.items():
            file.writestr(name, raw)
    memory.seek(0)
    return memory
