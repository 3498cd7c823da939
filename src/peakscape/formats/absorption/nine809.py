"""9809, the angle-based text format of XAFS beamlines in Japan (KEK-PF, SPring-8, Aichi SR, SAGA LS).

Named after its identifier and month of birth. The header gives the d spacing of the monochromator, the line ``Mode``
says what each column counted (1 incoming, 2 transmitted, 3 fluorescence, others: input count rates, resets, time), the
line ``Offset`` its dark counts per second. Described by M. Nomura (KEK) and, with its extensions, by the Nagoya
University group of Aichi SR (http://titan.nusr.nagoya-u.ac.jp/Tabuchi/BL5S1/doku.php/tabuchi/9809format).
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.absorption.counters import NUMBER, energy_from_angle, rows_of_numbers
from peakscape.formats.absorption.request import NOTHING, Request
from peakscape.formats.absorption.scan_table import scan_of_table
from peakscape.formats.absorption.titles import Column, facts_from_header
from peakscape.formats.limits import read_bytes, split_lines
from peakscape.formats.scan import Scan, check_axis

SUFFIXES = (".dat",)
_D_SPACING = re.compile(r"\bD\s*=\s*(\d+(?:\.\d*)?)\s*A", re.ASCII)
_TITLE = re.compile(r"\s*Angle\(c\)", re.IGNORECASE)
_WIDTH = 10
"""Columns are ten characters wide; large counts touch their neighbours."""
INCOMING, TRANSMITTED, FLUORESCENCE = 1, 2, 3
_FIRST_COUNTER = 3  # after both angles and the time


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is 9809, by its first word."""
    return re.match(rb"\s*9809\s+[A-Za-z]", head) is not None


def read(
    path: Path, *, axis: str | None = None, wavelength: float | None = None, request: Request = NOTHING
) -> list[Scan]:
    """Read one 9809 file: energies from the observed angles, absorption from the counters that its Mode line names.

    The observed angles (``Angle(o)``) are taken where they rise or fall throughout, else the commanded ones. Dark
    counts
    are subtracted. Transmission is ln(incoming / transmitted); fluorescence the sum of its channels over the incoming,
    without a correction for dead time; which of them, the header and the signal tell.
    """
    path = Path(path)
    lines = split_lines(read_bytes(path).decode("utf-8", "replace").rstrip("\x1a\0\r\n \t"))
    check_axis(path, axis, holds="energy")
    start = next((i for i, line in enumerate(lines[:200]) if _TITLE.match(line)), None)
    if start is None or start + 2 >= len(lines):
        raise FormatError(f"{path}: is 9809 without its line of titles, 'Angle(c) Angle(o) time/s ...'; is it cut off?")
    header = lines[:start]
    spacing = next((float(found[1]) for line in header if (found := _D_SPACING.search(line))), 0.0)
    if not 0.1 < spacing < 100.0:
        raise FormatError(f"{path}: gives no d spacing of the monochromator (D= 3.13551 A), so no energies are known")
    modes, offsets = (_labelled(path, lines[start + k], word) for k, word in ((1, "Mode"), (2, "Offset")))
    kept = [(number, line) for number, line in enumerate(lines[start + 3 :], start=start + 4) if line.strip()]
    rows = rows_of_numbers(path, kept, len(modes), width=_WIDTH)
    columns = _columns(path, lines[start], modes)
    seconds = np.clip(rows[:, 2:3], 0.0, None)
    counts = rows - _padded(offsets, len(modes)) * seconds
    table = np.column_stack([energy_from_angle(_angles(path, rows), spacing), counts[:, 1:]])
    said = " ".join(header).lower()
    scan = scan_of_table(
        path,
        columns,
        table,
        replace(facts_from_header(header), d_spacing=spacing),
        request=request,
        preferred="fluorescence" if "fluor" in said else "transmission",
        metadata=_metadata(header),
        lines=np.array([number for number, _ in kept]),
    )
    return [scan]


def _columns(path: Path, titles: str, modes: list[float]) -> list[Column]:
    """Name the columns by what their modes say: incoming (1), transmitted (2), fluorescence (3)."""
    counted = {INCOMING: "i0", TRANSMITTED: "it", FLUORESCENCE: "if"}
    names = [Column("energy", "ev"), Column("angle observed"), Column("time")]
    numbers = dict.fromkeys(counted, 0)
    for place, mode in enumerate(modes[_FIRST_COUNTER:], start=_FIRST_COUNTER + 1):
        if mode not in counted:
            names.append(Column(f"other {place}"))
            continue
        numbers[int(mode)] += 1
        channel = f" {numbers[int(mode)]}" if mode == FLUORESCENCE else "" if numbers[int(mode)] == 1 else f" {place}"
        names.append(Column(f"{counted[int(mode)]}{channel}"))
    if not numbers[INCOMING] or not (numbers[TRANSMITTED] or numbers[FLUORESCENCE]):
        raise FormatError(
            f"{path}: its line Mode ({' '.join(f'{mode:g}' for mode in modes[_FIRST_COUNTER:][:12])}) names no counter"
            " of the incoming (1) with one of the transmitted (2) or of fluorescence (3)"
        )
    return names


def _labelled(path: Path, line: str, word: str) -> list[float]:
    """Return the numbers of the line that begins with a word."""
    parts = line.split()
    if not parts or parts[0].lower() != word.lower() or len(parts) < 5:
        raise FormatError(
            f"{path}: expected the line {word!r} with a number for each column, got {line.strip()[:40]!r}"
        )
    if not all(NUMBER.fullmatch(part) for part in parts[1:]):
        raise FormatError(f"{path}: the line {word!r} holds something else than numbers: {line.strip()[:60]!r}")
    values = [float(part) for part in parts[1:]]
    # The time has no entry: the numbers stand under both angles and, after it, under the counters.
    return [*values[:2], 0.0, *values[2:]]


def _padded(values: list[float], length: int) -> NDArray[np.float64]:
    return np.array((values + [0.0] * length)[:length])


def _angles(path: Path, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    commanded, observed = rows[:, 0], rows[:, 1]
    angle = observed if _is_one_way(observed) else commanded
    if not ((angle > 0) & (angle < 90)).all() or not _is_one_way(angle):
        raise FormatError(
            f"{path}: its angles, {angle[0]:g} to {angle[-1]:g} degree, must lie between 0 and 90 and rise or fall"
            " throughout"
        )
    return angle


def _is_one_way(angle: NDArray[np.float64]) -> bool:
    steps = np.diff(angle)
    return bool((steps > 0).all() or (steps < 0).all())


def _metadata(header: list[str]) -> dict[str, float | str | None]:
    words = header[0].split() if header else []
    dated = re.search(r"\d\d\.\d\d\.\d\d\s+\d\d?:\d\d", header[1], re.ASCII) if len(header) > 1 else None
    return {
        "compound": header[2].strip() if len(header) > 2 else "",
        "beamline": " ".join(words[1:4]),
        "date": dated[0] if dated else "",
    }
