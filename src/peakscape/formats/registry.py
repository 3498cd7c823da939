"""All formats, ours and those that others add, and the choice of one for a file.

A new format of ours is one file with `SUFFIXES`, `sniff` and `read`, and one row of `FORMATS`.
"""

import dataclasses
import functools
import importlib.metadata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from peakscape import isolation
from peakscape.errors import FormatError, InputError, PeakscapeError, PeakscapeWarning
from peakscape.formats import columns, nexus
from peakscape.formats.absorption import athena, nine809, xdi
from peakscape.formats.absorption.request import NOTHING, Request
from peakscape.formats.diffraction import brml, bruker_raw, gsas, pdcif, ras, rasx, xrdml
from peakscape.formats.scan import Scan

_HEAD_SIZE = 4096
# Other packages name a Format in this entry point group; docs/formats.md shows how.
ENTRY_POINTS = "peakscape.formats"


class _Read(Protocol):
    """What every format's `read` looks like."""

    def __call__(self, path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]: ...


class _ReadColumns(Protocol):
    """What `read` of a format with columns looks like."""

    def __call__(
        self, path: Path, *, axis: str | None = None, wavelength: float | None = None, request: Request = NOTHING
    ) -> list[Scan]: ...


class _FormatFile(Protocol):
    """What the file of a format of ours holds."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]: ...  # noqa: N802
    def sniff(self, path: Path, head: bytes) -> bool: ...
    def read(self, path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]: ...


@dataclass(frozen=True)
class Format:
    """Describe one format.

    Parameters
    ----------
    name
        In a few words.
    suffixes
        File suffixes in small letters, with the dot.
    axis
        For each suffix, how the axis is known, in words.
    reads
        What is taken from the file, in words.
    extra
        The extra that must be installed, "" for none.
    sniff
        ``sniff(path, head)`` tells whether a file is of this format, from its path and first bytes.
    read
        ``read(path, axis=..., wavelength=...)`` returns a list of scans.
    isolated
        Whether files are read in a second process with limits of time and memory: binary files that a library parses.
    has_columns
        Whether files hold columns of which absorption is made, so that `read` takes ``request=`` too: which of them.

    Examples
    --------
    >>> FORMATS[-1].name
    'text columns'
    """

    name: str
    suffixes: tuple[str, ...]
    axis: tuple[str, ...]
    reads: str
    extra: str
    sniff: Callable[[Path, bytes], bool]
    read: _Read
    isolated: bool = False
    has_columns: bool = False


def _row(
    file: _FormatFile,
    name: str,
    axis: str | tuple[str, ...],
    reads: str,
    *,
    extra: str = "",
    isolated: bool = False,
    has_columns: bool = False,
) -> Format:
    """Make a Format of the file of one of ours; an axis in one text goes for all its suffixes."""
    axes = (axis,) * len(file.SUFFIXES) if isinstance(axis, str) else axis
    return Format(name, file.SUFFIXES, axes, reads, extra, file.sniff, file.read, isolated, has_columns)


_TUBE = "all scans, attenuation applied; wavelength, K-alpha2, temperature, counting time, date"
_BANKS = "all banks of FXYE, FXY, ESD or STD records; wavelength and temperature where comments tell them"
_BLOCKS = "all blocks, _pd_meas_ before _pd_proc_; wavelength, temperature, counting time, date"
_PLOTS = "@default, @signal, @axes of all entries; wavelength, temperature, counting time, date"
_RANGES = "all ranges; wavelength, K-alpha2, counting time, date; other versions are refused"
_XDI = "absorption of the detector that saw an edge; element, edge, compound, temperature"
_9809 = "absorption of the detector that saw an edge, by its Mode line, dark counts subtracted; date, beamline"
_GROUPS = "absorption of all groups, shifted in energy as the project says; element and edge"
_TEXT = (
    "axis and intensity (a third column, the standard error, is not kept), or absorption of counters; wavelength where"
    " a line above the numbers tells it"
)
_TITLES = tuple(f"column titles, else {columns.AXIS_OF_SUFFIX.get(each, 'asked for')}" for each in columns.SUFFIXES)
# In the order in which they are tried; text columns come last because they take whatever looks like rows of numbers.
FORMATS: tuple[Format, ...] = (
    _row(ras, "Rigaku text", "two_theta", _TUBE),
    _row(gsas, "GSAS, constant wavelength", "two_theta", _BANKS),
    _row(pdcif, "pdCIF", "names of its loops: two_theta, else q", _BLOCKS),
    _row(nexus, "NeXus and HDF5", "units, else name, else asked for", _PLOTS, isolated=True),
    _row(xrdml, "PANalytical", "two_theta", _TUBE, extra="vendor", isolated=True),
    _row(rasx, "Rigaku zipped", "two_theta", _TUBE, extra="vendor", isolated=True),
    _row(brml, "Bruker zipped", "two_theta", _TUBE, extra="vendor", isolated=True),
    _row(bruker_raw, "Bruker RAW 4", "two_theta", _RANGES),
    _row(xdi, "XDI", "energy", _XDI, has_columns=True),
    _row(nine809, "9809 (KEK-PF, SPring-8, Aichi, SAGA)", "energy, from angle and d spacing", _9809, has_columns=True),
    _row(athena, "Athena project", "energy", _GROUPS),
    _row(columns, "text columns", _TITLES, _TEXT, has_columns=True),
)


def known() -> tuple[Format, ...]:
    """Return all formats in the order in which they are tried: ours, those of other packages, text columns."""
    return (*FORMATS[:-1], *_added(), FORMATS[-1])


@functools.cache
def _added() -> tuple[Format, ...]:
    """Load the formats of other packages; warn once of a broken one and leave it out."""
    added = []
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            loaded = point.load()
            if not isinstance(loaded, Format):
                raise TypeError(f"is a {type(loaded).__name__}, not a peakscape.formats.Format")
        except Exception as error:
            reason = " ".join(str(error).split())[:150]
            warnings.warn(
                f"the format {point.name!r} of another package ({point.value}) is left out: {reason}",
                PeakscapeWarning,
                stacklevel=3,
            )
            continue
        added.append(loaded)
    return tuple(added)


def choose(path: Path) -> Format:
    """Choose the format of a file by its suffix and its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD_SIZE)
    for candidate in known():
        if _takes(candidate, path, head):
            return candidate
    raise FormatError(f"{path}: not a format that is read; see `peakscape formats`, or export it as .xy or .csv")


def _takes(candidate: Format, path: Path, head: bytes) -> bool:
    if candidate in FORMATS:
        return candidate.sniff(path, head)
    try:
        return bool(candidate.sniff(path, head))
    except Exception:  # of another package: it does not take the file
        return False


def scans_of(
    path: Path, *, axis: str | None = None, wavelength: float | None = None, request: Request = NOTHING
) -> list[Scan]:
    """Read one file, at least one scan, by the format that takes it; whatever is wrong with it is a FormatError."""
    try:
        if not path.exists():
            raise FormatError(f"{path}: no such file or folder")
        if not path.is_file():
            raise FormatError(f"{path}: is not a regular file")
        if path.stat().st_size == 0:
            raise FormatError(f"{path}: is empty; expected a measured pattern")
        chosen = choose(path)
        if request and not chosen.has_columns:
            raise FormatError(
                f"{path}: is {chosen.name}, in which no columns can be chosen; leave signal and columns out (--signal,"
                " --columns)"
            )
        if chosen.isolated and chosen in FORMATS:
            return _read_isolated(path, chosen, axis, wavelength)
        # Damaged numbers may overflow on the way to the checks that refuse what is not finite.
        with np.errstate(all="ignore"):
            if request:
                return cast(_ReadColumns, chosen.read)(path, axis=axis, wavelength=wavelength, request=request)
            return chosen.read(path, axis=axis, wavelength=wavelength)
    except PeakscapeError:
        raise
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise FormatError(f"{path}: needs more memory than there is") from error
    except Exception as error:
        if chosen in FORMATS:
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:150]
        raise FormatError(f"{path}: the reader of {chosen.name!r}, of another package, failed ({reason})") from error


def _read_isolated(path: Path, chosen: Format, axis: str | None, wavelength: float | None) -> list[Scan]:
    """Have a file read by the worker, and put its scans together here."""
    function = f"{__name__}:_packed_scans"
    told, arrays = isolation.call(function, path, number=FORMATS.index(chosen), axis=axis, wavelength=wavelength)
    return [
        Scan(**{key: arrays[value] if key in _ARRAYS and value is not None else value for key, value in scan.items()})
        for scan in told
    ]


_ARRAYS = ("points", "intensity", "reference")


def _packed_scans(
    path: Path, *, number: int, axis: str | None, wavelength: float | None
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Read a file, in the worker: scans with numbers in place of arrays, and the arrays, each once."""
    with np.errstate(all="ignore"):
        scans = FORMATS[number].read(path, axis=axis, wavelength=wavelength)
    arrays: dict[int, Any] = {}
    places: dict[int, int] = {}
    told = []
    for scan in scans:
        fields = {field.name: getattr(scan, field.name) for field in dataclasses.fields(scan)}
        fields["metadata"] = dict(scan.metadata)
        for key in _ARRAYS:
            array = fields[key]
            if array is not None:
                arrays[id(array)] = array
                fields[key] = places.setdefault(id(array), len(places))
        told.append(fields)
    return told, list(arrays.values())


def suffixes() -> tuple[str, ...]:
    """Return the suffixes of all formats, in small letters."""
    return tuple(suffix for each in known() for suffix in each.suffixes)


def table() -> pd.DataFrame:
    """List the formats, one row for each suffix.

    Returns
    -------
    pandas.DataFrame
        Columns suffix, format, axis (how it is known), reads, extra ("" for none).

    Raises
    ------
    InputError
        If a format of another package does not name one axis for each suffix.

    Examples
    --------
    >>> table().set_index("suffix").loc[".xy", ["format", "axis"]].tolist()
    ['text columns', 'column titles, else two_theta']
    """
    for each in known():
        if len(each.suffixes) != len(each.axis):
            raise InputError(f"the format {each.name!r} names {len(each.axis)} axes for {len(each.suffixes)} suffixes")
    rows = [
        (suffix, each.name, axis, each.reads, each.extra)
        for each in known()
        for suffix, axis in zip(each.suffixes, each.axis, strict=True)
    ]
    return pd.DataFrame(rows, columns=["suffix", "format", "axis", "reads", "extra"])
