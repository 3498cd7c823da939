"""Files and folders of measured curves to one container."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from peakscape import spectra
from peakscape.errors import FormatError, InputError
from peakscape.formats.joining import check_same_kind, joined
from peakscape.formats.limits import MAX_FILE_BYTES
from peakscape.formats.registry import scans_of, suffixes
from peakscape.formats.scan import Scan


def read(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    resample: bool = False,
    each: Callable[[Scan], Scan] | None = None,
) -> xr.Dataset:
    """Read measured curves from files, or from all files of a folder that have a known suffix.

    Parameters
    ----------
    paths
        A file, a folder, or several of them.
    wavelength
        In angstrom, for files that do not tell theirs; it is never assumed.
    axis
        "two_theta" (degrees), "q" (1/angstrom) or "energy" (eV), for files that do not tell theirs.
    resample
        Bring curves on different points onto the points of the first file that lie within all of them.
    each
        Applied to each curve on its own points, before any resampling: `absorption.normalize_scan` brings raw
        absorption onto the scale of the edge step.

    Returns
    -------
    xarray.Dataset
        The container, one sample for each curve, named after the files (file#1, file#2 ... of several scans). The
        attribute `wavelength` is absent where it is unknown. What the files tell beside the curves comes as
        coordinates: `temperature` (K), `counting_time` (s), `sample_wavelength` (angstrom), `radiation`,
        `intensity_unit`, `date` and the others of `Scan.metadata`.

    Raises
    ------
    FormatError
        A file that is missing or cannot be read; the message holds the file, the line and what to do. Files on
        different axes or of different wavelengths (names them).
    InputError
        An unknown axis name or a wavelength that is not positive.
    MissingExtra
        A format that needs an extra which is not installed.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for x in (0.0, 0.5):
    ...     _ = (folder / f"x{x}.xy").write_text(f"10,0 5\\n10,1 {7 + x}\\n")
    >>> measured = read(folder, wavelength=1.5406)
    >>> measured.name.values.tolist(), measured.intensity.values[1].tolist()
    (['x0.0', 'x0.5'], [5.0, 7.5])
    """
    check_request(axis, wavelength)
    scans = [scan for file in files_of(paths) for scan in scans_of(file, axis=axis, wavelength=wavelength)]
    scans = scans if each is None else [each(scan) for scan in scans]
    check_same_kind(scans)
    return joined(scans, resample=resample)


def check_request(axis: str | None, wavelength: float | None) -> None:
    """Raise InputError for an axis that is none or a wavelength that is not positive.

    Examples
    --------
    >>> check_request("two_theta", 1.5406)
    """
    if axis is not None and axis not in spectra.AXES:
        raise InputError(f"axis must be one of {', '.join(spectra.AXES)}, got {axis!r}")
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise InputError(f"the wavelength must be a positive number of angstrom, got {wavelength}")


def files_of(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Return the files that `read` would read: folders give those with a known suffix, in natural order.

    Parameters
    ----------
    paths
        A file, a folder, or several of them.

    Returns
    -------
    list of Path
        At least one.

    Raises
    ------
    FormatError
        A path that is not there or a folder without any such file.
    InputError
        No paths.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("s10.xy", "s9.xy", "notes.md"):
    ...     _ = (folder / name).write_text("1 2")
    >>> [file.name for file in files_of(folder)]
    ['s9.xy', 's10.xy']
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise InputError("no files to read; give at least one file or folder")
    return [file for path in given for file in _files_at(Path(path))]


def _files_at(path: Path) -> list[Path]:
    if not path.exists():
        raise FormatError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    known = suffixes()
    found = [each for each in path.iterdir() if each.is_file() and each.suffix.lower() in known]
    found = [each for each in found if not _is_structure(each)]
    if not found:
        raise FormatError(f"{path}: the folder holds no file with a known suffix ({' '.join(suffixes())})")
    return sorted(found, key=natural_order)


def _is_structure(path: Path) -> bool:
    """Tell whether a file is a CIF without any powder data: a crystal structure beside the patterns."""
    if path.suffix.lower() != ".cif" or path.stat().st_size > MAX_FILE_BYTES:
        return False
    return re.search(rb"_pd_(meas|proc)", path.read_bytes()) is None


def natural_order(path: Path) -> list[tuple[int, float, str]]:
    """Return the sort key by which scan_2 comes before scan_10.

    Examples
    --------
    >>> natural_order(Path("scan_2.xy")) < natural_order(Path("scan_10.xy"))
    True
    """
    parts = re.split(r"(\d+)", path.name)
    return [(0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts]
