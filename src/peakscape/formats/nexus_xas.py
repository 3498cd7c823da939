"""Absorption spectra in NeXus files: both definitions that are called NXxas.

The older one (application definition, https://manual.nexusformat.org/classes/applications/NXxas.html) keeps the beams
of a monochromator and two detectors, ``incoming_beam`` and ``absorbed_beam``. The newer one (contributed by the
absorption community and pynxxas; NXxas, NXxas_trans, NXxas_tfy ...) keeps ``energy`` and ``intensity`` in the entry,
beside ``element`` and ``edge``.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats import nexus_tree as tree
from peakscape.formats.detectors import absorption_from_columns, check_energies
from peakscape.formats.limits import check_n_points
from peakscape.formats.scan import Scan, check_curve, clean, name_of
from peakscape.formats.xdi import temperature_from_text

_EV = {"": 1.0, "ev": 1.0, "kev": 1000.0, "j": 6.241509074460763e18}
# What both definitions, and the names of the newer one, say of the signal.
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


def scans(path: Path, file: Any) -> list[Scan]:
    """Return the spectra of all entries that keep to one of both definitions; none where no entry does.

    Raises
    ------
    FormatError
        An entry that names the definition and does not keep to it.

    Examples
    --------
    >>> import h5py
    >>> with h5py.File("fe.nxs", "w", driver="core", backing_store=False) as file:
    ...     entry = file.create_group("entry")
    ...     entry.attrs["NX_class"] = "NXentry"
    ...     entry["definition"], entry["element/symbol"], entry["edge/name"] = "NXxas", "Fe", "K"
    ...     entry["energy"], entry["intensity"] = [7100.0, 7112.0, 7120.0], [0.0, 0.5, 1.0]
    ...     scan = scans(Path("fe.nxs"), file)[0]
    >>> scan.element, scan.edge, scan.intensity
    ('Fe', 'K', array([0. , 0.5, 1. ]))
    """
    entries = [
        group
        for group in tree.groups(path, file)
        if tree.attribute(group, "NX_class") in ("NXentry", "NXsubentry") and _is_absorption(group)
    ]
    found: list[Scan] = []
    for entry in entries:
        energy, rows, signal = _newer(path, entry) or _older(path, entry)
        for row in rows:
            check_curve(path, "energy", energy, row)
            metadata = clean(_metadata(entry, signal))
            scan = Scan("energy", energy, row, "", str(path), metadata=metadata)
            found.append(replace(scan, element=_absorber(entry, "element"), edge=_absorber(entry, "edge")))
    return [replace(scan, name=name_of(path, number, len(found))) for number, scan in enumerate(found)]


def _is_absorption(entry: Any) -> bool:
    definition = tree.text(entry, "definition")
    return definition.startswith("NXxas") and definition != "NXxasproc"


_Curves = tuple[NDArray[np.float64], NDArray[np.float64], str]


def _newer(path: Path, entry: Any) -> _Curves | None:
    import h5py

    energy, intensity = (tree.child(entry, name, h5py.Dataset) for name in ("energy", "intensity"))
    if energy is None or intensity is None:
        return None
    points, rows = _numbers(path, energy), _numbers(path, intensity)
    if points.ndim != 1 or rows.ndim not in (1, 2) or rows.shape[-1] != len(points):
        raise FormatError(f"{path}: {entry.name} has {points.shape} energies and {rows.shape} intensities")
    check_n_points(path, len(points), n_scans=len(np.atleast_2d(rows)))
    points = _in_ev(path, energy, points)
    said = f"{tree.text(entry, 'definition')} {tree.text(entry, 'mode')} {tree.text(entry, 'mode/name')}"
    return *_rising(points, np.atleast_2d(rows)), _signal(said) or "absorption"


def _older(path: Path, entry: Any) -> _Curves:
    import h5py

    groups = tree.groups(path, entry)
    monochromators = [group for group in groups if tree.attribute(group, "NX_class") == "NXmonochromator"]
    energies = [tree.child(group, "energy", h5py.Dataset) for group in monochromators]
    energies += [tree.child(group, "energy", h5py.Dataset) for group in groups]
    energy = next((each for each in energies if each is not None and each.ndim == 1 and each.size > 1), None)
    beams = {name: _beam(groups, name) for name in ("incoming_beam", "absorbed_beam")}
    if energy is None or any(beam is None for beam in beams.values()):
        missing = [name for name, thing in (("energy", energy), *beams.items()) if thing is None]
        raise FormatError(
            f"{path}: {entry.name} calls itself {tree.text(entry, 'definition')} and holds no {', '.join(missing)};"
            " expected energy and intensity, or energy, incoming_beam and absorbed_beam"
        )
    said = " ".join(tree.text(group, "mode") for group in groups)
    signal = _signal(said)
    if signal is None:
        raise FormatError(
            f"{path}: {entry.name} does not tell its mode (Transmission, Fluorescence Yield, Total Electron Yield ...),"
            " so its beams cannot be made absorption"
        )
    points = _numbers(path, energy)
    incoming, absorbed = (_numbers(path, beams[name]) for name in ("incoming_beam", "absorbed_beam"))
    if not points.shape == incoming.shape == absorbed.shape:
        raise FormatError(
            f"{path}: {entry.name} has {points.shape} energies, {incoming.shape} incoming and {absorbed.shape} absorbed"
        )
    points = _in_ev(path, energy, points)
    found = absorption_from_columns(path, {"i0": incoming, _COLUMNS[signal]: absorbed})
    return *_rising(points, found.values[None]), signal


def _beam(groups: list[Any], name: str) -> Any:
    """Return the data set of a beam: data of the detector of that name, else a data set of that name."""
    import h5py

    for place in (f"{name}/data", name):
        for group in groups:
            found = tree.child(group, place, h5py.Dataset)
            if found is not None and found.ndim == 1 and found.size > 1:
                return found
    return None


def _numbers(path: Path, dataset: Any) -> NDArray[np.float64]:
    if dataset.shape is None or dataset.ndim == 0 or dataset.dtype.kind not in "iuf":
        raise FormatError(f"{path}: {dataset.name} is no array of numbers")
    return tree.numbers(path, dataset)


def _in_ev(path: Path, dataset: Any, points: NDArray[np.float64]) -> NDArray[np.float64]:
    unit = tree.attribute(dataset, "units").strip().lower()
    if unit not in _EV:
        raise FormatError(f"{path}: its energies are in {unit[:30]!r}; expected eV or keV")
    if not unit:
        check_energies(path, points)
    return points * _EV[unit]


def _rising(points: NDArray[np.float64], rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    falls = len(points) > 1 and points[0] > points[-1]
    return (points[::-1].copy(), rows[:, ::-1].copy()) if falls else (points, rows)


def _signal(said: str) -> str | None:
    return next((signal for word, signal in _SIGNALS if word in said.lower()), None)


def _absorber(entry: Any, key: str) -> str | None:
    places = (f"{key}/symbol", f"{key}/name", key, f"absorbed_beam/{key}")
    word = next((text for place in places if (text := tree.text(entry, place).strip())), "")
    if key == "element":
        return word.capitalize() if re.fullmatch(r"[A-Za-z]{1,2}", word, re.ASCII) else None
    return word.upper() if re.fullmatch(r"K|[LM][1-5]?", word, re.ASCII | re.IGNORECASE) else None


def _metadata(entry: Any, signal: str) -> dict[str, float | str | None]:
    temperature = next((value for value, unit in tree.scalars(entry, ("temperature",)) if unit in ("", "K")), None)
    return {
        "compound": tree.text(entry, "sample/name"),
        "signal": signal,
        "temperature": temperature or temperature_from_text(tree.text(entry, "sample/temperature")),
        "beamline": tree.text(entry, "instrument/beamline/name"),
        "date": tree.text(entry, "start_time"),
    }
