"""Widths of lines and what they make of a spectrum: sticks to curves, and curves broadened by lifetimes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.special import erf, voigt_profile

from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError
from peakscape.signal.edge import checked_curve
from peakscape.signal.smoothing import SIGMA_OF_FWHM

_BLOCK = 512
"""Rows of the weights that are held at a time."""

_PER_WIDTH = 12
"""Points of a table of line shapes in the wider of its widths at the edge."""


def spectrum_from_sticks(
    sticks: CoreHoleSpectrum,
    energy: ArrayLike,
    *,
    gaussian: float = 0.5,
    lorentzian: float = 0.1,
    lorentzian_slope: float = 0.1,
    direction: ArrayLike | None = None,
    shift: float = 0.0,
) -> NDArray[np.float64]:
    """Broaden the sticks of one atom as :func:`spectra_from_sticks` does, summed exactly and slowly."""
    heights = sticks.strength @ _weights(direction)
    distance = np.asarray(energy, dtype=float) - sticks.edge_energy - shift
    return np.asarray(_shapes(distance, sticks.energy, gaussian, lorentzian, lorentzian_slope) @ heights)


def spectra_from_sticks(
    found: Sequence[CoreHoleSpectrum],
    energy: ArrayLike,
    *,
    gaussian: float = 0.5,
    lorentzian: float = 0.1,
    lorentzian_slope: float = 0.1,
    direction: ArrayLike | None = None,
    shift: float = 0.0,
    relative: bool = False,
) -> NDArray[np.float64]:
    """Broaden the sticks of many atoms by Voigt profiles whose Lorentzian grows with the energy above the edge.

    The inverse lifetime of the excited electron grows about linearly, by a tenth of its energy: Muller, Jepsen and
    Wilkins, Solid State Commun. 42, 365 (1982), doi:10.1016/0038-1098(82)90154-5.
    A line's shape depends only on energies relative to its edge. Shapes are computed once, on an even grid; each stick
    is shared out among the four nearest points of that grid, by cubic interpolation, and each spectrum is interpolated
    onto the axis.

    Parameters
    ----------
    found
        Results of :func:`core_hole`.
    energy
        Axis in eV (n_energies,), ascending.
    gaussian
        Full width at half maximum of the instrument, eV.
    lorentzian
        Full width at half maximum at and below the edge, eV.
    lorentzian_slope
        Growth of that width per eV above the edge.
    direction
        Direction of the electric field (3,), of any length; None averages over all directions (powder). Products of
        different components are not stored, so directions off the axes are right only where the atom's symmetry makes
        x, y, z the axes of its tensor.
    shift
        Added to all energies, eV.
    relative
        Whether `energy` counts from the edge energy of each spectrum.

    Returns
    -------
    ndarray
        Oscillator strength per eV (n_spectra, n_energies), within 5e-4 of the highest point of the exact sum.

    Raises
    ------
    InputError
        If there are no spectra, a width is negative, both are zero, or the direction has no length.

    Examples
    --------
    >>> from peakscape.absorption.spectrum import example
    >>> axis = np.arange(186.0, 206.0, 0.1)
    >>> both = spectra_from_sticks([example(), example()], axis)
    >>> bool(np.allclose(both, spectrum_from_sticks(example(), axis), atol=1e-4))
    True
    """
    if not found:
        raise InputError("expected at least one spectrum, got none")
    axis = np.asarray(energy, dtype=float)
    edges = [shift + (0.0 if relative else one.edge_energy) for one in found]
    step = (max(gaussian, lorentzian) or 1.0) / _PER_WIDTH
    low, high = (extreme([extreme(one.energy, initial=0.0) for one in found]) for extreme in (np.min, np.max))
    # whole multiples of the step: the widths begin to grow at a point of the grid
    nodes = step * np.arange(np.floor(low / step) - 1, np.ceil(high / step) + 3)
    places = np.arange(axis[0] - max(edges) - 3 * step, axis[-1] - min(edges) + 4 * step, step)
    shapes = _shapes(places, nodes, gaussian, lorentzian, lorentzian_slope)
    weights = _weights(direction)
    heights = np.array([_shared_out(one.energy, one.strength @ weights, nodes) for one in found])
    curves = heights @ shapes.T
    return np.array(
        [CubicSpline(places, curve)(axis - edge) for curve, edge in zip(curves, edges, strict=True)], dtype=float
    )


def _shapes(
    distance: NDArray[np.float64], lines: NDArray[np.float64], gaussian: float, lorentzian: float, slope: float
) -> NDArray[np.float64]:
    """Shape of each line over distances from the edge, both in eV (n_distances, n_lines)."""
    if min(gaussian, lorentzian, slope) < 0 or gaussian + lorentzian == 0:
        raise InputError(f"expected positive widths, got gaussian={gaussian}, lorentzian={lorentzian}")
    widths = lorentzian + slope * np.clip(lines, 0, None)
    return np.asarray(voigt_profile(distance[:, None] - lines[None, :], gaussian * SIGMA_OF_FWHM, widths / 2))


def _shared_out(
    lines: NDArray[np.float64], heights: NDArray[np.float64], nodes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Strength at each point of an even grid that stands for lines between them (n_nodes,)."""
    position = (lines - nodes[0]) / (nodes[1] - nodes[0])
    below = np.floor(position).astype(int)
    t = position - below
    # the cubic polynomials of Lagrange on the points -1, 0, 1, 2
    parts = [
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    ]
    shared = np.zeros(len(nodes))
    for offset, part in zip((-1, 0, 1, 2), parts, strict=True):
        np.add.at(shared, below + offset, heights * part)
    return shared


def _weights(direction: ArrayLike | None) -> NDArray[np.float64]:
    """Squared components of a direction, a third each without one."""
    if direction is None:
        return np.full(3, 1 / 3)
    vector = np.asarray(direction, dtype=float)
    if vector.shape != (3,) or not np.linalg.norm(vector) > 0:
        raise InputError(f"expected a direction of three components, not all zero, got {vector.tolist()}")
    return np.asarray(vector**2 / (vector @ vector))


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
        Full width at half maximum, eV, one number or (n_points,); ``broadening.lifetime_width`` gives it.
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
            points, result, halfway, np.full(len(points), max(gaussian * SIGMA_OF_FWHM, 1e-9)), gaussian=True
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
