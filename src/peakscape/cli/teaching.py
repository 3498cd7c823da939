"""What a map is taught: the classes of lda and kda, the label that the shift map's second axis follows."""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

CLASSIFIERS = ("kda", "lda")
LEARNERS = (*CLASSIFIERS, "shift")


def add_teach_option(options: Any) -> None:
    """Add the option that names the label."""
    options.add_argument(
        "--teach",
        metavar="LABEL",
        help="label that the map learns from: classes for lda and kda, a number or composition for shift",
    )


def taught_labels(options: argparse.Namespace, dataset: "xr.Dataset") -> NDArray[Any] | None:
    """Return the values of the label that was asked for, one row a sample; None where nothing is to be taught.

    Raises
    ------
    InputError
        If the map learns from no labels, lda or kda was given none, the label is not there, or a sample lacks it.
    """
    from peakscape import spectra

    names = [str(name) for name, values in dataset.coords.items() if values.dims[:1] == ("sample",)]
    known = ", ".join(sorted(name for name in names if name not in ("name", "source"))) or "none"
    if options.teach is None:
        if options.kind in CLASSIFIERS:
            raise InputError(f"--map {options.kind} learns from classes: name their label with --teach; known: {known}")
        return None
    if options.kind not in LEARNERS:
        raise InputError(f"--teach is for --map {', '.join(LEARNERS)}; {options.kind} learns from no labels")
    if options.teach not in names:
        raise InputError(f"expected --teach to name a label of the spectra, got {options.teach!r}; known: {known}")
    values = np.asarray(dataset[options.teach].values)
    if options.kind in CLASSIFIERS:
        classes = values.astype(str)
        if (classes == "").any() or (values.dtype.kind == "f" and not np.isfinite(values).all()):
            raise InputError(f"the label {options.teach} is not known of every sample; complete it or leave those out")
        return classes
    if options.teach != "composition" and options.teach not in spectra.numeric_labels(dataset):
        raise InputError(f"the shift map learns from numbers; {options.teach} is a class, for --map kda or lda")
    if not np.isfinite(values).all():
        raise InputError(f"the label {options.teach} is not known of every sample; complete it or leave those out")
    return values
