"""XDI, the interchange format of absorption spectra: text with a header of ``# Family.key: value`` lines.

XAS Data Interchange, specification 1.0 (https://github.com/XraySpectroscopy/XAS-Data-Interchange,
doi:10.1088/1742-6596/712/1/012007).
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.absorption.counters import NUMBER, rows_of_numbers
from peakscape.formats.absorption.request import NOTHING, Request
from peakscape.formats.absorption.scan_table import scan_of_table
from peakscape.formats.absorption.titles import Column, facts_from_header
from peakscape.formats.limits import read_bytes, split_lines
from peakscape.formats.scan import Scan, check_axis, kelvin_from_text

SUFFIXES = (".xdi",)
_VERSION = re.compile(rb"\s*#\s*XDI/\d", re.IGNORECASE)
_FIELD = re.compile(r"#\s*([A-Za-z][\w-]*)\.([\w-]+)\s*:\s*(.*)")


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is XDI: by its first line, else by its suffix."""
    return _VERSION.match(head) is not None or path.suffix.lower() in SUFFIXES


def read(
    path: Path, *, axis: str | None = None, wavelength: float | None = None, request: Request = NOTHING
) -> list[Scan]:
    """Read one XDI file.

    The absorption is of the detector that saw an edge: a column that holds it (mutrans, mufluor, norm ...),
    ln(i0/itrans),
    ifluor/i0, sums of channels over i0; a reference behind the sample (irefer, murefer) comes beside it. Without an
    energy
    column, energies come from ``angle`` and ``Mono.d_spacing``.
    """
    path = Path(path)
    text = read_bytes(path).decode("utf-8", "replace").lstrip("\ufeff").rstrip("\x1a\0\r\n \t")
    lines = split_lines(text)
    fields = _fields(path, lines)
    columns = _columns(path, fields)
    kept = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and line.lstrip()[0] != "#"]
    rows = rows_of_numbers(path, kept, len(columns))
    check_axis(path, axis, holds="energy")
    told = facts_from_header([line for line in lines[: len(lines) - len(kept)] if line.lstrip().startswith("#")])
    scan = scan_of_table(
        path,
        columns,
        rows,
        replace(
            told,
            d_spacing=_spacing(fields) or (told.d_spacing if told.crystal else None),
            element=_symbol(fields.get("element.symbol", "")) or told.element,
            edge=_edge(fields.get("element.edge", "")) or told.edge,
        ),
        request=request,
        metadata=_metadata(fields),
        lines=np.array([number for number, _ in kept]),
    )
    return [replace(scan, reference=_reference(scan.reference, fields))]


def _spacing(fields: dict[str, str]) -> float | None:
    names = (f"{mono}.{spacing}" for mono in ("mono", "monochromator") for spacing in ("d_spacing", "dspacing"))
    return next((value for name in names if (value := _positive(fields.get(name, "")))), None)


def _fields(path: Path, lines: list[str]) -> dict[str, str]:
    """Return the header: "family.key" in small letters to value."""
    if not _VERSION.match(lines[0].encode("utf-8", "replace")):
        raise FormatError(f"{path}: does not begin with '# XDI/1.0'; rename it to .dat if it is plain columns")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        bare = line.strip()
        if not bare.startswith("#") or (set(bare[1:].strip()) <= set("-/") and len(bare) > 4):
            break
        found = _FIELD.match(bare)
        if found:
            fields.setdefault(f"{found[1]}.{found[2]}".lower(), found[3].strip()[:500])
    return fields


def _columns(path: Path, fields: dict[str, str]) -> list[Column]:
    """Return the names of the columns in order, with their units."""
    told = {int(key[7:]): value for key, value in fields.items() if re.fullmatch(r"column\.\d{1,3}", key)}
    if not told or set(told) != set(range(1, len(told) + 1)):
        raise FormatError(
            f"{path}: its header names columns {', '.join(map(str, sorted(told)[:9])) or 'none'}; expected Column.1,"
            " Column.2 ... without gaps"
        )
    words = [(told[number].split() or [f"column {number}"]) for number in sorted(told)]
    names = [word[0].lower() for word in words]
    if len(set(names)) < len(names):
        raise FormatError(f"{path}: its header names a column twice: {', '.join(names[:12])}")
    return [Column(word[0], word[1].lower().strip("()[],#|") if len(word) > 1 else "") for word in words]


def _reference(values: NDArray[np.float64] | None, fields: dict[str, str]) -> NDArray[np.float64] | None:
    """Return the reference, None where the header says that nothing stood before its counter."""
    nothing = fields.get("sample.reference", "").lower() in ("none", "no", "n/a", "nothing")
    return None if nothing or values is None or not np.isfinite(values).all() else values


def _metadata(fields: dict[str, str]) -> dict[str, float | str | None]:
    formula = fields.get("sample.formula", fields.get("sample.stoichiometry", ""))
    return {
        "temperature": kelvin_from_text(fields.get("sample.temperature", "")),
        "compound": formula or fields.get("sample.name", ""),
        "formula": formula,
        "beamline": " ".join(part for key in ("facility.name", "beamline.name") if (part := fields.get(key, ""))),
        "date": fields.get("scan.start_time", ""),
    }


def _positive(text: str) -> float | None:
    found = NUMBER.match(text.strip())
    value = float(found[0]) if found else np.nan
    return value if 0 < value < 1e6 else None


def _symbol(text: str) -> str | None:
    word = text.strip().capitalize()
    return word if re.fullmatch(r"[A-Z][a-z]?", word, re.ASCII) else None


def _edge(text: str) -> str | None:
    word = text.strip().upper()
    return word if re.fullmatch(r"K|L[123]?|M[1-5]?|N[1-7]?", word) else None
