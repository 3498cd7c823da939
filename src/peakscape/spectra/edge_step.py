"""A measured absorption on the scale of its edge step.

Arrays in, arrays out; `absorption` hands these functions to users and `preparation` makes a step of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from peakscape.errors import InputError
from peakscape.spectra.edge_energy import Array, checked_curve, end_margin, find_edge_energy, other_unit, scan_step

SMALLEST_RISE = 0.15
"""The rise over the edge must be this share of the absorption's whole span, the line before the edge taken out."""
NOISE_LIMIT = 4.0
"""The rise must exceed the noise of one point by this factor."""
_TURNED = (
    ", expected it to rise; are the columns of incoming and transmitted intensity swapped, or is its sign turned over?"
)
TOLERATED_BELOW = 0.1
"""Of the edge step: how far below zero a background may fall before it is told."""


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
        The same with the curvature of the post-edge taken out above the edge.
    pre_edge, post_edge : ndarray of shape (n_points,)
        The two curves that were fitted, in units of the absorption given.
    pre_edge_range, post_edge_range : tuple of float
        Where they were fitted, eV relative to the edge.
    degree : int
        Of the post-edge polynomial.
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
        Position of the edge, eV; None finds it.
    near
        Where to look for the edge, eV; None looks everywhere.
    pre_edge, post_edge
        Ranges of the fits, eV relative to the edge.
    degree
        Of the post-edge polynomial, 0 to 3.
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
            f"{other_unit(points, edge)}"
        )
    before = _range_before(points, edge, pre_edge)
    after = _range_after(points, edge, post_edge)
    degree = _degree(after) if degree is None else int(degree)
    line = _pre_edge_curve(points, values, edge, before, victoreen)
    above = values - line
    fitted = _fit(points, above, edge, after, degree)
    step = float(fitted(edge))
    _check_edge(points, above, edge, step)
    curve = fitted(points)
    normalized = above / step
    flattened = np.where(points < edge, normalized, normalized - curve / step + 1.0)
    return NormalizedAbsorption(edge, step, normalized, flattened, line, line + curve, before, after, degree)


def background_below_zero(energy: ArrayLike, absorption: ArrayLike, found: NormalizedAbsorption) -> str:
    """Say where the line before the edge cannot be a background: below zero under counts that are all positive.

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
        One line with what to do; empty where the line stays above zero.

    Examples
    --------
    >>> energy = np.arange(170.0, 250.0, 0.5)
    >>> counts = 1e8 * energy**-3 + 3.0 * (energy > 192)
    >>> background_below_zero(energy, counts, normalize(energy, counts))[:48]
    'the line before the edge falls below zero at 236'
    """
    points, values = checked_curve(energy, absorption)
    below = (points > found.edge_energy) & (found.pre_edge < 0.0)
    if values.min() <= 0.0 or found.pre_edge.min() > -TOLERATED_BELOW * found.edge_step or not below.any():
        return ""
    return (
        f"the line before the edge falls below zero at {points[below][0]:.0f} eV under counts that are all positive, so"
        f" the edge step of {found.edge_step:.3g} is too large; backgrounds of energy loss fall by a power: victoreen=3"
        f" (on the command line --absorption raw with --prepare edge={found.edge_energy:.0f}:victoreen=3)"
    )


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


def _pre_edge_curve(points: Array, values: Array, edge: float, before: tuple[float, float], victoreen: int) -> Array:
    inside = (points - edge >= before[0]) & (points - edge <= before[1])
    if not inside.any():
        inside[0] = True
    if inside.sum() < 4:  # too few for a slope that could be carried on beyond the edge
        return np.full(len(points), values[inside].mean())
    scaled = values[inside] * (points[inside] / edge) ** victoreen
    line = Polynomial.fit(points[inside], scaled, 1)
    return np.asarray(line(points) * (points / edge) ** -victoreen)


def _fit(points: Array, above: Array, edge: float, after: tuple[float, float], degree: int) -> Polynomial:
    if not 0 <= degree <= 3:
        raise InputError(f"expected a degree of the post-edge from 0 to 3, got {degree}")
    inside = (points - edge >= after[0]) & (points - edge <= after[1])
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
    if lost > max(2.0 * gained, 2.0 * SMALLEST_RISE * np.ptp(values), NOISE_LIMIT * _noise(values)):
        raise InputError(f"the absorption falls at {fall:g} eV by {lost:.3g}{_TURNED}")
    margin = end_margin(points)
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
    return float(max(8.0, 3.0 * scan_step(points, edge), 5e-3 * edge))


def _noise(values: Array) -> float:
    return float(np.median(np.abs(np.diff(values, 2)))) / 0.6745 / float(np.sqrt(6.0))


def _check_edge(points: Array, above: Array, edge: float, step: float) -> None:
    """Raise InputError where what was taken for an edge is none."""
    if step <= 0:
        raise InputError(f"the absorption falls at {edge:g} eV (edge step {step:.3g}){_TURNED}")
    reach = _reach(points, edge)
    before = above[(points < edge) & (points >= edge - reach)]
    after = above[(points > edge) & (points <= edge + reach)]
    if not len(before) or not len(after):
        return
    rise = float(np.quantile(after, 0.9) - np.median(before))
    noise = _noise(above)
    if rise < SMALLEST_RISE * np.ptp(above) or rise < NOISE_LIMIT * noise:
        raise InputError(
            f"no edge in range, {points[0]:g} to {points[-1]:g} eV: the steepest rise, at {edge:g} eV, is"
            f" {rise:.3g} where the whole span is {np.ptp(above):.3g} and the noise {noise:.2g}; expected a scan that"
            " begins below the edge and ends above it"
        )
