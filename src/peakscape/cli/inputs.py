"""Spectra that a command is given: stored ones or raw files, labelled, and brought onto a map's axis."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from peakscape.cli.output import progress, remark
from peakscape.errors import InputError, PeakscapeError, SpectraError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.maps import SavedMap

STORES = (".zarr", ".nc")
SAME_WAVELENGTH = 1e-4  # relative: 1.5406 and 1.54056 angstrom are one wavelength


def add_spectra_options(command: argparse.ArgumentParser) -> None:
    """Add the options that raw files need."""
    raw = command.add_argument_group("raw files")
    raw.add_argument("--wavelength", type=positive, metavar="W", help="in angstrom, where the files do not tell it")
    raw.add_argument("--axis", choices=("two_theta", "q", "energy"), help="what the first column is, where unknown")
    raw.add_argument("--resample", action="store_true", help="bring files on different points onto common ones")
    add_label_options(command)


def add_label_options(command: argparse.ArgumentParser) -> None:
    """Add the options that label samples."""
    labels = command.add_argument_group("labels")
    labels.add_argument(
        "--pattern",
        metavar="REGEX",
        help="labels from file names: one group, named by --label, or named groups (?P<x>...); a group named formula"
        " becomes the composition",
    )
    labels.add_argument("--label", metavar="NAME", help="name of the pattern's only group")
    labels.add_argument(
        "--labels",
        metavar="TABLE.csv",
        help="table with titles: file, then labels; a column formula becomes the composition",
    )


def positive(text: str) -> float:
    """Read a positive number, with a decimal point or comma.

    Examples
    --------
    >>> positive("1,5406")
    1.5406
    """
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = np.nan
    if not (np.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return value


def apply_labels(dataset: "xr.Dataset", options: argparse.Namespace) -> "xr.Dataset":
    """Label samples as the options say."""
    from peakscape import formats

    if options.pattern:
        dataset = formats.label_by_name(dataset, options.pattern, label=options.label)
    if options.labels:
        dataset = formats.label_by_table(dataset, options.labels)
    return dataset


def open_spectra(paths: list[str], options: argparse.Namespace) -> "xr.Dataset":
    """Open stored spectra or read raw files, all on one axis, and label them.

    Raises
    ------
    PeakscapeError
        Whatever is wrong with the files.
    """
    from peakscape import formats, spectra

    stored = [path for path in paths if Path(path).suffix in STORES]
    if not stored:
        dataset = formats.read(paths, wavelength=options.wavelength, axis=options.axis, resample=options.resample)
    elif len(stored) == len(paths):
        parts = [spectra.check(spectra.open(path)) for path in paths]
        dataset = parts[0] if len(parts) == 1 else spectra.concatenate(parts)
        if options.wavelength is not None:
            dataset = _with_wavelength(dataset, options.wavelength)
    else:
        raise InputError("give either stored spectra (.zarr, .nc) or raw files, not both; `peakscape read` joins files")
    return apply_labels(dataset, options)


def _with_wavelength(dataset: "xr.Dataset", wavelength: float) -> "xr.Dataset":
    known = dataset.attrs.get("wavelength")
    if known is not None and abs(known - wavelength) > SAME_WAVELENGTH * wavelength:
        raise InputError(f"the spectra are stored with wavelength {known:g} angstrom, not {wavelength:g}")
    return dataset.assign_attrs(wavelength=wavelength)


def open_for_map(paths: list[str], saved: "SavedMap", options: argparse.Namespace) -> "xr.Dataset":
    """Open spectra and make them what the map expects: its axis, its wavelength, its scale.

    Raises
    ------
    PeakscapeError
        If the spectra do not cover the map's axis, are of another axis or wavelength, or theirs is not known.
    """
    from peakscape import formats, spectra

    if any(Path(path).suffix in STORES for path in paths):
        parts = [open_spectra(paths, options)]
    else:
        # Each file may have an axis of its own: all go onto the map's.
        files = formats.files_of(paths)
        parts = [
            formats.read(file, wavelength=options.wavelength, axis=options.axis) for file in progress(files, "reading")
        ]
    fitting = [_onto_map(part, saved) for part in parts]
    dataset = fitting[0] if len(fitting) == 1 else spectra.concatenate(fitting)
    n_moved = sum(int(part.attrs.pop("_moved")) for part in fitting)
    dataset.attrs.pop("_moved", None)
    if n_moved:
        remark(f"{n_moved} spectra were resampled onto the map's axis")
    if all(Path(path).suffix not in STORES for path in paths):
        dataset = apply_labels(dataset, options)
    return prepare(dataset, saved.preparation.get("scale"))


def prepare(dataset: "xr.Dataset", scale: str | None) -> "xr.Dataset":
    """Scale spectra as a map wants it; None leaves them as they are."""
    from peakscape import spectra

    return dataset if scale in (None, "none") else spectra.scale(dataset, by=scale)


def _onto_map(dataset: "xr.Dataset", saved: "SavedMap") -> "xr.Dataset":
    from peakscape import spectra

    axis = spectra.axis_name(dataset)
    if list(saved.axis) != [axis]:
        raise SpectraError(f"the map is on {', '.join(saved.axis) or 'no known axis'}, the spectra are on {axis}")
    _check_wavelength(dataset, saved)
    wanted, points = saved.axis[axis], dataset[axis].values
    same = len(wanted) == len(points) and bool(np.all(np.abs(wanted - points) <= 1e-6 * (wanted[-1] - wanted[0])))
    if same:
        return dataset.assign_coords({axis: (axis, wanted, dataset[axis].attrs)}).assign_attrs(_moved=0)
    try:
        moved = spectra.resample(dataset, wanted)
    except PeakscapeError as error:
        raise SpectraError(f"{first_name(dataset)} does not cover the map's axis: {error}") from error
    return moved.assign_attrs(_moved=dataset.sizes["sample"])


def _check_wavelength(dataset: "xr.Dataset", saved: "SavedMap") -> None:
    """On two_theta, only patterns of the map's wavelength have a place on it."""
    of_map, own = saved.provenance.get("wavelength"), dataset.attrs.get("wavelength")
    if "two_theta" not in saved.axis or of_map is None:
        return
    if own is None:
        raise SpectraError(
            f"the map is of wavelength {of_map:g} angstrom and that of {first_name(dataset)} is not known;"
            " give it with --wavelength"
        )
    if abs(own - of_map) > SAME_WAVELENGTH * of_map:
        raise SpectraError(
            f"{first_name(dataset)} has wavelength {own:g} angstrom, the map {of_map:g}: on two_theta they cannot be"
            " compared"
        )


def first_name(dataset: "xr.Dataset") -> str:
    """Return the source, else the name, of the first sample."""
    source = str(dataset["source"].values[0]) if "source" in dataset.coords else ""
    return source or str(dataset["name"].values[0])
