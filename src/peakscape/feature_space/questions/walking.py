"""What a page that walks through a feature space asks of it: what is known at a place, and what masking peaks does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from peakscape.analysis import CompositionReadout
from peakscape.analysis.inputs import trusted_members
from peakscape.analysis.validation.families import onto_simplex
from peakscape.analysis.validation.intervals import distance_outside_box, half_widths
from peakscape.analysis.validation.regressors import distances_outside
from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError
from peakscape.feature_space.readouts.labels import MAP, LabelReadout

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
REACH_QUANTILE, LEAST_REACH = 0.9, 1.5
"""Knowledge reaches from a sample halfway to the next one of another value; of these distances this quantile is taken.
It is never less than so many typical spacings."""
WALKED = (MAP, "map_gaussian_process")
"""Methods that read a label at a place, the first that is smooth is taken: equation (2) in triangles makes steps."""


@dataclass(frozen=True)
class Reach:
    """How far knowledge reaches on the map.

    Attributes
    ----------
    spacing : float
        Typical distance between neighbouring known points: the median.
    reach : float
        Farther than so many spacings from every known point, nothing is known: known samples of different values lie
        so near to one another that what is between them was nearer to one of them.
    """

    spacing: float
    reach: float


def reach_of(space: "FeatureSpace") -> Reach:
    """Measure how far knowledge reaches on the map of a space."""
    points = np.median(space.coordinates_, axis=0)
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    spacing = max(float(np.median(nearest)), 1e-9 * float(np.ptp(points, axis=0).max()), np.finfo(float).tiny)
    groups = np.arange(len(points))
    if space.label_readouts_:
        groups = number_groups(np.round(next(iter(space.label_readouts_.values())).label.values, 9))
    far = []
    for group in np.unique(groups):
        own = groups == group
        if not own.all():
            far.append(float(np.median(cKDTree(points[~own]).query(points[own])[0])))
    reach = 0.5 * float(np.quantile(far, REACH_QUANTILE)) / spacing if far else LEAST_REACH
    return Reach(spacing, max(reach, LEAST_REACH))


def left_out_answers(readout: LabelReadout) -> dict[str, Array]:
    """Return what the trusted method says of every known sample with all of its value left out.

    Returns
    -------
    dict of ndarrays of shape (n_samples, n_columns)
        ``read``, ``lower`` and ``upper``; NaN for samples that were added after the errors were measured.
    """
    method = readout.methods[readout.trusted]
    known = readout.label.values
    read, half = np.full(known.shape, np.nan), np.full(known.shape, np.nan)
    n_measured = len(method.residuals_)
    read[:n_measured] = known[:n_measured] - method.residuals_
    half[:n_measured] = known_half_widths(readout, readout.trusted) * method.difficulty_[:, np.newaxis]
    read[~np.isfinite(read)] = np.nan  # known at two values: nothing was measured between them
    lower, upper = (readout._bounded(end) for end in (read - half, read + half))
    return {"read": read, "lower": lower, "upper": upper}


def walked_method(readout: LabelReadout) -> str:
    """Return the method by which a label is read along a walk: of the map's readouts the smooth one."""
    found = [
        name
        for name in WALKED
        if name in readout.methods and readout.methods[name].estimator_.estimator_.readout_.method == "gaussian_process"
    ]
    return found[0] if found else MAP


def walked_readout(readout: LabelReadout) -> CompositionReadout:
    """Return the readout of that method."""
    found: CompositionReadout = readout.methods[walked_method(readout)].estimator_.estimator_.readout_
    return found


def known_half_widths(readout: LabelReadout, method: str) -> Array:
    """Return half the width of the interval of a method among the known samples, shape (n_columns,)."""
    intervals = readout.methods[method]
    rule: Any = intervals.method
    return np.asarray(half_widths(intervals._scaled_residuals(), intervals.groups_, method=rule, level=intervals.level))


def read_places(space: "FeatureSpace", points: ArrayLike) -> list[dict[str, Any]]:
    """Say what is known at places of the map, shape (n_places, 2): one dictionary each, with what a page shows.

    ``known_spacings`` is the distance to the nearest known point; ``nearest`` its name; ``is_known`` whether that is
    within reach. ``labels`` has, by label, ``value``, ``lower`` and ``upper``, one number a column, as the map reads
    them there.

    Raises
    ------
    InputError
        If the places are not finite pairs.
    """
    places = np.asarray(points, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all():
        raise InputError(f"expected places of the map, finite and of shape (n_places, 2), got shape {places.shape}")
    known = np.median(space.coordinates_, axis=0)
    reach = reach_of(space)
    apart, numbers = cKDTree(known).query(places)
    found: list[dict[str, Any]] = [
        {
            "known_spacings": float(far / reach.spacing),
            "is_known": bool(far <= reach.reach * reach.spacing),
            "nearest": space.names[int(number)],
            "labels": {},
        }
        for far, number in zip(apart, numbers, strict=True)
    ]
    for name, readout in space.label_readouts_.items():
        walked = walked_readout(readout)
        values = np.median(walked.predict_members(places), axis=0)
        if readout.label.total is not None and readout.label.is_composition:
            values = onto_simplex(values, readout.label.total)
        elif readout.label.bounds is not None:
            values = np.clip(values, *readout.label.bounds)
        outside = np.maximum(distances_outside(walked, places), distance_outside_box(values, readout.label.values))
        half = known_half_widths(readout, walked_method(readout))[np.newaxis] * (1.0 + outside)[:, np.newaxis]
        lower, upper = (readout._bounded(end) for end in (values - half, values + half))
        for one, value, low, high in zip(found, values, lower, upper, strict=True):
            one["labels"][name] = {"value": value.tolist(), "lower": low.tolist(), "upper": high.tolist()}
    return found


@dataclass(frozen=True)
class Masked:
    """Where a spectrum goes when windows of it are masked, all of them together.

    Attributes
    ----------
    whole, masked : ndarray of shape (n_members, 2)
        By each member that can be trusted.
    """

    whole: Array
    masked: Array

    @property
    def moves_by(self) -> tuple[float, float]:
        """How far the point moves: the mean over members and its standard error (NaN for one member)."""
        moved = np.linalg.norm(self.masked - self.whole, axis=1)
        error = float(moved.std(ddof=1) / np.sqrt(len(moved))) if len(moved) > 1 else float("nan")
        return float(moved.mean()), error


def mask_windows(space: "FeatureSpace", row: Array, windows: Sequence[tuple[int, int]]) -> Masked:
    """Place a prepared spectrum (n_points,) with points ``start:stop`` of all windows set to zero.

    Raises
    ------
    InputError
        If a window is empty or leaves the spectrum.
    """
    masked = np.array(row, dtype=np.float64)
    for start, stop in windows:
        if not 0 <= start < stop <= len(row):
            raise InputError(f"expected windows of points within 0 and {len(row)}, got {start} to {stop}")
        masked[start:stop] = 0.0
    both = np.stack([np.asarray(row, dtype=np.float64), masked])
    if hasattr(space.map_, "transform_members"):
        members = np.asarray(space.map_.transform_members(both))
        members = members[trusted_members(space.map_, len(members))]
    else:
        members = np.asarray(space.map_.transform(both))[np.newaxis]
    return Masked(members[:, 0], members[:, 1])
