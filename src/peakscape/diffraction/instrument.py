"""What the instrument does: its grid of angles, peak widths and shapes, Lorentz and polarisation factors."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]

Polarization = Literal["unpolarized", "synchrotron"]


def check_polarization(polarization: Polarization | None) -> None:
    """Check the name of a state of polarisation."""
    if polarization not in ("unpolarized", "synchrotron", None):
        raise InputError(f"expected polarization='unpolarized', 'synchrotron' or None, got {polarization!r}")


@dataclass(frozen=True)
class Instrument:
    """Say how the pattern is measured.

    Parameters
    ----------
    profile
        Shape of a peak, ``"gaussian"`` or ``"pseudo_voigt"``.
    mixing
        Lorentzian share of a pseudo-Voigt peak, 0 to 1.
    polarization
        State of the incident beam, see `lorentz_polarization`; None for neither Lorentz nor polarisation factor.

    Raises
    ------
    InputError
        If a name is unknown or the mixing is not between 0 and 1.

    Examples
    --------
    >>> Instrument(profile="pseudo_voigt", mixing=0.4, polarization="synchrotron").lorentzian_share
    0.4
    """

    profile: Literal["gaussian", "pseudo_voigt"] = "gaussian"
    mixing: float = 0.5
    polarization: Polarization | None = "unpolarized"

    def __post_init__(self) -> None:
        """Check the values."""
        if self.profile not in ("gaussian", "pseudo_voigt"):
            raise InputError(f"expected profile='gaussian' or 'pseudo_voigt', got {self.profile!r}")
        if not 0.0 <= self.mixing <= 1.0:
            raise InputError(f"expected a mixing between 0 (Gaussian) and 1 (Lorentzian), got {self.mixing}")
        check_polarization(self.polarization)

    @property
    def lorentzian_share(self) -> float:
        """Lorentzian share of a peak: 0 for a Gaussian, else the mixing."""
        return 0.0 if self.profile == "gaussian" else self.mixing


LABORATORY = Instrument()


@dataclass(frozen=True)
class Caglioti:
    """Peak width that grows with the angle: fwhm^2 = u tan^2(theta) + v tan(theta) + w.

    G. Caglioti, A. Paoletti, F. P. Ricci, Nucl. Instrum. 3, 223 (1958), doi:10.1016/0369-643X(58)90029-X.

    Parameters
    ----------
    u, v, w
        In degree squared.

    Examples
    --------
    >>> profile_width([20.0, 90.0], Caglioti(u=0.01, v=-0.004, w=0.003)).round(4)
    array([0.051 , 0.0949])
    """

    u: float
    v: float
    w: float


def profile_width(two_theta: ArrayLike, fwhm: float | Caglioti) -> Array:
    """Compute the full width at half maximum of peaks.

    Parameters
    ----------
    two_theta
        Positions of the peaks in degree, any shape.
    fwhm
        One width in degree for all peaks, or the coefficients of a width that changes with the angle.

    Returns
    -------
    array
        Widths in degree, in the shape of `two_theta`.

    Raises
    ------
    InputError
        If a width is not positive.

    Examples
    --------
    >>> profile_width([10.0, 20.0], 0.05)
    array([0.05, 0.05])
    """
    two_theta = np.asarray(two_theta, dtype=float)
    if isinstance(fwhm, Caglioti):
        tangent = np.tan(np.deg2rad(two_theta) / 2.0)
        squared = fwhm.u * tangent**2 + fwhm.v * tangent + fwhm.w
    else:
        squared = np.full_like(two_theta, np.sign(fwhm) * float(fwhm) ** 2)
    bad = ~(np.isfinite(squared) & (squared > 0))
    if bad.any():
        raise InputError(f"expected a positive fwhm in degree, got {fwhm} (at two_theta {two_theta[bad].flat[0]:g})")
    return np.asarray(np.sqrt(squared), dtype=np.float64)


def lorentz_polarization(two_theta: ArrayLike, polarization: Polarization | None) -> Array:
    """Compute the Lorentz and polarisation factor of a powder reflection.

    ``"unpolarized"``: (1 + cos^2 2theta) / (sin^2 theta cos theta), a sealed tube without monochromator;
    ``"synchrotron"``: 1 / (sin^2 theta cos theta), a beam polarised at right angles to the plane of diffraction, as of
    a storage ring with the detector moving in the vertical plane; None: 1. International Tables C (2006), chapter 6.2,
    doi:10.1107/97809553602060000601; constant factors are left out.

    Parameters
    ----------
    two_theta
        In degree, any shape, above 0 and below 180.
    polarization
        One of the three above.

    Returns
    -------
    array
        The factor, in the shape of `two_theta`.

    Raises
    ------
    InputError
        If the name is unknown.

    Examples
    --------
    >>> lorentz_polarization([30.0, 90.0], "unpolarized").round(3)
    array([27.045, 2.828])
    """
    check_polarization(polarization)
    angle = np.deg2rad(np.asarray(two_theta, dtype=float))
    if polarization is None:
        return np.ones_like(angle)
    lorentz = 1.0 / (np.sin(angle / 2.0) ** 2 * np.cos(angle / 2.0))
    return np.asarray(lorentz if polarization == "synchrotron" else lorentz * (1.0 + np.cos(angle) ** 2))


@dataclass(frozen=True)
class Grid:
    """A regular grid of diffraction angles, in degree."""

    start: float
    step: float
    n_points: int

    @property
    def stop(self) -> float:
        """Last angle in degree."""
        return self.start + self.step * (self.n_points - 1)

    @property
    def two_theta(self) -> Array:
        """All angles in degree, shape (n_points,), rounded to 1e-9 degree."""
        return np.round(self.start + self.step * np.arange(self.n_points), 9)


MOST_POINTS = 2_000_000
"""Of a grid: twenty times those of the longest measured pattern."""


def grid_from_limits(two_theta: tuple[float, float, float]) -> Grid:
    """Make a grid from its first angle, last angle and step."""
    try:
        start, stop, step = (float(value) for value in two_theta)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected two_theta=(first, last, step) in degree, got {two_theta!r}") from error
    if not (np.isfinite([start, stop, step]).all() and step > 0 and stop > start):
        raise InputError(f"expected two_theta=(first, last, step) with first < last and step > 0, got {two_theta!r}")
    if start < 0 or stop >= 180:
        raise InputError(f"expected two_theta from 0 to below 180 degree, got {start:g} to {stop:g}")
    n_points = int(min(np.floor((stop - start) / step + 1e-6), 1e18)) + 1
    if n_points > MOST_POINTS:
        raise InputError(
            f"two_theta={two_theta!r} would have {n_points:.3g} points, at most {MOST_POINTS}; take a wider step"
        )
    if n_points < 2:
        raise InputError(f"expected at least two points, got two_theta={two_theta!r}: the step exceeds the range")
    return Grid(start, step, n_points)
