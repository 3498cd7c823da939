"""NeXus and other HDF5 files: curves found by ``@default``, ``@signal`` and ``@axes``, by h5py.

NXdata as in the NeXus manual (https://manual.nexusformat.org/classes/base_classes/NXdata.html), with the older ways of
marking a signal (attributes ``signal=1`` and ``axes`` on the data set).
"""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import nexus_tree as tree
from peakscape.formats import nexus_xas, radiation
from peakscape.formats.limits import MAX_SCANS, check_n_points
from peakscape.formats.ras import kelvin
from peakscape.formats.scan import Scan, check_curve, clean, name_of

SUFFIXES = (".nxs", ".nx", ".h5", ".hdf5", ".hdf")
MAGIC = b"\x89HDF\r\n\x1a\n"
HC = 12398.419843320026  # Planck's constant times the speed of light in eV angstrom (SI 2019, exact)
_TWO_THETA = re.compile(r"2_?th(eta)?|two_?theta|tth|ttheta|polar_angle|scattering_angle|2θ", re.IGNORECASE)
_Q = re.compile(r"q([_ ].*)?|momentum_transfer|scattering_vector", re.IGNORECASE)
_ENERGY = re.compile(r"(photon_?)?energy", re.IGNORECASE)
# Units to those of the container; "" where the file gives none.
_UNITS: dict[str, dict[str, float]] = {
    "two_theta": {"": 1.0, "deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "rad": np.degrees(1.0)}
    | {"radian": np.degrees(1.0), "radians": np.degrees(1.0), "mrad": np.degrees(1e-3)},
    "q": {"": 1.0, "1/angstrom": 1.0, "1/a": 1.0, "angstrom^-1": 1.0, "a^-1": 1.0, "1/nm": 0.1, "nm^-1": 0.1}
    | {"angstrom-1": 1.0, "nm-1": 0.1, "inverseangstrom": 1.0, "inv_angstrom": 1.0},
    "energy": {"": 1.0, "ev": 1.0, "kev": 1000.0},
}
_LENGTHS = {"angstrom": 1.0, "angstroms": 1.0, "a": 1.0, "å": 1.0, "nm": 10.0, "m": 1e10, "pm": 0.01}


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is HDF5, or should be by its name.

    Examples
    --------
    >>> sniff(Path("a.bin"), MAGIC), sniff(Path("a.nxs"), b""), sniff(Path("a.xy"), b"5 1")
    (True, True, False)
    """
    return head.startswith(MAGIC) or path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read the curves of a NeXus or HDF5 file.

    Of each entry the default plot is taken, else every NXdata that holds a curve. A signal of several dimensions gives
    a scan for each row.

    Parameters
    ----------
    path
        The file.
    axis
        "two_theta", "q" or "energy", where neither units nor name tell it.
    wavelength
        In angstrom, where the file does not tell it.

    Returns
    -------
    list of Scan
        In the order of the file.

    Raises
    ------
    FormatError
        Not HDF5, damaged, no curve in it, data in other files, or more points than the limits.

    Examples
    --------
    >>> import tempfile, h5py
    >>> path = Path(tempfile.mkdtemp()) / "si.nxs"
    >>> with h5py.File(path, "w") as file:
    ...     data = file.create_group("entry/data")
    ...     data.attrs.update({"NX_class": "NXdata", "signal": "I", "axes": "q"})
    ...     data["I"], data["q"] = [5.0, 7.0], [10.0, 11.0]
    ...     data["q"].attrs["units"] = "1/nm"
    >>> read(path)[0].axis, read(path)[0].points
    ('q', array([1. , 1.1]))
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        raise FormatError(f"{path}: is no plain file")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            with h5py.File(path, "r", locking=False) as file:
                return _scans(path, file, axis, wavelength)
        except FormatError as error:  # names of groups in damaged files may hold line breaks
            raise FormatError(" ".join(str(error).split())) from error
        except Exception as error:  # h5py hands on what the library finds in damaged files as errors of many kinds
            reason = " ".join(f"{error}".split())[:150] or type(error).__name__
            raise FormatError(f"{path}: is not a whole HDF5 file ({reason}); is it cut off?") from error


_Curve = tuple[str, NDArray[np.float64], NDArray[np.float64], str]


def _scans(path: Path, file: Any, axis: str | None, wavelength: float | None) -> list[Scan]:
    if axis in (None, "energy") and (absorption := nexus_xas.scans(path, file)):
        return absorption
    found: list[tuple[Any, _Curve]] = []
    refusals: list[str] = []
    for entry, group in tree.plots(path, file):
        try:
            found.append((entry, _curve(path, group, axis)))
        except FormatError as error:
            refusals.append(str(error))
    if not found:
        raise FormatError(
            refusals[0]
            if refusals
            else f"{path}: holds no plot (a group of NX_class NXdata with @signal and @axes); export it as .xy"
        )
    n_scans = sum(len(curve[2]) for _, curve in found)
    check_n_points(path, max(len(curve[1]) for _, curve in found), n_scans=n_scans)
    scans: list[Scan] = []
    for entry, (kind, points, rows, unit) in found:
        told, metadata = _metadata(entry)
        settled = radiation.settle(path, told, wavelength)
        for row in rows:
            check_curve(path, kind, points, row)
            name = name_of(path, len(scans), n_scans)
            notes = clean({**metadata, "intensity_unit": unit})
            scans.append(Scan(kind, points, row, name, str(path), settled, notes))
    return scans


def _curve(path: Path, group: Any, asked: str | None) -> _Curve:
    """Read one NXdata: kind, points (n_points,), intensities (n_rows, n_points) and their unit."""
    signal, place, name = tree.signal_and_axis(path, group)
    n_points = signal.shape[-1]
    n_rows = int(np.prod(signal.shape[:-1], dtype=object)) if signal.ndim > 1 else 1
    check_n_points(path, n_points, n_scans=n_rows)
    if n_rows > MAX_SCANS:
        raise FormatError(f"{path}: {group.name} holds {n_rows} curves; at most {MAX_SCANS} are read")
    points = tree.numbers(path, place)
    if len(points) == n_points + 1:  # the edges of bins
        points = (points[:-1] + points[1:]) / 2
    if len(points) != n_points:
        raise FormatError(f"{path}: {group.name} has {n_points} intensities and {len(points)} positions {name}")
    kind, factor = _kind(path, name, tree.attribute(place, "units"), asked)
    rows = tree.numbers(path, signal).reshape(n_rows, n_points)
    points = points * factor
    if points[0] > points[-1]:
        points, rows = points[::-1].copy(), rows[:, ::-1].copy()
    return kind, points, rows, tree.attribute(signal, "units")


def _kind(path: Path, name: str, units: str, asked: str | None) -> tuple[str, float]:
    """Tell the axis from the name of its data set, else from its units, and the factor to the container's unit."""
    unit = re.sub(r"[\s()]", "", units.lower()).replace("å", "a").replace("**", "^").replace("{-1}", "-1")
    by_name = next(
        (kind for kind, form in (("two_theta", _TWO_THETA), ("q", _Q), ("energy", _ENERGY)) if form.fullmatch(name)),
        None,
    )
    by_unit = next((kind for kind in ("q", "energy") if unit and unit in _UNITS[kind]), None)
    kind = asked or by_unit or by_name
    if kind is None:
        raise FormatError(
            f"{path}: cannot tell what its axis {name!r} in {units or 'no unit'!r} is; say it: axis='two_theta', 'q' or"
            " 'energy' (on the command line --axis)"
        )
    if unit not in _UNITS[kind]:
        raise FormatError(f"{path}: its axis {name!r} is in {units[:30]!r}, which is no unit of {kind}")
    return kind, _UNITS[kind][unit]


def _metadata(entry: Any) -> tuple[float | None, dict[str, float | str | None]]:
    told = None
    for value, unit in tree.scalars(entry, ("wavelength", "incident_wavelength")):
        factor = _LENGTHS.get(unit.strip().lower())
        told = told or radiation.possible(value * factor if factor else None)
    for value, unit in tree.scalars(entry, ("incident_energy", "photon_energy")):
        factor = _UNITS["energy"].get(unit.strip().lower()) if unit else None
        told = told or radiation.possible(HC / (value * factor) if factor and value > 0 else None)
    temperature = next((kelvin(value, unit) for value, unit in tree.scalars(entry, ("temperature",))), None)
    times = (value for value, unit in tree.scalars(entry, ("count_time", "counting_time")) if unit in ("", "s", "sec"))
    return told, {
        "radiation": radiation.SINGLE if told else None,
        "temperature": temperature,
        "counting_time": next(times, None),
        "date": tree.text(entry, "start_time"),
    }
