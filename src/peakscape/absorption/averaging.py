"""Repeated scans of one sample to one curve, with their spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.spectra.container import INSTRUMENT


@dataclass(frozen=True)
class Average:
    """Hold the mean of repeated curves and how far they spread.

    Attributes
    ----------
    mean : ndarray of shape (n_points,)
        The mean curve.
    spread : ndarray of shape (n_points,)
        Standard deviation of one repeat (n - 1); not a number for a single one.
    standard_error : ndarray of shape (n_points,)
        Standard error of the mean.
    deviation : ndarray of shape (n_repeats,)
        Root mean square distance of each repeat from the median curve: a bad repeat stands out.
    n_repeats : int
        How many.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    deviation: NDArray[np.float64]
    n_repeats: int


def average(repeats: ArrayLike) -> Average:
    """Average curves on one axis.

    Parameters
    ----------
    repeats
        Curves, shape (n_repeats, n_points).

    Raises
    ------
    InputError
        If there are none, or they are not finite numbers.

    Examples
    --------
    >>> found = average([[0.0, 1.0], [0.2, 1.2], [0.1, 1.1]])
    >>> found.mean, found.spread.round(3)
    (array([0.1, 1.1]), array([0.1, 0.1]))
    """
    rows = np.atleast_2d(np.asarray(repeats, dtype=np.float64))
    if rows.ndim != 2 or rows.size == 0 or not np.isfinite(rows).all():
        raise InputError(f"expected curves of finite numbers, shape (n_repeats, n_points), got shape {rows.shape}")
    n_repeats = len(rows)
    spread = rows.std(axis=0, ddof=1) if n_repeats > 1 else np.full(rows.shape[1], np.nan)
    deviation = np.sqrt(np.mean((rows - np.median(rows, axis=0)) ** 2, axis=1))
    return Average(rows.mean(axis=0), spread, spread / np.sqrt(n_repeats), deviation, n_repeats)


def average_repeats(dataset: xr.Dataset, *, by: str | Sequence[str]) -> tuple[xr.Dataset, NDArray[np.float64]]:
    """Average the samples of a container that have the same labels.

    Parameters
    ----------
    dataset
        Spectra.
    by
        Label or labels whose values repeats share, such as ``("compound", "temperature")``.

    Returns
    -------
    averaged : xarray.Dataset
        One sample for each combination of labels, in the order of its first repeat, named after it, with the label
        `n_repeats` and those labels that all its repeats share.
    spread : ndarray of shape (n_averages, n_points)
        Standard deviation of one repeat; not a number where there is only one.

    Raises
    ------
    InputError
        If a label is not there.

    Examples
    --------
    >>> repeated = spectra.make([[0, 1], [0, 3], [5, 5]], energy=[1, 2], kind="absorption", name=["a1", "a2", "b1"],
    ...                         labels={"compound": ["a", "a", "b"]})
    >>> averaged, spread = average_repeats(repeated, by="compound")
    >>> averaged.name.values.tolist(), averaged.intensity.values.tolist(), averaged.n_repeats.values.tolist()
    (['a1', 'b1'], [[0.0, 2.0], [5.0, 5.0]], [2, 1])
    """
    keys = [by] if isinstance(by, str) else list(by)
    missing = [key for key in keys if key not in dataset.coords or dataset[key].dims != ("sample",)]
    if missing or not keys:
        raise InputError(f"expected labels of the samples to average by, got {', '.join(missing) or 'none'}")
    members: dict[tuple[str, ...], list[int]] = {}
    for number, values in enumerate(zip(*(dataset[key].values for key in keys), strict=True)):
        members.setdefault(tuple(str(value) for value in values), []).append(number)
    groups = list(members.values())
    averages = [average(dataset["intensity"].values[numbers]) for numbers in groups]
    axis = spectra.axis_name(dataset)
    firsts = dataset.isel(sample=[numbers[0] for numbers in groups])
    unshared = [
        str(name)
        for name, values in dataset.coords.items()
        if values.dims == ("sample",) and name not in ("name", "source") and not _is_shared(values.values, groups)
    ]
    fresh = firsts.drop_vars(["intensity", *unshared]).assign_coords(
        n_repeats=("sample", [each.n_repeats for each in averages], {"role": INSTRUMENT})
    )
    rows = np.stack([each.mean for each in averages])
    fresh["intensity"] = (("sample", axis), rows, dict(dataset["intensity"].attrs))
    line = f"averaged {dataset.sizes['sample']} scans to {len(groups)} by {', '.join(keys)}"
    return spectra.check(spectra.remember(fresh, line)), np.stack([each.spread for each in averages])


def _is_shared(values: NDArray[np.generic], groups: list[list[int]]) -> bool:
    return all(len({str(values[number]) for number in numbers}) == 1 for numbers in groups)
