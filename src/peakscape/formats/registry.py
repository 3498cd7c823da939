"""The formats that peakscape reads, those that others add, and the choice of one for a file."""

import functools
import importlib.metadata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from peakscape.errors import FormatError, InputError, PeakscapeError, PeakscapeWarning
from peakscape.formats import brml, bruker_raw, columns, gsas, nexus, pdcif, ras, rasx, xrdml
from peakscape.formats.scan import Scan

HEAD_SIZE = 4096
# Other packages name a Format in this entry point group; docs/formats.md shows how.
ENTRY_POINTS = "peakscape.formats"


class Reader(Protocol):
    """What every format's `read` looks like."""

    def __call__(self, path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
        """Read one file as one or more scans."""
        ...


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
        ``sniff(path, head)`` tells whether a file is of this format.
    read
        ``read(path, axis=..., wavelength=...)`` returns a list of scans.

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
    read: Reader


def _on(axis: str, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    return (axis,) * len(suffixes)


_ASKED = "column titles, else asked for"
_TUBE = "all scans, attenuation applied; wavelength, K-alpha2, temperature, counting time, date"
# In this order; text columns come last because they take whatever looks like rows of numbers.
FORMATS: tuple[Format, ...] = (
    Format("Rigaku text", ras.SUFFIXES, _on("two_theta", ras.SUFFIXES), _TUBE, "", ras.sniff, ras.read),
    Format(
        name="GSAS, constant wavelength",
        suffixes=gsas.SUFFIXES,
        axis=_on("two_theta", gsas.SUFFIXES),
        reads="all banks of FXYE, FXY, ESD or STD records; wavelength and temperature where comments tell them",
        extra="",
        sniff=gsas.sniff,
        read=gsas.read,
    ),
    Format(
        name="pdCIF",
        suffixes=pdcif.SUFFIXES,
        axis=_on("names of its loops: two_theta, else q", pdcif.SUFFIXES),
        reads="all blocks, _pd_meas_ before _pd_proc_; wavelength, temperature, counting time, date",
        extra="",
        sniff=pdcif.sniff,
        read=pdcif.read,
    ),
    Format(
        name="NeXus and HDF5",
        suffixes=nexus.SUFFIXES,
        axis=_on("units, else name, else asked for", nexus.SUFFIXES),
        reads="@default, @signal, @axes of all entries; wavelength, temperature, counting time, date",
        extra="",
        sniff=nexus.sniff,
        read=nexus.read,
    ),
    Format("PANalytical", xrdml.SUFFIXES, _on("two_theta", xrdml.SUFFIXES), _TUBE, "vendor", xrdml.sniff, xrdml.read),
    Format("Rigaku zipped", rasx.SUFFIXES, _on("two_theta", rasx.SUFFIXES), _TUBE, "vendor", rasx.sniff, rasx.read),
    Format("Bruker zipped", brml.SUFFIXES, _on("two_theta", brml.SUFFIXES), _TUBE, "vendor", brml.sniff, brml.read),
    Format(
        name="Bruker RAW 4",
        suffixes=bruker_raw.SUFFIXES,
        axis=_on("two_theta", bruker_raw.SUFFIXES),
        reads="all ranges; wavelength, K-alpha2, counting time, date; other versions are refused",
        extra="",
        sniff=bruker_raw.sniff,
        read=bruker_raw.read,
    ),
    Format(
        name="text columns",
        suffixes=columns.SUFFIXES,
        axis=tuple(
            f"column titles, else {columns.AXIS_OF_SUFFIX[suffix]}" if suffix in columns.AXIS_OF_SUFFIX else _ASKED
            for suffix in columns.SUFFIXES
        ),
        reads="axis and intensity; a third column (standard error) is not kept; no wavelength",
        extra="",
        sniff=columns.sniff,
        read=columns.read,
    ),
)


def known() -> tuple[Format, ...]:
    """Return all formats in the order in which they are tried: ours, those of other packages, text columns.

    Examples
    --------
    >>> known()[0].name, known()[-1].name
    ('Rigaku text', 'text columns')
    """
    return (*FORMATS[:-1], *_added(), FORMATS[-1])


@functools.cache
def _added() -> tuple[Format, ...]:
    """Load the formats of other packages; a broken one is told once and left out."""
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
    """Choose the format of a file by its suffix and its first bytes.

    Parameters
    ----------
    path
        An existing file.

    Returns
    -------
    Format

    Raises
    ------
    FormatError
        If no format takes the file.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "scan.xye"
    >>> _ = path.write_text("1 2 3")
    >>> choose(path).name
    'text columns'
    """
    with path.open("rb") as file:
        head = file.read(HEAD_SIZE)
    for candidate in known():
        if _takes(candidate, path, head):
            return candidate
    raise FormatError(
        f"{path}: not a format that is read (known suffixes: {' '.join(suffixes())}); export it as .xy or .csv"
    )


def _takes(candidate: Format, path: Path, head: bytes) -> bool:
    if candidate in FORMATS:
        return candidate.sniff(path, head)
    try:
        return bool(candidate.sniff(path, head))
    except Exception:  # of another package: it does not take the file
        return False


def scans_of(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[Scan]:
    """Read one file by the format that takes it.

    Parameters
    ----------
    path
        The file.
    axis, wavelength
        As in `read`.

    Returns
    -------
    list of Scan
        At least one.

    Raises
    ------
    FormatError
        Whatever is wrong with the file.
    MissingExtra
        Where the format needs an extra that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "scan.xy"
    >>> _ = path.write_text("10 5\\n11 6\\n")
    >>> scans_of(path)[0].name
    'scan'
    """
    try:
        if not path.exists():
            raise FormatError(f"{path}: no such file or folder")
        if not path.is_file():
            raise FormatError(f"{path}: is no plain file")
        if path.stat().st_size == 0:
            raise FormatError(f"{path}: is empty; expected a measured pattern")
        chosen = choose(path)
        # Damaged numbers may overflow on the way to the checks that refuse what is not finite.
        with np.errstate(all="ignore"):
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


def suffixes() -> tuple[str, ...]:
    """Return the suffixes of all formats, in small letters.

    Examples
    --------
    >>> ".xye" in suffixes()
    True
    """
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
        If a format of another package names not one axis for each suffix.

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
