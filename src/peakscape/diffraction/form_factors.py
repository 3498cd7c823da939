"""How strongly an atom scatters X-rays: form factors, dispersion corrections and thermal motion.

f(s, wavelength) = [f0(s) + f'(wavelength) + i f''(wavelength)] exp(-B s^2),   s = sin(theta) / wavelength
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError, StructureError

Array = NDArray[np.float64]
FormFactor = Callable[[str, Array], ArrayLike]

# Upper end of sin(theta)/lambda, in 1/angstrom, of the fits of International Tables C (1992), table 6.1.1.4.
S_MAX = 2.0


@dataclass(frozen=True)
class Scattering:
    """Say how the atoms scatter.

    Parameters
    ----------
    b_iso
        Isotropic displacement parameter B in angstrom^2, one for all atoms or one for each element.
    anomalous
        Add the dispersion corrections f' and f''.
    form_factors
        ``"it92"`` for International Tables C, or a function of (element, s) that returns f0(s) in electrons.

    Raises
    ------
    InputError
        If `b_iso` is negative or not a number, or `form_factors` is neither ``"it92"`` nor a function.

    Examples
    --------
    >>> Scattering(b_iso={"Na": 1.7, "Cl": 1.3}).b("Cl")
    1.3
    """

    b_iso: float | Mapping[str, float] = 0.0
    anomalous: bool = True
    form_factors: Literal["it92"] | FormFactor = "it92"

    def __post_init__(self) -> None:
        """Check the values."""
        values = self.b_iso.values() if isinstance(self.b_iso, Mapping) else [self.b_iso]
        if not all(np.isfinite(b) and b >= 0 for b in values):
            raise InputError(f"expected b_iso of zero or more, in angstrom^2, got {self.b_iso!r}")
        if self.form_factors != "it92" and not callable(self.form_factors):
            raise InputError(f"expected form_factors='it92' or a function of (element, s), got {self.form_factors!r}")

    def b(self, element: str) -> float:
        """Look up the displacement parameter of an element.

        Parameters
        ----------
        element
            Chemical symbol.

        Returns
        -------
        float
            B in angstrom^2.

        Raises
        ------
        InputError
            If `b_iso` names elements and this one is not among them.

        Examples
        --------
        >>> Scattering(b_iso=0.5).b("Fe")
        0.5
        """
        if not isinstance(self.b_iso, Mapping):
            return float(self.b_iso)
        if element not in self.b_iso:
            raise InputError(f"b_iso has no value for {element}; it names {', '.join(self.b_iso) or 'no element'}")
        return float(self.b_iso[element])

    def factors(self, element: str, s: ArrayLike, wavelength: float) -> tuple[Array, Array]:
        """Compute real and imaginary part of an atom's scattering factor.

        Parameters
        ----------
        element
            Chemical symbol.
        s
            sin(theta)/wavelength in 1/angstrom, shape (n_reflections,).
        wavelength
            In angstrom.

        Returns
        -------
        tuple of array
            (f0 + f') exp(-B s^2) and f'' exp(-B s^2) in electrons, each of shape (n_reflections,).

        Raises
        ------
        StructureError
            If the element is unknown or not tabulated.

        Examples
        --------
        >>> real, imaginary = Scattering().factors("Fe", [0.0, 0.5], wavelength=1.5406)
        >>> real.round(2), imaginary.round(2)
        (array([24.86, 10.37]), array([3.2, 3.2]))
        """
        s = np.asarray(s, dtype=float)
        f0 = form_factor(element, s) if self.form_factors == "it92" else np.asarray(self.form_factors(element, s))
        f1, f2 = anomalous(element, wavelength) if self.anomalous else (0.0, 0.0)
        b = self.b(element)
        damping = np.exp(-b * s**2) if b else np.ones_like(s)
        return (f0 + f1) * damping, f2 * damping


FREE_ATOMS = Scattering()


def form_factor(element: str, s: ArrayLike) -> Array:
    """Compute the form factor f0 of a free atom.

    f0(s) = c + sum over four terms of a_i exp(-b_i s^2), with the coefficients of International Tables for
    Crystallography C (1992), table 6.1.1.4, as compiled in gemmi. The fit holds for 0 <= s <= 2 per angstrom: there it
    differs from the five-term fit of Waasmaier and Kirfel (doi:10.1107/S0108767394013292) by at most 0.13 electrons in
    any element, and by 0.05 in the median one. Above s = 2 it is an extrapolation.

    Parameters
    ----------
    element
        Chemical symbol of an element up to Cf.
    s
        sin(theta)/wavelength in 1/angstrom, any shape.

    Returns
    -------
    array
        f0 in electrons, in the shape of `s`.

    Raises
    ------
    StructureError
        If the element is unknown or not tabulated.

    Examples
    --------
    >>> form_factor("Fe", [0.0, 0.5, 2.0]).round(2)
    array([25.99, 11.51, 3.19])
    """
    table = _element(element).it92
    if table is None:
        raise StructureError(f"no form factor is tabulated for {element}; the table ends at Cf")
    squared = np.asarray(s, dtype=float) ** 2
    result = np.full_like(squared, table.c)
    for a, b in zip(table.a, table.b, strict=True):
        result += a * np.exp(-b * squared)
    return result


def anomalous(element: str, wavelength: float) -> tuple[float, float]:
    """Compute the dispersion corrections f' and f''.

    By the method of Cromer and Liberman (doi:10.1063/1.1674266) as programmed in gemmi; zero for H and He.

    Parameters
    ----------
    element
        Chemical symbol of an element up to U.
    wavelength
        In angstrom.

    Returns
    -------
    tuple of float
        f' and f'' in electrons.

    Raises
    ------
    StructureError
        If the element is unknown or heavier than U.
    InputError
        If the wavelength is not positive.

    Examples
    --------
    >>> f1, f2 = anomalous("Fe", wavelength=1.5406)
    >>> round(f1, 2), round(f2, 2)
    (-1.13, 3.2)
    """
    check_wavelength(wavelength)
    number = _element(element).atomic_number
    if number > 92:
        raise StructureError(
            f"no dispersion corrections are tabulated for {element}, beyond U; pass Scattering(anomalous=False)"
        )
    f1, f2 = gemmi.cromer_liberman(z=number, energy=gemmi.hc / wavelength)
    return float(f1), float(f2)


def check_wavelength(wavelength: float | None) -> float:
    """Check that a wavelength was given and can be one."""
    if wavelength is None:
        raise InputError("expected a wavelength in angstrom, got none; it is never assumed: pass wavelength=")
    if not (np.isfinite(wavelength) and wavelength > 0):
        raise InputError(f"expected a positive wavelength in angstrom, got {wavelength}")
    return float(wavelength)


def _element(symbol: str) -> gemmi.Element:
    element = gemmi.Element(symbol)
    if element.atomic_number == 0 or element.name != symbol:  # gemmi takes 'iron' for Ir
        raise StructureError(f"unknown element {symbol!r}: X-ray scattering needs a chemical symbol such as 'Fe'")
    return element
