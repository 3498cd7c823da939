"""Rigaku .rasx: zipped scans with their conditions as XML; by the extra `vendor`, the attenuation factors by us."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.diffraction import vendor
from peakscape.formats.diffraction.ras import check_scan_axis, metadata_of
from peakscape.formats.diffraction.unpacking import Archive, open_archive, packed, parse_xml
from peakscape.formats.limits import check_n_points
from peakscape.formats.scan import Scan, as_number, attenuated, check_axis, check_curve, clean, kelvin, name_of

SUFFIXES = (".rasx",)
_PROFILE = re.compile(r"(.*/)?Profile(\d+)\.txt")
_MARK = b"\xef\xbb\xbf"  # the library drops the first three bytes of a profile unread


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like .rasx."""
    return path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all scans of a .rasx file; the third column, the attenuator's factor, is applied."""
    path = Path(path)
    vendor.demand()
    check_axis(path, axis)
    with open_archive(path) as archive:
        profiles = sorted((found for name in archive.names if (found := _PROFILE.fullmatch(name))), key=_order)
        if not profiles:
            images = any("Image" in name for name in archive.names)
            raise FormatError(
                f"{path}: holds detector images and no scan; integrate them and export the pattern"
                if images
                else f"{path}: holds no scan (Profile0.txt); is it a .rasx file?"
            )
        return [_scan(path, i, len(profiles), archive, found, wavelength) for i, found in enumerate(profiles)]


def _order(found: re.Match[str]) -> tuple[int, str]:
    return int(found[2][:9]), found[0]


def _scan(path: Path, i: int, n_scans: int, archive: Archive, found: re.Match[str], wavelength: float | None) -> Scan:
    profile, conditions = found[0], f"{found[1] or ''}MesurementConditions{found[2]}.xml"
    raw = archive.read(profile).removeprefix(_MARK)
    check_n_points(path, raw.count(b"\n") + 1, n_scans=n_scans)
    told_raw = archive.read(conditions)
    parse_xml(path, told_raw, part=conditions)  # refuses what no parser should be given
    parts = {"Data0/Profile0.txt": _MARK + raw, "Data0/MesurementConditions0.xml": told_raw}
    table, told = vendor.rasx_scan(path, packed(parts))
    if table.ndim != 2 or table.shape[1] not in (2, 3):
        raise FormatError(f"{path}: {profile} has {table.shape[-1]} columns; expected position, intensity, attenuation")
    factors = table[:, 2] if table.shape[1] == 3 else np.ones(len(table))
    intensity, attenuation = attenuated(path, table[:, 1].copy(), factors)
    scanned = _texts(told.get("ScanInformation"))
    check_scan_axis(path, scanned.get("AxisName", ""), i)
    _check_count(path, i, scanned, len(table))
    points = table[:, 0].copy()
    check_curve(path, "two_theta", points, intensity)
    own, notes = _radiation(told)
    metadata = clean({**notes, **attenuation, **_metadata(told, scanned)})
    settled = radiation.settle(path, own, wavelength)
    return Scan("two_theta", points, intensity, name_of(path, i, n_scans), str(path), settled, metadata)


def _texts(group: Any) -> dict[str, str]:
    return {str(key): "" if value is None else str(value) for key, value in dict(group or {}).items()}


def _check_count(path: Path, i: int, scanned: dict[str, str], n_points: int) -> None:
    declared = as_number(scanned.get("DataCount"))
    if declared is not None and declared > n_points:
        raise FormatError(f"{path}: scan {i + 1} declares {declared:.0f} points and holds {n_points}; is it cut off?")


def _radiation(told: dict[str, Any]) -> tuple[float | None, dict[str, float | str]]:
    tube = _texts(told.get("HardwareConfig", {}).get("xraygenerator"))
    lines = [as_number(tube.get(f"WavelengthKalpha{line}")) for line in (1, 2)]
    if tube.get("WaveType", "").lower() in ("kb", "kbeta"):
        beta = radiation.possible(as_number(tube.get("WavelengthKbeta")))
        return beta, {"radiation": "K-beta"} if beta else {}
    if tube.get("WaveType", "").lower() in ("ka1", "kalpha1"):
        lines[1] = None
    return radiation.of_lines(*lines)


def _metadata(told: dict[str, Any], scanned: dict[str, str]) -> dict[str, float | str | None]:
    """Translate the names of the XML into those of a .ras header, which say the same."""
    header = {
        "MEAS_SCAN_MODE": scanned.get("Mode", ""),
        "MEAS_SCAN_STEP": scanned.get("Step", ""),
        "MEAS_SCAN_SPEED": scanned.get("Speed", ""),
        "MEAS_SCAN_SPEED_UNIT": scanned.get("SpeedUnit", ""),
        "MEAS_SCAN_UNIT_Y": scanned.get("IntensityUnit", ""),
        "MEAS_SCAN_AXIS_X_INTERNAL": scanned.get("AxisName", ""),
        "MEAS_SCAN_START_TIME": scanned.get("StartTime", ""),
    }
    return metadata_of(header) | {"temperature": _temperature(told)}


def _temperature(told: dict[str, Any]) -> float | None:
    stage = dict(told.get("Axes") or {}).get("Temp")
    position = as_number(getattr(stage, "Position", None))
    return None if position is None else kelvin(position, str(getattr(stage, "Unit", "")))
