"""What a reader hands back for one measured curve, and the checks that every reader shares."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.spectra.container import AXES, kind_of_axis

# What is kept of a measurement beside the curve, and its unit ("" for text).
METADATA: dict[str, str] = {
    "temperature": "K",
    "counting_time": "s",
    "sample_wavelength": "angstrom",
    "kalpha2_wavelength": "angstrom",
    "kalpha2_ratio": "1",
    "attenuation": "1",
    "radiation": "",
    "intensity_unit": "",
    "scan_axis": "",
    "date": "",
    "compound": "",
    "formula": "",
    "edge_energy": "eV",
    "edge_step": "1",
    "energy_shift": "eV",
    "signal": "",
    "reading": "",
    "expected_edge": "eV",
    "beamline": "",
    "monochromator_d_spacing": "angstrom",
}
# What of it is a property of the sample, and not of how it was measured.
PROPERTIES = ("temperature", "compound", "formula", "edge_energy")
CELSIUS = 273.15
ROOM_TEMPERATURE = 295.0
"""What "room temperature" is taken for, K; laboratories lie within 5 K of it."""
_ROOM = re.compile(r"(room|ambient)\s*(temp(erature)?)?|rt", re.IGNORECASE)
_TEMPERATURE = re.compile(r"([-+]?[\d.]+)\s*(k|kelvin|c|degc|°c|celsius)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


@dataclass(frozen=True)
class Scan:
    """Hold one curve as read from a file, in the units of the container.

    Parameters
    ----------
    axis
        What `points` are: "two_theta" (degrees), "q" (1/angstrom) or "energy" (eV).
    points
        Positions on the axis, rising, shape (n_points,).
    intensity
        Counts or any other measure of intensity, shape (n_points,).
    name
        Name of the sample.
    source
        The file that it came from.
    wavelength
        In angstrom; None where the file does not tell.
    metadata
        What else the file tells, by the names of `METADATA`: `temperature` (K), `counting_time` (seconds a point),
        `radiation` (what the wavelength is: one line, K-alpha1 of a doublet, a mean), `kalpha2_wavelength` (angstrom),
        `kalpha2_ratio`, `intensity_unit`, `attenuation` (largest factor that was applied), `scan_axis`, `date` (text
        as in the file); of absorption: `compound`, `formula`, `signal` ("transmission", "fluorescence", "normalized"
        ...), `reading` (how columns became absorption, where that was chosen), `expected_edge` (eV), `beamline`,
        `monochromator_d_spacing` (angstrom).
    element, edge
        Absorber and its edge, "Cr" and "K"; None where the file does not tell.
    reference
        Absorption of a reference measured behind the sample in the same scan, shape (n_points,); None without one.

    Examples
    --------
    >>> scan = Scan("two_theta", np.array([5.0, 5.1]), np.array([10.0, 12.0]), name="a", source="a.xy")
    >>> scan.kind
    'diffraction'
    """

    axis: str
    points: NDArray[np.float64]
    intensity: NDArray[np.float64]
    name: str
    source: str
    wavelength: float | None = None
    metadata: Mapping[str, float | str] = field(default_factory=dict)
    element: str | None = None
    edge: str | None = None
    reference: NDArray[np.float64] | None = None

    @property
    def kind(self) -> str:
        """Kind of spectrum that lies on such an axis: "absorption" for energy, else "diffraction"."""
        return kind_of_axis(self.axis)


def check_curve(
    path: Path,
    axis: str,
    points: NDArray[np.float64],
    intensity: NDArray[np.float64],
    lines: NDArray[np.int_] | None = None,
    *,
    place: str = "line",
) -> None:
    """Raise FormatError, with the line, where a curve breaks the rules of its axis."""
    if len(points) != len(intensity):
        raise FormatError(f"{path}: holds {len(points)} values of {axis} and {len(intensity)} intensities")
    if lines is None:
        lines, place = np.arange(1, len(points) + 1), "point"
    for what, values in ((axis, points), ("intensity", intensity)):
        if not np.all(np.isfinite(values)):
            i = int(np.flatnonzero(~np.isfinite(values))[0])
            raise FormatError(f"{path}, {place} {lines[i]}: {what} is {values[i]}; expected a finite number")
    if np.any(points < 0):
        i = int(np.flatnonzero(points < 0)[0])
        raise FormatError(
            f"{path}, {place} {lines[i]}: {axis} is negative ({points[i]:g} {AXES[axis][0]}); cut the file there"
            " or name the right axis (two_theta, q or energy)"
        )
    if axis == "two_theta" and np.any(points > 180.0):
        i = int(np.flatnonzero(points > 180.0)[0])
        raise FormatError(
            f"{path}, {place} {lines[i]}: two_theta is {points[i]:g} degrees, above 180;"
            " if the first column is energy or q, say so (--axis energy on the command line)"
        )
    if len(points) < 2:
        raise FormatError(f"{path}: holds {len(points)} point; a pattern needs at least 2")
    _check_rising(path, axis, points, lines, place)


def _check_rising(path: Path, axis: str, points: NDArray[np.float64], lines: NDArray[np.int_], place: str) -> None:
    steps = np.diff(points)
    if np.all(steps > 0):
        return
    i = int(np.flatnonzero(steps <= 0)[0])
    if steps[i] == 0:
        raise FormatError(
            f"{path}, {place} {lines[i + 1]}: {axis} {points[i]:g} occurs twice (also on {place} {lines[i]});"
            " keep each point once"
        )
    raise FormatError(
        f"{path}, {place} {lines[i + 1]}: {axis} falls from {points[i]:g} to {points[i + 1]:g};"
        " sort the file by its first column"
    )


def name_of(path: Path, number: int, n_scans: int) -> str:
    """Name a sample after its file, with #1, #2 ... where the file holds several."""
    return path.stem if n_scans == 1 else f"{path.stem}#{number + 1}"


def clean(metadata: Mapping[str, float | str | None]) -> dict[str, float | str]:
    """Leave out what is not known, not finite or empty; texts become one line of at most 200 characters."""
    kept: dict[str, float | str] = {}
    for key, value in metadata.items():
        if isinstance(value, str):
            line = " ".join("".join(c if c.isprintable() else " " for c in value).split())[:200]
            if line:
                kept[key] = line
        elif value is not None and np.isfinite(value) and value > 0:
            kept[key] = float(value)
    return kept


def attenuated(
    path: Path, intensity: NDArray[np.float64], factors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], dict[str, float | str]]:
    """Multiply intensities by the factors of the attenuator that stood in the beam."""
    wrong = ~(np.isfinite(factors) & (factors > 0))
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise FormatError(f"{path}, point {i + 1}: the attenuation factor is {factors[i]}; expected a positive number")
    if np.all(factors == 1):
        return intensity, {}
    with np.errstate(over="ignore", invalid="ignore"):
        return intensity * factors, {"attenuation": float(factors.max())}


def as_number(value: object) -> float | None:
    """Return a finite number, or None where the value is none."""
    try:
        result = float(str(value))
    except ValueError:
        return None
    return result if np.isfinite(result) else None


def check_axis(path: Path, axis: str | None, *, holds: str = "two_theta") -> None:
    """Raise FormatError where another axis is asked for than the format holds."""
    if axis is not None and axis != holds:
        raise FormatError(
            f"{path}: such files are on {holds}, not {axis}; leave the axis out (on the command line --axis)"
        )


def kelvin(value: float, unit: str) -> float | None:
    """Convert a temperature to kelvin; None for a unit that is not known."""
    unit = unit.strip("° ").lower()
    if unit in ("c", "degc", "deg c", "celsius", "degree celsius"):
        return value + CELSIUS
    return value if unit in ("k", "kelvin") else None


def kelvin_from_text(text: str) -> float | None:
    """Return a temperature in K from words such as "100K", "25 C" or "room temperature" (295 K), None where unclear."""
    if _ROOM.fullmatch(text.strip()):
        return ROOM_TEMPERATURE
    found = _TEMPERATURE.fullmatch(text.strip())
    number = _NUMBER.match(found[1]) if found else None
    if found is None or number is None or not abs(value := float(number[0])) < 1e6:
        return None
    return kelvin(value, found[2])
