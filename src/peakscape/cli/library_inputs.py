"""The spectra of a library: files of one element, or those of a folder of several; what cannot be used is told."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import STORES, apply_labels, open_spectra, treatment
from peakscape.errors import FormatError, InputError, PeakscapeError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.formats import Scan


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
    from peakscape import formats

    keep = OneElement(options.element, treatment(options))
    try:
        found = formats.read_mixed(paths, wavelength=options.wavelength, axis=options.axis, resample=True, each=keep)
    except PeakscapeError:
        _check_one(keep)
        raise
    _check_one(keep)
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
