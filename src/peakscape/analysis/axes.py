"""What the axes of a map mean: correlations with known quantities, and the paths of artificial series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from peakscape.analysis.inputs import check_coordinates, place_members
from peakscape.errors import InputError


@dataclass(frozen=True)
class Trajectory:
    """The path of a series of spectra over the map.

    Attributes
    ----------
    values : ndarray of shape (n_steps,)
        What was changed from step to step.
    coordinates : ndarray of shape (n_steps, 2)
        Median over members.
    members : ndarray of shape (n_members, n_steps, 2)
        Coordinates by each member.
    direction : ndarray of shape (2,)
        Unit vector along which the point moves as the value rises (least squares).
    shift_per_unit : float
        Movement along it per unit of the value, in units of the map.
    shift_error : float
        Standard error of that over members; NaN with one member.
    straightness : float
        Share of the path's variance that the straight line explains.
    """

    values: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    members: NDArray[np.float64]
    direction: NDArray[np.float64]
    shift_per_unit: float
    shift_error: float
    straightness: float


def trajectory_shifts(space: Any, spectra: ArrayLike, values: ArrayLike) -> Trajectory:
    """Follow a series of spectra (n_steps, n_points) over the map while one thing is changed, such as c/a.

    InputError if there are fewer than two steps, shapes do not fit or all values are the same.

    Examples
    --------
    >>> class Ends:
    ...     def transform(self, X):
    ...         return X[:, [0, -1]]
    >>> path = trajectory_shifts(Ends(), [[0.0, 5.0, 1.0], [3.0, 5.0, 5.0]], [0.0, 0.5])
    >>> path.direction.round(3).tolist(), path.shift_per_unit
    ([0.6, 0.8], 10.0)
    """
    steps = np.asarray(values, dtype=np.float64)
    patterns = np.asarray(spectra, dtype=np.float64)
    if steps.ndim != 1 or len(steps) < 2 or patterns.ndim != 2 or len(patterns) != len(steps):
        raise InputError(
            f"expected two steps or more, one spectrum and one value each, got {patterns.shape} and {steps.shape}"
        )
    if not (np.isfinite(steps).all() and np.ptp(steps) > 0):
        raise InputError("expected finite values that are not all the same")
    members = place_members(space, patterns)
    coordinates = np.median(members, axis=0)
    slope = _slopes(steps, coordinates)
    of_members = np.linalg.norm([_slopes(steps, member) for member in members], axis=1)
    centred = coordinates - coordinates.mean(axis=0)
    left = centred - np.outer(steps - steps.mean(), slope)
    total = float((centred**2).sum())
    length = float(np.linalg.norm(slope))
    return Trajectory(
        values=steps,
        coordinates=coordinates,
        members=members,
        direction=slope / length if length > 0 else np.zeros(2),
        shift_per_unit=length,
        shift_error=float(of_members.std(ddof=1) / np.sqrt(len(members))) if len(members) > 1 else float("nan"),
        straightness=1.0 - float((left**2).sum()) / total if total > 0 else float("nan"),
    )


def axis_correlations(
    coordinates: ArrayLike,
    quantities: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    n_bootstrap: int = 500,
    level: float = 0.95,
    random_state: int | None = None,
) -> pd.DataFrame:
    """Correlate each axis of the map with known quantities.

    Intervals are bootstrap percentiles over samples. A map may be turned without becoming another one: where no axis
    stands out, `gradient_directions` tells along which direction a quantity changes.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2), or (n_members, n_samples, 2), of which the median over members is taken.
    quantities
        Arrays of shape (n_samples,) by name, such as a, c, c/a, volume and amounts.
    n_bootstrap
        Resamplings for the intervals.
    level
        Share that the intervals cover.
    random_state
        Seed of the resampling.

    Returns
    -------
    pandas.DataFrame
        One row an axis (``axis_0``, ``axis_1``) and quantity: ``pearson``, ``pearson_low``, ``pearson_high``,
        ``spearman``, ``spearman_low``, ``spearman_high``; NaN for a quantity that never changes.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite or there are fewer than three samples.

    Examples
    --------
    >>> points = np.random.default_rng(0).normal(size=(50, 2))
    >>> table = axis_correlations(points, {"volume": 3 * points[:, 0]}, n_bootstrap=20, random_state=0)
    >>> table["pearson"].round(2).tolist()[0], table["spearman"].round(2).tolist()[0]
    (1.0, 1.0)
    """
    points = np.median(check_coordinates(coordinates), axis=0)
    draws = np.random.default_rng(random_state).integers(len(points), size=(n_bootstrap, len(points)))
    ends = [(1 - level) / 2, (1 + level) / 2]
    rows = []
    for name, quantity in _check_quantities(quantities, len(points)).items():
        for axis in (0, 1):
            row: dict[str, object] = {"axis": f"axis_{axis}", "quantity": name}
            for kind in ("pearson", "spearman"):
                first, second = points[:, axis], quantity
                samples = np.stack([first[draws], second[draws]])
                whole = np.stack([first, second])
                if kind == "spearman":
                    samples, whole = rankdata(samples, axis=2), rankdata(whole, axis=1)
                spread = _correlate(samples[0], samples[1])
                row[kind] = float(_correlate(whole[0], whole[1]))
                spread = spread[np.isfinite(spread)]
                low, high = np.quantile(spread, ends) if len(spread) else (np.nan, np.nan)
                row |= {f"{kind}_low": float(low), f"{kind}_high": float(high)}
            rows.append(row)
    return pd.DataFrame(rows).sort_values("axis", kind="stable", ignore_index=True)


def gradient_directions(coordinates: ArrayLike, quantities: Mapping[str, ArrayLike] | pd.DataFrame) -> pd.DataFrame:
    """Find the direction on the map along which each quantity changes fastest, by a plane of least squares.

    Takes what `axis_correlations` takes.

    Returns
    -------
    pandas.DataFrame
        One row a quantity: ``angle`` from the first axis in degrees, ``per_unit`` (change of the quantity per unit of
        the map along it) and ``r2`` (share of its variance that the plane explains; NaN where it never changes).
    """
    points = np.median(check_coordinates(coordinates), axis=0)
    centred = points - points.mean(axis=0)
    rows = []
    for name, quantity in _check_quantities(quantities, len(points)).items():
        varied = quantity - quantity.mean()
        slope = np.linalg.lstsq(centred, varied, rcond=None)[0]
        total = float((varied**2).sum())
        r2 = 1.0 - float(((varied - centred @ slope) ** 2).sum()) / total if total > 0 else float("nan")
        angle = float(np.degrees(np.arctan2(slope[1], slope[0])))
        rows.append({"quantity": name, "angle": angle, "per_unit": float(np.linalg.norm(slope)), "r2": r2})
    return pd.DataFrame(rows)


def _slopes(values: NDArray[np.float64], coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope of both coordinates over the value, shape (2,)."""
    centred = values - values.mean()
    return np.asarray(centred @ (coordinates - coordinates.mean(axis=0)) / (centred @ centred))


def _correlate(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson correlation over the last axis; NaN where one side never changes."""
    one = first - first.mean(axis=-1, keepdims=True)
    two = second - second.mean(axis=-1, keepdims=True)
    size = np.sqrt((one**2).sum(axis=-1) * (two**2).sum(axis=-1))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(size > 0, (one * two).sum(axis=-1) / np.where(size > 0, size, 1.0), np.nan))


def _check_quantities(
    quantities: Mapping[str, ArrayLike] | pd.DataFrame, n_samples: int
) -> dict[str, NDArray[np.float64]]:
    """Quantities as finite arrays of shape (n_samples,)."""
    if n_samples < 3:
        raise InputError(f"expected three samples or more, got {n_samples}")
    table = {str(name): np.asarray(values, dtype=np.float64) for name, values in quantities.items()}
    for name, values in table.items():
        if values.shape != (n_samples,) or not np.isfinite(values).all():
            raise InputError(f"expected {n_samples} finite values of {name!r}, got shape {values.shape}")
        if np.ptp(values) <= 1e-12 * np.abs(values).max(initial=0.0):
            table[name] = np.zeros(n_samples)  # rounding alone is no change
    return table
