"""PANalytical .xrdml: scans as XML; the curves by the extra `vendor`, the rest from the XML itself.

Elements as in the schema XRDMeasurement.xsd, versions 1.0 to 2.3 (http://www.xrdml.com/XRDMeasurement/2.3).
"""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.diffraction import vendor
from peakscape.formats.diffraction.unpacking import number, numbers, parse_xml, text
from peakscape.formats.limits import check_n_points, read_bytes
from peakscape.formats.scan import Scan, as_number, check_axis, check_curve, clean, kelvin, name_of

SUFFIXES = (".xrdml",)
MAX_BYTES = 64 * 2**20  # a map of a thousand scans of a thousand points has some 5 MB


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like .xrdml."""
    return path.suffix.lower() in SUFFIXES or b"<xrdMeasurements" in head


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read all scans of an .xrdml file; counts are multiplied by the attenuator's factors, `intensities` have them."""
    path = Path(path)
    vendor.demand()
    check_axis(path, axis)
    root = parse_xml(path, read_bytes(path, limit=MAX_BYTES))
    found = [(measurement, scan) for measurement in root.iter("xrdMeasurement") for scan in measurement.iter("scan")]
    if not found:
        raise FormatError(f"{path}: holds no scan (<xrdMeasurement><scan>); is it an .xrdml file?")
    return [_scan(path, i, len(found), measurement, scan, wavelength) for i, (measurement, scan) in enumerate(found)]


def _scan(
    path: Path, i: int, n_scans: int, measurement: ET.Element, scan: ET.Element, wavelength: float | None
) -> Scan:
    data = scan.find("dataPoints")
    counts = data.find("counts") if data is not None else None
    intensities = data.find("intensities") if data is not None else None
    values = intensities if intensities is not None else counts
    if data is None or values is None:
        raise FormatError(f"{path}: scan {i + 1} holds no counts or intensities")
    n_points = len(text(values).split())
    check_n_points(path, n_points, n_scans=n_scans)
    positions = _positions(path, i, data, scan)
    document, attenuation = _document(path, positions, values, data if intensities is None else None)
    points, intensity = vendor.xrdml_curve(path, document)
    if len(intensity) == 1 and n_points > 1:  # the library shortens a constant curve to one point
        intensity = np.full(n_points, intensity[0])
    _check_count(path, i, points, n_points)
    check_curve(path, "two_theta", points, intensity)
    told, notes = _radiation(measurement)
    metadata = clean({**notes, **attenuation, **_metadata(measurement, scan, values, data)})
    settled = radiation.settle(path, told, wavelength)
    return Scan("two_theta", points, intensity, name_of(path, i, n_scans), str(path), settled, metadata)


def _check_count(path: Path, i: int, points: NDArray[np.float64], n_points: int) -> None:
    if len(points) != n_points:
        raise FormatError(f"{path}: scan {i + 1} has {len(points)} positions and {n_points} intensities")


def _positions(path: Path, i: int, data: ET.Element, scan: ET.Element) -> ET.Element:
    """Return the positions in two_theta, which must vary."""
    for positions in data.iter("positions"):
        if positions.get("axis") == "2Theta":
            if positions.get("unit", "deg") != "deg":
                raise FormatError(f"{path}: two_theta is in {positions.get('unit', '')[:20]!r}; expected 'deg'")
            if positions.find("listPositions") is not None or positions.find("startPosition") is not None:
                return positions
    over = scan.get("scanAxis", "another axis")[:40]
    raise FormatError(f"{path}: scan {i + 1} is over {over} with two_theta fixed; that is not a powder pattern")


def _document(
    path: Path, positions: ET.Element, values: ET.Element, data: ET.Element | None
) -> tuple[bytes, dict[str, float | str]]:
    """Write a document of this scan alone, of numbers that were checked and units that are known."""
    root = ET.Element("xrdMeasurements", xmlns="http://www.xrdml.com/XRDMeasurement/2.3")
    points = ET.SubElement(ET.SubElement(ET.SubElement(root, "xrdMeasurement"), "scan"), "dataPoints")
    place = ET.SubElement(points, "positions", axis="2Theta", unit="deg")
    for tag in ("listPositions", "startPosition", "endPosition"):
        if (found := positions.find(tag)) is not None:
            ET.SubElement(place, tag).text = " ".join(map(repr, map(float, numbers(path, found))))
    ET.SubElement(points, "commonCountingTime", unit="seconds").text = "1"
    attenuation: dict[str, float | str] = {}
    factors = data.find("beamAttenuationFactors") if data is not None else None
    if factors is not None:
        listed = numbers(path, factors)
        if not (np.isfinite(listed) & (listed > 0)).all():
            raise FormatError(f"{path}: the attenuation factors are not all positive numbers")
        ET.SubElement(points, "beamAttenuationFactors").text = " ".join(map(repr, map(float, listed)))
        attenuation = {"attenuation": float(listed.max())} if np.any(listed != 1) else {}
    ET.SubElement(points, values.tag).text = " ".join(map(repr, map(float, numbers(path, values))))
    return ET.tostring(root, encoding="utf-8"), attenuation


def _radiation(measurement: ET.Element) -> tuple[float | None, dict[str, float | str]]:
    used = measurement.find("usedWavelength")
    first = used.find("kAlpha1") if used is not None else None
    if used is None or first is None or first.get("unit", "Angstrom") != "Angstrom":
        return None, {}
    lines = [number(used, tag) for tag in ("kAlpha1", "kAlpha2", "ratioKAlpha2KAlpha1")]
    intended = used.get("intended", "").strip().lower().replace("-", "").replace(" ", "")
    if intended == "kbeta":
        beta = radiation.possible(number(used, "kBeta"))
        return beta, {"radiation": "K-beta"} if beta else {}
    told, notes = radiation.of_lines(*lines, mean=intended == "kalpha")
    if "kalpha2_wavelength" in notes and measurement.find(".//incidentBeamPath/monochromator") is not None:
        notes["radiation"] = f"{notes['radiation']}; a monochromator is in the incident beam"
    return told, notes


def _metadata(
    measurement: ET.Element, scan: ET.Element, values: ET.Element, data: ET.Element
) -> dict[str, float | str | None]:
    listed = text(data.find("countingTimes")).split()
    common = number(data, "commonCountingTime")
    unit = values.get("unit", "counts")
    return {
        "temperature": _temperature(scan) or _temperature(measurement),
        "counting_time": common if common is not None or not listed else number(data.find("countingTimes")),
        "intensity_unit": "counts per second" if unit.lower() in ("cps", "counts per second") else unit,
        "scan_axis": scan.get("scanAxis"),
        "date": text(scan, "header/startTimeStamp"),
    }


def _temperature(element: ET.Element) -> float | None:
    """Kelvin, the mean of what a non-ambient stage noted during the scan."""
    for points in element.iter("nonAmbientPoints"):
        if points.get("type", "").lower() != "temperature":
            continue
        listed = points.find("nonAmbientValues")
        found = [as_number(word) for word in text(listed).split()]
        values = [value for value in found if value is not None]
        if values and listed is not None:
            unit = listed.get("unit") or points.get("unit") or "K"
            return kelvin(float(np.mean(values)), unit)
    return None
