"""Files and folders of measured curves to one container."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.errors import FormatError, InputError
from peakscape.formats.registry import choose, suffixes
from peakscape.formats.scan import Scan

# Axes that agree to this share of their span are the same axis written with different digits.
SAME_AXIS = 1e-6


def read(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    resample: bool = False,
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

    Returns
    -------
    xarray.Dataset
        The container, one sample for each curve, named after the files. The attribute `wavelength` is absent where
        it is unknown.

    Raises
    ------
    FormatError
        A file that is missing or cannot be read; the message holds the file, the line and what to do.
    InputError
        Files on different axes (names them), an unknown axis name or a wavelength that is not positive.

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
    if axis is not None and axis not in spectra.AXES:
        raise InputError(f"axis must be one of {', '.join(spectra.AXES)}, got {axis!r}")
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise InputError(f"the wavelength must be a positive number of angstrom, got {wavelength}")
    scans = [scan for file in files_of(paths) for scan in _scans_of(file, axis, wavelength)]
    _check_same_kind(scans)
    points = _common_points(scans) if resample else _same_points(scans)
    intensity = np.empty((len(scans), len(points)))
    for row, scan in zip(intensity, scans, strict=True):
        row[:] = (
            scan.intensity if len(scan.points) == len(points) and _agree(scan.points, points) else _onto(scan, points)
        )
    return _container(scans, points, intensity, history=_history(scans, points, resample=resample))


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
    found = [each for each in path.iterdir() if each.is_file() and each.suffix.lower() in suffixes()]
    if not found:
        raise FormatError(f"{path}: the folder holds no file with a known suffix ({' '.join(suffixes())})")
    return sorted(found, key=_natural_order)


def _natural_order(path: Path) -> list[tuple[int, float, str]]:
    """Sort key by which scan_2 comes before scan_10."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts]


def _scans_of(path: Path, axis: str | None, wavelength: float | None) -> list[Scan]:
    try:
        return choose(path).read(path, axis=axis, wavelength=wavelength)
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error


def _check_same_kind(scans: list[Scan]) -> None:
    first = scans[0]
    for scan in scans[1:]:
        if scan.axis != first.axis:
            raise FormatError(
                f"{scan.source} is on {scan.axis} and {first.source} on {first.axis}; read them apart,"
                " or say one axis for all if a title misleads"
            )
        if scan.wavelength != first.wavelength:
            raise FormatError(
                f"{scan.source} has wavelength {scan.wavelength} and {first.source} {first.wavelength}; read them apart"
            )


def _agree(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return len(one) == len(other) and bool(np.all(np.abs(one - other) <= SAME_AXIS * (other[-1] - other[0])))


def _same_points(scans: list[Scan]) -> NDArray[np.float64]:
    first = scans[0]
    different = [scan for scan in scans if not _agree(scan.points, first.points)]
    if different:
        names = ", ".join(Path(scan.source).name for scan in different[:3]) + (" ..." if len(different) > 3 else "")
        raise FormatError(
            f"{len(different)} of {len(scans)} files are not on the points of {Path(first.source).name}"
            f" ({_range(first)}): {names} ({_range(different[0])}); bring them onto one axis with resample=True"
            " (on the command line --resample)"
        )
    return first.points


def _range(scan: Scan) -> str:
    return f"{scan.axis} {scan.points[0]:g} to {scan.points[-1]:g}, {len(scan.points)} points"


def _common_points(scans: list[Scan]) -> NDArray[np.float64]:
    first = scans[0].points
    low, high = max(scan.points[0] for scan in scans), min(scan.points[-1] for scan in scans)
    points: NDArray[np.float64] = first[(first >= low) & (first <= high)]
    if len(points) < 2:
        narrowest = max(scans, key=lambda scan: scan.points[0] if low > first[-1] else -scan.points[-1])
        raise FormatError(
            f"the files share no range of {scans[0].axis}: {narrowest.source} has {_range(narrowest)};"
            f" {scans[0].source} has {_range(scans[0])}"
        )
    return points


def _onto(scan: Scan, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = spectra.resample(_container([scan], scan.points, scan.intensity[None]), points)
    return np.asarray(moved["intensity"].values[0])


def _container(
    scans: list[Scan], points: NDArray[np.float64], intensity: NDArray[np.float64], history: Sequence[str] = ()
) -> xr.Dataset:
    axis = scans[0].axis
    return spectra.make(
        intensity,
        two_theta=points if axis == "two_theta" else None,
        q=points if axis == "q" else None,
        energy=points if axis == "energy" else None,
        kind=scans[0].kind,
        wavelength=scans[0].wavelength,
        name=_names(scans),
        source=[scan.source for scan in scans],
        history=history,
    )


def _names(scans: list[Scan]) -> list[str]:
    """Return the names of the scans, with the folder or a number where two would be the same."""
    names = [scan.name for scan in scans]
    if len(set(names)) < len(names):
        count = Counter(names)
        names = [
            f"{Path(scan.source).parent.name}/{name}" if count[name] > 1 else name
            for scan, name in zip(scans, names, strict=True)
        ]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, start=1)]
    return names


def _history(scans: list[Scan], points: NDArray[np.float64], *, resample: bool) -> list[str]:
    lines = [f"read from {len(scans)} files"]
    moved = sum(not _agree(scan.points, points) for scan in scans)
    if resample and moved:
        lines.append(f"{moved} resampled onto {len(points)} points, {points[0]:g} to {points[-1]:g}")
    return lines
