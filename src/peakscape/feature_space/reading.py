"""Read measured or stored spectra as a feature space wants them: labelled, absorption on one scale."""

import glob
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import xarray as xr

from peakscape import formats, spectra
from peakscape.absorption.scans import normalize_scan
from peakscape.errors import FormatError, InputError, PeakscapeWarning
from peakscape.files import STORES
from peakscape.formats import Scan
from peakscape.signal import radiation

AbsorptionScale = Literal["flattened", "normalized", "raw", "all"]


def read(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    resample: bool = False,
    label: str | None = None,
    pattern: str | None = None,
    labels: str | os.PathLike[str] | None = None,
    absorption: AbsorptionScale = "flattened",
    calibrate_to: float | None = None,
    signal: str | None = None,
    columns: str | Mapping[str, object] | None = None,
) -> xr.Dataset:
    """Read spectra from measured files, folders or stored spectra, and label them.

    Parameters
    ----------
    paths
        A file, a folder, a pattern such as ``"data/*.xy"``, or several of them; or stored spectra (.zarr, .nc).
    wavelength
        In angstrom, where files do not tell theirs; it is never assumed.
    axis
        "two_theta" (degrees), "q" (1/angstrom) or "energy" (eV), where files do not tell theirs.
    resample
        Bring spectra on different points onto those of the first that lie within all of them.
    label, pattern
        Labels from file names: a regular expression with one group, named by `label`, or with named groups; see
        `formats.label_by_name`.
    labels
        A table (.csv) with a column of file names and others of labels.
    absorption
        Raw absorption is brought onto the scale of its edge step: ``"flattened"``, with the curvature after the edge
        taken out, or ``"normalized"``, with it; ``"all"`` flattens also what files do not call raw; ``"raw"`` leaves
        everything as measured.
    calibrate_to
        Shift each absorption scan so that the edge of the reference measured beside it lies at this energy, eV.
    signal, columns
        Which detector of an absorption scan, and which columns: as in `formats.read`. None takes the detector that saw
        an edge; `reading` of the dataset tells how.

    Returns
    -------
    xarray.Dataset
        The container; see `formats.read`.

    Raises
    ------
    FormatError, InputError, SpectraError
        If no file can be read, or files do not fit together: the message holds the file and what to do.

    Warns
    -----
    PeakscapeWarning
        A file among others that cannot be read, and a sample among others that the pattern or the table does not know:
        they are left out.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for x in (0.0, 0.5):
    ...     _ = (folder / f"x{x}.xy").write_text(f"10,0 5\\n10,1 {7 + x}\\n")
    >>> read(f"{folder}/*.xy", wavelength=1.5406, label="x", pattern=r"x([0-9.]+)\\.xy").x.values.tolist()
    [0.0, 0.5]
    """
    every = without_table(_expanded(paths), labels)
    stored = [path for path in every if Path(path).suffix in STORES]
    if stored and len(stored) < len(every):
        raise InputError("give either stored spectra (.zarr, .nc) or raw files, not both")
    if stored:
        parts = [spectra.check(spectra.open(path)) for path in stored]
        dataset = parts[0] if len(parts) == 1 else spectra.concatenate(parts)
        dataset = dataset if wavelength is None else with_wavelength(dataset, wavelength)
    else:
        each = treatment(absorption, calibrate_to=calibrate_to)
        dataset = formats.read(
            without_table(formats.files_of(every), labels),
            wavelength=wavelength,
            axis=axis,
            resample=resample,
            each=each,
            signal=signal,
            columns=columns,
            told=_tell,
        )
    return labelled(dataset, label=label, pattern=pattern, labels=labels)


def read_apart(
    path: str | os.PathLike[str],
    *,
    wavelength: float | None = None,
    axis: str | None = None,
    label: str | None = None,
    pattern: str | None = None,
    labels: str | os.PathLike[str] | None = None,
    absorption: AbsorptionScale = "flattened",
    calibrate_to: float | None = None,
    signal: str | None = None,
    columns: str | Mapping[str, object] | None = None,
) -> list[xr.Dataset]:
    """Read the scans of one raw file that need no common axis, as `read` does: those on the same points together."""
    parts = formats.reading.read_apart(
        path,
        wavelength=wavelength,
        axis=axis,
        each=treatment(absorption, calibrate_to=calibrate_to),
        signal=signal,
        columns=columns,
    )
    return [labelled(part, label=label, pattern=pattern, labels=labels) for part in parts]


def _expanded(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> list[str | os.PathLike[str]]:
    """Return paths one by one, patterns as the files that they stand for."""
    found: list[str | os.PathLike[str]] = []
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        text = os.fspath(path)
        if glob.has_magic(text) and not Path(text).exists():
            matches = sorted(glob.glob(text))
            if not matches:
                raise FormatError(f"no file is called {text}")
            found += matches
        else:
            found.append(text)
    return found


def labelled(
    dataset: xr.Dataset, *, label: str | None, pattern: str | None, labels: str | os.PathLike[str] | None
) -> xr.Dataset:
    """Label samples by their file names and by a table; one that neither knows is left out, with a warning."""
    if pattern is not None:
        dataset = formats.label_by_name(dataset, pattern, label=label, told=_tell)
    return dataset if labels is None else formats.label_by_table(dataset, labels, told=_tell)


def _tell(line: str) -> None:
    warnings.warn(line, PeakscapeWarning, stacklevel=4)


def without_table(
    paths: Sequence[str | os.PathLike[str]], labels: str | os.PathLike[str] | None
) -> list[str | os.PathLike[str]]:
    """Leave out the table of labels where it lies among the files, as with ``*.csv``.

    Examples
    --------
    >>> without_table(["a.csv", "b.csv", "labels.csv"], "labels.csv")
    ['a.csv', 'b.csv']
    """
    if labels is None or len(paths) < 2:
        return list(paths)
    table = Path(labels).resolve()
    return [path for path in paths if Path(path).resolve() != table]


def with_wavelength(dataset: xr.Dataset, wavelength: float) -> xr.Dataset:
    """Return stored spectra with a wavelength, unless they are stored with another.

    Examples
    --------
    >>> with_wavelength(spectra.make([[0, 1], [1, 0]], two_theta=[10, 20]), 1.5406).attrs["wavelength"]
    1.5406
    """
    known = dataset.attrs.get("wavelength")
    if known is not None and not radiation.same_wavelength(float(known), wavelength):
        raise InputError(f"the spectra are stored with wavelength {known:g} angstrom, not {wavelength:g}")
    return dataset.assign_attrs(wavelength=wavelength)


def treatment(how: AbsorptionScale, *, calibrate_to: float | None = None) -> Callable[[Scan], Scan] | None:
    """Return what is done to each absorption scan on its own points, None for nothing.

    Examples
    --------
    >>> treatment("raw") is None
    True
    """
    if how == "raw":
        if calibrate_to is not None:
            raise InputError("calibration needs scans that are normalised; leave absorption='raw' out")
        return None

    def treat(scan: Scan) -> Scan:
        if scan.axis != "energy":
            return scan
        return normalize_scan(scan, flatten=how != "normalized", calibrate_to=calibrate_to, everything=how == "all")

    return treat
