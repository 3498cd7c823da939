"""Files and folders of measured curves to one container: all of them, or what of a mixed folder fits together."""

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.errors import FormatError, InputError, MissingExtra, PeakscapeError, PeakscapeWarning
from peakscape.files import STORES
from peakscape.formats.absorption.request import Request
from peakscape.formats.limits import MAX_FILE_BYTES
from peakscape.formats.registry import choose, scans_of, suffixes
from peakscape.formats.scan import METADATA, PROPERTIES, Scan
from peakscape.signal.radiation import same_wavelength
from peakscape.spectra.container import AXES, INSTRUMENT

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
# Axes that agree to this share of their span are the same axis written with different digits.
_SAME_AXIS = 1e-6
_ABSORBER = ("element", "edge")
# Valence and calibration move an edge by less, in eV; edges of two absorbers that lie closer cannot be told apart.
_ONE_EDGE = 50.0
# Suffixes in a folder of which one file each is looked into.
_MOST_LOOKS = 20
_ONE_WAVELENGTH = (
    "a set has one wavelength: read each into a set of its own, give it where a file does not tell it"
    " (wavelength=, --wavelength), or export all on q"
)


def read(
    paths: Paths,
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    resample: bool = False,
    each: Callable[[Scan], Scan] | None = None,
    signal: str | None = None,
    columns: str | Mapping[str, object] | None = None,
    told: Callable[[str], None] | None = None,
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
    signal
        Of absorption scans: "transmission", "fluorescence", "reference" or a column; None takes the detector that saw
        an edge.
    columns
        Which columns are what, by name or number from 1: ``"energy=1,i0=4,if=7+8+9"``.
    told
        Called with a line for each file that cannot be read, which then does not stop the others; None raises.

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
    _check_request(axis, wavelength)
    request = Request.of(signal, columns)
    scans, errors = _scans_of_all(files_of(paths), axis, wavelength, request, each, stops=told is None)
    if not scans:
        raise _nothing(errors)
    if told is not None:
        for path, error in errors:
            told(f"not read: {path}: {_reason(path, error)}")
    _check_same_kind(scans)
    return _joined(scans, resample=resample)


def files_of(paths: Paths) -> list[Path]:
    """Return the files that `read` would read: folders give those with a known suffix, in natural order.

    A folder without such files gives those of its own folders. Beside files, folders are not entered, and told. So are
    files of other suffixes whose contents look like spectra.

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

    Warns
    -----
    PeakscapeWarning
        Folders with files to read that lie beside other such files; files passed over that look like spectra.

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
    paths: Paths,
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    resample: bool = False,
    each: Callable[[Scan], Scan] | None = None,
    signal: str | None = None,
    columns: str | Mapping[str, object] | None = None,
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
    signal, columns
        As in `read`.

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
    _check_request(axis, wavelength)
    request = Request.of(signal, columns)
    scans, errors = _scans_of_all(_all_files(paths), axis, wavelength, request, each)
    if not scans:
        raise _nothing(errors)
    scans, others = _of_one_kind(scans, resample=resample)
    rows = [(str(path), _reason(path, error)) for path, error in errors] + others
    skipped = pd.DataFrame(rows, columns=["file", "reason"])
    return MixedFiles(_joined(scans, resample=resample), skipped, _narrowing(scans) if resample else "")


def read_apart(
    path: str | os.PathLike[str],
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    each: Callable[[Scan], Scan] | None = None,
    signal: str | None = None,
    columns: str | Mapping[str, object] | None = None,
) -> list[xr.Dataset]:
    """Read the scans of one file for those who need no common axis: what lies on the same points is one container.

    Parameters, errors
        As in `read`.

    Returns
    -------
    list of xarray.Dataset
        In the order of their first scans; one where all scans fit together.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.xy"
    >>> _ = path.write_text("10,0 5\\n10,1 7\\n")
    >>> [part.sizes["sample"] for part in read_apart(path)]
    [1]
    """
    _check_request(axis, wavelength)
    scans, _ = _scans_of_all([Path(path)], axis, wavelength, Request.of(signal, columns), each, stops=True)
    return [_joined(group) for group in _alike(scans, _fit_together)]


def _fit_together(one: Scan, other: Scan) -> bool:
    same_beam = one.axis == other.axis and same_wavelength(one.wavelength, other.wavelength)
    return same_beam and _same_absorber(one, other) and _agree(one.points, other.points)


_Errors = list[tuple[Path, PeakscapeError]]


def _scans_of_all(
    files: Sequence[Path],
    axis: str | None,
    wavelength: float | None,
    request: Request,
    each: Callable[[Scan], Scan] | None,
    *,
    stops: bool = False,
) -> tuple[list[Scan], _Errors]:
    """Read files one by one: their scans, and which could not be read and why; the first of those may stop it."""
    scans: list[Scan] = []
    errors: _Errors = []
    for path in files:
        try:
            found = scans_of(path, axis=axis, wavelength=wavelength, request=request)
            scans += found if each is None else [each(scan) for scan in found]
        except PeakscapeError as error:
            if stops:
                raise
            errors.append((path, error))
    return scans, errors


def _check_request(axis: str | None, wavelength: float | None) -> None:
    """Raise InputError for an axis that is none or a wavelength that is not positive."""
    if axis is not None and axis not in AXES:
        raise InputError(f"axis must be one of {', '.join(AXES)}, got {axis!r}")
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise InputError(f"the wavelength must be a positive number of angstrom, got {wavelength}")


def _files_at(path: Path) -> list[Path]:
    if not path.exists():
        raise FormatError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    found = _files_in(path)
    inner = [each for each in sorted(path.iterdir(), key=_natural_order) if _is_plain_folder(each)]
    if not found:
        within = [file for each in inner for file in _files_in(each)]
        if within:
            _tell_unknown([path, *inner], path)
            return within
        listed = ", ".join(str(each) for each in inner[:5]) + (", ..." if len(inner) > 5 else "")
        hint = f"; nor do its folders: {listed}" if inner else ""
        unknown = _unknown_in([path])
        hint += f"; {unknown}" if unknown else ""
        raise FormatError(f"{path}: the folder holds no file with a known suffix ({' '.join(suffixes())}){hint}")
    passed = [each for each in inner if _files_in(each)]
    if passed:
        listed = ", ".join(str(each) for each in passed[:5]) + (", ..." if len(passed) > 5 else "")
        warnings.warn(f"{path}: its folders are not entered; give those that are wanted: {listed}", PeakscapeWarning, 4)
    _tell_unknown([path], path)
    return found


def _tell_unknown(folders: list[Path], path: Path) -> None:
    unknown = _unknown_in(folders)
    if unknown:
        warnings.warn(f"{path}: {unknown}", PeakscapeWarning, 5)


def _unknown_in(folders: list[Path]) -> str:
    """Tell which suffixes that are not known stand on files that look like spectra, by the first file of each."""
    known = (*suffixes(), *STORES)
    others: dict[str, list[Path]] = {}
    for folder in folders:
        for file in sorted((each for each in folder.iterdir() if each.is_file()), key=_natural_order):
            if file.suffix.lower() not in known and not file.name.startswith("."):
                others.setdefault(file.suffix, []).append(file)
    counts = {suffix: len(files) for suffix, files in list(others.items())[:_MOST_LOOKS] if _looks_readable(files[0])}
    if not counts:
        return ""
    n_files = sum(counts.values())
    told = ", ".join(f"{suffix or 'no suffix'} ({n})" for suffix, n in list(counts.items())[:5])
    more = ", ..." if len(counts) > 5 else ""
    look = "1 file looks" if n_files == 1 else f"{n_files} files look"
    return f"{look} like spectra but have a suffix that is not known: {told}{more}; to read them, give them by name"


def _looks_readable(path: Path) -> bool:
    try:
        choose(path)
    except (FormatError, OSError):
        return False
    return True


def _files_in(folder: Path) -> list[Path]:
    known = suffixes()
    found = [each for each in folder.iterdir() if each.is_file() and each.suffix.lower() in known]
    return sorted((each for each in found if not _is_structure(each)), key=_natural_order)


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".") and path.suffix not in STORES


def _is_structure(path: Path) -> bool:
    """Tell whether a file is a CIF without any powder data: a crystal structure beside the patterns."""
    if path.suffix.lower() != ".cif" or path.stat().st_size > MAX_FILE_BYTES:
        return False
    return re.search(rb"_pd_(meas|proc)", path.read_bytes()) is None


def _natural_order(path: Path) -> list[tuple[int, float, str]]:
    """Return the sort key by which scan_2 comes before scan_10."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, float(part), "") if part.isdecimal() else (1, 0.0, part) for part in parts]


def _narrowing(scans: list[Scan]) -> str:
    """Tell which scan costs the others more than half of their range."""
    low, high = max(scan.points[0] for scan in scans), min(scan.points[-1] for scan in scans)
    spans = [scan.points[-1] - scan.points[0] for scan in scans]
    if high - low >= max(spans) / 2:
        return ""
    cut_above = max(scan.points[-1] for scan in scans) - high >= low - min(scan.points[0] for scan in scans)
    narrow = min(scans, key=lambda scan: scan.points[-1] if cut_above else -scan.points[0])
    return (
        f"{narrow.source} ({_extent(narrow)}) leaves of the others only {narrow.axis} {low:g} to {high:g};"
        " read it separately to keep their range"
    )


def _all_files(paths: Paths) -> list[Path]:
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise InputError("no files to read; give at least one file or folder")
    files: list[Path] = []
    for path in map(Path, given):
        if path.is_dir():
            inside = [each for each in path.iterdir() if not each.name.startswith(".")]
            if not inside:
                raise FormatError(f"{path}: the folder is empty")
            files += sorted(inside, key=_natural_order)
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _nothing(errors: _Errors) -> PeakscapeError:
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
    scans = _majority(scans, _same_absorber, _other_absorber, others)
    if resample:
        scans = _overlapping(scans, others)
    else:
        scans = _majority(scans, lambda one, first: _agree(one.points, first.points), _other_points, others)

    return scans, others


def _majority(
    scans: list[Scan],
    same: Callable[[Scan, Scan], bool],
    reason: Callable[[Scan, Scan], str],
    others: _Skipped,
) -> list[Scan]:
    """Return the largest group of scans that are the same, the first of equals; add the others with a reason."""
    largest = max(_alike(scans, same), key=len)
    kept: set[Hashable] = {id(scan) for scan in largest}
    others += [(_label(scan), reason(scan, largest[0])) for scan in scans if id(scan) not in kept]
    return largest


def _alike(scans: list[Scan], same: Callable[[Scan, Scan], bool]) -> list[list[Scan]]:
    """Return groups of scans that are the same as the first of each."""
    groups: list[list[Scan]] = []
    for scan in scans:
        group = next((each for each in groups if same(scan, each[0])), None)
        if group is None:
            groups.append([scan])
        else:
            group.append(scan)
    return groups


def _label(scan: Scan) -> str:
    number = scan.name.rpartition("#")[2] if "#" in scan.name else ""
    return f"{scan.source}#{number}" if number.isdecimal() else scan.source


def _other_axis(scan: Scan, first: Scan) -> str:
    return f"is on {scan.axis} and most are on {first.axis}; read it separately"


def _other_beam(scan: Scan, first: Scan) -> str:
    most = f"has {_wavelength_in_words(scan.wavelength)} and most have {_wavelength_in_words(first.wavelength)}"
    return most + (
        "; give it with --wavelength" if scan.wavelength is None else "; read it separately, or export all on q"
    )


def _other_absorber(scan: Scan, first: Scan) -> str:
    return f"is of {_absorber_in_words(scan)} and most are of {_absorber_in_words(first)}; read it separately"


def _other_points(scan: Scan, first: Scan) -> str:
    return f"is on other points ({_extent(scan)}) than most ({_extent(first)}); bring all onto one axis with --resample"


def _overlapping(scans: list[Scan], others: _Skipped) -> list[Scan]:
    """Return scans that share at least two points of the first with all before them."""
    points, kept = scans[0].points, []
    for scan in scans:
        within = points[(points >= scan.points[0]) & (points <= scan.points[-1])]
        if len(within) < 2:
            reason = f"{_extent(scan)}, shares no range with the others ({points[0]:g} to {points[-1]:g})"
            others.append((_label(scan), reason))
        else:
            points = within
            kept.append(scan)
    return kept


def _joined(scans: list[Scan], *, resample: bool = False) -> xr.Dataset:
    """Put scans of one axis and wavelength into a container."""
    points = _common_points(scans) if resample else _same_points(scans)
    intensity = np.empty((len(scans), len(points)))
    for row, scan in zip(intensity, scans, strict=True):
        row[:] = (
            scan.intensity if len(scan.points) == len(points) and _agree(scan.points, points) else _onto(scan, points)
        )
    return _container(scans, points, intensity, history=_history(scans, points, resample=resample))


def _check_same_kind(scans: list[Scan]) -> None:
    """Raise FormatError, with the names, for scans on different axes or of different wavelengths."""
    first = scans[0]
    for scan in scans[1:]:
        if scan.axis != first.axis:
            raise FormatError(
                f"{scan.source} is on {scan.axis} and {first.source} on {first.axis}; read them separately,"
                " or say one axis for all if a title misleads"
            )
        if not same_wavelength(scan.wavelength, first.wavelength):
            raise FormatError(
                f"{scan.source} has {_wavelength_in_words(scan.wavelength)} and {first.source}"
                f" {_wavelength_in_words(first.wavelength)}; {_ONE_WAVELENGTH}"
            )
        if not _same_absorber(scan, first):
            raise FormatError(
                f"{scan.source} is of {_absorber_in_words(scan)} and {first.source} of {_absorber_in_words(first)};"
                " a set has one absorber: read them separately"
            )


def _wavelength_in_words(wavelength: float | None) -> str:
    """Tell a wavelength."""
    return "no known wavelength" if wavelength is None else f"wavelength {wavelength:g} angstrom"


def _same_absorber(one: Scan, other: Scan) -> bool:
    """Tell whether two scans are of one edge of one element; what one of them does not tell makes no difference."""
    pairs = ((one.element, other.element), (one.edge, other.edge))
    found = [each.metadata.get("edge_energy") for each in (one, other)]
    apart = (
        all(isinstance(edge, float) for edge in found) and abs(float(found[0] or 0) - float(found[1] or 0)) > _ONE_EDGE
    )
    return not apart and all(own is None or wanted is None or own == wanted for own, wanted in pairs)


def _absorber_in_words(scan: Scan) -> str:
    """Tell the absorber of a scan."""
    found = scan.metadata.get("edge_energy")
    place = f" (edge at {found:.0f} eV)" if isinstance(found, float) else ""
    return f"{scan.element or 'an unknown absorber'} {scan.edge or ''}".strip() + place


def _agree(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Tell whether two axes are the same up to the digits that were written."""
    return len(one) == len(other) and bool(np.all(np.abs(one - other) <= _SAME_AXIS * (other[-1] - other[0])))


def _same_points(scans: list[Scan]) -> NDArray[np.float64]:
    first = scans[0]
    different = [scan for scan in scans if not _agree(scan.points, first.points)]
    if different:
        names = ", ".join(Path(scan.source).name for scan in different[:3]) + (" ..." if len(different) > 3 else "")
        raise FormatError(
            f"{len(different)} of {len(scans)} files are not on the points of {Path(first.source).name}"
            f" ({_extent(first)}): {names} ({_extent(different[0])}); bring them onto one axis with resample=True"
            " (on the command line --resample)"
        )
    return first.points


def _extent(scan: Scan) -> str:
    """Tell the axis of a scan in words."""
    return f"{scan.axis} {scan.points[0]:g} to {scan.points[-1]:g}, {len(scan.points)} points"


def _common_points(scans: list[Scan]) -> NDArray[np.float64]:
    first = scans[0].points
    low, high = max(scan.points[0] for scan in scans), min(scan.points[-1] for scan in scans)
    points: NDArray[np.float64] = first[(first >= low) & (first <= high)]
    if len(points) < 2:
        narrowest = max(scans, key=lambda scan: scan.points[0] if low > first[-1] else -scan.points[-1])
        raise FormatError(
            f"the files share no range of {scans[0].axis}: {narrowest.source} has {_extent(narrowest)};"
            f" {scans[0].source} has {_extent(scans[0])}"
        )
    return points


def _onto(scan: Scan, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = spectra.resample(_container([scan], scan.points, scan.intensity[None]), points)
    return np.asarray(moved["intensity"].values[0])


def _container(
    scans: list[Scan], points: NDArray[np.float64], intensity: NDArray[np.float64], history: Sequence[str] = ()
) -> xr.Dataset:
    axis = scans[0].axis
    dataset = spectra.make(
        intensity,
        two_theta=points if axis == "two_theta" else None,
        q=points if axis == "q" else None,
        energy=points if axis == "energy" else None,
        kind=scans[0].kind,
        wavelength=scans[0].wavelength,
        name=_names(scans),
        source=[scan.source for scan in scans],
        labels=_labels(scans),
        history=history,
    )
    for key in set(map(str, dataset.coords)) & set(METADATA):
        dataset[key].attrs.update({"units": METADATA[key]} if METADATA[key] else {})
        # A temperature that all samples have can be read from a map; what else the instrument tells is no property.
        if key not in PROPERTIES or not _is_complete(dataset[key].values):
            dataset[key].attrs["role"] = INSTRUMENT
    absorber = {key: next((getattr(scan, key) for scan in scans if getattr(scan, key)), None) for key in _ABSORBER}
    return dataset.assign_attrs({key: value for key, value in absorber.items() if value is not None})


def _is_complete(values: NDArray[np.generic]) -> bool:
    return bool(np.isfinite(values).all() if values.dtype.kind == "f" else (values != "").all())


def _labels(scans: list[Scan]) -> dict[str, NDArray[np.generic]]:
    """Return what the files tell beside the curves; not a number, or no text, where one of them does not."""
    told = [dict(scan.metadata) for scan in scans]
    if not any(told):
        return {}
    for notes, scan in zip(told, scans, strict=True):
        if scan.wavelength is not None:
            notes["sample_wavelength"] = scan.wavelength
    keys = [key for key in METADATA if any(key in notes for notes in told)]
    return {
        key: np.array(
            [notes.get(key, np.nan if METADATA[key] else "") for notes in told], dtype=float if METADATA[key] else str
        )
        for key in keys
    }


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
    lines = [f"read from {len({scan.source for scan in scans})} files"]
    moved = sum(not _agree(scan.points, points) for scan in scans)
    if resample and moved:
        lines.append(f"{moved} resampled onto {len(points)} points, {points[0]:g} to {points[-1]:g}")
    signals = sorted({str(scan.metadata["signal"]) for scan in scans if "signal" in scan.metadata})
    if signals:
        lines.append(f"absorption from {'; '.join(signals)}")
    return lines
