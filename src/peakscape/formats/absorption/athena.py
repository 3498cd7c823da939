"""Athena project files (.prj): lists in the syntax of Perl, or JSON, packed or not; read as data, nothing is evaluated.

Layout: B. Ravel, Athena document, "Project files"
(https://bruceravel.github.io/demeter/documents/Athena/output/project.html), and Perl's Data::Dumper. A group is
``$old_group = 'abcde'; @args = ('label','foil', ...); @x = ('7000.0', ...); @y = (...);`` and ends with ``[record]``.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.composition import ELEMENTS
from peakscape.errors import FormatError
from peakscape.formats.absorption.scan_table import scan_of_table
from peakscape.formats.absorption.titles import Column, Facts
from peakscape.formats.limits import MAX_MEMBER_BYTES, MAX_POINTS, check_n_points, read_bytes
from peakscape.formats.scan import Scan, check_axis

SUFFIXES = (".prj",)
_GZIP = b"\x1f\x8b"
_FIRST_LINE = re.compile(rb"\s*# Athena project file -- |\s*\{.*\"_____header\d", re.DOTALL)
_STATEMENT = re.compile(r"^[ \t]*(?:[$@%](\w{1,40})\s{0,10}=|(\[record\]))", re.MULTILINE)
_TOKEN = re.compile(
    r"\s*(?:'([^'\\]*(?:\\.[^'\\]*)*)'|\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|([-+\w.]+)|(=>|[()\[\]{},;]))", re.DOTALL
)
_ESCAPED = re.compile(r"\\(?:x\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
_DEEPEST = 20
"""Lists within lists."""
_EDGE = re.compile(r"K|[LM][1-5]", re.ASCII)
_NOT_MEASURED = {"is_chi": "chi(k)", "is_bkg": "a background", "is_rsp": "chi(R)", "is_qsp": "chi(q)"}
_TYPES = {"chi": "chi(k)", "bkg": "a background"}

Group = dict[str, Any]


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is an Athena project: by its first line, or its suffix and packing."""
    if _FIRST_LINE.match(head) is not None or (path.suffix.lower() in SUFFIXES and head.startswith(_GZIP)):
        return True
    return head.startswith(_GZIP) and _FIRST_LINE.match(_beginning(head)) is not None


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read the absorption of all groups of an Athena project, shifted in energy as the project says."""
    path = Path(path)
    text = _unpacked(path)
    if _FIRST_LINE.match(text[:4096]) is None:
        raise FormatError(f"{path}: is not an Athena project: it begins with {text[:30].decode('ascii', 'replace')!r}")
    check_axis(path, axis, holds="energy")
    decoded = text.decode("utf-8", "replace")
    groups = list(_groups_of_json(path, decoded) if decoded.lstrip().startswith("{") else _groups_of_lists(decoded))
    check_n_points(path, 1, n_scans=len(groups))
    found, left_out = [], []
    for group in groups:
        try:
            found.append(_scan(path, group))
        except FormatError as error:
            left_out.append(error)
    if not found:
        raise left_out[0] if left_out else FormatError(f"{path}: the project holds no group with energies")
    return found


def _beginning(head: bytes) -> bytes:
    """Return the first bytes of what is packed, b"" where they cannot be unpacked."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 4096)
    except zlib.error:
        return b""


def _unpacked(path: Path) -> bytes:
    """Return the text of a project, packed or not."""
    raw = read_bytes(path)
    if not raw.startswith(_GZIP):
        return raw
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(raw, MAX_MEMBER_BYTES)
    except zlib.error as error:
        raise FormatError(f"{path}: cannot be unpacked ({error}); is it cut off?") from error
    if unpacker.unconsumed_tail:
        raise FormatError(f"{path}: unpacks to more than the limits, {MAX_MEMBER_BYTES} bytes")
    if not unpacker.eof:
        raise FormatError(f"{path}: cannot be unpacked: it ends too soon; is it cut off?")
    return text


def _groups_of_lists(text: str) -> Iterator[Group]:
    """Yield the groups of a project in the syntax of Perl: what was assigned before each ``[record]``."""
    group: Group = {}
    place = 0
    while statement := _STATEMENT.search(text, place):
        place = statement.end()
        if statement[2]:
            yield group
            group = {}
            continue
        value, place = _value(text, place)
        group[statement[1]] = value
    if "x" in group:  # cut off, or its last line was left out
        yield group


def _value(text: str, place: int) -> tuple[Any, int]:
    """Read a scalar or a list up to its semicolon: texts, and lists of them; where it stops making sense, what was."""
    found: list[Any] = []
    open_lists = [found]
    for _ in range(4 * MAX_POINTS):
        token = _TOKEN.match(text, place)
        if token is None:
            break
        place = token.end()
        mark = token[4]
        if mark is None:
            open_lists[-1].append(_text_of(token))
        elif mark == ";":
            break
        elif mark in "([{" and len(open_lists) < _DEEPEST:
            inner: list[Any] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif mark in ")]}" and len(open_lists) > 1:
            open_lists.pop()
    return (found[0] if len(found) == 1 else found), place


def _text_of(token: re.Match[str]) -> str:
    if token[3] is not None:
        return "" if token[3] == "undef" else token[3]
    if token[1] is not None:
        return re.sub(r"\\([\\'])", r"\1", token[1])
    return _ESCAPED.sub(_character, token[2])


def _character(escaped: re.Match[str]) -> str:
    number = int(escaped[1], 16) if escaped[1] else 0
    return chr(number) if escaped[1] and number < 0x110000 else escaped[2] or ""


def _groups_of_json(path: Path, text: str) -> Iterator[Group]:
    """Yield the groups of a project in JSON, in their order."""
    try:
        every = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{path}: is a damaged Athena project in JSON ({str(error)[:100]}); is it cut off?"
        ) from error
    if not isinstance(every, dict):
        raise FormatError(f"{path}: is an Athena project in JSON without groups")
    order = every.get("_____order")
    names = order if isinstance(order, list) else [name for name in every if not name.startswith("_____")]
    for name in names:
        group = every.get(name) if isinstance(name, str) else None
        if isinstance(group, dict):
            yield {"old_group": name, **group}


def _scan(path: Path, group: Group) -> Scan:
    """Return the scan of a group; FormatError for one that holds no measured absorption."""
    told = _arguments(group.get("args"))
    label = told.get("label") or str(group.get("old_group", "")) or path.stem
    whose = f"{path}, group {label[:60]!r}"
    kind = _TYPES.get(told.get("datatype", "")) or next(
        (words for key, words in _NOT_MEASURED.items() if told.get(key, "0") not in ("", "0")), ""
    )
    if kind:
        raise FormatError(f"{whose}: holds {kind}, no absorption over energy")
    energy, values = (_numbers(whose, group.get(key), key) for key in ("x", "y"))
    if len(energy) != len(values) or not len(energy):
        raise FormatError(f"{whose}: has {len(energy)} energies and {len(values)} absorptions; expected as many")
    check_n_points(path, len(energy))
    shift = _float(told.get("bkg_eshift", "0")) or 0.0
    name = "norm" if told.get("is_nor", "0") not in ("", "0") else "xmu"
    scan = scan_of_table(
        path,
        [Column("energy", "ev"), Column(name, "")],
        np.column_stack([energy + shift, values]),
        _facts(told),
        name=f"{path.stem}: {label}"[:200],
        metadata={"compound": label},
    )
    if not shift:
        return scan
    told_of_shift = f"energies shifted by {shift:+.3g} eV, as in the project"
    reading = "; ".join(str(part) for part in (told_of_shift, scan.metadata.get("reading")) if part)
    return replace(scan, metadata={**scan.metadata, "reading": reading[:400]})


def _arguments(given: Any) -> dict[str, str]:
    """Return the parameters of a group, those that are texts or numbers."""
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, list):
        pairs = list(zip(given[::2], given[1::2], strict=False))
    else:
        pairs = []
    return {str(key): str(value).strip() for key, value in pairs if isinstance(value, str | int | float)}


def _facts(told: Mapping[str, str]) -> Facts:
    """Return absorber, edge and its energy as a group tells them."""
    element = next((told[key].capitalize() for key in ("atsym", "bkg_z") if told.get(key)), "")
    edge = next((told[key].upper() for key in ("edge", "fft_edge") if told.get(key)), "")
    place = _float(told.get("bkg_e0", ""))
    return Facts(
        element=element if element in ELEMENTS else None,
        edge=edge if _EDGE.fullmatch(edge) else None,
        edge_energy=place if place is not None and 40.0 < place < 150_000.0 else None,
    )


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _numbers(whose: str, given: Any, what: str) -> NDArray[np.float64]:
    if not isinstance(given, list):
        raise FormatError(f"{whose}: has no list {what}")
    try:
        return np.array([float(value) for value in given], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        wrong = next(i for i, value in enumerate(given) if not isinstance(value, int | float) and not _is_number(value))
        raise FormatError(f"{whose}: point {wrong + 1} of {what} is {str(given[wrong])[:30]!r}, no number") from None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True
