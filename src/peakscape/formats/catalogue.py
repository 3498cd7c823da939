"""The formats that peakscape reads, in the order in which they are tried."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from peakscape.formats import athena, brml, bruker_raw, columns, gsas, nexus, nine809, pdcif, ras, rasx, xdi, xrdml
from peakscape.formats.scan import Scan


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
        name="XDI",
        suffixes=xdi.SUFFIXES,
        axis=_on("energy", xdi.SUFFIXES),
        reads="absorption of transmission, else fluorescence, by its columns; element, edge, compound, temperature",
        extra="",
        sniff=xdi.sniff,
        read=xdi.read,
    ),
    Format(
        name="9809 (KEK-PF, SPring-8, Aichi, SAGA)",
        suffixes=nine809.SUFFIXES,
        axis=_on("energy, from angle and d spacing", nine809.SUFFIXES),
        reads="absorption of transmission or fluorescence, by its Mode line, dark counts subtracted; date, beamline",
        extra="",
        sniff=nine809.sniff,
        read=nine809.read,
    ),
    Format(
        name="Athena project",
        suffixes=athena.SUFFIXES,
        axis=_on("energy", athena.SUFFIXES),
        reads="absorption of all groups, by Larch; element and edge",
        extra="athena",
        sniff=athena.sniff,
        read=athena.read,
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
