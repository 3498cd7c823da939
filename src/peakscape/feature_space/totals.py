"""Numbers that sum up to the same in every known sample, such as fractions of a mixture: answers then do so too."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape.feature_space.readouts.labels import LabelReadout

Array = NDArray[np.float64]
SAME_SUM = 1e-3
"""Relative difference up to which sums are the same: fractions are written with few digits."""
HALVINGS = 60


def parts_of_a_whole(readouts: Mapping[str, LabelReadout]) -> tuple[tuple[str, ...], float]:
    """Return the numbers, two or more and none below zero, whose sum is the same in every known sample, and that sum.

    All numbers of a space together, or none: no names where they are no parts.
    """
    names = tuple(name for name, readout in readouts.items() if not readout.label.is_composition)
    if len(names) < 2:
        return (), 0.0
    table = np.column_stack([readouts[name].label.values[:, 0] for name in names])
    sums = table.sum(axis=1)
    total = float(np.median(sums))
    same = bool((table >= 0.0).all()) and float(np.ptp(sums)) <= SAME_SUM * total
    return (names, total) if same else ((), 0.0)


def share_out(values: Array, variances: Array, total: float) -> Array:
    """Return the likeliest values that sum up to a total, none below zero; what is known worse gives in more.

    With variances v the sum of (x - value)^2 / v is least: x = max(0, value - step v) with one step for all.

    Examples
    --------
    >>> share_out(np.array([0.5, 0.6, -0.1]), np.array([1.0, 3.0, 1.0]), 1.0).round(3).tolist()
    [0.475, 0.525, 0.0]
    """
    low = float(((values - total) / variances).min())
    high = float((values / variances).max())
    for _ in range(HALVINGS):
        step = 0.5 * (low + high)
        if np.maximum(values - step * variances, 0.0).sum() > total:
            low = step
        else:
            high = step
    shared = np.maximum(values - 0.5 * (low + high) * variances, 0.0)
    return np.asarray(shared * (total / shared.sum()))


def keep_total(found: xr.Dataset, readouts: Mapping[str, LabelReadout]) -> None:
    """Let answers of the trusted methods sum up to what known samples do; ends of intervals move where they must."""
    names, total = parts_of_a_whole(readouts)
    if not names:
        return
    values, lower, upper = (np.column_stack([found[f"{name}{end}"].values for name in names])
                            for end in ("", "_lower", "_upper"))  # fmt: skip
    widths = upper - lower
    known = np.isfinite(widths).all(axis=1)
    for row in np.flatnonzero(np.isfinite(values).all(axis=1)):  # what is foreign has no values
        width = np.where(known[row], widths[row], 1.0)
        values[row] = share_out(values[row], np.maximum(width / total, SAME_SUM) ** 2, total)
    for column, name in enumerate(names):
        own = values[:, column]
        found[name] = ("sample", own.copy())
        found[f"{name}_lower"] = ("sample", np.fmin(lower[:, column], own))
        found[f"{name}_upper"] = ("sample", np.fmax(upper[:, column], own))
