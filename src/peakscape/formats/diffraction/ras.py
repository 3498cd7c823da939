"""Rigaku .ras: text of one or more scans, each a header of ``*KEY "value"`` and rows of axis, intensity, attenuation.

The syntax is that of SmartLab and MiniFlex exports as three independent readers describe it (RigakuFiles.jl,
reductus' ``rigaku.py``, the Data Tools Project's parser of ``*RAS_INT_START`` blocks).
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.limits import MAX_SCANS, check_n_points, read_bytes, split_lines
from peakscape.formats.scan import Scan, as_number, attenuated, check_axis, check_curve, clean, kelvin, name_of

SUFFIXES = (".ras",)
# The scan axes whose positions are two_theta; of the others (Omega, OmegaTwoTheta, Phi, Z ...) they are not.
TWO_THETA_AXES = ("twotheta", "twothetatheta", "twothetaomega", "thetatwotheta", "twothetachi")
_ENTRY = re.compile(r"\*([A-Z0-9_]+(?:-\d+)?)\s+(.*)")


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like a Rigaku .ras file."""
    return path.suffix.lower() in SUFFIXES or b"*RAS_DATA_START" in head or b"*RAS_HEADER_START" in head


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all scans of a Rigaku .ras file; the third column, the attenuator's factor, is applied."""
    path = Path(path)
    check_axis(path, axis)
    text = read_bytes(path).decode("latin-1")
    blocks = _blocks(path, split_lines(text))
    return [_scan(path, number, len(blocks), header, rows, wavelength) for number, (header, rows) in enumerate(blocks)]


_Rows = list[tuple[int, str]]


def _blocks(path: Path, lines: list[str]) -> list[tuple[dict[str, str], _Rows]]:
    """Cut the file into its scans: header and rows with their line numbers."""
    blocks: list[tuple[dict[str, str], _Rows]] = []
    header: dict[str, str] = {}
    rows: _Rows | None = None
    for number, line in enumerate(map(str.strip, lines), start=1):
        if line == "*RAS_HEADER_START":
            header = {}
        elif line == "*RAS_INT_START":
            rows = []
        elif line == "*RAS_INT_END" and rows is not None:
            blocks.append((header, rows))
            rows = None
        elif rows is not None and line:
            rows.append((number, line))
        elif found := _ENTRY.fullmatch(line):
            header[found[1]] = found[2].removeprefix('"').removesuffix('"')
    if rows is not None:
        raise FormatError(f"{path}: ends within a scan (no *RAS_INT_END); is the file cut off?")
    if not blocks:
        raise FormatError(f"{path}: holds no scan (*RAS_INT_START ... *RAS_INT_END); is it a Rigaku .ras file?")
    if len(blocks) > MAX_SCANS:
        raise FormatError(f"{path}: holds {len(blocks)} scans; at most {MAX_SCANS} are read")
    return blocks


def _scan(path: Path, number: int, n_scans: int, header: dict[str, str], rows: _Rows, wavelength: float | None) -> Scan:
    name = name_of(path, number, n_scans)
    check_scan_axis(path, header.get("MEAS_SCAN_AXIS_X_INTERNAL") or header.get("MEAS_SCAN_AXIS_X", ""), number)
    check_n_points(path, len(rows), n_scans=n_scans)
    table = _table(path, rows)
    declared = as_number(header.get("MEAS_DATA_COUNT"))
    if declared is not None and declared > len(rows):
        raise FormatError(f"{path}: scan {number + 1} declares {declared:.0f} points and holds {len(rows)}; cut off?")
    intensity, attenuation = attenuated(path, table[:, 1], table[:, 2])
    lines = np.array([line for line, _ in rows])
    check_curve(path, "two_theta", table[:, 0], intensity, lines)
    told, notes = radiation.of_lines(
        as_number(header.get("HW_XG_WAVE_LENGTH_ALPHA1")), as_number(header.get("HW_XG_WAVE_LENGTH_ALPHA2"))
    )
    metadata = clean(notes | attenuation | metadata_of(header))
    settled = radiation.settle(path, told, wavelength)
    return Scan("two_theta", table[:, 0].copy(), intensity, name, str(path), settled, metadata)


def check_scan_axis(path: Path, scan_axis: str, number: int) -> None:
    """Raise FormatError where the positions of a scan are not two_theta; "", an unknown axis, passes."""
    name = re.sub(r"[^a-z]", "", scan_axis.lower().replace("2", "two"))
    if name and name not in TWO_THETA_AXES:
        raise FormatError(
            f"{path}: scan {number + 1} is over {scan_axis[:40]}, not over two_theta; that is not a powder pattern"
        )


def _table(path: Path, rows: _Rows) -> NDArray[np.float64]:
    """Convert rows of two or three numbers to an array of shape (n_rows, 3); the third is 1 where it is not there."""
    table = np.ones((len(rows), 3))
    for row, (line, words) in zip(table, rows, strict=True):
        fields = words.replace(",", " ").split()
        try:
            values = [float(field) for field in fields]
        except ValueError:
            values = []
        if len(values) not in (2, 3):
            raise FormatError(f"{path}, line {line}: {words[:40]!r} is not a row of position, intensity, attenuation")
        row[: len(values)] = values
    return table


def metadata_of(header: Mapping[str, str]) -> dict[str, float | str | None]:
    """Read what a Rigaku header tells beside the wavelength; keys without their star."""
    return {
        "temperature": _temperature(header),
        "counting_time": _counting_time(header),
        "intensity_unit": {"cps": "counts per second"}.get(
            header.get("MEAS_SCAN_UNIT_Y", "").lower(), header.get("MEAS_SCAN_UNIT_Y")
        ),
        "scan_axis": header.get("MEAS_SCAN_AXIS_X_INTERNAL") or header.get("MEAS_SCAN_AXIS_X"),
        "date": header.get("MEAS_SCAN_START_TIME"),
    }


def _counting_time(header: Mapping[str, str]) -> float | None:
    """Seconds a point: the speed of a step scan is in seconds, of a continuous one in degrees a minute."""
    step, speed = as_number(header.get("MEAS_SCAN_STEP")), as_number(header.get("MEAS_SCAN_SPEED"))
    unit = header.get("MEAS_SCAN_SPEED_UNIT", "").lower()
    if speed is None or speed <= 0:
        return None
    if unit in ("sec", "s", "sec/step"):
        return speed
    if step is None or not unit.startswith("deg"):
        return None
    return step / speed * (60.0 if "min" in unit else 1.0)


def _temperature(header: Mapping[str, str]) -> float | None:
    """Kelvin of the sample stage, where it is among the axes of the measurement."""
    for key, value in header.items():
        if key.startswith("MEAS_COND_AXIS_NAME") and value.lower() in ("temp", "temperature", "sample temperature"):
            number = key.rpartition("-")[2]
            position = as_number(header.get(f"MEAS_COND_AXIS_POSITION-{number}"))
            unit = header.get(f"MEAS_COND_AXIS_UNIT-{number}", "").strip("° ").lower()
            if position is not None:
                return kelvin(position, unit)
    return None
