"""Spectra that a command is given: stored ones, raw files or folders, labelled; and how they are to be prepared."""

import argparse
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from peakscape.cli.output import remark
from peakscape.errors import FormatError, InputError, PeakscapeError
from peakscape.files import STORES

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from peakscape.diffraction import Disturbances, Variations
    from peakscape.formats import Scan
    from peakscape.formats.reading import MixedFiles


Ranges = TypeVar("Ranges", "Disturbances", "Variations")


def add_spectra_options(command: argparse.ArgumentParser, *, label: str | None = None) -> None:
    """Add the options that raw files need; `label` says what --label means to the command."""
    raw = command.add_argument_group("raw files")
    raw.add_argument("--wavelength", type=positive, metavar="W", help="in angstrom, where the files do not tell it")
    raw.add_argument("--axis", choices=("two_theta", "q", "energy"), help="what the first column is, where unknown")
    raw.add_argument("--resample", action="store_true", help="bring files on different points onto common ones")
    raw.add_argument(
        "--absorption",
        choices=("flattened", "normalized", "raw", "all"),
        default="flattened",
        help="absorption scans that files give as raw: on the scale of their edge step, with the curvature after the"
        " edge taken out (default) or left, or as measured; `all` flattens also what files do not call raw",
    )
    raw.add_argument(
        "--calibrate",
        type=positive,
        metavar="EV",
        help="shift each absorption scan so that the edge of the reference measured beside it lies at this energy",
    )
    raw.add_argument(
        "--signal",
        metavar="NAME",
        help="detector of absorption scans: transmission, fluorescence, reference or a column (default: the one with"
        " an edge)",
    )
    raw.add_argument("--columns", metavar="PARTS", help="columns of absorption scans, such as energy=1,i0=4,if=7+8+9")
    add_label_options(command, label=label)


def treatment(options: argparse.Namespace) -> "Callable[[Scan], Scan] | None":
    """Return what is done to each absorption scan on its own points, None for nothing."""
    from peakscape.feature_space import reading

    return reading.treatment(options.absorption, calibrate_to=options.calibrate)


def add_label_options(command: argparse.ArgumentParser, *, label: str | None = None) -> None:
    """Add the options that label samples; `label` says what --label means to the command."""
    labels = command.add_argument_group("labels")
    labels.add_argument(
        "--pattern",
        metavar="REGEX",
        help="labels from file names: one group, named by --label, or named groups (?P<x>...); a group named formula"
        " becomes the composition",
    )
    labels.add_argument("--label", metavar="NAME", help=label or "name of the pattern's only group")
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
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return value


def seed(text: str) -> int:
    """Read the seed of what is drawn by chance.

    Examples
    --------
    >>> seed("3")
    3
    """
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to {2**32 - 1}, got {text!r}")
    return value


def label_names(options: argparse.Namespace) -> list[str]:
    """Return the names that --label gives, with commas between them.

    Examples
    --------
    >>> label_names(argparse.Namespace(label="x, phase"))
    ['x', 'phase']
    """
    return [name.strip() for name in (options.label or "").split(",") if name.strip()]


def apply_labels(dataset: "xr.Dataset", options: argparse.Namespace) -> "xr.Dataset":
    """Label samples as the options say."""
    from peakscape.feature_space import reading

    return reading.labelled(dataset, label=_group_name(options), pattern=options.pattern, labels=options.labels)


def _group_name(options: argparse.Namespace) -> str | None:
    """The name of the only group of --pattern."""
    named = label_names(options)
    return named[0] if named else None


def open_spectra(paths: list[str], options: argparse.Namespace) -> "xr.Dataset":
    """Open stored spectra or read raw files, all on one axis, and label them."""
    from peakscape.feature_space import read

    return read(paths, resample=options.resample, **_as_asked(options))


def _as_asked(options: argparse.Namespace) -> dict[str, Any]:
    """Return how raw files are read and labelled."""
    return {
        "wavelength": options.wavelength,
        "axis": options.axis,
        "label": _group_name(options),
        "pattern": options.pattern,
        "labels": options.labels,
        "absorption": options.absorption,
        "calibrate_to": options.calibrate,
        "signal": options.signal,
        "columns": options.columns,
    }


def scans_of(paths: list[str], options: argparse.Namespace) -> "Iterator[tuple[str, xr.Dataset | PeakscapeError]]":
    """Go through files that need no common axis: the name of each, and its spectra or why it cannot be read.

    A file whose scans lie on different points comes several times.

    Raises
    ------
    PeakscapeError
        If there is no file at all.
    """
    from peakscape import formats
    from peakscape.feature_space.reading import read_apart, without_table
    from peakscape.progress import progress

    files = [path for path in paths if Path(path).suffix in STORES]
    raw = [path for path in paths if Path(path).suffix not in STORES]
    every = [*files, *(map(str, without_table(formats.files_of(raw), options.labels)) if raw else [])]
    told: set[str] = set()
    for file in progress(every, "reading"):
        try:
            stored = Path(file).suffix in STORES
            parts = [open_spectra([file], options)] if stored else read_apart(file, **_as_asked(options))
        except PeakscapeError as error:
            yield file, error
            continue
        for dataset in parts:
            tell_detectors(dataset, told)
            yield file, dataset


def tell_detectors(dataset: "xr.Dataset", told: set[str] | None = None) -> None:
    """Say by which detector absorption scans were read where there was a choice, each choice once."""
    if "reading" not in dataset.coords:
        return
    told = set() if told is None else told
    readings = dataset["reading"].values.astype(str).tolist()
    for name, text in zip(dataset["name"].values.astype(str), readings, strict=True):
        if text and text not in told:
            told.add(text)
            others = readings.count(text) - 1
            remark(f"{name}{f' and {others} more' if others else ''}: {text}")


def read_raw(
    paths: list[str], options: argparse.Namespace, *, resample: bool, each: "Callable[[Scan], Scan] | None"
) -> "MixedFiles":
    """Read what can be read of raw files, as the options say; the table of labels among them is no spectrum."""
    from peakscape import formats
    from peakscape.feature_space.reading import without_table

    return formats.read_mixed(
        without_table(paths, options.labels),
        wavelength=options.wavelength,
        axis=options.axis,
        resample=resample,
        each=each,
        signal=options.signal,
        columns=options.columns,
    )


def open_all(paths: list[str], options: argparse.Namespace) -> "xr.Dataset":
    """Open stored spectra, or all files that can be read, brought onto common points; say what was left out."""
    from peakscape.progress import working

    if any(Path(path).suffix in STORES for path in paths):
        return open_spectra(paths, options)
    with working("reading"):
        found = read_raw(paths, options, resample=options.resample, each=treatment(options))
    for file, reason in found.skipped.astype(str).values.tolist():
        remark(f"not read: {file}: {reason}")
    if found.remark:
        remark(found.remark)
    tell_detectors(found.dataset)
    return apply_labels(found.dataset, options)


def add_prepare_option(command: Any, *, default: str | None = "default") -> None:
    """Add the option that says how spectra are prepared."""
    command.add_argument(
        "--prepare",
        metavar="STEPS",
        default=default,
        help="steps with commas between them, such as background,normalize=area,resample=log-q; `default` chooses by"
        " the kind of the spectra, `none` leaves them as they are; see `peakscape prepare --help`",
    )


def add_variant_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say what measured-like variants to train on."""
    options = command.add_argument_group("measured-like training (autoencoder, patterns on two_theta)")
    options.add_argument(
        "--variants",
        type=int,
        default=0,
        metavar="N",
        help="train on N augmented copies of each pattern (20 to 100 are enough), the clean patterns being wanted",
    )
    options.add_argument(
        "--variations",
        nargs="+",
        default=[],
        metavar="NAME=LOW:HIGH",
        help="ranges to draw from, in degree where they are angles: broadening, mixing, zero_shift, displacement,"
        " modulation, k_alpha2, impurity_lines, impurity_height, impurity_fwhm, background, counts (counts=none: no"
        " noise); the others keep their defaults, see peakscape.diffraction.Disturbances",
    )


def ranges_of(texts: list[str], ranges: Ranges) -> Ranges:
    """Read ranges such as ``zero_shift=-0.02:0.02``; those that are not named stay as they are.

    Raises
    ------
    InputError
        If a text is no range of a known quantity.

    Examples
    --------
    >>> from peakscape.diffraction import Disturbances
    >>> ranges_of(["zero_shift=-0.02:0.01", "counts=none"], Disturbances()).zero_shift
    (-0.02, 0.01)
    """
    known = asdict(ranges)
    given: dict[str, Any] = {}
    for text in texts:
        name, _, limits = text.partition("=")
        if name not in known:
            raise InputError(f"unknown variation {name!r} in {text!r}; expected NAME=LOW:HIGH of {', '.join(known)}")
        if limits == "none" and name == "counts":
            given[name] = None
            continue
        kind = int if name == "impurity_lines" else float
        try:
            lowest, highest = (kind(part) for part in (limits if ":" in limits else f"{limits}:{limits}").split(":"))
        except ValueError as error:
            raise InputError(f"expected {name}=LOW:HIGH in numbers, got {text!r}") from error
        given[name] = (lowest, highest)
    return replace(ranges, **given)


def variants_of(dataset: "xr.Dataset", options: argparse.Namespace) -> "Iterator[xr.Dataset] | None":
    """Return rounds of augmented copies of the spectra that the options ask for; None for none.

    Raises
    ------
    InputError
        If the options do not fit one another.
    """
    if options.variants < 0:
        raise InputError(f"expected --variants of 0 or more, got {options.variants}")
    if not options.variants:
        if options.variations:
            raise InputError("--variations needs --variants N, the number of augmented copies of each pattern")
        return None
    if options.map != "autoencoder":
        raise InputError(f"--variants trains an autoencoder, not --map {options.map}; leave one of them out")
    from peakscape.diffraction import Disturbances

    return _drawn(dataset, ranges_of(options.variations, Disturbances()), options)


def _drawn(dataset: "xr.Dataset", ranges: "Disturbances", options: argparse.Namespace) -> "Iterator[xr.Dataset]":
    import numpy as np

    from peakscape import diffraction

    random = np.random.default_rng(options.seed)
    for _ in range(options.variants):
        yield diffraction.disturb(dataset, disturbances=ranges, random_state=random)


class OneElement:
    """Keep the scans of one element: a treatment for `formats.read_mixed`, which remembers what it has met.

    Parameters
    ----------
    element
        Its symbol; None lets all pass.
    treat
        What is done to each scan that is kept; None for nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from peakscape.formats import Scan
    >>> keep = OneElement("Cr", None)
    >>> keep(Scan("energy", np.array([1.0]), np.array([1.0]), "a", "a.xdi", element="As"))
    Traceback (most recent call last):
    peakscape.errors.FormatError: a.xdi: is of As, not Cr
    >>> keep.met
    {'As': 1}
    """

    def __init__(self, element: str | None, treat: Any) -> None:
        self.element = element
        self.treat = treat
        self.met: dict[str, int] = {}

    def __call__(self, scan: "Scan") -> "Scan":
        """Return the scan, treated."""
        if scan.element is not None:
            self.met[scan.element] = self.met.get(scan.element, 0) + 1
        if self.element is not None and scan.element not in (None, self.element):
            raise FormatError(f"{scan.source}: is of {scan.element}, not {self.element}")
        return scan if self.treat is None else self.treat(scan)


def open_library(paths: list[str], options: argparse.Namespace) -> "tuple[xr.Dataset, list[tuple[str, str]]]":
    """Open the spectra of a library; raw files are brought onto common points.

    Returns
    -------
    dataset : xarray.Dataset
        Labelled.
    not_read : list of pairs of str
        Files that could not be used and why, without those of an element that was not asked for.

    Raises
    ------
    InputError
        If the files are of several elements and none was chosen.
    PeakscapeError
        If nothing can be read.
    """
    if any(Path(path).suffix in STORES for path in paths):
        dataset = open_spectra(paths, options)
        own = dataset.attrs.get("element")
        if options.element is not None and own != options.element:
            raise InputError(f"--element {options.element}: the stored spectra are of {own or 'an unknown absorber'}")
        return dataset, []
    keep = OneElement(options.element, treatment(options))
    try:
        found = read_raw(paths, options, resample=True, each=keep)
    except PeakscapeError:
        _check_one(keep)
        raise
    _check_one(keep)
    tell_detectors(found.dataset)
    skipped = [(str(file), str(reason)) for file, reason in found.skipped.astype(str).values.tolist()]
    others = tuple(f"is of {name}, not {options.element}" for name in keep.met)
    return apply_labels(found.dataset, options), [row for row in skipped if row[1] not in others]


def _check_one(keep: OneElement) -> None:
    met = ", ".join(f"{name} ({count})" for name, count in sorted(keep.met.items()))
    if keep.element is None and len(keep.met) > 1:
        first = max(keep.met, key=lambda name: keep.met[name])
        raise InputError(f"the scans are of several elements, {met}; choose one, as --element {first}")
    if keep.element is not None and keep.met and keep.element not in keep.met:
        raise InputError(f"no scan is of {keep.element}; the scans are of {met}")
