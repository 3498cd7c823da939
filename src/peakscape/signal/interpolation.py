"""Curves on other points of their axis: interpolated, moved along it, averaged over bins; and axes themselves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from peakscape.errors import InputError

Array = NDArray[np.float64]


def checked_axis(axis: ArrayLike | None, n_points: int, *, name: str = "axis", hint: str = "") -> Array:
    """Return an axis as finite, ascending numbers; the numbers of the points where none is given.

    Parameters
    ----------
    axis
        Shape (n_points,), or None.
    n_points
        Points of the spectra that it belongs to.
    name
        What the error calls it.
    hint
        What the error adds.

    Raises
    ------
    InputError
        If it is not finite, does not ascend or has another number of points.

    Examples
    --------
    >>> checked_axis(None, 3).tolist()
    [0.0, 1.0, 2.0]
    """
    if axis is None:
        return np.arange(n_points, dtype=np.float64)
    points = np.array(axis, dtype=np.float64)
    if points.shape != (n_points,):
        raise InputError(
            f"expected the {name} to have shape ({n_points},), one value for each point of a spectrum,"
            f" got shape {points.shape}{hint}"
        )
    if not (np.isfinite(points).all() and (np.diff(points) > 0).all()):
        raise InputError(f"expected the {name} to hold finite numbers in ascending order{hint}")
    return points


def shift_axis(values: ArrayLike, name: str) -> Array:
    """Return the axis on which a uniform change of a sample is a translation: ln q, ln sin(theta) or the energy.

    A lattice that grows by a factor divides every q by it, and so takes its logarithm from every ln q; by Bragg's law
    q is proportional to sin(theta). An absorption edge moves as a whole along the energy. Points at zero, which have
    no logarithm, are set far below the others.

    Parameters
    ----------
    values
        Ascending, shape (n_points,).
    name
        What they are: ``"two_theta"`` in degree, ``"q"`` or ``"energy"``.

    Examples
    --------
    >>> shift_axis([1.0, np.e], "q").tolist(), shift_axis([180.0, 200.0], "energy").tolist()
    ([0.0, 1.0], [180.0, 200.0])
    """
    points = np.array(values, dtype=np.float64)
    if name == "energy":
        return points
    q = points if name == "q" else np.sin(np.radians(points / 2.0))
    if q.min() <= 0:
        q = np.maximum(q, 1e-6 * q[q > 0].min() * (1 + np.arange(len(q))))
    return np.asarray(np.log(q))


def median_step(points: Array) -> float:
    """Return the median distance of neighbouring points; 1 for a single point.

    Examples
    --------
    >>> median_step(np.array([1.0, 1.5, 2.0, 4.0]))
    0.5
    """
    return float(np.median(np.diff(points))) if len(points) > 1 else 1.0


def points_within(points: Array, window: tuple[float, float] | None, *, at_least: int = 3) -> NDArray[np.intp]:
    """Return the numbers of the points within a window of the axis, all for None.

    Raises
    ------
    InputError
        If the window holds fewer than `at_least` points.

    Examples
    --------
    >>> points_within(np.arange(10.0), (2.5, 6.0))
    array([3, 4, 5, 6])
    """
    if window is None:
        return np.arange(len(points))
    low, high = window
    inside = np.flatnonzero((points >= low) & (points <= high))
    if len(inside) < at_least:
        raise InputError(
            f"the window {low:g} to {high:g} holds {len(inside)} points of the axis, {points[0]:g} to {points[-1]:g}; "
            f"expected {at_least} or more"
        )
    return inside


def interpolate_rows(wanted: Array, points: Array, rows: Array | Sequence[Array]) -> Array:
    """Interpolate each row linearly at new points, shape (n_rows, n_wanted); beyond an end stands its value.

    Examples
    --------
    >>> interpolate_rows(np.array([0.5]), np.array([0.0, 1.0]), np.array([[0.0, 4.0]])).tolist()
    [[2.0]]
    """
    return np.array([np.interp(wanted, points, row) for row in rows])


def move(row: Array, axis: Array, shift: float, *, stretch: float = 1.0, pivot: float = 0.0) -> Array:
    """Move a curve along its axis, linearly interpolated back onto its points; beyond an end stands its value.

    What lies at ``x`` comes to ``pivot + (x - pivot) * stretch + shift``.

    Parameters
    ----------
    row, axis
        Shape (n_points,); the axis ascends.
    shift
        In units of the axis, to the right where positive.
    stretch, pivot
        Factor of distances from the pivot, which the stretch leaves in place.

    Examples
    --------
    >>> move(np.array([0.0, 1.0, 0.0, 0.0]), np.arange(4.0), 1.0).tolist()
    [0.0, 0.0, 1.0, 0.0]
    """
    return np.asarray(np.interp((axis - shift - pivot) / stretch + pivot, axis, row))


def monotone_curve(points: Array, rows: Array) -> PchipInterpolator:
    """Return the piecewise cubic curves through spectra that are monotone between neighbouring points (PCHIP).

    F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984), doi:10.1137/0905021.

    Parameters
    ----------
    points
        Ascending, shape (n_points,).
    rows
        Shape (..., n_points).

    Examples
    --------
    >>> float(monotone_curve(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0]))(1.5))
    0.5
    """
    # Slopes in the far tail of a simulated peak are too small to be inverted; the slope between them is then zero.
    with np.errstate(over="ignore", divide="ignore"):
        return PchipInterpolator(points, rows, axis=-1)


def bin_means(axis: Array, edges: Array, patterns: Array) -> Array:
    """Average patterns, taken as straight between their points, over bins.

    Parameters
    ----------
    axis
        Ascending, shape (n_points,).
    edges
        Ends of the bins within the axis, shape (n_bins + 1,).
    patterns
        Shape (n_samples, n_points).

    Returns
    -------
    ndarray
        Shape (n_samples, n_bins).

    Examples
    --------
    >>> bin_means(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.5, 3.0]), np.array([[2.0, 2.0, 2.0]]))
    array([[2., 2.]])
    """
    from peakscape.signal import loops  # numba takes a while to load

    rows = np.reshape(patterns, (len(patterns), len(axis)))
    return np.asarray(loops.bin_means(*(np.ascontiguousarray(part, np.float64) for part in (axis, edges, rows))))


def shift_back(patterns: Array, axis: Array, shifts: Array) -> Array:
    """Shift each pattern to the left by its shift, on the same points, by cubic convolution.

    R. G. Keys, IEEE Trans. Acoust. Speech Signal Process. 29, 1153 (1981), doi:10.1109/TASSP.1981.1163711.

    Parameters
    ----------
    patterns
        Shape (n_samples, n_points).
    axis
        Ascending, shape (n_points,); its steps may differ.
    shifts
        Shape (n_samples,), in units of the axis.

    Returns
    -------
    ndarray
        Shape (n_samples, n_points).

    Examples
    --------
    >>> shift_back(np.array([[0.0, 0.0, 1.0, 0.0, 0.0]]), np.arange(5.0), np.array([1.0]))
    array([[0., 1., 0., 0., 0.]])
    """
    from peakscape.signal import loops  # numba takes a while to load

    rows = np.reshape(patterns, (len(shifts), len(axis)))
    if len(axis) == 1:
        return rows.copy()
    given = (np.ascontiguousarray(part, np.float64) for part in (rows, axis, shifts))
    return np.asarray(loops.shift_back(*given))


def pull_back(directions: Array, axis: Array, shift: float) -> Array:
    """Return directions whose products with a pattern are those of the given ones with the pattern shifted back.

    Parameters
    ----------
    directions
        Shape (n_directions, n_points).
    axis, shift
        As in `shift_back`.

    Returns
    -------
    ndarray
        Shape (n_directions, n_points).

    Examples
    --------
    >>> pull_back(np.array([[0.0, 1.0, 0.0, 0.0, 0.0]]), np.arange(5.0), 1.0)
    array([[0., 0., 1., 0., 0.]])
    """
    from peakscape.signal import loops  # numba takes a while to load

    rows = np.reshape(directions, (len(directions), len(axis)))
    if len(axis) == 1:
        return rows.copy()
    given = (np.ascontiguousarray(part, np.float64) for part in (rows, axis))
    return np.asarray(loops.pull_back(*given, float(shift)))
