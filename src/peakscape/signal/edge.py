"""The absorption edge of a measured curve: where it is, how high it is, and the curve on the scale of its step."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError
from peakscape.signal.peaks import vertex

Array = NDArray[np.float64]
Inside = NDArray[np.bool_]
_ENOUGH_POINTS = 10
"""An edge, a line before it and a curve after it cannot be distinguished in fewer."""
_SMALLEST_RISE = 0.15
"""The rise over the edge must be this share of the absorption's whole span, the line before the edge removed."""
_NOISE_LIMIT = 4.0
"""The rise must exceed the noise of one point by this factor."""
_TURNED = (
    "; expected it to rise: are the columns of incoming and transmitted intensity swapped, or is the sign reversed?"
)
_FEWEST_FOR_A_SLOPE = 3
"""Points before an edge; through fewer a constant is fitted."""
_TAILS = 20.0
"""Half widths to which the Lorentzian is followed; beyond lie 3 % of it."""
_HIGHEST_LOSS = 4000.0
"""eV: core losses are measured below."""
_BETTER_POWER = 0.5
"""A power is advised where it leaves this share, or less, of what a line leaves before the edge (root mean square)."""
_TOLERATED_BELOW = 0.1
"""Of the edge step: how far below zero a background may fall before a warning is given."""


def find_edge_energy(
    energy: ArrayLike,
    absorption: ArrayLike,
    *,
    near: float | None = None,
    within: float = 50.0,
    smoothing: Literal["lorentz", "gauss"] = "lorentz",
) -> float:
    """Find the edge of a measured curve: the largest slope, smoothed over about one step of the scan.

    The slope is interpolated onto even steps and smoothed by a Lorentzian (the shape that lifetime gives; Larch's
    ``find_e0`` does likewise) whose width grows with the energy, 0.12 eV and half a step at 6 keV; its maximum is
    refined by a parabola. The first and the last fiftieth of the points are left out: scans often begin and end with a
    glitch.

    Parameters
    ----------
    energy
        Rising, eV (n_points,).
    absorption
        In any unit (n_points,).
    near
        Look only around this energy, eV; None looks everywhere.
    within
        How far around `near`, eV.
    smoothing
        "gauss" has no tails: for foils, whose edges repeat a little better so (`absorption.calibrate`).

    Returns
    -------
    float
        Energy of the edge, eV.

    Raises
    ------
    InputError
        If the curve is too short, not finite, not rising, or has no points around `near`.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7400.0, 0.5)
    >>> round(find_edge_energy(energy, np.arctan((energy - 7112.2) / 1.5)), 1)
    7112.2
    """
    points, values = checked_curve(energy, absorption)
    slope = np.gradient(values, points)
    margin = _end_margin(points)
    allowed = np.zeros(len(points), dtype=bool)
    allowed[margin:-margin] = True
    if near is not None:
        allowed &= np.abs(points - near) <= within
        if allowed.sum() < 3:
            raise InputError(
                f"no edge near {near:g} eV: the scan runs from {points[0]:g} to {points[-1]:g} eV"
                f"{_other_unit(points, near)}"
            )
    # Even steps give the closely spaced points around the edge their due against glitches elsewhere.
    rough = float(points[allowed][np.argmax(slope[allowed])])
    step = _scan_step(points, rough)
    width = 0.5 * (step + np.clip(rough / 25000.0, 0.01, 1.0))
    low, high = points[allowed][0], points[allowed][-1]
    even = np.arange(low, high + 0.25 * step, 0.5 * step) if (high - low) / step < 1e6 else points[allowed]
    smooth = _smoothed(np.interp(even, points, slope), width / (even[1] - even[0]), smoothing)
    best = int(np.argmax(smooth))
    return float(even[best] + (even[1] - even[0]) * float(vertex(smooth, best)))


@dataclass(frozen=True)
class NormalizedAbsorption:
    """Hold a curve on the scale of its edge step, and how it came there.

    Attributes
    ----------
    edge_energy : float
        Position of the edge, eV.
    edge_step : float
        Height of the edge in units of the absorption given.
    normalized : ndarray of shape (n_points,)
        (absorption - pre_edge) / edge_step.
    flattened : ndarray of shape (n_points,)
        The same, with the curvature of the post-edge removed above the edge.
    pre_edge, post_edge : ndarray of shape (n_points,)
        The two curves that were fitted, in units of the absorption given.
    pre_edge_range, post_edge_range : tuple of float
        Where the two curves were fitted, eV relative to the edge.
    degree : int
        Degree of the post-edge polynomial.
    """

    edge_energy: float
    edge_step: float
    normalized: Array
    flattened: Array
    pre_edge: Array
    post_edge: Array
    pre_edge_range: tuple[float, float]
    post_edge_range: tuple[float, float]
    degree: int


def normalize(
    energy: ArrayLike,
    absorption: ArrayLike,
    *,
    edge_energy: float | None = None,
    near: float | None = None,
    pre_edge: tuple[float, float] | None = None,
    post_edge: tuple[float, float] | None = None,
    degree: int | None = None,
    victoreen: int = 0,
) -> NormalizedAbsorption:
    """Subtract the line before the edge and divide by the height of the edge.

    A line through absorption x energy^victoreen before the edge, a polynomial through what remains after it; their
    distance at the edge is the edge step (J. Lytle, D. Sayers, E. Stern, Physica B 158, 701 (1989),
    doi:10.1016/0921-4526(89)90351-7; B. Ravel and M. Newville, J. Synchrotron Rad. 12, 537 (2005),
    doi:10.1107/S0909049505012719). Ranges that are not given are those of Larch's ``pre_edge``: before the edge from
    the second point to half way, after it from a fifteenth of the rest (at most 25 eV) to the end; degree 2 for more
    than 300 eV, 1 for more than 30 eV, else 0.

    Parameters
    ----------
    energy
        Rising, eV (n_points,).
    absorption
        In any unit (n_points,).
    edge_energy
        Position of the edge, eV; None searches for it.
    near
        Where to look for the edge, eV; None looks everywhere.
    pre_edge, post_edge
        Ranges of the fits, eV relative to the edge.
    degree
        Degree of the post-edge polynomial, 0 to 3; None by the length of its range.
    victoreen
        Power of the energy by which the absorption is multiplied before the line is fitted.

    Returns
    -------
    NormalizedAbsorption

    Raises
    ------
    InputError
        If there is no edge in the range, the absorption falls at the edge, or a range holds no points.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7700.0, 1.0)
    >>> measured = 2.0 - 1e-4 * energy + 0.7 * (energy > 7112)
    >>> result = normalize(energy, measured)
    >>> round(result.edge_step, 3), abs(round(float(result.flattened[-1]), 3))
    (0.7, 1.0)
    """
    points, values = checked_curve(energy, absorption)
    _check_varies(values)
    edge = find_edge_energy(points, values, near=near) if edge_energy is None else float(edge_energy)
    if edge_energy is None:
        _check_rises(points, values, edge, near)
    if not points[1] < edge < points[-2]:
        raise InputError(
            f"no edge in range: the edge at {edge:g} eV is not within the scan, {points[0]:g} to {points[-1]:g} eV"
            f"{_other_unit(points, edge)}"
        )
    # As Larch: ranges count from, and the step is read at, the point of the scan nearest to an edge that was found.
    place = edge if edge_energy is not None else float(points[np.argmin(np.abs(points - edge))])
    before = _range_before(points, place, pre_edge)
    after = _range_after(points, place, post_edge)
    degree = _degree(after) if degree is None else int(degree)
    inside = _within(points, place, before, as_larch=pre_edge is None)
    line = _pre_edge_curve(points, values, place, inside, victoreen)
    above = values - line
    inside = _within(points, place, after, as_larch=post_edge is None)
    fitted = _fit(points, above, place, after, inside, degree)
    step = float(fitted(place))
    _check_edge(points, above, edge, step)
    curve = fitted(points)
    normalized = above / step
    flattened = np.where(points < place, normalized, normalized - curve / step + 1.0)
    return NormalizedAbsorption(edge, step, normalized, flattened, line, line + curve, before, after, degree)


def background_below_zero(energy: ArrayLike, absorption: ArrayLike, found: NormalizedAbsorption) -> str:
    """Tell whether the line before the edge falls below zero under counts that are all positive.

    Energy-loss counts before an edge at low energies fall by a power of the energy, about the third (R. F. Egerton,
    Electron Energy-Loss Spectroscopy in the Electron Microscope, 3rd ed., 2011, section 4.4,
    doi:10.1007/978-1-4419-9583-4); a straight line through them falls too far, and the edge step becomes too large.

    Parameters
    ----------
    energy, absorption
        What `normalize` was given (n_points,).
    found
        What it returned.

    Returns
    -------
    str
        One line that says what to do; empty where the line stays above zero.

    Examples
    --------
    >>> energy = np.arange(170.0, 250.0, 0.5)
    >>> counts = 1e8 * energy**-3 + 3.0 * (energy > 192)
    >>> background_below_zero(energy, counts, normalize(energy, counts))[:48]
    'the line before the edge falls below zero at 236'
    """
    points, values = checked_curve(energy, absorption)
    below = (points > found.edge_energy) & (found.pre_edge < 0.0)
    if values.min() <= 0.0 or found.pre_edge.min() > -_TOLERATED_BELOW * found.edge_step or not below.any():
        return ""
    if found.edge_energy > _HIGHEST_LOSS or not _falls_by_a_power(points, values, found):
        return ""
    return (
        f"the line before the edge falls below zero at {points[below][0]:.0f} eV under counts that are all positive, so"
        f" the edge step of {found.edge_step:.3g} is too large; backgrounds of energy loss fall by a power: victoreen=3"
        f" (on the command line --absorption raw with --prepare edge={found.edge_energy:.0f}:victoreen=3)"
    )


def _falls_by_a_power(points: Array, values: Array, found: NormalizedAbsorption) -> bool:
    """Whether a power of the energy leaves much less of a curve before its edge than a line does."""
    low, high = (found.edge_energy + end for end in found.pre_edge_range)
    inside = (points >= low) & (points <= high)
    line = values[inside] - found.pre_edge[inside]
    power = values - _pre_edge_curve(points, values, found.edge_energy, inside, 3)
    return bool(np.sqrt(np.mean(power[inside] ** 2)) <= _BETTER_POWER * np.sqrt(np.mean(line**2)))


def checked_curve(energy: ArrayLike, absorption: ArrayLike) -> tuple[Array, Array]:
    """Return energy and absorption as double precision, after both were checked.

    Raises
    ------
    InputError
        If they do not belong together, are not finite, do not rise, or are too few.

    Examples
    --------
    >>> checked_curve([1.0, 2.0], [3.0])
    Traceback (most recent call last):
    peakscape.errors.InputError: expected as many absorptions as energies, 2, got 1
    """
    points, values = np.asarray(energy, dtype=np.float64), np.asarray(absorption, dtype=np.float64)
    if points.ndim != 1 or points.shape != values.shape:
        raise InputError(f"expected as many absorptions as energies, {points.size}, got {values.size}")
    wrong = ~(np.isfinite(points) & np.isfinite(values))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"expected energies and absorptions that are finite numbers, got {values[first]:g} at {points[first]:g} eV"
            f" ({int(wrong.sum())} of {len(points)} points are not finite); cut them out"
        )
    if len(points) < _ENOUGH_POINTS:
        raise InputError(f"expected a scan of {_ENOUGH_POINTS} points or more, got {len(points)}")
    if not (np.diff(points) > 0).all():
        raise InputError("expected energies that rise; sort the scan and merge points that occur twice")
    return points, values


def _end_margin(points: Array) -> int:
    """Return how many points at each end of a scan are not searched for its edge."""
    return max(2, len(points) // 50)


def _other_unit(points: Array, edge: float) -> str:
    """Say which other unit would put an edge into a scan, else what scan is expected."""
    low, high = float(points[0]), float(points[-1])
    if low <= edge * 1000.0 <= high:
        return f"; {edge:g} looks like keV, expected eV"
    if low * 1000.0 <= edge <= high * 1000.0:
        return "; the axis looks like keV, expected eV"
    if low > 1.0 and high < 90.0:
        return "; the axis looks like angles in degree or keV, expected energies in eV"
    return "; expected a scan that begins below the edge and ends above it"


def _scan_step(points: Array, edge: float) -> float:
    """Return the usual step of a scan around its edge, between 0.01 and 2 eV."""
    near = np.abs(points - edge) <= 25.0
    steps = np.diff(points[near]) if near.sum() > 3 else np.diff(points)
    return float(np.clip(np.median(steps), 0.01, 2.0))


def _smoothed(values: Array, width: float, smoothing: str) -> Array:
    """Convolve with a curve of a (half) width in points; the ends are continued by their last value."""
    tails = _TAILS if smoothing == "lorentz" else 4.0
    reach = max(1, min(int(np.ceil(tails * width)), len(values)))
    away = np.arange(-reach, reach + 1) / max(width, 1e-6)
    weights = 1.0 / (1.0 + away**2) if smoothing == "lorentz" else np.exp(-0.5 * away**2)
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.convolve(padded, weights / weights.sum(), mode="valid"))


def _range_before(points: Array, edge: float, given: tuple[float, float] | None) -> tuple[float, float]:
    if given is not None:
        return _ordered(given)
    unit = 5.0 if np.searchsorted(points, edge) > 20 else 2.0
    low = max(unit * round((points[1] - edge) / unit), points[0] - edge)
    return float(low), float(0.5 * low)


def _range_after(points: Array, edge: float, given: tuple[float, float] | None) -> tuple[float, float]:
    if given is not None:
        return _ordered(given)
    high = min(5.0 * round((points[-1] - edge) / 5.0), points[-1] - edge)
    low = min(25.0, 5.0 * round(high / 15.0), high - 2.0)
    return float(low), float(high)


def _ordered(given: tuple[float, float]) -> tuple[float, float]:
    low, high = sorted(float(end) for end in given)
    return low, high


def _degree(after: tuple[float, float]) -> int:
    length = after[1] - after[0]
    return 2 if length >= 300.0 else 1 if length >= 30.0 else 0


def _pre_edge_curve(points: Array, values: Array, edge: float, inside: Inside, victoreen: int) -> Array:
    if not inside.any():
        inside[0] = True
    if inside.sum() < _FEWEST_FOR_A_SLOPE:  # too few for a slope that could be carried on beyond the edge
        return np.full(len(points), values[inside].mean())
    scaled = values[inside] * (points[inside] / edge) ** victoreen
    line = Polynomial.fit(points[inside], scaled, 1)
    return np.asarray(line(points) * (points / edge) ** -victoreen)


def _within(points: Array, edge: float, limits: tuple[float, float], *, as_larch: bool) -> Inside:
    """Return the points of a range; as Larch counts them, from the one at or below its low end to before its high end.

    White lines of sulfur fall so steeply there that one point more or less changes the edge step by per cents.
    """
    if not as_larch:
        return np.asarray((points - edge >= limits[0]) & (points - edge <= limits[1]))
    first = max(int(np.searchsorted(points, edge + limits[0], side="right")) - 1, 0)
    last = int(np.argmin(np.abs(points - edge - limits[1])))
    inside = np.zeros(len(points), dtype=bool)
    inside[first : max(last, first + 1)] = True
    return inside


def _fit(
    points: Array, above: Array, edge: float, after: tuple[float, float], inside: Inside, degree: int
) -> Polynomial:
    if not 0 <= degree <= 3:
        raise InputError(f"expected a degree of the post-edge from 0 to 3, got {degree}")
    if inside.sum() < degree + 2:
        raise InputError(
            f"the post-edge {after[0]:g} to {after[1]:g} eV after the edge holds {int(inside.sum())} points of the"
            f" scan, which ends {points[-1] - edge:g} eV after it; expected {degree + 2} or more"
        )
    return Polynomial.fit(points[inside], above[inside], degree)


def _check_varies(values: Array) -> None:
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise InputError(
            f"the absorption is {values[0]:g} at all {len(values)} points, expected one that rises over an edge; is it"
            " the right column, and was the detector on?"
        )


def _check_rises(points: Array, values: Array, edge: float, near: float | None) -> None:
    """Raise InputError where the curve is steepest at an end, or its steepest fall looks more like an edge."""
    fall = find_edge_energy(points, -values, near=near)
    lost, gained = -_change(points, values, fall), _change(points, values, edge)
    if lost > max(2.0 * gained, 2.0 * _SMALLEST_RISE * np.ptp(values), _NOISE_LIMIT * _noise(values)):
        raise InputError(f"the absorption falls at {fall:g} eV by {lost:.3g}{_TURNED}")
    margin = _end_margin(points)
    if not points[margin] < edge < points[-margin - 1]:
        raise InputError(
            f"no edge in range: the absorption rises most at an end of the scan, {points[0]:g} to {points[-1]:g} eV;"
            " expected a scan that begins below the edge and ends above it"
        )


def _change(points: Array, values: Array, place: float) -> float:
    """Return what the curve gains from one side of a place to the other."""
    reach = _reach(points, place)
    before = values[(points < place) & (points >= place - reach)]
    after = values[(points > place) & (points <= place + reach)]
    return float(np.median(after) - np.median(before)) if len(before) and len(after) else 0.0


def _reach(points: Array, edge: float) -> float:
    # Pre-edge peaks of chromates are steeper than their edges, which follow 15 eV later: look that far at 6 keV.
    return float(max(8.0, 3.0 * _scan_step(points, edge), 5e-3 * edge))


def _noise(values: Array) -> float:
    return float(np.median(np.abs(np.diff(values, 2)))) / 0.6745 / float(np.sqrt(6.0))


def _check_edge(points: Array, above: Array, edge: float, step: float) -> None:
    """Raise InputError where what was taken for an edge is not one."""
    if step <= 0:
        raise InputError(f"the absorption falls at {edge:g} eV (edge step {step:.3g}){_TURNED}")
    reach = _reach(points, edge)
    before = above[(points < edge) & (points >= edge - reach)]
    after = above[(points > edge) & (points <= edge + reach)]
    if not len(before) or not len(after):
        return
    rise = float(np.quantile(after, 0.9) - np.median(before))
    noise = _noise(above)
    if rise < _SMALLEST_RISE * np.ptp(above) or rise < _NOISE_LIMIT * noise:
        raise InputError(
            f"no edge in range, {points[0]:g} to {points[-1]:g} eV: the steepest rise, at {edge:g} eV, is"
            f" {rise:.3g} where the whole span is {np.ptp(above):.3g} and the noise {noise:.2g}; expected a scan that"
            " begins below the edge and ends above it"
        )


def edge_above_noise(energy: ArrayLike, absorption: ArrayLike, *, near: float | None = None) -> float:
    """Return the step of a curve's edge over the noise of one point, 0 where it has none.

    Parameters
    ----------
    energy, absorption
        As for `normalize` (n_points,).
    near
        Where the edge is expected, eV; None looks everywhere.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7400.0, 1.0)
    >>> noise = 0.01 * np.cos(37.0 * energy**2)
    >>> edge_above_noise(energy, noise), edge_above_noise(energy, noise + (energy > 7112)) > 50
    (0.0, True)
    """
    try:
        found = normalize(energy, absorption, near=near)
    except InputError:
        return 0.0
    values = np.asarray(absorption, dtype=np.float64)
    # Noise where the curve is smooth: before the edge, the line taken out, and far behind it.
    noise = max(_noise(values - found.pre_edge), 1e-9 * found.edge_step)
    return float(found.edge_step / noise)
