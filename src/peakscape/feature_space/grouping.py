"""What belongs together: samples that are left out as one, and labels that are taken as classes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError
from peakscape.feature_space.known import KnownClass, Labels, as_class

MOST_KNOWN = 2_000
"""Spectra that a space remembers; of more, so many evenly chosen ones."""


def evenly(n_samples: int, most: int | None = None) -> NDArray[np.intp]:
    """Numbers of at most so many samples, evenly chosen; by default of those that a space remembers."""
    most = MOST_KNOWN if most is None else most
    if n_samples <= most:
        return np.arange(n_samples)
    return np.linspace(0, n_samples - 1, most).round().astype(np.intp)


def subset(labels: Labels, kept: NDArray[np.intp]) -> Labels:
    """Labels of some of the samples."""
    return Labels(
        tuple(replace(label, values=label.values[kept]) for label in labels.numbers),
        tuple(replace(label, values=label.values[kept]) for label in labels.classes),
        labels.remarks,
    )


def numbered(dataset: xr.Dataset, groups: str | Sequence[str]) -> NDArray[np.intp]:
    """One number a set of samples that share the values of all these labels."""
    names = [groups] if isinstance(groups, str) else list(groups)
    for name in names:
        if name not in dataset.coords or dataset[name].dims[:1] != ("sample",):
            raise InputError(f"expected groups to name labels of the spectra, got {name!r}")
    keys = np.array(["\0".join(str(dataset[name].values[k]) for name in names) for k in range(dataset.sizes["sample"])])
    return number_groups(keys)


def repeats(known: xr.Dataset, label: KnownClass) -> NDArray[np.intp]:
    """What is left out together when classes are predicted: repeats of one sample at one temperature."""
    told = [name for name in ("temperature", "sample") if name in known.coords and name != label.name]
    if not told:
        return np.arange(len(label.values))
    keys = ["\0".join([kind, *(str(known[name].values[k]) for name in told)]) for k, kind in enumerate(label.values)]
    numbers = number_groups(np.array(keys))
    n_groups = [len(np.unique(numbers[label.values == kind])) for kind in np.unique(label.values)]
    return numbers if max(n_groups) > 1 else np.arange(len(label.values))


def groups_of(labels: Labels, known: xr.Dataset) -> NDArray[np.intp]:
    """What belongs together for novelty: spectra of one composition or value of the first number, and of one class."""
    if not labels.numbers:
        return repeats(known, labels.classes[0]) if labels.classes else np.arange(known.sizes["sample"])
    values = number_groups(np.round(labels.numbers[0].values, 9))
    if not labels.classes:
        return values
    pairs = [f"{kind}\0{value}" for kind, value in zip(labels.classes[0].values, values, strict=True)]
    return number_groups(np.array(pairs))


def with_classes(
    dataset: xr.Dataset, labels: Labels, classes: str | Sequence[str], *, asked: str | Sequence[str] | None
) -> Labels:
    """Take labels as classes though they are numbers."""
    wanted = [classes] if isinstance(classes, str) else list(classes)
    unknown = [name for name in wanted if name not in dataset.coords or dataset[name].dims != ("sample",)]
    if unknown:
        raise InputError(f"expected classes to name labels of the spectra, got {unknown[0]!r}")
    numbers = tuple(label for label in labels.numbers if label.name not in wanted)
    others = tuple(label for label in labels.classes if label.name not in wanted)
    return Labels(numbers, (*(as_class(dataset, name) for name in wanted), *others), labels.remarks)
