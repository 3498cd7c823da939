"""Angles, q and the lines of X-ray tubes."""

import functools
import math
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

TOLERANCE = 1e-4
"""Relative: tables and files round wavelengths by less; the lines of a doublet differ by 1.7e-3 or more."""

HC = 12398.419843320026
"""Planck's constant times the speed of light in eV angstrom (SI 2019, exact)."""


def same_wavelength(one: float | None, other: float | None) -> bool:
    """Tell whether two wavelengths in angstrom are the same up to rounding; None, an unknown one, equals only None.

    Examples
    --------
    >>> same_wavelength(1.540593, 1.540598), same_wavelength(1.5406, 1.5418), same_wavelength(None, 1.5406)
    (True, False, False)
    """
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE * abs(other)


def q_from_two_theta(two_theta: ArrayLike, wavelength: float) -> NDArray[np.float64]:
    """Convert diffraction angles to q = 4 pi sin(theta) / wavelength.

    Parameters
    ----------
    two_theta
        In degree, any shape.
    wavelength
        In angstrom.

    Returns
    -------
    array
        q in 1/angstrom, in the shape of `two_theta`.

    Examples
    --------
    >>> float(q_from_two_theta(60.0, 1.0).round(4))
    6.2832
    """
    return np.asarray(4.0 * math.pi / wavelength * np.sin(np.deg2rad(np.asarray(two_theta, dtype=np.float64)) / 2.0))


def two_theta_from_q(q: ArrayLike, wavelength: float) -> NDArray[np.float64]:
    """Convert q to diffraction angles, 2 arcsin(q wavelength / 4 pi).

    Parameters
    ----------
    q
        In 1/angstrom, any shape.
    wavelength
        In angstrom.

    Returns
    -------
    array
        two_theta in degree, in the shape of `q`.

    Raises
    ------
    InputError
        If a q is beyond the reach of the wavelength.

    Examples
    --------
    >>> float(two_theta_from_q(2 * np.pi, 1.0).round(4))
    60.0
    """
    sine = np.asarray(q, dtype=np.float64) * wavelength / (4.0 * math.pi)
    if sine.size and sine.max() > 1.0:
        raise InputError(
            f"q = {np.max(q):g} 1/angstrom is beyond 4 pi / wavelength = {4.0 * math.pi / wavelength:g} 1/angstrom"
        )
    return np.asarray(2.0 * np.rad2deg(np.arcsin(sine)))


@functools.cache
def _table() -> dict[str, tuple[float, float]]:
    text = resources.files("peakscape.signal").joinpath("k_alpha.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")][1:]
    return {anode: (float(first), float(second)) for anode, first, second in rows}


def k_alpha_wavelengths(anode: str) -> tuple[float, float]:
    """Return the wavelengths of K-alpha1 and K-alpha2 of an anode in angstrom.

    International Tables for Crystallography C (2004), section 4.2.2; G. Hoelzer et al., Phys. Rev. A 56, 4554 (1997),
    doi:10.1103/PhysRevA.56.4554. Not those of J. A. Bearden, Rev. Mod. Phys. 39, 78 (1967), whose unit, fixed by
    tungsten K-alpha1, was later found to be 1.5e-5 longer than the angstrom.

    Parameters
    ----------
    anode
        Cr, Fe, Co, Cu, Mo or Ag.

    Raises
    ------
    InputError
        If the anode is another.

    Examples
    --------
    >>> k_alpha_wavelengths("Cu")
    (1.5405929, 1.5444274)
    """
    if anode not in _table():
        raise InputError(f"expected an anode of {', '.join(_table())}, got {anode!r}")
    return _table()[anode]


def anode_from_wavelength(wavelength: float) -> str:
    """Return the anode whose K-alpha1, K-alpha2 or a mean of both a wavelength is.

    Parameters
    ----------
    wavelength
        In angstrom.

    Raises
    ------
    InputError
        If it is that of none: of a synchrotron, perhaps.

    Examples
    --------
    >>> anode_from_wavelength(1.5418)
    'Cu'
    """
    for anode, (first, second) in _table().items():
        if first * (1 - TOLERANCE) <= wavelength <= second * (1 + TOLERANCE):
            return anode
    raise InputError(
        f"wavelength {wavelength:g} angstrom is not that of a tube of {', '.join(_table())}: there is no K-alpha2"
    )
