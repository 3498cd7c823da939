"""Files and folders of all kinds: what can be read into one set, and why the rest cannot."""

import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from peakscape.errors import FormatError, InputError, MissingExtra, PeakscapeError
from peakscape.formats.joining import (
    absorber_in_words,
    agree,
    extent,
    joined,
    same_absorber,
    wavelength_in_words,
)
from peakscape.formats.radiation import same_wavelength
from peakscape.formats.reading import check_request, natural_order
from peakscape.formats.registry import scans_of
from peakscape.formats.scan import Scan


@dataclass(frozen=True)
class MixedFiles:
    """Hold what could be read of mixed files.

    Parameters
    ----------
    dataset
        The container of what was read.
    skipped
        Columns file and reason, one row for each file (or scan of a file) that is not in the container.
    remark
        Of resampled files, which of them bounds the common range where that is less than half of another's; else "".

    Examples
    --------
    `read_mixed` returns one.
    """

    dataset: xr.Dataset
    skipped: pd.DataFrame
    remark: str = ""


def read_mixed(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    resample: bool = False,
    each: Callable[[Scan], Scan] | None = None,
) -> MixedFiles:
    """Read what can be read of files and folders, and tell why the rest cannot.

    One container has one axis, one wavelength and, without `resample`, one set of points: those that most scans share
    are taken, and the others are told.

    Parameters
    ----------
    paths
        A file, a folder (all its files, whatever their suffix), or several of them.
    wavelength
        In angstrom, for files that do not tell theirs; it is never assumed.
    axis
        "two_theta" (degrees), "q" (1/angstrom) or "energy" (eV), for files that do not tell theirs.
    resample
        Bring curves on different points onto the points of the first file that lie within all of them.
    each
        Applied to each curve on its own points, as in `read`; a curve that it refuses is told among the others.

    Returns
    -------
    MixedFiles
        The container and a table of what is not in it.

    Raises
    ------
    FormatError, InputError, MissingExtra
        If nothing could be read; of a single file its own error.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name, text in (("a.xy", "10 5\\n11 6\\n"), ("b.xy", "10 5\\n11 six\\n"), ("notes.md", "good")):
    ...     _ = (folder / name).write_text(text)
    >>> found = read_mixed(folder)
    >>> found.dataset.name.values.tolist(), [Path(file).name for file in found.skipped["file"]]
    (['a'], ['b.xy', 'notes.md'])
    """
    check_request(axis, wavelength)
    scans: list[Scan] = []
    errors: list[tuple[Path, PeakscapeError]] = []
    for path in _all_files(paths):
        try:
            found = scans_of(path, axis=axis, wavelength=wavelength)
            scans += found if each is None else [each(scan) for scan in found]
        except PeakscapeError as error:
            errors.append((path, error))
    if not scans:
        raise _nothing(errors)
    scans, others = _of_one_kind(scans, resample=resample)
    rows = [(str(path), _reason(path, error)) for path, error in errors] + others
    skipped = pd.DataFrame(rows, columns=["file", "reason"])
    return MixedFiles(joined(scans, resample=resample), skipped, _narrowing(scans) if resample else "")


def _narrowing(scans: list[Scan]) -> str:
    """Tell which scan costs the others more than half of their range."""
    low, high = max(scan.points[0] for scan in scans), min(scan.points[-1] for scan in scans)
    spans = [scan.points[-1] - scan.points[0] for scan in scans]
    if high - low >= max(spans) / 2:
        return ""
    cut_above = max(scan.points[-1] for scan in scans) - high >= low - min(scan.points[0] for scan in scans)
    narrow = min(scans, key=lambda scan: scan.points[-1] if cut_above else -scan.points[0])
    return (
        f"{narrow.source} ({extent(narrow)}) leaves of the others only {narrow.axis} {low:g} to {high:g}; read it apart"
        " to keep their range"
    )


def _all_files(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise InputError("no files to read; give at least one file or folder")
    files: list[Path] = []
    for path in map(Path, given):
        if path.is_dir():
            inside = [each for each in path.iterdir() if not each.name.startswith(".")]
            if not inside:
                raise FormatError(f"{path}: the folder is empty")
            files += sorted(inside, key=natural_order)
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _nothing(errors: list[tuple[Path, PeakscapeError]]) -> PeakscapeError:
    """Return the error of a run that read nothing."""
    if len(errors) == 1 or all(isinstance(error, MissingExtra) for _, error in errors):
        return errors[0][1]
    path, error = errors[0]
    return FormatError(f"none of {len(errors)} files could be read; {path}: {_reason(path, error)}")


def _reason(path: Path, error: PeakscapeError) -> str:
    """Return the message in one line, without the name of the file that stands beside it."""
    if path.is_dir():
        return "is a folder within a folder; give it by name"
    return " ".join(str(error).removeprefix(str(path)).lstrip(":, ").split())


_Skipped = list[tuple[str, str]]


def _of_one_kind(scans: list[Scan], *, resample: bool) -> tuple[list[Scan], _Skipped]:
    """Keep the scans that most share an axis, a wavelength and points, in their order; tell the others."""
    others: _Skipped = []

    scans = _majority(scans, lambda scan, first: scan.axis == first.axis, _other_axis, others)
    scans = _majority(
        scans, lambda scan, first: same_wavelength(scan.wavelength, first.wavelength), _other_beam, others
    )
    scans = _majority(scans, same_absorber, _other_absorber, others)
    if resample:
        scans = _overlapping(scans, others)
    else:
        scans = _majority(scans, lambda one, first: agree(one.points, first.points), _other_points, others)

    return scans, others


def _majority(
    scans: list[Scan],
    same: Callable[[Scan, Scan], bool],
    reason: Callable[[Scan, Scan], str],
    others: _Skipped,
) -> list[Scan]:
    """Return the largest group of scans that are the same, the first of equals; add the others with a reason."""
    groups: list[list[Scan]] = []
    for scan in scans:
        group = next((each for each in groups if same(scan, each[0])), None)
        if group is None:
            groups.append([scan])
        else:
            group.append(scan)
    largest = max(groups, key=len)
    kept: set[Hashable] = {id(scan) for scan in largest}
    others += [(_label(scan), reason(scan, largest[0])) for scan in scans if id(scan) not in kept]
    return largest


def _label(scan: Scan) -> str:
    number = scan.name.rpartition("#")[2] if "#" in scan.name else ""
    return f"{scan.source}#{number}" if number.isdecimal() else scan.source


def _other_axis(scan: Scan, first: Scan) -> str:
    return f"is on {scan.axis} and most are on {first.axis}; read it apart"


def _other_beam(scan: Scan, first: Scan) -> str:
    most = f"has {wavelength_in_words(scan.wavelength)} and most have {wavelength_in_words(first.wavelength)}"
    return most + ("; give it with --wavelength" if scan.wavelength is None else "; read it apart, or export all on q")


def _other_absorber(scan: Scan, first: Scan) -> str:
    return f"is of {absorber_in_words(scan)} and most are of {absorber_in_words(first)}; read it apart"


def _other_points(scan: Scan, first: Scan) -> str:
    return f"is on other points ({extent(scan)}) than most ({extent(first)}); bring all onto one axis with --resample"


def _overlapping(scans: list[Scan], others: _Skipped) -> list[Scan]:
    """Return scans that share at least two points of the first with all before them."""
    points, kept = scans[0].points, []
    for scan in scans:
        within = points[(points >= scan.points[0]) & (points <= scan.points[-1])]
        if len(within) < 2:
            reason = f"{extent(scan)}, shares no range with the others ({points[0]:g} to {points[-1]:g})"
            others.append((_label(scan), reason))
        else:
            points = within
            kept.append(scan)
    return kept
