"""All formats, ours and those that others add, and the choice of one for a file."""

import functools
import importlib.metadata
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from peakscape.errors import FormatError, InputError, PeakscapeError, PeakscapeWarning
from peakscape.formats.catalogue import FORMATS, Format
from peakscape.formats.scan import Scan

__all__ = ["ENTRY_POINTS", "FORMATS", "Format", "choose", "known", "scans_of", "suffixes", "table"]

HEAD_SIZE = 4096
# Other packages name a Format in this entry point group; docs/formats.md shows how.
ENTRY_POINTS = "peakscape.formats"


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
