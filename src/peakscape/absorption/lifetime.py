"""Widths by the lifetimes of core hole and excited electron, and curves broadened by widths that vary."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from peakscape.errors import InputError
from peakscape.signal.edge import checked_curve

_SIGMA = 1.0 / np.sqrt(8.0 * np.log(2.0))
"""Standard deviation of a Gaussian of unit full width at half maximum."""
_BLOCK = 512
"""Rows of the weights that are held at a time."""


def lifetime_width(
    energy: ArrayLike,
    *,
    edge_energy: float,
    core_hole: float,
    model: Literal["arctan", "linear", "constant"] = "arctan",
    maximum: float = 15.0,
    center: float = 30.0,
    spread: float = 30.0,
    slope: float = 0.1,
) -> NDArray[np.float64]:
    """Return the full width at half maximum (Lorentzian) of final states at each energy.

    ``"arctan"``: O. Bunau and Y. Joly, J. Phys.: Condens. Matter 21, 345501 (2009),
    doi:10.1088/0953-8984/21/34/345501, as in FDMNES: core_hole + maximum (1/2 + arctan(pi/3 maximum/spread
    (e - 1/e^2)) / pi) with e = (energy - edge_energy) / center. ``"linear"``: core_hole + slope (energy - edge_energy),
    J. E. Muller, O. Jepsen and J. W. Wilkins, Solid State Commun. 42, 365 (1982),
    doi:10.1016/0038-1098(82)90154-5. Below the edge only the core hole counts.

    Parameters
    ----------
    energy
        Any shape, eV.
    edge_energy
        Lowest energy of the excited electron, eV.
    core_hole
        Width of the core level, eV (:func:`core_hole_width`).
    model
        How the width of the electron's state grows.
    maximum, center, spread
        Of the arctangent, eV.
    slope
        Of the linear one, eV per eV.

    Returns
    -------
    ndarray
        Widths in eV, shape of `energy`.

    Raises
    ------
    InputError
        If a width is negative or the model is not known.

    Examples
    --------
    >>> lifetime_width([5980.0, 6019.0, 8000.0], edge_energy=5989.0, core_hole=1.08).round(2)
    array([ 1.08,  8.58, 15.94])
    """
    if min(core_hole, maximum, slope) < 0 or min(center, spread) <= 0:
        raise InputError("expected widths and a slope that are not negative, and a positive center and spread")
    above = np.clip(np.asarray(energy, dtype=np.float64) - edge_energy, 0.0, None)
    if model == "constant":
        return np.full_like(above, core_hole)
    if model == "linear":
        return core_hole + slope * above
    if model != "arctan":
        raise InputError(f"expected a model of arctan, linear or constant, got {model!r}")
    relative = above / center
    with np.errstate(divide="ignore"):
        bent = np.arctan(np.pi / 3.0 * maximum / spread * (relative - 1.0 / relative**2))
    return np.asarray(core_hole + maximum * (0.5 + bent / np.pi))


def broaden(
    energy: ArrayLike, absorption: ArrayLike, *, width: ArrayLike, gaussian: float = 0.0
) -> NDArray[np.float64]:
    """Convolve a curve with Lorentzians whose width varies along it, and with the instrument's Gaussian.

    The value at an energy is the mean of the curve, weighted by the Lorentzian of the width *there*, integrated exactly
    over the cell of each point; beyond the ends the curve is continued by its end values. So a constant stays what it
    is, whatever the widths, and the height of an edge step is kept.

    Parameters
    ----------
    energy
        Rising, eV (n_points,); steps well below the widths.
    absorption
        In any unit (n_points,).
    width
        Full width at half maximum, eV, one number or (n_points,); :func:`lifetime_width` gives it.
    gaussian
        Full width at half maximum of the instrument, eV.

    Returns
    -------
    ndarray
        The broadened curve (n_points,).

    Raises
    ------
    InputError
        If a width is negative or there are not as many as points.

    Examples
    --------
    >>> energy = np.arange(0.0, 100.0, 0.1)
    >>> broaden(energy, (energy > 49.95).astype(float), width=2.0)[[490, 500, 510]].round(2)
    array([0.26, 0.52, 0.76])
    """
    points, values = checked_curve(energy, absorption)
    widths = np.broadcast_to(np.asarray(width, dtype=np.float64), points.shape) if np.ndim(width) < 2 else None
    if widths is None or not (np.isfinite(widths).all() and (widths >= 0).all() and gaussian >= 0):
        raise InputError("expected widths in eV that are not negative, one or as many as points")
    halfway = (points[1:] + points[:-1]) / 2.0
    result = _mean_of_cells(points, values, halfway, np.maximum(widths, 1e-9) / 2.0, gaussian=False)
    if gaussian > 0:
        result = _mean_of_cells(
            points, result, halfway, np.full(len(points), max(gaussian * _SIGMA, 1e-9)), gaussian=True
        )
    return result


def _mean_of_cells(
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    halfway: NDArray[np.float64],
    scales: NDArray[np.float64],
    *,
    gaussian: bool,
) -> NDArray[np.float64]:
    """Average over cells with the weights that a Lorentzian or Gaussian around each point gives them."""
    result = np.empty(len(points))
    for start in range(0, len(points), _BLOCK):
        part = slice(start, start + _BLOCK)
        distance = (halfway[None, :] - points[part, None]) / scales[part, None]
        below = 0.5 * (1.0 + erf(distance / np.sqrt(2.0))) if gaussian else 0.5 + np.arctan(distance) / np.pi
        # What lies below each boundary; the outermost cells reach to infinity.
        result[part] = values[-1] - below @ np.diff(values)
    return result
