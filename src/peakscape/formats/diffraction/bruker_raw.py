"""Bruker RAW version 4: binary records; other versions are named and refused.

A file is a header of 61 bytes and records that begin with their type and length: 10 notes, 30 the tube, 0 or 160 a
range (160 bytes, then its own records, then its data). So described by xylib's ``bruker_raw.cpp`` (M. Wojdyr) and
confirmed on a file of DIFFRAC.EVA. Read here rather than by the extra `vendor`, whose parser takes everything from
fixed places that fit one length of notes, and the wavelength from a table by the anode.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.limits import MAX_SCANS, check_n_points, read_bytes
from peakscape.formats.scan import Scan, check_axis, check_curve, clean, name_of
from peakscape.signal.radiation import same_wavelength

SUFFIXES = (".raw",)
MAGIC = b"RAW4.00\0"
OTHERS = {b"RAW ": "version 1", b"RAW2": "version 2", b"RAW1.01": "version 3"}
HEADER_BYTES, RANGE_BYTES = 61, 160
RANGE_TYPES = (0, 160)
COUPLED = ("Locked Coupled", "Unlocked Coupled", "Detector Scan", "2Theta", "TwoTheta", "PSD Fix Scan")


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like a Bruker RAW file of any version."""
    return head.startswith((b"RAW4", *OTHERS)) or path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all ranges of a Bruker RAW file of version 4."""
    path = Path(path)
    check_axis(path, axis)
    raw = read_bytes(path)
    _check_version(path, raw)
    try:
        scans = _ranges(path, raw)
    except struct.error:
        raise FormatError(f"{path}: ends within a record; is the file cut off?") from None
    tube, parts = scans
    result = []
    for number, (points, intensity, metadata) in enumerate(parts):
        check_curve(path, "two_theta", points, intensity)
        date = raw[12:22].split(b"\0")[0].decode("latin-1") + " " + raw[24:32].split(b"\0")[0].decode("latin-1")
        own, notes = _used(tube, metadata.pop("used", None))
        settled = radiation.settle(path, own, wavelength)
        notes_of = clean({**notes, **metadata, "date": date})
        name = name_of(path, number, len(parts))
        result.append(Scan("two_theta", points, intensity, name, str(path), settled, notes_of))
    return result


def _check_version(path: Path, raw: bytes) -> None:
    if raw.startswith(MAGIC):
        return
    for head, version in OTHERS.items():
        if raw.startswith(head):
            raise FormatError(
                f"{path}: is a Bruker RAW file of {version}; only version 4 is read: export it as .brml, RAW 4 or .xy"
            )
    raise FormatError(f"{path}: is not a Bruker RAW file of version 4 (RAW4.00); export it as .xy or .csv")


_Notes = dict[str, float | str]
_Part = tuple[NDArray[np.float64], NDArray[np.float64], dict[str, float | str | None]]


def _ranges(path: Path, raw: bytes) -> tuple[tuple[float | None, _Notes], list[_Part]]:
    """Walk through the records; every step forward is at least 8 bytes, so the walk ends."""
    place, tube, parts = HEADER_BYTES, (None, {}), []  # type: int, tuple[float | None, _Notes], list[_Part]
    while place + 8 <= len(raw):
        kind, length = struct.unpack_from("<II", raw, place)
        if kind in RANGE_TYPES:
            part, place = _range(path, raw, place, len(parts))
            parts.append(part)
            if len(parts) > MAX_SCANS:
                raise FormatError(f"{path}: holds more than {MAX_SCANS} ranges")
            continue
        if length < 8 or place + length > len(raw):
            raise FormatError(f"{path}: the record at byte {place} has length {length}; is the file damaged?")
        if kind == 30 and length >= 120:
            tube = _tube(raw, place)
        place += length
    if not parts:
        raise FormatError(f"{path}: holds no range; is the file cut off?")
    return tube, parts


def _tube(raw: bytes, place: int) -> tuple[float | None, _Notes]:
    mean, first, second, _, ratio = struct.unpack_from("<5d", raw, place + 72)
    told, notes = radiation.of_lines(first, second, ratio)
    return (told, notes) if told is not None else radiation.of_lines(mean)


def _used(tube: tuple[float | None, _Notes], used: object) -> tuple[float | None, _Notes]:
    """Take the wavelength that the range says it used, where it is another than the tube's K-alpha1."""
    told = radiation.possible(used if isinstance(used, float) else None)
    if told is None or same_wavelength(told, tube[0]):
        return tube
    return told, {"radiation": "as the range says; not the tube's K-alpha1"}


def _range(path: Path, raw: bytes, place: int, number: int) -> tuple[_Part, int]:
    """Read one range and return it with the place of what follows."""
    scan_type = raw[place + 32 : place + 56].split(b"\0")[0].decode("latin-1")
    start, step, n_points, seconds = struct.unpack_from("<ddIf", raw, place + 72)
    (used,) = struct.unpack_from("<d", raw, place + 112)
    size, header = struct.unpack_from("<II", raw, place + 136)
    check_n_points(path, n_points)
    first = place + RANGE_BYTES + header
    end = first + size * n_points
    if end > len(raw):
        raise FormatError(
            f"{path}: range {number + 1} declares {n_points} points of {size} bytes, beyond the end of the file; is it"
            " cut off?"
        )
    if scan_type not in COUPLED:
        raise FormatError(
            f"{path}: range {number + 1} is a scan of type {scan_type!r}; only those over two_theta are read"
        )
    if size < 4 or size % 4 or not (np.isfinite(step) and step > 0 and np.isfinite(start)):
        raise FormatError(f"{path}: range {number + 1} has step {step:g} and {size} bytes a point; is it damaged?")
    values = np.frombuffer(raw, dtype="<f4", count=n_points * (size // 4), offset=first)
    # Where a point has several numbers, the first is the intensity.
    intensity = values.reshape(n_points, size // 4)[:, 0].astype(np.float64)
    with np.errstate(over="ignore"):
        points = start + step * np.arange(n_points)
    metadata: dict[str, float | str | None] = {
        "counting_time": float(seconds),
        "scan_axis": scan_type,
        "intensity_unit": "counts",
        "used": used,
    }
    return (points, intensity, metadata), end
