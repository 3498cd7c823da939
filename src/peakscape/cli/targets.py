"""What is read from a map: a composition or a numeric label, and by which readout."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError, MapError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.analysis import CompositionReadout
    from peakscape.analysis.readout.registry import Method
    from peakscape.maps import SavedMap

METHODS = ("triangle", "delaunay", "neighbors", "gaussian_process", "plane", "path")


@dataclass(frozen=True)
class Target:
    """What is to be read: a composition or one numeric label.

    Attributes
    ----------
    name : str
        "composition" or the name of the label.
    values : ndarray of shape (n_samples, n_elements) or (n_samples,)
        What is known of the samples.
    elements : list of str or None
        Names of the columns of a composition.

    Examples
    --------
    >>> Target("x", np.array([0.0, 1.0]), None).columns
    ['x']
    """

    name: str
    values: NDArray[np.float64]
    elements: list[str] | None

    @property
    def columns(self) -> list[str]:
        """Names of the single numbers."""
        return self.elements or [self.name]


def choose_target(known: dict[str, NDArray[np.float64]], elements: list[str] | None, label: str | None) -> Target:
    """Choose what is to be read: the label asked for, else the composition, else the only label.

    Parameters
    ----------
    known
        Values of the known samples by name; a composition as "composition".
    elements
        Names of the columns of the composition.
    label
        What was asked for, None for nothing.

    Raises
    ------
    InputError
        If that is not known, or nothing was asked for and there is no single answer.
    MapError
        If a composition has no names of elements.

    Examples
    --------
    >>> choose_target({"x": np.array([0.0, 1.0])}, None, None).name
    'x'
    """
    if label in (None, "composition") and "composition" in known:
        if elements is None or len(elements) != known["composition"].shape[1]:
            raise MapError("the map holds a composition without the names of its elements; fit it anew")
        return Target("composition", known["composition"], elements)
    labels = [name for name in known if name != "composition"]
    if label is None and len(labels) == 1:
        label = labels[0]
    if label is None or label not in labels:
        asked = "" if label is None else f"{label!r} is not known here; "
        raise InputError(
            f"{asked}expected a composition or a numeric label, known: {', '.join(known) or 'none'}; choose one with"
            " --label, or label the spectra with --pattern or --labels"
        )
    return Target(label, known[label], None)


def asked_label(options: argparse.Namespace) -> str | None:
    """Return --label: with --pattern it names the group, and that is also what is to be read."""
    return str(options.label) if options.label else None


def known_of_map(saved: "SavedMap") -> dict[str, NDArray[np.float64]]:
    """Return what a saved map knows of its training spectra, by name."""
    known = {"composition": saved.extras["composition"]} if "composition" in saved.extras else {}
    prefix = "label_"
    return known | {name.removeprefix(prefix): saved.extras[name] for name in saved.extras if name.startswith(prefix)}


def known_of_spectra(dataset: "xr.Dataset") -> dict[str, NDArray[np.float64]]:
    """Return what is known of spectra, by name."""
    from peakscape.spectra import numeric_labels

    composition = {"composition": dataset["composition"].values} if "composition" in dataset.coords else {}
    return composition | numeric_labels(dataset)


def new_readout(options: argparse.Namespace, target: Target) -> "CompositionReadout":
    """Return the unfitted readout that the options describe; for a single label the one that extrapolates."""
    from peakscape.analysis import CompositionReadout

    method: Method = options.method or ("triangle" if target.elements else "gaussian_process")
    return CompositionReadout(method=method, level=options.level)
