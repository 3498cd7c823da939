"""Measured spectra that the package ships: the files as their authors published them, packed, each set with its source.

Each folder of ``measured/`` holds one set: ``files.tar.xz`` (the files, byte by byte), ``LICENSE`` and ``source.json``
(title, source, DOI, attribution, how the files are read, labels). ``make/pack_measured.py`` writes them.
"""

from __future__ import annotations

import fnmatch
import json
import os
import tarfile
import tempfile
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from peakscape import formats
from peakscape.errors import InputError
from peakscape.files import errors_naming, replace_atomically, tidy
from peakscape.spectra.container import INSTRUMENT, remember

ARCHIVE, LICENCE, SOURCE = "files.tar.xz", "LICENSE", "source.json"


def measured_names() -> list[str]:
    """Return the names of the measured sets that the package ships, for `load_measured` and `write_measured`.

    Examples
    --------
    >>> measured_names()
    ['arsenic', 'batio3-ramp', 'bn', 'chromium', 'fapbi3-mapbbr3', 'weighed-mixtures']
    """
    return sorted(path.parent.name for path in _folder().glob(f"*/{SOURCE}"))


def load_measured(name: str, *, files: str | None = None) -> xr.Dataset:
    """Load a set of measured spectra that the package ships.

    The numbers are those that :func:`peakscape.formats.read` reads from the files as published; nothing is corrected.

    Parameters
    ----------
    name
        "fapbi3-mapbbr3": 11 powder patterns of a solid solution, label `x`. "batio3-ramp": 60 patterns on q, label
        `temperature` (K). "weighed-mixtures": 12 patterns, labels are the weight fractions of the seven oxides and
        `mixture`. "chromium", "arsenic": 43 and 32 K edges, raw absorption, labels `compound` and `temperature` (K).
        "bn": B-K edges of cubic and hexagonal boron nitride, label `phase`; `energy_correction` (eV) is to be added to
        the published energies.
    files
        Pattern of file names, such as "*hBN*"; None takes all that are spectra of the set (of the mixtures not the
        pattern of silicon measured elsewhere, "silicon.rasx").

    Returns
    -------
    xarray.Dataset
        The container. Curves on different points are brought onto those points of the first that lie within all; one
        file alone keeps its own. `source` names the set and the file; the attributes `title`, `licence`, `attribution`,
        `url` and `doi` tell where the data come from.

    Raises
    ------
    InputError
        If no such set is shipped, or no file of it matches; the message lists what there is.

    Examples
    --------
    >>> spectra = load_measured("fapbi3-mapbbr3")
    >>> dict(spectra.sizes), spectra.x.values[:3].tolist(), spectra.licence
    ({'sample': 11, 'two_theta': 1374}, [0.0, 0.1, 0.2], 'Apache-2.0')
    """
    about = _about(name)
    members = _members(name)
    chosen = sorted(fnmatch.filter(members, about["files"] if files is None else files))
    if not chosen:
        raise InputError(f"no file of the measured set {name!r} matches {files!r}; there are {', '.join(members)}")
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place, member) for member in chosen]
        for path in paths:
            with errors_naming(path):
                path.write_bytes(members[path.name])
        found = formats.read(formats.files_of(place), resample=True, **about["read"])
    found_in = [Path(str(source)).name for source in found["source"].values]
    found = found.assign_coords(source=("sample", [f"{name}/{file}" for file in found_in]))
    found = _labelled(found, [about["labels"].get(file, {}) for file in found_in], about["units"])
    told = {key: about[key] for key in ("title", "licence", "attribution", "url", "doi")}
    return remember(found.assign_attrs(told), f"measured set {name!r} as shipped, {about['licence']}, {about['url']}")


def write_measured(name: str, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the files of a measured set as its authors published them, with the licence, into a folder.

    Parameters
    ----------
    name
        One of `measured_names`.
    folder
        Made where it is missing. Files that are there already must hold the same.

    Returns
    -------
    list of Path
        The files of spectra, without the licence.

    Raises
    ------
    InputError
        If no such set is shipped, or another file of the same name lies in the folder.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> [path.name for path in write_measured("bn", folder)]
    ['exp_cBN_eels_digitised.csv', 'exp_hBN_eels_digitised.csv']
    """
    members, target = _members(name), Path(folder)
    write_files({**members, LICENCE: _licence(name)}, target)
    return [target / member for member in members]


def write_files(contents: dict[str, bytes], target: Path) -> None:
    """Write files into a folder, which is made where it is missing; those that are there must hold the same."""
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {target}: {error.strerror or error}") from error
    for file, raw in contents.items():
        path = target / file
        if path.exists() and (path.is_dir() or path.read_bytes() != raw):
            raise InputError(f"{path} is there already and holds something else; give another folder or remove it")
    for file, raw in contents.items():
        tidy(target / file)
        if not (target / file).exists():
            with replace_atomically(target / file) as fresh:
                fresh.write_bytes(raw)


def _folder() -> Path:
    """Where the sets lie."""
    return Path(str(package_files("peakscape.datasets"))) / "measured"


def _about(name: str) -> dict[str, Any]:
    """Return what `source.json` of a set tells."""
    if name not in measured_names():
        raise InputError(f"no measured set {name!r} in the package; there are {', '.join(measured_names())}")
    about: dict[str, Any] = json.loads((_folder() / name / SOURCE).read_text(encoding="utf-8"))
    return about


def _members(name: str) -> dict[str, bytes]:
    """Return the files of a set, name to content, in the order in which they are packed."""
    _about(name)
    with tarfile.open(_folder() / name / ARCHIVE, "r:xz") as archive:
        opened = [(member.name, archive.extractfile(member)) for member in archive.getmembers()]
        return {member: file.read() for member, file in opened if file is not None}


def _licence(name: str) -> bytes:
    """Head the text of the licence with title, source and attribution, which must travel with the files."""
    return heading(_about(name)).encode() + (_folder() / name / LICENCE).read_bytes()


def heading(about: dict[str, Any]) -> str:
    """Return title, attribution, source and licence of a set, a line each."""
    lines = [
        about["title"],
        about["attribution"],
        f"Source: {about['url']}",
        f"DOI: {about['doi']} ({about['doi_of']})",
    ]
    return "\n".join([*lines, f"Licence: {about['licence']}", "", ""])


def _labelled(dataset: xr.Dataset, labels: list[dict[str, Any]], units: dict[str, str]) -> xr.Dataset:
    """Add the labels of each sample; what corrects the instrument is no property of the sample."""
    for key in labels[0]:
        values = np.array([row[key] for row in labels])
        attributes = {"units": units[key]} if key in units else {}
        attributes |= {"role": INSTRUMENT} if key.endswith("_correction") else {}
        dataset = dataset.assign_coords({key: ("sample", values, attributes)})
    return dataset
