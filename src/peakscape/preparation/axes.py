"""Axes to bring patterns onto: even steps of two_theta, q or energy, and geometric steps of q."""

import math
from typing import Literal

import numpy as np

from peakscape.errors import InputError
from peakscape.preparation.rows import Array

Spacing = Literal["even", "geometric"]
MOST = 4
"""Without a number of points, a new axis has at most so many times the old one's."""


def spaced_axis(
    points: Array,
    *,
    spacing: Spacing = "even",
    first: float | None = None,
    last: float | None = None,
    n_points: int | None = None,
    step: float | None = None,
) -> Array:
    """Lay out an axis in even or geometric steps within the range of an old one.

    Parameters
    ----------
    points
        The old axis, shape (n_old_points,), ascending.
    spacing
        ``"even"``, or ``"geometric"``: even steps of the logarithm, on which a uniform change of a lattice is a
        translation of a pattern on q.
    first, last
        Ends; None takes those of the old axis (in geometric steps, its first positive point).
    n_points
        Number of points; None makes the steps as fine as the old one's finest, with at most four times its points.
    step
        Instead of `n_points`: the step (of the natural logarithm for geometric steps); the last point may lie before
        `last`.

    Returns
    -------
    array
        The new axis, shape (n_points,).

    Raises
    ------
    InputError
        If the ends leave the old axis, or the numbers make no axis.

    Examples
    --------
    >>> spaced_axis(np.linspace(1.0, 8.0, 8), spacing="geometric", n_points=4)
    array([1., 2., 4., 8.])
    """
    logarithmic = spacing == "geometric"
    kept = points[points > 0] if logarithmic else points
    first, last = (float(kept[0]) if first is None else first), (float(kept[-1]) if last is None else last)
    slack = 1e-9 * abs(float(points[-1]))
    if not (kept[0] - slack <= first < last <= kept[-1] + slack):
        raise InputError(
            f"the new axis {first:g} to {last:g} must ascend and lie within what was measured, {kept[0]:g} to"
            f" {kept[-1]:g}"
        )
    old = np.log(kept) if logarithmic else kept
    low, high = (math.log(first), math.log(last)) if logarithmic else (first, last)
    if step is not None:
        if n_points is not None or not (np.isfinite(step) and 0 < step <= high - low):
            raise InputError(f"expected either n_points or a positive step below {high - low:g}, got step {step}")
        new = low + step * np.arange(int((high - low) / step + 1e-6) + 1)
    else:
        finest = max(float(np.diff(old).min()), (high - low) / (MOST * len(points)))
        count = math.ceil((high - low) / finest - 1e-6) + 1 if n_points is None else n_points
        if count < 2:
            raise InputError(f"expected an axis of two points or more, got {n_points}")
        new = np.linspace(low, high, count)
    return np.clip(np.exp(new), first, last) if logarithmic else np.asarray(new)
