"""Distances between spectra, on request the least over bounded translations, and between points of a map."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from dtaidistance import dtw
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.special import entr

from peakscape.analysis.inputs import check_coordinates, check_spectra
from peakscape.errors import InputError
from peakscape.signal.interpolation import bin_means, checked_axis
from peakscape.signal.registration import ShiftMatcher

Array = NDArray[np.float64]
Metric = Literal["cosine", "pearson", "jensen_shannon", "dynamic_time_warping"]
N_WARPED = 1024
"""Points to which spectra are averaged for dynamic time warping, at most."""
N_SHIFTED = 4096
"""Points to which they are averaged for Jensen-Shannon distances at a translation, at most."""
_SHARE_OF_SPAN = 0.01  # default bound of the warping
_TINY = np.finfo(float).tiny


def spectrum_distances(
    spectra: ArrayLike,
    *,
    metric: Metric = "cosine",
    shift_axis: ArrayLike | None = None,
    max_shift: float = 0.0,
    max_warp: float | None = None,
) -> Array:
    """Measure the distances between all pairs of spectra.

    - "cosine": one less the cosine of the angle between the two.
    - "pearson": one less their correlation coefficient.
    - "jensen_shannon": square root of the Jensen-Shannon divergence in bits of the two as distributions, intensities
      below zero taken as zero; J. Lin, IEEE Trans. Inf. Theory 37 (1991) 145, DOI 10.1109/18.61115.
    - "dynamic_time_warping": Euclidean distance of the two at unit norm along the best monotonic path that leaves the
      diagonal by `max_warp` at most (the band of H. Sakoe, S. Chiba, IEEE Trans. ASSP 26 (1978) 43,
      DOI 10.1109/TASSP.1978.1163055), on 1,024 averaged points.

    With `max_shift` each is taken at the translation of the pair, within the bound, at which their cosine (for Pearson:
    their correlation) is largest, or at none where that is better.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points); prepare them first: a background counts as intensity.
    metric
        Which distance.
    shift_axis
        Ascending axis of shape (n_points,) on which a uniform change is a translation; None: the numbers of the points.
    max_shift
        Largest translation, in units of the shift axis.
    max_warp
        Bound of the warping, in units of the shift axis; None: 1 % of its span.

    Returns
    -------
    ndarray of shape (n_samples, n_samples)
        Symmetric, zeros on the diagonal.

    Raises
    ------
    InputError
        If the metric is unknown, the spectra cannot be used, or one of them is nowhere positive.

    Examples
    --------
    >>> axis = np.arange(100.0)
    >>> spectra = [np.exp(-(((axis - at) / 3) ** 2)) for at in (40, 44, 70)]
    >>> spectrum_distances(spectra)[0].round(2).tolist()
    [0.0, 0.59, 1.0]
    >>> spectrum_distances(spectra, max_shift=5.0)[0].round(2).tolist()
    [0.0, 0.0, 1.0]
    """
    values = check_spectra(spectra)
    axis = checked_axis(shift_axis, values.shape[1], name="shift axis")
    if metric not in get_args(Metric):
        raise InputError(f"expected a metric of {', '.join(get_args(Metric))}, got {metric!r}")
    if not (max_shift >= 0 and (max_warp is None or max_warp >= 0)):
        raise InputError(f"bounds must not be negative, got max_shift={max_shift} and max_warp={max_warp}")
    if (values.max(axis=1) <= 0).any():
        raise InputError("a spectrum is nowhere positive; leave it out")
    if metric == "dynamic_time_warping":
        warp = _SHARE_OF_SPAN * float(np.ptp(axis)) if max_warp is None else max_warp
        return _warped(values, axis, max_shift, warp)
    if metric == "jensen_shannon":
        return _jensen_shannon(values, axis, max_shift)
    return _angular(values - values.mean(axis=1, keepdims=True) if metric == "pearson" else values, axis, max_shift)


def map_distances(coordinates: ArrayLike) -> Array:
    """Measure the distances between all points of a map.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2), or (n_members, n_samples, 2), of which the median over members is taken.

    Returns
    -------
    ndarray of shape (n_samples, n_samples)

    Examples
    --------
    >>> map_distances([[0, 0], [3, 4]]).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    points = np.median(check_coordinates(coordinates), axis=0)
    return np.asarray(cdist(points, points))


def _angular(rows: Array, axis: Array, max_shift: float) -> Array:
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY)
    likeness = unit @ unit.T
    if max_shift > 0:
        likeness = np.maximum(likeness, ShiftMatcher(rows, axis, max_shift).match(rows).correlation)
    return _symmetric(1.0 - likeness)


def _jensen_shannon(rows: Array, axis: Array, max_shift: float) -> Array:
    found = _divergences(np.maximum(rows, 0.0), None)
    if max_shift > 0:
        even, steps = _translations(rows, axis, max_shift, N_SHIFTED)
        found = np.minimum(found, _divergences(np.maximum(even, 0.0), steps))
    return _symmetric(np.sqrt(np.maximum(found, 0.0)))


def _divergences(rows: Array, steps: NDArray[np.intp] | None) -> Array:
    """Jensen-Shannon divergences in bits, row j moved by ``steps[i, j]`` points before it is compared with row i."""
    parts = rows / rows.sum(axis=1, keepdims=True)
    entropy = entr(parts).sum(axis=1)
    found = np.zeros((len(rows), len(rows)))
    for i, part in enumerate(parts):
        others = parts if steps is None else _moved(parts, steps[i])
        own = entropy if steps is None else entr(others).sum(axis=1)
        found[i] = entr((part + others) / 2).sum(axis=1) - (entropy[i] + own) / 2
    return np.asarray(found / np.log(2.0))


def _warped(rows: Array, axis: Array, max_shift: float, max_warp: float) -> Array:
    even, steps = _translations(rows, axis, max_shift, N_WARPED)
    even = even / np.linalg.norm(even, axis=1, keepdims=True)
    window = 1 + int(max_warp / np.ptp(axis) * (even.shape[1] - 1) + 1e-9)  # 1 is the diagonal alone
    # Pruning is off: at the narrowest windows rounding makes it prune the only path there is.
    found = np.asarray(dtw.distance_matrix_fast(even, window=window, parallel=False, use_pruning=False))
    distance: Callable[..., float] = dtw.distance_fast
    for i, j in np.argwhere(np.triu(steps)):
        moved = _moved(even[j : j + 1], steps[i, j : j + 1])[0]
        found[i, j] = found[j, i] = min(found[i, j], distance(even[i], moved, window=window, use_pruning=False))
    return _symmetric(found)


def _translations(rows: Array, axis: Array, max_shift: float, n_points: int) -> tuple[Array, NDArray[np.intp]]:
    """Spectra averaged to an even axis, and by how many of its points each is to be moved onto each other one."""
    even = _averaged(rows, axis, n_points)
    positions = np.linspace(axis[0], axis[-1], even.shape[1])
    if max_shift <= 0:
        return even, np.zeros((len(rows), len(rows)), dtype=np.intp)
    shift = ShiftMatcher(even, positions, max_shift).match(even).shift
    return even, np.round(shift / (positions[1] - positions[0])).astype(np.intp)


def _averaged(rows: Array, axis: Array, n_points: int) -> Array:
    """Averages of spectra over the cells of an even axis, which keep the area; shape (n_samples, n_points at most)."""
    even = np.ptp(np.diff(axis)) <= 1e-6 * np.ptp(axis) / len(axis)
    if even and rows.shape[1] <= n_points:
        return rows
    n_even = min(n_points, rows.shape[1])
    centres = np.linspace(axis[0], axis[-1], n_even)
    half = (centres[1] - centres[0]) / 2
    edges = np.clip(np.concatenate([centres - half, centres[-1:] + half]), axis[0], axis[-1])
    return bin_means(axis, edges, rows)


def _moved(rows: Array, steps: NDArray[np.intp]) -> Array:
    """Each row moved by its number of points to the right, what moves in being its first or last value."""
    places = np.arange(rows.shape[1]) - steps[:, np.newaxis]
    return np.take_along_axis(rows, np.clip(places, 0, rows.shape[1] - 1), axis=1)


def _symmetric(distances: Array) -> Array:
    both = np.maximum(np.minimum(distances, distances.T), 0.0)
    np.fill_diagonal(both, 0.0)
    return np.asarray(both)
