"""Athena project files (.prj), through the optional xraylarch; this file alone loads it."""

import contextlib
import io
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from peakscape.errors import FormatError, MissingExtra
from peakscape.formats.limits import MAX_MEMBER_BYTES, MAX_SCANS, check_n_points, read_bytes
from peakscape.formats.scan import Scan, check_axis, check_curve, clean

SUFFIXES = (".prj",)
_GZIP = b"\x1f\x8b"
_FIRST_LINE = re.compile(rb"# Athena project file -- |\s*\{.*\"_____header1\"", re.DOTALL)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is an Athena project: by its first line, or its suffix and packing."""
    return _FIRST_LINE.match(head) is not None or (path.suffix.lower() in SUFFIXES and head.startswith(_GZIP))


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all groups of an Athena project by Larch, without its normalisation.

    Larch evaluates the lists in such files with asteval, an interpreter that allows little: open projects of people
    you trust.
    """
    path = Path(path)
    _check_first_line(path, _unpacked(path))
    check_axis(path, axis, holds="energy")
    try:
        from larch.io import read_athena
    except ImportError as error:
        raise MissingExtra("xraylarch", "athena") from error
    try:
        # Larch prints what it does not understand, and asks the standard output for its encoding.
        silence = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
            project = read_athena(str(path), do_preedge=False, do_bkg=False, do_fft=False)
            groups = list(project.groups.values())
    except Exception as error:  # whatever Larch and asteval find in a damaged file
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:150]
        raise FormatError(f"{path}: Larch cannot read this Athena project ({reason})") from error
    # Groups may also hold chi(k), which has no energies.
    measured = [group for group in groups if min(np.size(getattr(group, key, ())) for key in ("energy", "mu")) > 0]
    found = [_scan(path, group) for group in measured[: MAX_SCANS + 1]]
    if not found:
        raise FormatError(f"{path}: the project holds no group with energies")
    check_n_points(path, max(len(scan.points) for scan in found), n_scans=len(found))
    return found


def _scan(path: Path, group: Any) -> Scan:
    energy, values = (np.asarray(getattr(group, key), dtype=np.float64) for key in ("energy", "mu"))
    label = str(getattr(group, "label", "")) or path.stem
    check_curve(path, "energy", energy, values)
    element, edge = (str(getattr(group, key, "")).strip() for key in ("atsym", "edge"))
    return Scan(
        axis="energy",
        points=energy,
        intensity=values,
        name=f"{path.stem}: {label}"[:200],
        source=str(path),
        metadata=clean({"signal": "absorption", "compound": label}),
        element=element.capitalize() if re.fullmatch(r"[A-Za-z]{1,2}", element, re.ASCII) else None,
        edge=edge.upper() if re.fullmatch(r"K|[LM][1-5]", edge, re.ASCII | re.IGNORECASE) else None,
    )


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


def _check_first_line(path: Path, text: bytes) -> None:
    """Raise FormatError where a file does not begin as an Athena project does."""
    if _FIRST_LINE.match(text[:4096]) is None:
        raise FormatError(f"{path}: is not an Athena project: it begins with {text[:30].decode('ascii', 'replace')!r}")
