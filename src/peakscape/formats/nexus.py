"""NeXus and other HDF5 files, by h5py: plots and absorption spectra, looked for within bounds and within the file.

Plots are found by ``@default``, ``@signal`` and ``@axes``: NXdata as in the NeXus manual
(https://manual.nexusformat.org/classes/base_classes/NXdata.html), with the older ways of marking a signal (attributes
``signal=1`` and ``axes`` on the data set).

Absorption comes by both definitions that are called NXxas. The older one (application definition,
https://manual.nexusformat.org/classes/applications/NXxas.html) keeps the beams of a monochromator and two detectors,
``incoming_beam`` and ``absorbed_beam``. The newer one (contributed by the absorption community and pynxxas; NXxas,
NXxas_trans, NXxas_tfy ...) keeps ``energy`` and ``intensity`` in the entry, beside ``element`` and ``edge``.
"""

import posixpath
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import hdf5_circles, radiation
from peakscape.formats.absorption.counters import check_counts, check_energies
from peakscape.formats.limits import MAX_HDF5_OBJECTS, MAX_SCANS, MAX_VALUES, check_n_points
from peakscape.formats.scan import Scan, check_curve, clean, kelvin, kelvin_from_text, name_of
from peakscape.signal.radiation import HC

SUFFIXES = (".nxs", ".nx", ".h5", ".hdf5", ".hdf")
MAGIC = b"\x89HDF\r\n\x1a\n"
_MAX_DEPTH = 12  # entries nest three or four groups deep; links can make circles
_MAX_LINKS = 16  # soft links on the way to one thing; more are a circle (HDF5's own limit)
_Array = NDArray[np.float64]

_NAMES = (
    ("two_theta", re.compile(r"2_?th(eta)?|two_?theta|tth|ttheta|polar_angle|scattering_angle|2θ", re.IGNORECASE)),
    ("q", re.compile(r"q([_ ].*)?|momentum_transfer|scattering_vector", re.IGNORECASE)),
    ("energy", re.compile(r"(photon_?)?energy", re.IGNORECASE)),
)
# Units to those of the container; "" where the file gives none.
_UNITS: dict[str, dict[str, float]] = {
    "two_theta": {"": 1.0, "deg": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "rad": np.degrees(1.0)}
    | {"radian": np.degrees(1.0), "radians": np.degrees(1.0), "mrad": np.degrees(1e-3)},
    "q": {"": 1.0, "1/angstrom": 1.0, "1/a": 1.0, "angstrom^-1": 1.0, "a^-1": 1.0, "1/nm": 0.1, "nm^-1": 0.1}
    | {"angstrom-1": 1.0, "nm-1": 0.1, "inverseangstrom": 1.0, "inv_angstrom": 1.0},
    "energy": {"": 1.0, "ev": 1.0, "kev": 1000.0},
}
_LENGTHS = {"angstrom": 1.0, "angstroms": 1.0, "a": 1.0, "å": 1.0, "nm": 10.0, "m": 1e10, "pm": 0.01}
_EV = {**_UNITS["energy"], "j": 6.241509074460763e18}
# What both definitions of NXxas, and the names of the newer one, say of the signal.
_SIGNALS = (
    ("trans", "transmission"),
    ("electron", "electron yield"),
    ("auger", "electron yield"),
    ("tey", "electron yield"),
    ("pey", "electron yield"),
    ("fluo", "fluorescence"),
    ("tfy", "fluorescence"),
    ("pfy", "fluorescence"),
    ("herfd", "fluorescence"),
)
_COLUMNS = {"transmission": "itrans", "fluorescence": "ifluor", "electron yield": "iey"}


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether a file is HDF5, or should be by its name."""
    return head.startswith(MAGIC) or path.suffix.lower() in SUFFIXES


def read(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read the absorption spectra of a file, else of each entry its default plot, else all NXdata that hold a curve.

    A signal of several dimensions gives a scan for each row.
    """
    import h5py

    path = Path(path)
    if not path.is_file():
        raise FormatError(f"{path}: is not a regular file")
    hdf5_circles.check(path)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            with h5py.File(path, "r", locking=False) as file:
                absorption = _absorption_scans(path, file) if axis in (None, "energy") else []
                return absorption or _plotted_scans(path, file, axis, wavelength)
        except FormatError as error:  # names of groups in damaged files may hold line breaks
            raise FormatError(" ".join(str(error).split())) from error
        except Exception as error:  # h5py hands on what the library finds in damaged files as errors of many kinds
            reason = " ".join(f"{error}".split())[:150] or type(error).__name__
            raise FormatError(f"{path}: is not a whole HDF5 file ({reason}); is it cut off?") from error


# Groups and data sets, never outside the file.


def _opened(group: Any, name: str, n_links: int = _MAX_LINKS) -> Any:
    """Open a member by its name; None where a link leads to another file, nowhere or in a circle.

    Soft links are followed here, one name at a time: HDF5 itself would follow one into a link to another file.
    """
    import h5py

    try:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.HardLink):
            return group.get(name)
    except (KeyError, RuntimeError, OSError):
        return None
    if not isinstance(link, h5py.SoftLink) or n_links == 0:
        return None
    here = group.file if link.path.startswith("/") else group
    for part in link.path.split("/"):
        if part not in ("", "."):
            here = _opened(here, part, n_links - 1) if isinstance(here, h5py.Group) else None
    return here


def _child(group: Any, name: str, kind: type) -> Any:
    """Return a member of a group by a name or path within the file, None where it is not there."""
    import h5py

    place = posixpath.normpath(name)
    if not place or place in (".", "..") or place.startswith("../"):
        return None
    here = group.file if place.startswith("/") else group
    for part in place.strip("/").split("/"):
        here = _opened(here, part) if isinstance(here, h5py.Group) else None
    return here if isinstance(here, kind) else None


def _members(group: Any) -> Iterator[tuple[str, Any]]:
    """Give the members of a group that lie in this file."""
    for number, name in enumerate(group):
        if number >= MAX_HDF5_OBJECTS:
            return
        thing = _opened(group, name)
        if thing is not None:
            yield name, thing


def _groups(path: Path, root: Any) -> list[Any]:
    """Return a group and all groups below it, each once, the nearest first."""
    import h5py

    seen, queue, found, looked = set(), [(root, 0)], [], 0
    while queue:
        group, depth = queue.pop(0)
        token = h5py.h5o.get_info(group.id).addr
        if token in seen:
            continue
        seen.add(token)
        found.append(group)
        for _, thing in _members(group):
            looked += 1
            if looked > MAX_HDF5_OBJECTS:
                raise FormatError(f"{path}: holds more than {MAX_HDF5_OBJECTS} groups and data sets; export the curve")
            if isinstance(thing, h5py.Group) and depth < _MAX_DEPTH:
                queue.append((thing, depth + 1))
    return found


def _attribute(thing: Any, name: str) -> str:
    """Return an attribute as text, "" where it is not there or no text."""
    value = thing.attrs.get(name, "")
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _words(thing: Any, name: str) -> list[str]:
    """Return an attribute that is a list of texts, or one text with : or , between."""
    value = thing.attrs.get(name)
    if value is None:
        return []
    values = np.atleast_1d(np.asarray(value, dtype=object)).ravel()[:100]
    texts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in values]
    if len(texts) > 1:
        return [text.strip() for text in texts]
    return [word.strip(" []") for word in texts[0].replace(":", ",").split(",")] if texts else []


def _numbers(path: Path, dataset: Any) -> _Array:
    """Read a data set as double precision, after its type, size and place were checked."""
    if dataset.shape is None or dataset.ndim == 0 or dataset.dtype.kind not in "iuf":
        raise FormatError(f"{path}: {dataset.name} is not an array of numbers")
    size = int(np.prod(dataset.shape, dtype=object))
    if size > MAX_VALUES:
        raise FormatError(f"{path}: {dataset.name} declares {size} numbers; at most {MAX_VALUES} are read")
    if _is_elsewhere(dataset):
        raise FormatError(f"{path}: {dataset.name} is kept in other files, which are not opened; copy it into one file")
    chunk = int(np.prod(dataset.chunks, dtype=object)) if dataset.chunks else 0
    if chunk > MAX_VALUES:
        raise FormatError(
            f"{path}: {dataset.name} is stored in chunks of {chunk} numbers; at most {MAX_VALUES} are read"
        )
    return np.asarray(dataset[()], dtype=np.float64)


def _is_elsewhere(dataset: Any) -> bool:
    return bool(dataset.is_virtual or dataset.external)


def _scalars(entry: Any, names: tuple[str, ...]) -> Iterator[tuple[float, str]]:
    """Give the single numbers of these names anywhere in an entry, with their units."""
    import h5py

    for group in _groups(Path(entry.file.filename), entry):
        for name in names:
            thing = _child(group, name, h5py.Dataset)
            if thing is not None and thing.size == 1 and thing.dtype.kind in "iuf" and not _is_elsewhere(thing):
                value = float(np.ravel(thing[()])[0])
                if np.isfinite(value):
                    yield value, _attribute(thing, "units")


def _text(entry: Any, name: str) -> str:
    """Return a text of an entry, "" where it is not there."""
    import h5py

    thing = _child(entry, name, h5py.Dataset)
    if thing is None or thing.size != 1 or thing.dtype.kind not in "OSU" or _is_elsewhere(thing):
        return ""
    value = np.ravel(np.asarray(thing[()], dtype=object))[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


# Plots.

_Curve = tuple[str, _Array, _Array, str]


def _plotted_scans(path: Path, file: Any, axis: str | None, wavelength: float | None) -> list[Scan]:
    found: list[tuple[Any, _Curve]] = []
    refusals: list[str] = []
    for entry, group in _plots(path, file):
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


def _plots(path: Path, file: Any) -> list[tuple[Any, Any]]:
    """Return pairs of an entry and a plot of it: its default, else all its NXdata; the file is an entry if none is."""
    import h5py

    entries = [group for group in _groups(path, file) if _attribute(group, "NX_class") == "NXentry"] or [file]
    found = []
    for entry in entries:
        default = entry
        for _ in range(_MAX_DEPTH):
            name = _attribute(default, "default")
            following = _child(default, name, h5py.Group) if name else None
            if following is None or (_attribute(following, "NX_class") == "NXentry" and following != entry):
                break
            default = following
        chosen = [default] if default != entry and _is_plot(default) else []
        chosen = chosen or [group for group in _groups(path, entry) if _is_plot(group)]
        found += [(entry, group) for group in chosen]
    return found


def _is_plot(group: Any) -> bool:
    return _attribute(group, "NX_class") == "NXdata" or "signal" in group.attrs


def _signal_and_axis(path: Path, group: Any) -> tuple[Any, Any, str]:
    """Return the signal of an NXdata, the data set of its last axis and the name of that."""
    import h5py

    sets = {name: thing for name, thing in _members(group) if isinstance(thing, h5py.Dataset)}
    named = _attribute(group, "signal")
    marked = [name for name, thing in sets.items() if _attribute(thing, "signal") == "1"]
    name = named if named in sets else next(iter(marked), "")
    if not name:
        raise FormatError(f"{path}: {group.name} names no signal (@signal); export the curve as .xy")
    signal = sets[name]
    axes = _words(group, "axes") or _words(signal, "axes")
    place = _child(group, axes[-1], h5py.Dataset) if axes and axes[-1] not in ("", ".") else None
    if place is None:
        raise FormatError(f"{path}: {group.name} names no axis of its signal {name!r} (@axes); export the curve as .xy")
    for each in (signal, place):
        if each.shape is None or each.ndim == 0 or each.dtype.kind not in "iuf":
            raise FormatError(f"{path}: {each.name} is not an array of numbers")
    return signal, place, posixpath.basename(axes[-1])


def _curve(path: Path, group: Any, asked: str | None) -> _Curve:
    """Read one NXdata: kind, points (n_points,), intensities (n_rows, n_points) and their unit."""
    signal, place, name = _signal_and_axis(path, group)
    n_points = signal.shape[-1]
    n_rows = int(np.prod(signal.shape[:-1], dtype=object)) if signal.ndim > 1 else 1
    check_n_points(path, n_points, n_scans=n_rows)
    if n_rows > MAX_SCANS:
        raise FormatError(f"{path}: {group.name} holds {n_rows} curves; at most {MAX_SCANS} are read")
    points = _numbers(path, place)
    if len(points) == n_points + 1:  # the edges of bins
        points = (points[:-1] + points[1:]) / 2
    if len(points) != n_points:
        raise FormatError(f"{path}: {group.name} has {n_points} intensities and {len(points)} positions {name}")
    kind, factor = _kind(path, name, _attribute(place, "units"), asked)
    rows = _numbers(path, signal).reshape(n_rows, n_points)
    points = points * factor
    if points[0] > points[-1]:
        points, rows = points[::-1].copy(), rows[:, ::-1].copy()
    return kind, points, rows, _attribute(signal, "units")


def _kind(path: Path, name: str, units: str, asked: str | None) -> tuple[str, float]:
    """Tell the axis from the name of its data set, else from its units, and the factor to the container's unit."""
    unit = re.sub(r"[\s()]", "", units.lower()).replace("å", "a").replace("**", "^").replace("{-1}", "-1")
    by_name = next((kind for kind, form in _NAMES if form.fullmatch(name)), None)
    by_unit = next((kind for kind in ("q", "energy") if unit and unit in _UNITS[kind]), None)
    kind = asked or by_unit or by_name
    if kind is None:
        raise FormatError(
            f"{path}: cannot tell what its axis {name!r} in {units or 'no unit'!r} is; give axis='two_theta', 'q' or"
            " 'energy' (on the command line --axis)"
        )
    if unit not in _UNITS[kind]:
        raise FormatError(f"{path}: its axis {name!r} is in {units[:30]!r}, which is not a unit of {kind}")
    return kind, _UNITS[kind][unit]


def _metadata(entry: Any) -> tuple[float | None, dict[str, float | str | None]]:
    told = None
    for value, unit in _scalars(entry, ("wavelength", "incident_wavelength")):
        factor = _LENGTHS.get(unit.strip().lower())
        told = told or radiation.possible(value * factor if factor else None)
    for value, unit in _scalars(entry, ("incident_energy", "photon_energy")):
        factor = _UNITS["energy"].get(unit.strip().lower()) if unit else None
        told = told or radiation.possible(HC / (value * factor) if factor and value > 0 else None)
    temperature = next((kelvin(value, unit) for value, unit in _scalars(entry, ("temperature",))), None)
    times = (value for value, unit in _scalars(entry, ("count_time", "counting_time")) if unit in ("", "s", "sec"))
    return told, {
        "radiation": radiation.SINGLE if told else None,
        "temperature": temperature,
        "counting_time": next(times, None),
        "date": _text(entry, "start_time"),
    }


# Absorption.

_Curves = tuple[_Array, _Array, str]


def _absorption_scans(path: Path, file: Any) -> list[Scan]:
    """Return the spectra of all entries that follow one of the definitions of NXxas; none where no entry does."""
    entries = [
        group
        for group in _groups(path, file)
        if _attribute(group, "NX_class") in ("NXentry", "NXsubentry") and _is_absorption(group)
    ]
    found: list[Scan] = []
    for entry in entries:
        energy, rows, signal = _newer(path, entry) or _older(path, entry)
        element, edge = _absorber(entry, "element"), _absorber(entry, "edge")
        for row in rows:
            check_curve(path, "energy", energy, row)
            notes = clean(_absorption_metadata(entry, signal))
            found.append(Scan("energy", energy, row, "", str(path), metadata=notes, element=element, edge=edge))
    return [replace(scan, name=name_of(path, number, len(found))) for number, scan in enumerate(found)]


def _is_absorption(entry: Any) -> bool:
    definition = _text(entry, "definition")
    return definition.startswith("NXxas") and definition != "NXxasproc"


def _newer(path: Path, entry: Any) -> _Curves | None:
    import h5py

    energy, intensity = (_child(entry, name, h5py.Dataset) for name in ("energy", "intensity"))
    if energy is None or intensity is None:
        return None
    points, rows = _numbers(path, energy), _numbers(path, intensity)
    if points.ndim != 1 or rows.ndim not in (1, 2) or rows.shape[-1] != len(points):
        raise FormatError(f"{path}: {entry.name} has {points.shape} energies and {rows.shape} intensities")
    check_n_points(path, len(points), n_scans=len(np.atleast_2d(rows)))
    points = _in_ev(path, energy, points)
    said = f"{_text(entry, 'definition')} {_text(entry, 'mode')} {_text(entry, 'mode/name')}"
    return *_rising(points, np.atleast_2d(rows)), _signal(said) or "absorption"


def _older(path: Path, entry: Any) -> _Curves:
    import h5py

    groups = _groups(path, entry)
    monochromators = [group for group in groups if _attribute(group, "NX_class") == "NXmonochromator"]
    energies = [_child(group, "energy", h5py.Dataset) for group in [*monochromators, *groups]]
    energy = next((each for each in energies if each is not None and each.ndim == 1 and each.size > 1), None)
    beams = {name: _beam(groups, name) for name in ("incoming_beam", "absorbed_beam")}
    if energy is None or any(beam is None for beam in beams.values()):
        missing = [name for name, thing in (("energy", energy), *beams.items()) if thing is None]
        raise FormatError(
            f"{path}: {entry.name} calls itself {_text(entry, 'definition')} and holds no {', '.join(missing)};"
            " expected energy and intensity, or energy, incoming_beam and absorbed_beam"
        )
    signal = _signal(" ".join(_text(group, "mode") for group in groups))
    if signal is None:
        raise FormatError(
            f"{path}: {entry.name} does not give its mode (Transmission, Fluorescence Yield, Total Electron Yield ...),"
            " so its beams cannot be made absorption"
        )
    points = _numbers(path, energy)
    incoming, absorbed = (_numbers(path, beams[name]) for name in ("incoming_beam", "absorbed_beam"))
    if not points.shape == incoming.shape == absorbed.shape:
        raise FormatError(
            f"{path}: {entry.name} has {points.shape} energies, {incoming.shape} incoming and {absorbed.shape} absorbed"
        )
    points = _in_ev(path, energy, points)
    check_counts(path, "incoming", incoming)
    if signal == "transmission":
        check_counts(path, "transmitted", absorbed)
    values = np.log(incoming / absorbed) if signal == "transmission" else absorbed / incoming
    return *_rising(points, values[None]), signal


def _beam(groups: list[Any], name: str) -> Any:
    """Return the data set of a beam: data of the detector of that name, else a data set of that name."""
    import h5py

    for place in (f"{name}/data", name):
        for group in groups:
            found = _child(group, place, h5py.Dataset)
            if found is not None and found.ndim == 1 and found.size > 1:
                return found
    return None


def _in_ev(path: Path, dataset: Any, points: _Array) -> _Array:
    unit = _attribute(dataset, "units").strip().lower()
    if unit not in _EV:
        raise FormatError(f"{path}: its energies are in {unit[:30]!r}; expected eV or keV")
    if not unit:
        check_energies(path, points)
    return points * _EV[unit]


def _rising(points: _Array, rows: _Array) -> tuple[_Array, _Array]:
    falls = len(points) > 1 and points[0] > points[-1]
    return (points[::-1].copy(), rows[:, ::-1].copy()) if falls else (points, rows)


def _signal(said: str) -> str | None:
    return next((signal for word, signal in _SIGNALS if word in said.lower()), None)


def _absorber(entry: Any, key: str) -> str | None:
    places = (f"{key}/symbol", f"{key}/name", key, f"absorbed_beam/{key}")
    word = next((text for place in places if (text := _text(entry, place).strip())), "")
    if key == "element":
        return word.capitalize() if re.fullmatch(r"[A-Za-z]{1,2}", word, re.ASCII) else None
    return word.upper() if re.fullmatch(r"K|[LM][1-5]?", word, re.ASCII | re.IGNORECASE) else None


def _absorption_metadata(entry: Any, signal: str) -> dict[str, float | str | None]:
    temperature = next((value for value, unit in _scalars(entry, ("temperature",)) if unit in ("", "K")), None)
    return {
        "compound": _text(entry, "sample/name"),
        "signal": signal,
        "temperature": temperature or kelvin_from_text(_text(entry, "sample/temperature")),
        "beamline": _text(entry, "instrument/beamline/name"),
        "date": _text(entry, "start_time"),
    }
