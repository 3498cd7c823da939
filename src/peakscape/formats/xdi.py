"""XDI, the interchange format of absorption spectra: text with a header of ``# Family.key: value`` lines.

XAS Data Interchange, specification 1.0 (https://github.com/XraySpectroscopy/XAS-Data-Interchange,
doi:10.1088/1742-6596/712/1/012007).
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.detectors import absorption_from_columns, check_energies, energy_from_angle
from peakscape.formats.limits import check_n_points, read_bytes
from peakscape.formats.scan import Scan, check_curve, clean

SUFFIXES = (".xdi",)
_VERSION = re.compile(rb"\s*#\s*XDI/\d", re.IGNORECASE)
_FIELD = re.compile(r"#\s*([A-Za-z][\w-]*)\.([\w-]+)\s*:\s*(.*)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
ROOM_TEMPERATURE = 295.0
"""What "room temperature" is taken for, K; laboratories lie within 5 K of it."""
_ROOM = re.compile(r"(room|ambient)\s*(temp(erature)?)?|rt", re.IGNORECASE)
_UNITS = {"": 1.0, "ev": 1.0, "kev": 1000.0}
_ANGLES = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "rad": float(np.degrees(1.0)), "radian": float(np.degrees(1.0))}


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is XDI: by its first line, else by its suffix.

    Examples
    --------
    >>> sniff(Path("a.dat"), b"# XDI/1.0 GSE/1.0"), sniff(Path("a.xdi"), b"1 2"), sniff(Path("a.dat"), b"1 2")
    (True, True, False)
    """
    return _VERSION.match(head) is not None or path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read one XDI file.

    The absorption is a column that holds it (mutrans, mufluor, norm ...), else ln(i0/itrans), else ifluor/i0; a
    reference behind the sample (irefer, murefer) comes beside it. Without an energy column, energies come from
    ``angle`` and ``Mono.d_spacing``.

    Parameters
    ----------
    path
        The file.
    axis
        "energy" or None; nothing else suits.
    wavelength
        Not used.

    Returns
    -------
    list of Scan
        One scan.

    Raises
    ------
    FormatError
        A file without version or columns, rows that are not whole, energies in another unit than the header says,
        intensities that are not positive.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "foil.xdi"
    >>> _ = path.write_text("# XDI/1.0\\n# Column.1: energy eV\\n# Column.2: i0\\n# Column.3: itrans\\n"
    ...                     "# Element.symbol: Cu\\n# Element.edge: K\\n# ---\\n8970 2 2\\n8990 2 1\\n")
    >>> scan = read(path)[0]
    >>> scan.element, scan.points, scan.intensity.round(3)
    ('Cu', array([8970., 8990.]), array([0.   , 0.693]))
    """
    path = Path(path)
    text = read_bytes(path).decode("utf-8", "replace").lstrip("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)
    fields = _fields(path, lines)
    names, units = _columns(path, fields)
    rows = _rows(path, lines, len(names))
    if axis not in (None, "energy"):
        raise FormatError(f"{path}: is a scan over energy, not over {axis}")
    columns = dict(zip(names, rows.T, strict=True))
    d_spacing = _number(fields.get("mono.d_spacing", fields.get("monochromator.d_spacing", "")))
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


def _rows(path: Path, lines: list[str], n_columns: int) -> NDArray[np.float64]:
    kept = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and line.lstrip()[0] != "#"]
    if len(kept) < 2:
        raise FormatError(f"{path}: holds {len(kept)} rows of numbers; a scan needs at least 2")
    check_n_points(path, len(kept))
    rows = np.empty((len(kept), n_columns))
    for row, (number, line) in zip(rows, kept, strict=True):
        parts = line.split()
        if len(parts) < n_columns or not all(_NUMBER.fullmatch(part) for part in parts[:n_columns]):
            shown = line.strip()[:40]
            raise FormatError(f"{path}, line {number}: {shown!r} is not a row of {n_columns} numbers")
        row[:] = [float(part) for part in parts[:n_columns]]
    return rows


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
        raise FormatError(f"{path}: is over an angle and tells no Mono.d_spacing; without it there are no energies")
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
        "temperature": temperature_from_text(fields.get("sample.temperature", "")),
        "compound": formula or fields.get("sample.name", ""),
        "formula": formula,
        "signal": signal,
        "beamline": " ".join(part for key in ("facility.name", "beamline.name") if (part := fields.get(key, ""))),
        "monochromator_d_spacing": d_spacing,
        "date": fields.get("scan.start_time", ""),
    }


def temperature_from_text(text: str) -> float | None:
    """Return a temperature in K from words such as "100K", "25 C" or "room temperature" (295 K), None where unclear.

    Examples
    --------
    >>> temperature_from_text("100K"), temperature_from_text("25 C"), temperature_from_text("room temp")
    (100.0, 298.15, 295.0)
    >>> temperature_from_text("cold")
    """
    if _ROOM.fullmatch(text.strip()):
        return ROOM_TEMPERATURE
    found = re.fullmatch(r"([-+]?[\d.]+)\s*(k|kelvin|c|degc|°c|celsius)", text.strip(), re.IGNORECASE | re.ASCII)
    value = _number(found[1], positive=False) if found else None
    if found is None or value is None:
        return None
    return value if found[2].lower().startswith("k") else value + 273.15


def _number(text: str, *, positive: bool = True) -> float | None:
    found = _NUMBER.match(text.strip())
    value = float(found[0]) if found else np.nan
    return value if np.isfinite(value) and abs(value) < 1e6 and (value > 0 or not positive) else None


def _symbol(text: str) -> str | None:
    word = text.strip().capitalize()
    return word if re.fullmatch(r"[A-Z][a-z]?", word, re.ASCII) else None


def _edge(text: str) -> str | None:
    word = text.strip().upper()
    return word if re.fullmatch(r"K|L[123]?|M[1-5]?|N[1-7]?", word) else None
