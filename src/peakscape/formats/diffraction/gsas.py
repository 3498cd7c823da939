"""GSAS powder data in constant wavelength: banks of FXYE, FXY, ESD or STD records in centidegrees.

Larson and Von Dreele, General Structure Analysis System (GSAS), LANL report LAUR 86-748 (2004), "Powder diffraction
data files"; in doubt as GSAS-II's reader ``G2pwd_fxye`` does it.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.limits import check_n_points, read_bytes, split_lines
from peakscape.formats.scan import Scan, as_number, check_axis, check_curve, clean, kelvin, name_of

SUFFIXES = (".fxye", ".gsas", ".gsa", ".gss", ".gda")
CENTIDEGREES = 100.0
RECORDS = ("FXYE", "FXY", "ESD", "STD")
TIME_OF_FLIGHT = ("RALF", "SLOG", "LOG6", "LPSD", "TIME_MAP", "COND")
_BANK = re.compile(rb"^BANK\s+\d+\s+\d+", re.MULTILINE)
_WAVELENGTH = re.compile(r"(?:wave\s*length|lambda)\b[^0-9=:]{0,200}(?:[=:]\s*)?([0-9]*\.[0-9]+)", re.IGNORECASE)
_TEMPERATURE = re.compile(r"temp(?:erature)?\b([^0-9=:]{0,200})[=:]\s*(-?[0-9.]+)\s*([CK]?)\b", re.IGNORECASE)
_SECONDS = re.compile(r"time per step \(sec\)\s*=\s*([0-9.]+)", re.IGNORECASE)


@dataclass
class _Bank:
    """One BANK line, the lines after it and the comments before it."""

    title: str
    line: int
    rows: list[tuple[int, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like GSAS powder data."""
    return path.suffix.lower() in SUFFIXES or _BANK.search(head.replace(b"\r", b"\n")) is not None


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all banks of a GSAS powder data file of constant wavelength."""
    path = Path(path)
    check_axis(path, axis)
    text = read_bytes(path).decode("latin-1")
    banks = _banks(path, split_lines(text))
    return [_scan(path, number, len(banks), bank, wavelength) for number, bank in enumerate(banks)]


def _banks(path: Path, lines: list[str]) -> list[_Bank]:
    banks: list[_Bank] = []
    comments: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.startswith("BANK"):
            banks.append(_Bank(line, number, comments=comments))
            comments = list(comments)
        elif line.startswith("TIME_MAP"):
            raise FormatError(f"{path}, line {number}: holds time-of-flight data (TIME_MAP), which is not read")
        elif line.startswith(("#", "Monitor")):
            comments.append(line)
        elif banks and line.strip():
            banks[-1].rows.append((number, line))
    if not banks:
        raise FormatError(f"{path}: holds no BANK line; is it a GSAS powder data file?")
    return banks


def _scan(path: Path, number: int, n_scans: int, bank: _Bank, wavelength: float | None) -> Scan:
    declared, start, step, record = _heading(path, bank)
    check_n_points(path, declared, n_scans=n_scans)
    if record in ("FXYE", "FXY"):
        points, intensity, lines = _listed(path, bank)
    else:
        intensity, lines = _packed(path, bank, record, declared)
        points = np.asarray((start + step * np.arange(len(intensity))) / CENTIDEGREES, dtype=np.float64)
    if len(points) < declared:
        raise FormatError(
            f"{path}, line {bank.line}: the bank declares {declared} points and holds {len(points)}; is the file cut"
            " off?"
        )
    points, intensity, lines = points[:declared], intensity[:declared], lines[:declared]
    if len(points) and points.max() > 180:
        raise FormatError(
            f"{path}, line {bank.line}: positions up to {points.max():g} degrees; this is time of flight"
            " or not in centidegrees, which is not read"
        )
    check_curve(path, "two_theta", points, intensity, lines)
    told, notes = _told(bank)
    settled = radiation.settle(path, told, wavelength)
    return Scan("two_theta", points, intensity, name_of(path, number, n_scans), str(path), settled, notes)


def _heading(path: Path, bank: _Bank) -> tuple[int, float, float, str]:
    """Read a BANK line: number of points, start and step in centidegrees, record type."""
    words = bank.title.upper().split()
    where = f"{path}, line {bank.line}"
    if any(word in TIME_OF_FLIGHT for word in words):
        raise FormatError(f"{where}: holds time-of-flight data ({bank.title[:60].strip()}), which is not read")
    if len(words) < 5 or not words[2].isdecimal() or words[4][:4] not in ("CONS", "CONST"[:4]):
        raise FormatError(f"{where}: {bank.title[:60]!r} is not a BANK line of constant wavelength (BANK 1 n n CONS)")
    record = words[-1] if words[-1].isalpha() else "STD"
    if record not in RECORDS:
        raise FormatError(f"{where}: records of type {record[:10]} are not read; expected one of {', '.join(RECORDS)}")
    numbers = [as_number(word) for word in words[5:7]]
    if record in ("ESD", "STD"):
        if len(numbers) < 2 or numbers[0] is None or numbers[1] is None or numbers[1] <= 0:
            raise FormatError(f"{where}: expected start and step in centidegrees after CONS, got {bank.title[:60]!r}")
        return int(words[2][:12]), numbers[0], numbers[1], record
    return int(words[2][:12]), 0.0, 0.0, record


_Columns = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int_]]


def _listed(path: Path, bank: _Bank) -> _Columns:
    """Read rows of position, intensity and, for FXYE, its error."""
    points, intensity = np.empty(len(bank.rows)), np.empty(len(bank.rows))
    for i, (line, row) in enumerate(bank.rows):
        fields = row.split()
        try:
            points[i], intensity[i] = float(fields[0]) / CENTIDEGREES, float(fields[1])
        except (ValueError, IndexError):
            raise FormatError(f"{path}, line {line}: {row[:40]!r} is not a row of position and intensity") from None
    return points, intensity, np.array([line for line, _ in bank.rows], dtype=int)


def _packed(path: Path, bank: _Bank, record: str, declared: int) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Read lines of 80 columns: five pairs (intensity F8, error F8), or ten pairs (detectors I2, intensity F6)."""
    width, first, last = (16, 0, 8) if record == "ESD" else (8, 2, 8)
    intensity: list[float] = []
    lines: list[int] = []
    for line, row in bank.rows:
        for start in range(0, 80, width):
            cell = row[start + first : start + last].strip()
            if not row[start : start + width].strip() or len(intensity) == declared:
                break
            value = as_number(cell.replace(" ", "")) if cell else 0.0
            if value is None:
                raise FormatError(
                    f"{path}, line {line}: {cell!r} is not a number (columns {start + 1} to {start + width})"
                )
            intensity.append(value)
            lines.append(line)
    return np.array(intensity), np.array(lines, dtype=int)


def _told(bank: _Bank) -> tuple[float | None, dict[str, float | str]]:
    """Read wavelength, temperature (kelvin unless C is written) and counting time from the comments, as 11-BM's."""
    told = temperature = seconds = None
    for comment in bank.comments:
        if found := _WAVELENGTH.search(comment):
            told = radiation.possible(as_number(found[1])) or told
        if found := _TEMPERATURE.search(comment):
            value, unit = as_number(found[2]), found[3] or found[1].strip(" ()")
            temperature = None if value is None else kelvin(value, unit or "K")
        if found := _SECONDS.search(comment):
            seconds = as_number(found[1])
    notes = {"radiation": radiation.SINGLE if told else None, "temperature": temperature, "counting_time": seconds}
    return told, clean(notes)
