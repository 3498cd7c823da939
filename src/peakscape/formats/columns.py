"""Text in columns: axis, intensity and (not kept) its standard error; with titles, the counters of an absorption scan.

Separators are white space, tabs, semicolons or commas; decimal commas are understood where the comma does not separate.
Comments begin with one of ``# ! ' ; %``; lines of text may stand before the numbers. All regular expressions here take
a time proportional to the length of a line, whatever stands in it.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.absorption.counters import check_energies
from peakscape.formats.absorption.request import NOTHING, Request
from peakscape.formats.absorption.scan_table import columns_without_titles, scan_of_table
from peakscape.formats.absorption.titles import Column, columns_from_header, facts_from_header
from peakscape.formats.column_titles import axis_from_header, wavelength_from_header
from peakscape.formats.limits import check_n_points, read_bytes, split_lines
from peakscape.formats.scan import Scan, check_curve, name_of
from peakscape.signal.edge import edge_above_noise
from peakscape.spectra.container import AXES

SUFFIXES = (".xy", ".xye", ".dat", ".csv", ".txt", ".xmu", ".ioq")
# What a suffix alone says: powder diffractists write .xy and .xye in two_theta, total-scattering people I(Q) in .IoQ.
AXIS_OF_SUFFIX = {".xy": "two_theta", ".xye": "two_theta", ".ioq": "q"}
_LONG_HEAD = 64 * 1024
"""Bytes in which rows of numbers must begin where a suffix tells nothing."""
_SHORT_HEAD = 4096
_COMMENT_MARKS = "#!';%"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eEdD][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_PLAIN_TEXT = re.compile(r"[0-9eE+\-.\s]*", re.ASCII)
_INLINE_COMMENT = re.compile(r"\s[#!%].*")
_IN_ANGSTROM = re.compile(r"1/\s?(a|å|ang)|(a|å|angstrom)\s?\^?[-−⁻]", re.IGNORECASE)
_LARGEST_Q = 10.0
_END = re.compile(r"&?end\W?", re.IGNORECASE)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is text in columns: by its suffix, else by three rows of as many numbers, two or more."""
    if Path(path).suffix.lower() in SUFFIXES:
        return True
    try:
        lines = split_lines(_decode(head))
        if len(head) < _SHORT_HEAD:  # the whole file
            return _is_table(lines)
        if _is_table(lines[:-1]):
            return True
        with Path(path).open("rb") as file:
            return _is_table(split_lines(_decode(file.read(_LONG_HEAD)))[:-1])
    except (UnicodeError, OSError):
        return False


def read(
    path: Path, *, axis: str | None = None, wavelength: float | None = None, request: Request = NOTHING
) -> list[Scan]:
    """Read one text file; without `axis`, its column titles tell the axis, else its suffix (.xy, .xye, .IoQ).

    Two columns are a curve; of three, the last is taken for the standard error and is not kept. Titles such as ``energy
    i0 itrans`` make any number of columns an absorption scan, and so do energies without titles where an edge is in it.
    """
    path = Path(path)
    text = _lines_of(path)
    if axis in (None, "energy") and (scans := _absorption_scans(path, text, axis, request)):
        return scans
    if request:
        raise FormatError(f"{path}: signal and columns are for absorption scans, and it has no columns of one")
    header, rows, lines = _table_from_lines(path, text)
    asked = axis
    axis, factor = _axis_of(path, header, asked)
    points, intensity = rows[:, 0] * factor, rows[:, 1]
    if axis == "energy":
        check_energies(path, points)
    if axis == "q" and asked is None and factor == 1.0:
        _check_q(path, header, points, intensity)
    check_curve(path, axis, points, intensity, lines)
    told, notes = wavelength_from_header(header) if axis != "energy" else (None, {})
    settled = radiation.settle(path, told, wavelength)
    return [Scan(axis, points, intensity, name=path.stem, source=str(path), wavelength=settled, metadata=notes)]


def _check_q(path: Path, header: list[str], points: NDArray[np.float64], intensity: NDArray[np.float64]) -> None:
    """Ask for the unit of q where its strongest point lies at d below 0.63 angstrom, where no reflection does."""
    strongest = float(points[np.argmax(intensity)]) if np.isfinite(intensity).all() else 0.0
    if strongest > _LARGEST_Q and not any(_IN_ANGSTROM.search(line) for line in header):
        raise FormatError(
            f"{path}: its strongest point lies at q = {strongest:g}, in 1/angstrom d = {6.2832 / strongest:.2g}"
            " angstrom: is q in 1/nm? Then write 'q (1/nm)' as the title of the column; if it is in 1/angstrom, say"
            " axis='q' (on the command line --axis q)"
        )


def _lines_of(path: Path) -> list[str]:
    raw = read_bytes(path)
    if not raw.strip():
        raise FormatError(f"{path}: is empty; expected two or three columns of numbers")
    try:
        return split_lines(_decode(raw))
    except UnicodeError:
        raise FormatError(f"{path}: is binary, not text; export it from its program as .xy or .csv") from None


def _absorption_scans(path: Path, lines: list[str], axis: str | None, request: Request) -> list[Scan]:
    """Read the scans of a file whose titles, or numbers, are those of absorption; none where they are not."""
    starts = [i for i, line in enumerate(lines) if line.startswith("#S ")]
    if len(starts) < 2:
        scan = _absorption_scan(path, lines, 0, axis, request)
        return [] if scan is None else [scan]
    check_n_points(path, 1, n_scans=len(starts))
    scans, errors = [], []
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        try:
            block = _absorption_scan(path, lines[start:stop], start, axis, request)
        except FormatError as error:
            errors.append(error)
        else:
            scans += [] if block is None else [replace(block, name=name_of(path, number, len(starts)))]
    if errors and not scans:
        raise errors[0]
    return scans


def _absorption_scan(path: Path, lines: list[str], offset: int, axis: str | None, request: Request) -> Scan | None:
    """Read a scan whose titles name its counters, or whose numbers are energies with an edge; None where it is none."""
    first, n_columns = _first_of_table(lines)
    if n_columns < 2:
        return None
    header = lines[:first]
    titles = columns_from_header(header, n_columns)
    if not (titles or request or _may_lack_titles(path, header, axis, n_columns)):
        return None
    rows = _rows_of_scan(path, lines, first, offset, titles or [Column("")] * n_columns)
    if rows is None:
        return None
    table, numbers = rows
    columns = titles or columns_without_titles(table) or ([Column("")] * n_columns if request else [])
    if not columns:
        return None
    facts = facts_from_header(header)
    if titles or request:
        return scan_of_table(path, columns, table, facts, request=request, lines=numbers)
    try:
        scan = scan_of_table(path, columns, table, facts, lines=numbers)
    except FormatError:
        return None
    return scan if edge_above_noise(scan.points, scan.intensity, near=None) > 0.0 else None


def _may_lack_titles(path: Path, header: list[str], axis: str | None, n_columns: int) -> bool:
    """Tell whether nothing else says what a file without titles of a scan is."""
    told = axis_from_header(header)[0] or axis
    if told == "energy":
        return n_columns > 2
    return told is None and path.suffix.lower() not in AXIS_OF_SUFFIX


def _is_table(lines: list[str]) -> bool:
    """Tell whether three rows of as many numbers, two or more, follow one another."""
    first, n_columns = _first_of_table(lines)
    rows = [fields for line in lines[first : first + 40] if (bare := _bare(line)) and (fields := _split(bare))][:3]
    return n_columns >= 2 and len(rows) == 3 and all(len(row) == n_columns and _are_numbers(row) for row in rows)


def _first_of_table(lines: list[str]) -> tuple[int, int]:
    """Return where three rows of as many numbers (or all there are) begin, and how many a row has; 0 for none."""
    rows: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        bare = _bare(line)
        if not bare:
            continue
        fields = _split(bare)
        if not _are_numbers(fields):
            rows = []
            continue
        rows = [*rows, (i, len(fields))] if not rows or rows[-1][1] == len(fields) else [(i, len(fields))]
        if len(rows) == 3:
            break
    return rows[0] if rows else (0, 0)


def _rows_of_scan(
    path: Path, lines: list[str], first: int, offset: int, titles: list[Column]
) -> tuple[NDArray[np.float64], NDArray[np.int_]] | None:
    """Convert the rows of a scan; records of another kind (another number in the column Event-ID) are left out."""
    rows = [(i, _split(bare)) for i in range(first, len(lines)) if (bare := _bare(lines[i]))]
    check_n_points(path, len(rows))
    if titles[0].name.lower().startswith("event"):
        rows = [row for row in rows if row[1][0] == rows[0][1][0]]
    while len(rows) > 2 and _END.fullmatch(" ".join(rows[-1][1])):
        rows.pop()
    wrong = next((i for i, fields in rows if len(fields) != len(titles) or not _are_numbers(fields)), None)
    if wrong is not None:
        if not titles[0].name and not any(title.name for title in titles):
            return None
        raise FormatError(
            f"{path}, line {offset + wrong + 1}: {_shown(lines[wrong])} is not a row of {len(titles)} numbers"
        )
    table = np.array([[_number(field) for field in fields] for _, fields in rows])
    return table, np.array([offset + i + 1 for i, _ in rows])


def _axis_of(path: Path, header: list[str], asked: str | None) -> tuple[str, float]:
    told, factor = axis_from_header(header)
    if asked is not None:
        return asked, factor if told == asked else 1.0
    axis = told or AXIS_OF_SUFFIX.get(path.suffix.lower())
    if axis is None:
        raise FormatError(
            f"{path}: cannot tell what its first column is; give axis='two_theta', 'q' or 'energy'"
            f" (on the command line --axis {'|'.join(AXES)})"
        )
    return axis, factor if told else 1.0


def _table_from_lines(path: Path, lines: list[str]) -> tuple[list[str], NDArray[np.float64], NDArray[np.int_]]:
    """Split a file into its header lines, its numbers (n_rows, 2 or 3) and their line numbers (n_rows,)."""
    first = _first_row(path, lines)
    kept = [i for i in range(first, len(lines)) if _bare(lines[i])]
    check_n_points(path, len(kept))
    numbers = np.array(kept) + 1
    rows = _rows_at_once([lines[i] for i in kept])
    if rows is None:
        rows = _rows_one_by_one(path, [_bare(lines[i]) for i in kept], numbers)
    if first and len(rows) > 1:
        _check_last_of_header(path, lines, first, rows)
    return lines[:first], rows, numbers


def _check_last_of_header(path: Path, lines: list[str], first: int, rows: NDArray[np.float64]) -> None:
    """Raise where the line before the numbers is not a title but a first row with a typing error."""
    fields = _split(_bare(lines[first - 1]))
    if len(fields) == rows.shape[1] and _NUMBER.fullmatch(fields[0]) and not _are_numbers(fields):
        step = rows[1, 0] - rows[0, 0]
        if abs(_number(fields[0]) + step - rows[0, 0]) < 0.01 * abs(step):
            raise FormatError(f"{path}, line {first}: {_shown(lines[first - 1])} is not a row of {len(fields)} numbers")


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
    # DOS ends a file with control-Z; any other control character means that this is no text.
    text = text.rstrip("\x1a\0\r\n \t")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise UnicodeError("control characters")
    return text


def _bare(line: str) -> str:
    """Return a line without its comment and outer space; empty if nothing is left."""
    line = line.strip()
    if not line or line[0] in _COMMENT_MARKS:
        return ""
    return _INLINE_COMMENT.sub("", line).strip() if any(mark in line for mark in "#!%") else line


def _first_row(path: Path, lines: list[str]) -> int:
    """Return the index of the first row of numbers; what stands before it is the header."""
    for i, line in enumerate(lines):
        fields = _split(_bare(line))
        if not fields or not _are_numbers(fields):
            continue
        # Some programs write the number of points on a line of its own.
        following = [row for row in map(_bare, lines[i + 1 :]) if row] if len(fields) == 1 else []
        is_count = fields == [str(len(following))] and len(following) > 0 and len(_split(following[0])) > 1
        if not is_count:
            return i
    first = next((i for i, line in enumerate(lines) if _bare(line)), None)
    if first is None:
        raise FormatError(f"{path}: holds only comments; expected two or three columns of numbers")
    raise FormatError(
        f"{path}, line {first + 1}: no row of numbers from here on, but {_shown(lines[first])}; expected two columns"
    )


def _split(row: str) -> list[str]:
    """Split a row into its fields, with decimal points.

    A comma followed by space separates; a comma inside a number is a decimal comma if anything else separates.
    """
    if ";" in row:
        fields, comma_is_decimal = row.rstrip("; \t").split(";"), True
    elif re.search(r",\s", row.rstrip(", \t")) or not re.search(r"\s", row):
        fields, comma_is_decimal = row.rstrip(", \t").split(","), False
    else:
        fields, comma_is_decimal = row.split(), True
    fields = [field.strip().strip('"') for field in fields]
    return [field.replace(",", ".") for field in fields] if comma_is_decimal else fields


def _number(field: str) -> float:
    """Convert one field; Fortran writes 1.0D+03."""
    return float(field.lower().replace("d", "e"))


def _are_numbers(fields: list[str]) -> bool:
    return all(_NUMBER.fullmatch(field) for field in fields)


def _rows_at_once(rows: list[str]) -> NDArray[np.float64] | None:
    """Convert plain rows in one go (thirty times faster); None if any row needs a closer look."""
    if ";" in rows[0]:
        if any(row.count(";") != rows[0].count(";") or len(row.split()) != 1 for row in rows):
            return None
        rows = [row.replace(";", " ").replace(",", ".") for row in rows]
    n_columns = len(rows[0].split())
    text = "\n".join(rows)
    if n_columns not in (2, 3) or not _PLAIN_TEXT.fullmatch(text):
        return None
    if any(len(row.split()) != n_columns for row in rows):
        return None
    try:
        return np.array(text.split(), dtype=float).reshape(len(rows), n_columns)
    except ValueError:
        return None


def _rows_one_by_one(path: Path, rows: list[str], numbers: NDArray[np.int_]) -> NDArray[np.float64]:
    n_columns = len(_split(rows[0]))
    if n_columns not in (2, 3):
        raise FormatError(
            f"{path}, line {numbers[0]}: {n_columns} column{'s' * (n_columns > 1)} of numbers; expected two"
            " (axis, intensity) or three (axis, intensity, its error)"
        )
    table = np.empty((len(rows), n_columns))
    for i, row in enumerate(rows):
        fields = _split(row)
        if not _are_numbers(fields):
            raise FormatError(f"{path}, line {numbers[i]}: {_shown(row)} is not a row of {n_columns} numbers")
        if len(fields) != n_columns:
            cut = "; is the file cut off?" if i == len(rows) - 1 else ""
            raise FormatError(
                f"{path}, line {numbers[i]}: {len(fields)} column(s) where the rows before have {n_columns}{cut}"
            )
        table[i] = [_number(field) for field in fields]
    return table


def _shown(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= 40 else line[:37] + "...")
