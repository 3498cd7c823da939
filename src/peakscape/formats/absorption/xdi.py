"""XDI, the interchange format of absorption spectra: text with a header of ``# Family.key: value`` lines.

XAS Data Interchange, specification 1.0 (https://github.com/XraySpectroscopy/XAS-Data-Interchange,
doi:10.1088/1742-6596/712/1/012007).
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.absorption.counters import (
    NUMBER,
    absorption_from_columns,
    check_energies,
    energy_from_angle,
    rows_of_numbers,
)
from peakscape.formats.limits import read_bytes, split_lines
from peakscape.formats.scan import Scan, check_axis, check_curve, clean, kelvin_from_text

SUFFIXES = (".xdi",)
_VERSION = re.compile(rb"\s*#\s*XDI/\d", re.IGNORECASE)
_FIELD = re.compile(r"#\s*([A-Za-z][\w-]*)\.([\w-]+)\s*:\s*(.*)")
_UNITS = {"": 1.0, "ev": 1.0, "kev": 1000.0}
_ANGLES = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "rad": float(np.degrees(1.0)), "radian": float(np.degrees(1.0))}


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is XDI: by its first line, else by its suffix."""
    return _VERSION.match(head) is not None or path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read one XDI file.

    The absorption is a column that holds it (mutrans, mufluor, norm ...), else ln(i0/itrans), else ifluor/i0; a
    reference behind the sample (irefer, murefer) comes beside it. Without an energy column, energies come from
    ``angle`` and ``Mono.d_spacing``.
    """
    path = Path(path)
    text = read_bytes(path).decode("utf-8", "replace").lstrip("\ufeff")
    lines = split_lines(text)
    fields = _fields(path, lines)
    names, units = _columns(path, fields)
    kept = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and line.lstrip()[0] != "#"]
    rows = rows_of_numbers(path, kept, len(names))
    check_axis(path, axis, holds="energy")
    columns = dict(zip(names, rows.T, strict=True))
    d_spacing = _positive(fields.get("mono.d_spacing", fields.get("monochromator.d_spacing", "")))
    energy = _energies(path, columns, units, d_spacing)
    if energy[0] > energy[-1]:
        energy, columns = energy[::-1].copy(), {name: values[::-1] for name, values in columns.items()}
    with np.errstate(all="ignore"):
        found = absorption_from_columns(path, columns)
    check_curve(path, "energy", energy, found.values)
    return [
        Scan(
            axis="energy",
            points=energy,
            intensity=np.ascontiguousarray(found.values),
            name=path.stem,
            source=str(path),
            metadata=clean(_metadata(fields, found.signal, d_spacing)),
            element=_symbol(fields.get("element.symbol", "")),
            edge=_edge(fields.get("element.edge", "")),
            reference=_reference(found.reference, fields),
        )
    ]


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


def _columns(path: Path, fields: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the names of the columns in order, and the units of those that tell one."""
    told = {int(key[7:]): value for key, value in fields.items() if re.fullmatch(r"column\.\d{1,3}", key)}
    if not told or set(told) != set(range(1, len(told) + 1)):
        raise FormatError(
            f"{path}: its header names columns {', '.join(map(str, sorted(told)[:9])) or 'none'}; expected Column.1,"
            " Column.2 ... without gaps"
        )
    words = [(told[number].lower().split() or [f"column {number}"]) for number in sorted(told)]
    names = [word[0] for word in words]
    if len(set(names)) < len(names):
        raise FormatError(f"{path}: its header names a column twice: {', '.join(names[:12])}")
    return names, {word[0]: word[1].strip("()[],") for word in words if len(word) > 1}


def _energies(
    path: Path, columns: dict[str, NDArray[np.float64]], units: dict[str, str], d_spacing: float | None
) -> NDArray[np.float64]:
    if "energy" in columns:
        unit = units.get("energy", "")
        if unit not in _UNITS:
            raise FormatError(f"{path}: its energies are in {unit!r}; expected eV or keV")
        energy = columns["energy"] * _UNITS[unit]
        check_energies(path, energy, d_spacing=d_spacing)
        return energy
    if "angle" not in columns:
        raise FormatError(f"{path}: has no column of energy or angle, but {', '.join(list(columns)[:8])}")
    if d_spacing is None:
        raise FormatError(f"{path}: is a scan over angle without Mono.d_spacing, so its energies are unknown")
    unit = units.get("angle", "degrees")
    if unit not in _ANGLES:
        raise FormatError(f"{path}: its angles are in {unit!r}; expected degrees or radians")
    angle = columns["angle"] * _ANGLES[unit]
    if not ((angle > 0) & (angle < 90)).all():
        raise FormatError(f"{path}: its angles run from {angle.min():g} to {angle.max():g} degree; expected 0 to 90")
    return energy_from_angle(angle, d_spacing)


def _reference(values: NDArray[np.float64] | None, fields: dict[str, str]) -> NDArray[np.float64] | None:
    """Return the reference, None where the header says that nothing stood before its counter."""
    nothing = fields.get("sample.reference", "").lower() in ("none", "no", "n/a", "nothing")
    return None if nothing or values is None or not np.isfinite(values).all() else values


def _metadata(fields: dict[str, str], signal: str, d_spacing: float | None) -> dict[str, float | str | None]:
    formula = fields.get("sample.formula", fields.get("sample.stoichiometry", ""))
    return {
        "temperature": kelvin_from_text(fields.get("sample.temperature", "")),
        "compound": formula or fields.get("sample.name", ""),
        "formula": formula,
        "signal": signal,
        "beamline": " ".join(part for key in ("facility.name", "beamline.name") if (part := fields.get(key, ""))),
        "monochromator_d_spacing": d_spacing,
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
