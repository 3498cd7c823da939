"""Zipped files and XML of diffractometers, opened so that none can fetch, expand or dig without end."""

import io
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.limits import (
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    MAX_XML_DEPTH,
    MAX_XML_ELEMENTS,
    check_n_points,
)
from peakscape.formats.scan import as_number

# What zipfile raises on damaged files.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError, OSError)


class Archive:
    """An open zip file, unpacked part by part within the limits; `path` is for messages."""

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
    """Open a zipped file."""
    if not path.is_file():
        raise FormatError(f"{path}: is not a regular file")
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
    """Return a zip file in memory."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        for name, raw in parts.items():
            file.writestr(name, raw)
    memory.seek(0)
    return memory


class _Builder(ET.TreeBuilder):
    """Build a tree without document types (the only place of entities), within the limits."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type, which such files do not have and which could hide entities")

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        self._count += 1
        if self._count > MAX_XML_ELEMENTS:
            raise ValueError(f"it has more than {MAX_XML_ELEMENTS} elements")
        if self._depth > MAX_XML_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_XML_DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(path: Path, raw: bytes, *, part: str = "") -> ET.Element:
    """Parse XML into a tree without name spaces."""
    where = f"{path} ({part})" if part else str(path)
    try:
        root = ET.fromstring(raw, parser=ET.XMLParser(target=_Builder()))
    except ET.ParseError as error:
        raise FormatError(f"{where}: is not whole XML ({error}); is the file cut off or of another kind?") from None
    except (ValueError, LookupError, UnicodeError) as error:
        raise FormatError(f"{where}: is not read: {error}") from None
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {_local(key): value for key, value in element.attrib.items()}
    return root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def text(element: ET.Element | None, path: str = "", default: str = "") -> str:
    """Return the stripped text at a path below an element; `default` where there is none."""
    found = element.find(path) if element is not None and path else element
    return default if found is None or found.text is None else found.text.strip()


def number(element: ET.Element | None, path: str = "") -> float | None:
    """Return the text at a path as a finite number, None where it is none."""
    return as_number(text(element, path))


def numbers(path: Path, element: ET.Element | None) -> NDArray[np.float64]:
    """Return the numbers in the text of an element, shape (n_numbers,)."""
    words = text(element).split()
    check_n_points(path, len(words))
    try:
        return np.array(words, dtype=np.float64)
    except ValueError as error:
        raise FormatError(f"{path}: {error} in <{'' if element is None else element.tag}>") from None
