"""From sticks to a spectrum: instrument and lifetime widths, one polarisation or powder."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import voigt_profile

from peakscape.absorption.spectrum import CoreHoleSpectrum
from peakscape.errors import InputError

_SIGMA = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian of unit full width at half maximum."""


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
    if min(gaussian, lorentzian, lorentzian_slope) < 0 or gaussian + lorentzian == 0:
        raise InputError(f"expected positive widths, got gaussian={gaussian}, lorentzian={lorentzian}")
    heights = sticks.strength @ _weights(direction)
    widths = lorentzian + lorentzian_slope * np.clip(sticks.energy, 0, None)
    offsets = np.asarray(energy, dtype=float)[:, None] - (sticks.edge_energy + shift + sticks.energy)[None, :]
    return np.asarray(voigt_profile(offsets, gaussian * _SIGMA, widths / 2) @ heights)


def _weights(direction: ArrayLike | None) -> NDArray[np.float64]:
    """Squared components of a direction, a third each without one."""
    if direction is None:
        return np.full(3, 1 / 3)
    vector = np.asarray(direction, dtype=float)
    if vector.shape != (3,) or not np.linalg.norm(vector) > 0:
        raise InputError(f"expected a direction of three components, not all zero, got {vector.tolist()}")
    return np.asarray(vector**2 / (vector @ vector))
