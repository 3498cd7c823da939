"""From sticks to a spectrum: instrument and lifetime widths, one polarisation or powder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.special import voigt_profile

from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError

_SIGMA = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian of unit full width at half maximum."""

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
    """Broaden the sticks of one atom by a Voigt profile whose Lorentzian grows with the energy above the edge.

    The inverse lifetime of the excited electron grows about linearly, by a tenth of its energy: Muller, Jepsen and
    Wilkins, Solid State Commun. 42, 365 (1982), doi:10.1016/0038-1098(82)90154-5.

    Parameters
    ----------
    sticks
        Result of :func:`core_hole`.
    energy
        Axis in eV (n_energies,).
    gaussian
        Full width at half maximum of the instrument, eV.
    lorentzian
        Full width at half maximum at and below the edge, eV.
    lorentzian_slope
        Growth of that width per eV above the edge.
    direction
        Direction of the electric field (3,), of any length; None averages over all directions (powder). Products of
        different components are not stored, so that directions off the axes hold where the atom's symmetry makes
        x, y, z the axes of its tensor.
    shift
        Added to all energies, eV.

    Returns
    -------
    ndarray
        Oscillator strength per eV (n_energies,).

    Raises
    ------
    InputError
        If a width is negative, both are zero, or the direction has no length.

    Examples
    --------
    >>> from peakscape.absorption.spectrum import example
    >>> axis = np.arange(150.0, 250.0, 0.05)
    >>> spectrum = spectrum_from_sticks(example(), axis, lorentzian=0.0, lorentzian_slope=0.0)
    >>> round(float(spectrum.sum() * 0.05), 4), round(float(axis[spectrum.argmax()]), 2)
    (0.8333, 198.5)
    """
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
    """Broaden the sticks of many atoms as :func:`spectrum_from_sticks` does, in a fraction of its time.

    A line's shape depends on energies relative to its edge only. Shapes are computed once, on an even grid of them;
    each stick is shared out among the four points of it that are next, by cubic interpolation, and each spectrum is
    interpolated onto the axis.

    Parameters
    ----------
    found
        Results of :func:`core_hole`.
    energy
        Axis in eV (n_energies,), ascending.
    gaussian, lorentzian, lorentzian_slope, direction, shift
        As in :func:`spectrum_from_sticks`.
    relative
        Whether `energy` counts from the edge energy of each spectrum.

    Returns
    -------
    ndarray
        Oscillator strength per eV (n_spectra, n_energies), within 5e-4 of the highest point of what
        :func:`spectrum_from_sticks` gives.

    Raises
    ------
    InputError
        As :func:`spectrum_from_sticks`; or if there are no spectra.

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
    return np.asarray(voigt_profile(distance[:, None] - lines[None, :], gaussian * _SIGMA, widths / 2))


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
