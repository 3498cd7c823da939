"""Bruker .brml: zipped scans as XML; the curves by the extra `vendor`, the rest from the XML itself."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.diffraction import vendor
from peakscape.formats.diffraction.unpacking import Archive, number, open_archive, packed, parse_xml, text
from peakscape.formats.limits import check_n_points
from peakscape.formats.scan import Scan, as_number, check_axis, check_curve, clean, kelvin, name_of

SUFFIXES = (".brml",)
_RAW = re.compile(r"Experiment(\d+)/RawData(\d+)\.xml")
_PART = "Experiment0/RawData0.xml"


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like .brml."""
    return path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all scans of a .brml file; its counts have the absorber's factor applied already."""
    path = Path(path)
    vendor.demand()
    check_axis(path, axis)
    with open_archive(path) as archive:
        names = sorted((found for name in archive.names if (found := _RAW.fullmatch(name))), key=_order)
        if not names:
            raise FormatError(f"{path}: holds no scan (Experiment0/RawData0.xml); is it a .brml file?")
        return [_scan(path, i, len(names), archive, found[0], wavelength) for i, found in enumerate(names)]


def _order(found: re.Match[str]) -> tuple[int, int]:
    return int(found[1][:9]), int(found[2][:9])


def _scan(path: Path, i: int, n_scans: int, archive: Archive, name: str, wavelength: float | None) -> Scan:
    raw = archive.read(name)
    root = parse_xml(path, raw, part=name)
    routes = root.findall("DataRoutes/DataRoute")
    if len(routes) != 1:
        raise FormatError(f"{path}: {name} holds {len(routes)} data routes; one is read; export the wanted one as .xy")
    _check_scan(path, i, n_scans, routes[0])
    container = (
        f"<DataContainer><RawDataReferenceList><string>{escape(_PART)}</string></RawDataReferenceList></DataContainer>"
    )
    parts = {"Experiment0/DataContainer.xml": container.encode(), _PART: raw}
    points, intensity = vendor.brml_scan(path, packed(parts))
    if len(points) == len(intensity) + 1:  # the edges of a line detector's channels
        points = (points[:-1] + points[1:]) / 2
    check_curve(path, "two_theta", points, intensity)
    told, notes = _radiation(root)
    metadata = clean({**notes, **_metadata(root, routes[0])})
    settled = radiation.settle(path, told, wavelength)
    return Scan("two_theta", points, intensity, name_of(path, i, n_scans), str(path), settled, metadata)


def _check_scan(path: Path, i: int, n_scans: int, route: ET.Element) -> None:
    """Raise where the declared axis cannot be meant: the library would take memory for it unasked."""
    info = route.find("ScanInformation")
    axes = {} if info is None else {each.get("AxisName"): each for each in info.findall("ScanAxes/ScanAxisInfo")}
    declared = number(info, "MeasurementPoints")
    if declared is None or declared < 1:
        raise FormatError(f"{path}: scan {i + 1} declares no number of points")
    check_n_points(path, int(declared), n_scans=n_scans)
    if "TwoTheta" not in axes:
        over = ", ".join(str(axis)[:20] for axis in axes) or "no axis"
        raise FormatError(f"{path}: scan {i + 1} is over {over}, not over two_theta; that is not a powder pattern")
    for each in axes.values():
        start, stop, step = (number(each, tag) for tag in ("Start", "Stop", "Increment"))
        if start is None or stop is None or step is None or step <= 0:
            raise FormatError(f"{path}: the axis of scan {i + 1} has no start, stop and increment")
        check_n_points(path, int(min(abs(stop - start) / step, 1e12)), n_scans=n_scans)
    n_rows = len(route.findall("Datum"))
    if n_rows != declared:
        raise FormatError(f"{path}: scan {i + 1} declares {declared:.0f} points and holds {n_rows}; was it broken off?")


def _radiation(root: ET.Element) -> tuple[float | None, dict[str, float | str]]:
    values = {}
    for tag in ("WaveLengthAlpha1", "WaveLengthAlpha2", "WaveLengthRatio"):
        found = next(root.iter(tag), None)
        unit = "" if found is None else found.get("Unit", "")
        values[tag] = None if found is None or unit in ("nm",) else as_number(found.get("Value"))
    return radiation.of_lines(*values.values())


def _metadata(root: ET.Element, route: ET.Element) -> dict[str, float | str | None]:
    info = route.find("ScanInformation")
    recording = route.find(".//RawDataView/Recording/Unit")
    unit = "" if recording is None else recording.get("Base", "")
    return {
        "temperature": _temperature(root),
        "counting_time": number(info, "TimePerStepEffective") or number(info, "TimePerStep"),
        "intensity_unit": {"Counts": "counts", "CountsPerSecond": "counts per second"}.get(unit, unit),
        "scan_axis": info.get("ScanName", "") if info is not None else "",
        "date": text(root, "TimeStampStarted"),
    }


def _temperature(root: ET.Element) -> float | None:
    """Kelvin, of a drive called temperature, where the instrument has a stage."""
    for drive in root.findall("FixedInformation/Drives/InfoData"):
        if "temperature" in drive.get("LogicName", "").lower():
            position = drive.find("Position")
            value = None if position is None else as_number(position.get("Value"))
            if position is not None and value is not None and np.isfinite(value):
                return kelvin(value, position.get("Unit", ""))
    return None
