"""The formats that peakscape reads, and the choice of one for a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from peakscape.errors import FormatError
from peakscape.formats import columns
from peakscape.formats.scan import Scan

HEAD_SIZE = 4096


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
    >>> FORMATS[0].name
    'text columns'
    """

    name: str
    suffixes: tuple[str, ...]
    axis: tuple[str, ...]
    reads: str
    extra: str
    sniff: Callable[[Path, bytes], bool]
    read: Reader


_ASKED = "column titles, else asked for"
FORMATS: tuple[Format, ...] = (
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
    for candidate in FORMATS:
        if candidate.sniff(path, head):
            return candidate
    raise FormatError(
        f"{path}: not a format that is read (known suffixes: {' '.join(suffixes())}); export it as .xy or .csv"
    )


def suffixes() -> tuple[str, ...]:
    """Return the suffixes of all formats, in small letters.

    Examples
    --------
    >>> ".xye" in suffixes()
    True
    """
    return tuple(suffix for each in FORMATS for suffix in each.suffixes)


def table() -> pd.DataFrame:
    """List the formats, one row for each suffix.

    Returns
    -------
    pandas.DataFrame
        Columns suffix, format, axis (how it is known), reads, extra ("" for none).

    Examples
    --------
    >>> table().loc[0, ["suffix", "format", "axis"]].tolist()
    ['.xy', 'text columns', 'column titles, else two_theta']
    """
    rows = [
        (suffix, each.name, axis, each.reads, each.extra)
        for each in FORMATS
        for suffix, axis in zip(each.suffixes, each.axis, strict=True)
    ]
    return pd.DataFrame(rows, columns=["suffix", "format", "axis", "reads", "extra"])
