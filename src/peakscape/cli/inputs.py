"""Spectra that a command is given: stored ones or raw files, labelled, and brought onto a map's axis."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.cli.output import progress, remark
from peakscape.errors import InputError, MapError, PeakscapeError, SpectraError

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from peakscape.formats import Scan
    from peakscape.maps import SavedMap
    from peakscape.preparation import Recipe

STORES = (".zarr", ".nc")


def add_spectra_options(command: argparse.ArgumentParser) -> None:
    """Add the options that raw files need."""
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
    add_label_options(command)


def treatment(options: argparse.Namespace) -> "Callable[[Scan], Scan] | None":
    """Return what is done to each absorption scan on its own points, None for nothing.

    Examples
    --------
    >>> treatment(argparse.Namespace(absorption="raw", calibrate=None)) is None
    True
    """
    how = getattr(options, "absorption", "flattened")
    known = getattr(options, "calibrate", None)
    if how == "raw":
        if known is not None:
            raise InputError("--calibrate needs scans that are normalised; leave out --absorption raw")
        return None

    def treat(scan: "Scan") -> "Scan":
        if scan.axis != "energy":
            return scan
        from peakscape import absorption

        return absorption.normalize_scan(scan, flatten=how != "normalized", calibrate_to=known, everything=how == "all")

    return treat


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
        dataset = formats.read(
            paths,
            wavelength=options.wavelength,
            axis=options.axis,
            resample=options.resample,
            each=treatment(options),
        )
    elif len(stored) == len(paths):
        parts = [spectra.check(spectra.open(path)) for path in paths]
        dataset = parts[0] if len(parts) == 1 else spectra.concatenate(parts)
        if options.wavelength is not None:
            dataset = _with_wavelength(dataset, options.wavelength)
    else:
        raise InputError("give either stored spectra (.zarr, .nc) or raw files, not both; `peakscape read` joins files")
    return apply_labels(dataset, options)


def _with_wavelength(dataset: "xr.Dataset", wavelength: float) -> "xr.Dataset":
    from peakscape.spectra.container import SAME_WAVELENGTH

    known = dataset.attrs.get("wavelength")
    if known is not None and abs(known - wavelength) > SAME_WAVELENGTH * wavelength:
        raise InputError(f"the spectra are stored with wavelength {known:g} angstrom, not {wavelength:g}")
    return dataset.assign_attrs(wavelength=wavelength)


def open_for_map(paths: list[str], saved: "SavedMap", options: argparse.Namespace) -> "xr.Dataset":
    """Open spectra and prepare them as those that the map was made of.

    Raises
    ------
    PeakscapeError
        If the spectra do not cover the map's axis, are of another axis or wavelength, or theirs is not known.
    """
    from peakscape import formats, spectra

    recipe = recipe_of_map(saved)
    if any(Path(path).suffix in STORES for path in paths):
        parts = [open_spectra(paths, options)]
    else:
        # Each file may have an axis of its own: all go onto the map's.
        files = formats.files_of(paths)
        parts = [
            formats.read(file, wavelength=options.wavelength, axis=options.axis, each=treatment(options))
            for file in progress(files, "reading")
        ]
    for part in parts:
        _tell_other_scale(part, saved)
    n_moved = sum(part.sizes["sample"] for part in parts if not recipe.is_on_axis(part))
    fitting = [_prepared(part, recipe) for part in parts]
    dataset = fitting[0] if len(fitting) == 1 else spectra.concatenate(fitting)
    if n_moved:
        remark(f"{n_moved} spectra were resampled onto the map's axis")
    if all(Path(path).suffix not in STORES for path in paths):
        dataset = apply_labels(dataset, options)
    return dataset


def _tell_other_scale(dataset: "xr.Dataset", saved: "SavedMap") -> None:
    """Say where absorption is on another scale than that of the map."""
    from peakscape.spectra import absorption_scales

    of_map = saved.provenance.get("absorption_scale")
    names = {scale: str(name) for name, scale in zip(dataset["name"].values, absorption_scales(dataset), strict=False)}
    if of_map == "as counted" and "edge step" in names:
        remark(
            f"{names['edge step']} was brought onto the scale of its edge step, and the map's spectra were taken as"
            " they are; --absorption raw leaves it too"
        )
    if of_map == "edge step" and "as counted" in names:
        remark(
            f"{names['as counted']} stays as it was counted, for its file does not say that it is raw absorption, and"
            " the map's spectra are on the scale of their edge step; --absorption all brings it there"
        )


def _prepared(dataset: "xr.Dataset", recipe: "Recipe") -> "xr.Dataset":
    wanted = recipe.met.wavelength
    if "two_theta" in dataset.dims and wanted is not None and dataset.attrs.get("wavelength") is None:
        raise SpectraError(
            f"the map is of wavelength {wanted:g} angstrom and that of {first_name(dataset)} is not known;"
            " give it with --wavelength"
        )
    try:
        return recipe.apply(dataset)
    except PeakscapeError as error:
        axis = recipe.met.axis
        hint = "" if axis in dataset.dims else f"; if its first column is {axis}, say so: --axis {axis}"
        raise SpectraError(f"{first_name(dataset)} cannot be brought onto the map: {error}{hint}") from error


def recipe_of_map(saved: "SavedMap") -> "Recipe":
    """Return how spectra are prepared for a saved map; older maps have kept no more than a scale.

    Raises
    ------
    MapError
        If the map does not tell its axis or its preparation.
    """
    from peakscape.preparation import Recipe

    if not saved.axis:
        raise MapError("the map is on no known axis; save it with the axis of its spectra")
    [(axis, points)] = saved.axis.items()
    kept = dict(saved.preparation)
    if "steps" not in kept:
        if set(kept) - {"scale"}:
            raise MapError(f"the map's preparation holds {', '.join(kept)}, which this program does not know")
        by = kept.get("scale") or "none"
        steps = [{"name": "normalize", "parameters": {"by": by}, "learned": {"by": by}}] if by != "none" else []
        kept = {"format_version": 1, "kind": saved.provenance.get("kind", "diffraction"), "axis": axis, "steps": steps}
        kept |= {"points": points, "wavelength": saved.provenance.get("wavelength")}
    try:
        recipe = Recipe.from_dict(kept)
    except PeakscapeError as error:
        raise MapError(f"the map's preparation cannot be used: {error}") from error
    if recipe.left.axis != axis or not np.array_equal(recipe.left.points, points):
        raise MapError("the map's preparation does not lead onto the map's axis; fit the map anew")
    return recipe


def add_prepare_option(command: Any) -> None:
    """Add the option that says how spectra are prepared."""
    command.add_argument(
        "--prepare",
        metavar="STEPS",
        help="steps with commas between, as background,normalize=area,resample=log-q; `default` chooses by kind, `none`"
        " leaves spectra as they are; see `peakscape prepare --help`",
    )


def asked_recipe(options: argparse.Namespace, dataset: "xr.Dataset") -> "Recipe":
    """Return the recipe that --prepare or --scale asks for, fitted to the spectra; by default the maximum becomes 1.

    Raises
    ------
    PeakscapeError
        If the recipe is none or does not suit the spectra.
    """
    from peakscape.preparation import Recipe

    scale = getattr(options, "scale", None)
    if options.prepare is not None and scale is not None:
        raise InputError("give either --prepare or --scale, not both; --scale area is --prepare normalize=area")
    if options.prepare == "default":
        return Recipe.default(dataset).fit(dataset)
    plain = "none" if scale == "none" else f"normalize={scale or 'maximum'}"
    return Recipe.from_text(options.prepare or plain).fit(dataset)


def first_name(dataset: "xr.Dataset") -> str:
    """Return the source, else the name, of the first sample."""
    source = str(dataset["source"].values[0]) if "source" in dataset.coords else ""
    return source or str(dataset["name"].values[0])
