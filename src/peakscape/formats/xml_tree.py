"""XML of diffractometers, read so that no file can make the parser fetch, expand or dig without end."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.limits import MAX_XML_DEPTH, MAX_XML_ELEMENTS, check_n_points


class _Builder(ET.TreeBuilder):
    """Build a tree without document types (the only place of entities), not too deep."""

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


def parse(path: Path, raw: bytes, *, part: str = "") -> ET.Element:
    """Parse XML into a tree without name spaces.

    Parameters
    ----------
    path
        The file, for messages.
    raw
        Its bytes, or those of one part of it.
    part
        Name of the part, for messages.

    Returns
    -------
    xml.etree.ElementTree.Element
        The root; tags and attributes bear no name space.

    Raises
    ------
    FormatError
        Not XML, cut off, with a document type, or too deep.

    Examples
    --------
    >>> parse(Path("a.xrdml"), b'<a xmlns="urn:x"><b>5</b></a>').find("b").text
    '5'
    >>> parse(Path("a.xrdml"), b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    Traceback (most recent call last):
    peakscape.errors.FormatError: a.xrdml: is not read: it declares a document type, which such files do not have and...
    """
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
    """Return the stripped text at a path below an element; `default` where there is none.

    Examples
    --------
    >>> text(ET.fromstring("<a><b> 5 </b></a>"), "b"), text(None, "b")
    ('5', '')
    """
    found = element.find(path) if element is not None and path else element
    return default if found is None or found.text is None else found.text.strip()


def number(element: ET.Element | None, path: str = "") -> float | None:
    """Return the text at a path as a finite number, None where it is none.

    Examples
    --------
    >>> number(ET.fromstring("<a><b>5e-1</b></a>"), "b")
    0.5
    """
    return as_number(text(element, path))


def as_number(value: object) -> float | None:
    """Return a finite number, or None where the value is none.

    Examples
    --------
    >>> as_number(" 1.5 "), as_number("None"), as_number("inf")
    (1.5, None, None)
    """
    try:
        result = float(str(value))
    except ValueError:
        return None
    return result if np.isfinite(result) else None


def numbers(path: Path, element: ET.Element | None) -> NDArray[np.float64]:
    """Return the numbers in the text of an element, shape (n_numbers,).

    Raises
    ------
    FormatError
        A word that is no number, or more than the limit.

    Examples
    --------
    >>> numbers(Path("a.xrdml"), ET.fromstring("<counts>1 2 3</counts>"))
    array([1., 2., 3.])
    """
    words = text(element).split()
    check_n_points(path, len(words))
    try:
        return np.array(words, dtype=np.float64)
    except ValueError as error:
        raise FormatError(f"{path}: {error} in <{'' if element is None else element.tag}>") from None


def find_all(root: ET.Element, tag: str) -> Iterator[ET.Element]:
    """Give all elements of a tag, at any depth.

    Examples
    --------
    >>> [e.tag for e in find_all(ET.fromstring("<a><b><c/></b><c/></a>"), "c")]
    ['c', 'c']
    """
    return root.iter(tag)
