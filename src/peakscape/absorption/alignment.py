"""Bring a curve onto the energy scale of another (a bounded search), or onto a known edge energy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from peakscape.absorption.edges import edge_energy as tabulated_energy
from peakscape.errors import InputError
from peakscape.signal.edge import checked_curve, find_edge_energy

_PRECISION = 1e-4
"""Of the search, eV."""


@dataclass(frozen=True)
class Alignment:
    """Hold the shift that brings a curve onto a reference.

    Attributes
    ----------
    shift : float
        To be added to the energies of the curve, eV.
    disagreement : float
        Root mean square of what remains, as a share of the reference's standard deviation in the window.
    at_limit : bool
        The best shift lies at the end of the search: the true one may be beyond, or the curves do not belong together.
    """

    shift: float
    disagreement: float
    at_limit: bool


def align(
    energy: ArrayLike,
    absorption: ArrayLike,
    reference_energy: ArrayLike,
    reference_absorption: ArrayLike,
    *,
    limit: float = 1.0,
    window: tuple[float, float] | None = None,
) -> Alignment:
    """Find the shift within a limit at which a curve is most like a reference.

    Least squares: reference = a x curve(energy - shift) + b + c x energy, with a, b and c free, so that neither needs
    to be normalised. Every quarter of a step within the limit is tried, then Brent's method refines. The limit matters:
    over several eV some wrong structure always fits (a shift of 2 eV turns one phase of boron nitride into another).

    Parameters
    ----------
    energy, absorption
        The curve, energies in eV (n_points,).
    reference_energy, reference_absorption
        The reference, energies in eV (n_reference_points,).
    limit
        Largest shift searched, eV.
    window
        Range of the reference that is compared, eV; None takes all that both cover at every shift.

    Returns
    -------
    Alignment

    Raises
    ------
    InputError
        If the limit is not positive or the curves share no range in the window.

    Examples
    --------
    >>> energy = np.arange(180.0, 220.0, 0.1)
    >>> edge = np.arctan((energy - 191.0) / 0.4) + 2 * np.exp(-0.5 * (energy - 192.0) ** 2)
    >>> found = align(energy + 0.3, 5 * edge + 2, energy, edge)
    >>> round(found.shift, 3), found.at_limit
    (-0.3, False)
    """
    points, values = checked_curve(energy, absorption)
    wanted_points, wanted = checked_curve(reference_energy, reference_absorption)
    if not (np.isfinite(limit) and limit > 0):
        raise InputError(f"expected a positive limit of the shift in eV, got {limit}")
    low, high = window if window is not None else (wanted_points[0], wanted_points[-1])
    inside = (wanted_points >= max(low, points[0] + limit)) & (wanted_points <= min(high, points[-1] - limit))
    if inside.sum() < 10:
        raise InputError(
            f"the curve, {points[0]:g} to {points[-1]:g} eV, and the reference share {int(inside.sum())} points in"
            f" {low:g} to {high:g} eV when shifted by up to {limit:g} eV; expected 10 or more"
        )
    grid, target = wanted_points[inside], wanted[inside]

    def disagreement(shift: float) -> float:
        return _disagreement(grid, target, np.interp(grid - shift, points, values))

    step = min(float(np.median(np.diff(grid))) / 4.0, limit / 8.0)
    coarse = np.linspace(-limit, limit, 2 * int(np.ceil(limit / step)) + 1)
    best = int(np.argmin([disagreement(float(shift)) for shift in coarse]))
    bounds = (coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)])
    found = minimize_scalar(disagreement, bounds=bounds, method="bounded", options={"xatol": _PRECISION})
    shift = float(found.x)
    return Alignment(shift, float(found.fun), abs(shift) >= limit - 2.0 * _PRECISION)


def calibrate(
    energy: ArrayLike,
    reference_absorption: ArrayLike,
    *,
    known_energy: float | None = None,
    element: str | None = None,
    edge: str = "K",
    within: float = 30.0,
) -> float:
    """Return the shift that puts the edge of a measured reference (a foil) where it is known to be.

    Parameters
    ----------
    energy
        Energies of the scan, eV (n_points,).
    reference_absorption
        Absorption of the reference, measured in the same scan (n_points,).
    known_energy
        Energy of its edge (largest slope), eV; None takes the table's for `element` and `edge`.
    element, edge
        What the reference is of.
    within
        How far the edge of the scan may lie from the known one, eV.

    Returns
    -------
    float
        To be added to the energies of the scan, eV.

    Raises
    ------
    InputError
        If neither energy nor element is given, or there is no edge near the known energy.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7400.0, 0.5)
    >>> round(calibrate(energy, np.arctan((energy - 7110.5) / 1.5), element="Fe"), 1)
    1.5
    """
    if known_energy is None:
        if element is None:
            raise InputError("calibration needs the known energy of the reference's edge in eV, or its element")
        known_energy = tabulated_energy(element, edge)
    # Smoothed without tails: the calibrated arsenic scans of docs/library.md then name all 31, else 28.
    found = find_edge_energy(energy, reference_absorption, near=known_energy, within=within, smoothing="gauss")
    return known_energy - found


def _disagreement(grid: NDArray[np.float64], target: NDArray[np.float64], moved: NDArray[np.float64]) -> float:
    """Return the share of the target that no multiple of the moved curve and no line explains."""
    centred = (grid - grid.mean()) / np.ptp(grid)
    columns = np.column_stack([moved - moved.mean(), np.ones_like(grid), centred])
    solution = np.linalg.lstsq(columns, target, rcond=None)[0]
    if solution[0] < 0:  # a curve turned upside down is no match
        return 1.0
    rest = target - columns @ solution
    spread = float(target.std())
    return float(np.sqrt(np.mean(rest**2)) / spread) if spread > 0 else 0.0
