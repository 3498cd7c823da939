"""What a feature space knows of its samples: their prepared spectra, names, labels and classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape.errors import InputError
from peakscape.feature_space.remarks import Remark
from peakscape.spectra.container import check

Array = NDArray[np.float64]
COMPOSITION = "composition"
TAKEN = (
    "name", "source", "element", "sample", "method", "map_axis", "coordinates", "spread", "nearest", "foreign",
    "nearest_distance", "novelty_p", "unexplained", "shift", "remarks", "remark_codes", "two_theta", "q", "energy",
)  # fmt: skip
"""Names of answers, which no label may bear."""
SAME_TOTAL = 1e-6
"""Relative difference up to which sums of compositions are the same."""
LEAST_AT_ENDS, SHARE_AT_ENDS = 3, 0.25
"""Samples at 0 or 1, and their share, from which a number within 0 and 1 is a fraction."""
FILE_FACTS = ("edge_energy", "edge_step", "energy_shift", "signal")
"""Coordinates that reading adds, which are no labels to be predicted."""


@dataclass(frozen=True)
class KnownLabel:
    """A number, or a composition, known of every sample.

    Attributes
    ----------
    name : str
        "composition" or the label's name.
    values : ndarray of shape (n_samples, n_columns)
        One column for a number, one an element for a composition.
    columns : tuple of str
        The label's name, or the elements.
    bounds : tuple of float or None
        Least and largest value that the number can have.
    """

    name: str
    values: Array
    columns: tuple[str, ...]
    bounds: tuple[float, float] | None = None

    @property
    def is_composition(self) -> bool:
        """Whether the columns are elements."""
        return self.name == COMPOSITION

    @property
    def total(self) -> float | None:
        """What the amounts of a composition sum up to, if it is the same for all samples."""
        sums = self.values.sum(axis=1)
        return float(sums[0]) if self.is_composition and np.ptp(sums) <= SAME_TOTAL * abs(sums[0]) else None

    @property
    def target(self) -> Array:
        """The values as regressors take them: (n_samples,) for one number."""
        return self.values if self.is_composition else self.values[:, 0]


@dataclass(frozen=True)
class KnownClass:
    """The class of every sample: a text, or a number taken as one.

    Attributes
    ----------
    name : str
        The label's name.
    values : ndarray of str, shape (n_samples,)
        The classes.
    """

    name: str
    values: NDArray[np.str_]


@dataclass(frozen=True)
class Labels:
    """All labels of the known samples that can be predicted, and remarks on those that cannot."""

    numbers: tuple[KnownLabel, ...]
    classes: tuple[KnownClass, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of all labels."""
        return [label.name for label in self.numbers] + [label.name for label in self.classes]


def labels_of(dataset: xr.Dataset, wanted: str | Sequence[str] | None) -> Labels:
    """Return the labels to be predicted: those asked for, else every one that is known of all samples and varies.

    Raises
    ------
    InputError
        If a label that was asked for is not there, is not known of every sample or has the name of an answer.
    """
    asked = [wanted] if isinstance(wanted, str) else None if wanted is None else list(wanted)
    found = {COMPOSITION} if COMPOSITION in dataset.coords else set()
    found |= {
        str(name)
        for name, values in dataset.coords.items()
        if values.dims == ("sample",) and values.attrs.get("role") != "instrument"
    }
    names = [name for name in _in_order(dataset) if name in found and name not in (*TAKEN, *FILE_FACTS)]
    for name in asked or []:
        if name in TAKEN:
            raise InputError(f"a label cannot be called {name}: answers bear that name; rename it")
        if name not in names:
            raise InputError(
                f"expected a label of the spectra, got {name!r}; known: {', '.join(names) or 'none'}. Label files by"
                " their names (pattern=, --pattern) or by a table (--labels)"
            )
    numbers: list[KnownLabel] = []
    classes: list[KnownClass] = []
    remarks: list[Remark] = []
    for name in names if asked is None else asked:
        label = _label(dataset, name)
        problem = _problem(dataset, label)
        if problem is None:
            if isinstance(label, KnownLabel):
                numbers.append(label)
            else:
                classes.append(label)
        elif asked is not None:
            raise InputError(problem)
        elif "every" in problem:
            remarks.append(Remark.of("label_incomplete", label=name))
    return Labels(tuple(numbers), tuple(classes), tuple(remarks))


def _in_order(dataset: xr.Dataset) -> list[str]:
    """The composition first, then other labels as they come."""
    names = [str(name) for name in dataset.coords]
    return sorted(names, key=lambda name: name != COMPOSITION)


def _label(dataset: xr.Dataset, name: str) -> KnownLabel | KnownClass:
    if name == COMPOSITION:
        elements = tuple(str(element) for element in dataset["element"].values)
        return KnownLabel(name, np.asarray(dataset[name].values, dtype=np.float64), elements)
    values = dataset[name].values
    if values.dtype.kind in "iuf":
        table = np.asarray(values, dtype=np.float64)[:, np.newaxis]
        return KnownLabel(name, table, (name,), bounds_of(dataset, name))
    return KnownClass(name, values.astype(str))


def bounds_of(dataset: xr.Dataset, name: str) -> tuple[float, float] | None:
    """Return the least and the largest value that a number can have.

    The attribute ``bounds`` of the label tells them. Without it, a number all of whose values lie within 0 and 1, a
    fourth of them at an end, is a fraction, as in mixtures that lack a part.

    Raises
    ------
    InputError
        If the attribute is not two ascending numbers.

    Examples
    --------
    >>> from peakscape import spectra
    >>> dataset = spectra.make(np.eye(3), q=[1, 2, 3], labels={"x": [0.0, 0.0, 1.0], "y": [0.0, 0.5, 0.9]})
    >>> bounds_of(dataset, "x"), bounds_of(dataset, "y")
    ((0.0, 1.0), None)
    """
    told, values = dataset[name].attrs.get("bounds"), np.asarray(dataset[name].values, dtype=np.float64)
    if told is not None:
        try:
            low, high = (float(end) for end in told)
        except (TypeError, ValueError):
            low = high = np.nan
        if not low < high:
            raise InputError(f"expected the bounds of {name} to be two ascending numbers, got {told!r}")
        return low, high
    fractions = bool((values >= 0.0).all() and (values <= 1.0).all())
    n_at_ends = int(np.isin(values, (0.0, 1.0)).sum())
    return (0.0, 1.0) if fractions and n_at_ends >= max(LEAST_AT_ENDS, SHARE_AT_ENDS * len(values)) else None


def with_bounds(dataset: xr.Dataset, bounds: Mapping[str, tuple[float, float]]) -> xr.Dataset:
    """Return spectra whose labels carry what they can be at least and at most, as attributes.

    Raises
    ------
    InputError
        If a label is not there or is no number, bounds are not two ascending numbers, or a known value lies beyond.

    Examples
    --------
    >>> from peakscape import spectra
    >>> dataset = spectra.make(np.eye(3), q=[1, 2, 3], labels={"x": [0.0, 0.5, 0.9]})
    >>> bounds_of(with_bounds(dataset, {"x": (0, 1)}), "x")
    (0.0, 1.0)
    """
    for name, ends in bounds.items():
        if name not in dataset.coords or dataset[name].dims != ("sample",) or dataset[name].dtype.kind not in "iuf":
            raise InputError(f"expected bounds of a label that is a number of every spectrum, got bounds of {name!r}")
        dataset = dataset.assign_coords({name: dataset[name].assign_attrs(bounds=ends)})
        low, high = bounds_of(dataset, name) or ends
        values = np.asarray(dataset[name].values, dtype=np.float64)
        beyond = np.flatnonzero((values < low) | (values > high))
        if len(beyond):
            first = f"{dataset['name'].values[beyond[0]]} has {values[beyond[0]]:g}"
            raise InputError(f"expected {name} within its bounds {low:g} to {high:g}, {first}; correct either")
    return dataset


def known_label(known: xr.Dataset, name: str) -> KnownLabel:
    """Return a number or composition of the known samples."""
    if name == "composition":
        elements = tuple(str(element) for element in known["element"].values)
        return KnownLabel(name, np.asarray(known[name].values, dtype=np.float64), elements)
    table = np.asarray(known[name].values, dtype=np.float64)[:, np.newaxis]
    return KnownLabel(name, table, (name,), bounds_of(known, name))


def as_class(dataset: xr.Dataset, name: str) -> KnownClass:
    """Return a label as classes, whatever its kind: a number by its shortest text."""
    values = dataset[name].values
    return KnownClass(name, np.array([f"{value:g}" if values.dtype.kind == "f" else str(value) for value in values]))


def _problem(dataset: xr.Dataset, label: KnownLabel | KnownClass) -> str | None:
    """What keeps a label from being predicted; None for nothing."""
    if isinstance(label, KnownLabel):
        known = np.isfinite(label.values).all(axis=1)
        n_values = len(np.unique(np.round(label.values[known], 9), axis=0))
    else:
        known = label.values != ""
        n_values = len(np.unique(label.values[known]))
    if not known.all():
        first = str(dataset["name"].values[np.flatnonzero(~known)[0]])
        return (
            f"{label.name} is not known of every spectrum (the first without: {first}); complete it or leave those out"
        )
    if n_values < 2:
        return f"{label.name} has one value only ({n_values}): there is nothing to be told apart"
    return None


def known_of(prepared: xr.Dataset) -> xr.Dataset:
    """Return the samples as a space keeps them: intensities in single precision, so that they are the same when opened.

    Examples
    --------
    >>> from peakscape import spectra
    >>> known_of(spectra.make([[0.1, 1.0]], q=[1, 2]))["intensity"].values.tolist()
    [[0.10000000149011612, 1.0]]
    """
    rounded = prepared["intensity"].values.astype(np.float32).astype(np.float64)
    return prepared.assign(intensity=(prepared["intensity"].dims, rounded, dict(prepared["intensity"].attrs)))


def name_remarks(dataset: xr.Dataset) -> tuple[Remark, ...]:
    """Return a remark where samples bear one name, for answers name the nearest sample.

    Examples
    --------
    >>> from peakscape import spectra
    >>> name_remarks(spectra.make([[0, 1], [1, 0]], q=[1, 2], name=["a", "b"]))
    ()
    """
    names, counts = np.unique(dataset["name"].values.astype(str), return_counts=True)
    most = int(counts.argmax())
    return (Remark.of("same_names", n_same=counts[most], name=str(names[most])),) if counts[most] > 1 else ()


def plain_table(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a table as JSON holds it: lists by name, null for what is not finite."""
    columns = {str(name): column.tolist() for name, column in table.items()}
    return {
        name: [None if isinstance(one, float) and not np.isfinite(one) else one for one in column]
        for name, column in columns.items()
    }


def table_of(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return the table that `plain_table` wrote down.

    Examples
    --------
    >>> table_of(plain_table(pd.DataFrame({"rmse": [0.5, np.nan]})))["rmse"].tolist()
    [0.5, nan]
    """
    return pd.DataFrame({name: [np.nan if one is None else one for one in column] for name, column in columns.items()})


def checked(dataset: xr.Dataset) -> xr.Dataset:
    """Return spectra that keep to the convention; InputError where they are none."""
    if not isinstance(dataset, xr.Dataset):
        raise InputError(
            f"expected spectra as an xarray.Dataset (of peakscape.read or spectra.make), got {type(dataset).__name__}"
        )
    return check(dataset)
