"""pdCIF: powder patterns in CIF blocks, by gemmi.

IUCr powder dictionary cif_pow.dic 1.0.1 and 2.5 (International Tables for Crystallography G, chapters 3.3 and 4.2).
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import radiation
from peakscape.formats.limits import check_n_points, read_bytes
from peakscape.formats.scan import Scan, check_curve, clean, name_of
from peakscape.signal.radiation import same_wavelength

SUFFIXES = (".cif", ".pdcif", ".pcif", ".rtv")
# In this order: what was measured before what was processed; the second says what the numbers are.
INTENSITIES = (
    ("_pd_meas_counts_total", "counts"),
    ("_pd_meas_intensity_total", ""),
    ("_pd_meas_counts_net", "counts"),
    ("_pd_meas_intensity_net", ""),
    ("_pd_proc_intensity_total", ""),
    ("_pd_proc_intensity_net", ""),
)
POSITIONS = (
    ("_pd_meas_2theta_scan", "two_theta"),
    ("_pd_meas_2theta_corrected", "two_theta"),
    ("_pd_proc_2theta_corrected", "two_theta"),
    ("_pd_proc_recip_len_q", "q"),
    ("_pd_proc_recip_len_Q", "q"),
)
RANGES = ("_pd_meas_2theta_range", "_pd_proc_2theta_range")


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file looks like a pdCIF."""
    return path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read the powder patterns of all blocks of a CIF; two_theta before q unless an axis is asked for."""
    path = Path(path)
    document = _document(path)
    of_file = _only_wavelength(document)
    found = [(block, curve) for block in document if (curve := _curve(path, block, axis)) is not None]
    if not found:
        raise FormatError(_why_none(path, document))
    scans = []
    for number, (block, (kind, points, intensity, unit)) in enumerate(found):
        check_n_points(path, len(points), n_scans=len(found))
        check_curve(path, kind, points, intensity)
        told, notes = _radiation(block)
        if told is None:
            told, notes = of_file
        settled = radiation.settle(path, told, wavelength)
        metadata = clean({**notes, **_metadata(block), "intensity_unit": unit})
        scans.append(Scan(kind, points, intensity, name_of(path, number, len(found)), str(path), settled, metadata))
    return scans


def _document(path: Path) -> Any:
    import gemmi

    raw = read_bytes(path)
    if b"\0" in raw:
        raise FormatError(f"{path}: is binary, not a CIF")
    try:
        return gemmi.cif.read_string(raw.decode("latin-1"))
    except (ValueError, RuntimeError, OSError, MemoryError) as error:
        reason = " ".join(str(error).split())[:150]
        raise FormatError(f"{path}: is not a whole CIF ({reason})") from None


def _curve(
    path: Path, block: Any, axis: str | None
) -> tuple[str, NDArray[np.float64], NDArray[np.float64], str] | None:
    """Find positions and intensities of one block that belong together: loops of the same length."""
    for tag, unit in INTENSITIES:
        intensity = _column(path, block, tag)
        if intensity is None:
            continue
        for place, kind in POSITIONS:
            points = _column(path, block, place) if axis in (None, kind) else None
            if points is not None and len(points) == len(intensity):
                return kind, points, intensity, unit
        points = _range(path, block, len(intensity)) if axis in (None, "two_theta") else None
        if points is not None:
            return "two_theta", points, intensity, unit
    return None


def _column(path: Path, block: Any, tag: str) -> NDArray[np.float64] | None:
    """Return the values of a loop as numbers without uncertainties; None where it has less than two."""
    import gemmi

    column = block.find_loop(tag)
    if len(column) < 2:  # the names of the dictionary since version 2.5: _pd_meas.2theta_scan
        column = block.find_loop(re.sub(r"^(_pd_[a-z]+)_", r"\1.", tag))
    if len(column) < 2:
        return None
    check_n_points(path, len(column))
    values = np.array([gemmi.cif.as_number(word) for word in column])
    if not np.isfinite(values).all():
        i = int(np.flatnonzero(~np.isfinite(values))[0])
        raise FormatError(f"{path}: value {i + 1} of {tag} is {str(column[i])[:30]!r}; expected a number")
    return values


def _range(path: Path, block: Any, n_points: int) -> NDArray[np.float64] | None:
    """Return positions from their declared range, which must fit the number of intensities."""
    for stem in RANGES:
        low, high, step = (_number(block, f"{stem}_{end}") for end in ("min", "max", "inc"))
        if low is None or high is None:
            continue
        points = np.linspace(low, high, n_points)
        if step is not None and abs((high - low) / (n_points - 1) - step) > 0.01 * abs(step):
            raise FormatError(
                f"{path}: {stem} says {low:g} to {high:g} by {step:g}, which does not fit {n_points} intensities"
            )
        return points
    return None


def _number(block: Any, tag: str) -> float | None:
    import gemmi

    word = block.find_value(tag)
    value = gemmi.cif.as_number(word) if word is not None else np.nan
    return float(value) if np.isfinite(value) else None


def _text(block: Any, tag: str) -> str:
    import gemmi

    word = block.find_value(tag)
    return gemmi.cif.as_string(word) if word is not None and word not in (".", "?") else ""


def _radiation(block: Any) -> tuple[float | None, dict[str, float | str]]:
    """Return the wavelength of a block: the only one, or of a loop the one with the largest weight."""
    import gemmi

    tags = ("_pd_proc_wavelength", "_diffrn_radiation_wavelength", "_diffrn_radiation_wavelength.value")
    single = next((value for tag in tags if (value := radiation.possible(_number(block, tag))) is not None), None)
    kind = _text(block, "_diffrn_radiation_type") or _text(block, "_diffrn_radiation_wavelength_id")
    if single is not None:
        return single, {"radiation": kind or radiation.SINGLE}
    table = block.find(["_diffrn_radiation_wavelength", "?_diffrn_radiation_wavelength_wt"])
    lines = []
    for row in table:
        value = radiation.possible(float(gemmi.cif.as_number(row[0])))
        weight = float(gemmi.cif.as_number(row[1])) if row.has(1) else np.nan
        if value is not None:
            lines.append((value, weight if np.isfinite(weight) else 0.0))
    if not lines:
        return None, {}
    lines.sort(key=lambda line: -line[1])
    if len(lines) == 1:
        return lines[0][0], {"radiation": kind or radiation.SINGLE}
    ratio = lines[1][1] / lines[0][1] if lines[0][1] > 0 and lines[1][1] > 0 else None
    return radiation.of_lines(lines[0][0], lines[1][0], ratio)


def _only_wavelength(document: Any) -> tuple[float | None, dict[str, float | str]]:
    """Return the wavelength of a file whose instrument stands in a block of its own, if there is only one."""
    found = [result for block in document if (result := _radiation(block))[0] is not None]
    if found and all(same_wavelength(each[0], found[0][0]) for each in found):
        return found[0]
    return None, {}


def _metadata(block: Any) -> dict[str, float | str | None]:
    return {
        "temperature": _number(block, "_diffrn_ambient_temperature") or _number(block, "_cell_measurement_temperature"),
        "counting_time": _number(block, "_pd_meas_step_count_time"),
        "scan_axis": _text(block, "_pd_meas_scan_method"),
        "date": _text(block, "_pd_meas_datetime_initiated"),
    }


def _why_none(path: Path, document: Any) -> str:
    flight = ("_pd_meas_time_of_flight", "_pd_proc_d_spacing")
    if any(len(block.find_loop(flight[0])) for block in document):
        return f"{path}: holds time-of-flight data, which is not read"
    if any(len(block.find_loop("_atom_site_fract_x")) for block in document):
        return f"{path}: holds a crystal structure and no powder pattern; compute one with `peakscape simulate`"
    return (
        f"{path}: holds no powder pattern (a loop of _pd_meas_2theta_scan, _pd_proc_2theta_corrected or a range, with"
        " _pd_meas_counts_total or another intensity of the same length)"
    )
