"""Patterns in which only peaks are left: a difference of Gaussians."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks, peak_widths

from peakscape.errors import InputError
from peakscape.preparation.rows import Array, SameAxis, median_step

SIGMA_OF_FWHM = 1.0 / 2.3548200450309493
NARROW, BROAD = 0.7, 3.0
STRONG = 0.1
"""Peaks of this share of the highest, or more, have a width that can be trusted."""

FEW_POINTS = 3.0
"""Width in points where no peak is found."""


def peak_fwhm(rows: Array) -> float:
    """Estimate the full width at half maximum of the peaks, in points: the median over patterns and strong peaks.

    Parameters
    ----------
    rows
        Patterns, shape (n_samples, n_points).

    Examples
    --------
    >>> pattern = np.exp(-4 * np.log(2) * ((np.arange(200) - 70.3) / 8.0) ** 2)
    >>> round(peak_fwhm(pattern[None]), 1)
    8.0
    """
    found = []
    for row in rows:
        peaks, _ = find_peaks(row, prominence=STRONG * float(np.ptp(row))) if np.ptp(row) > 0 else ([], None)
        if len(peaks):
            found.append(float(np.median(peak_widths(row, peaks, rel_height=0.5)[0])))
    return float(np.median(found)) if found else FEW_POINTS


def difference_of_gaussians(row: Array, fwhm: float) -> Array:
    """Return a pattern smoothed a little less the same pattern smoothed a lot, shape (n_points,).

    Parameters
    ----------
    row
        One pattern, shape (n_points,).
    fwhm
        Width of the peaks in points; standard deviations are 0.7 and 3 of the peaks'.

    Examples
    --------
    >>> bool(np.abs(difference_of_gaussians(np.full(50, 7.0), 4.0)).max() < 1e-12)
    True
    """
    sigma = fwhm * SIGMA_OF_FWHM
    narrow = gaussian_filter1d(row, NARROW * sigma, mode="nearest")
    return np.asarray(narrow - gaussian_filter1d(row, BROAD * sigma, mode="nearest"), dtype=np.float64)


class Contrast(SameAxis):
    """Keep peaks and nothing else: difference of Gaussians, clipped at zero, square root, unit norm.

    The difference (standard deviations of 0.7 and 3 times that of the peaks; D. Marr and E. Hildreth, Proc. R. Soc. B
    207, 187 (1980), doi:10.1098/rspb.1980.0020) removes any smooth background, the square root lets weak peaks count
    and makes the noise of counting even, the unit norm removes the scale. Peak heights are no longer intensities: good
    for comparing positions, not for amounts. A pattern without structure becomes zero.

    Parameters
    ----------
    fwhm
        Full width at half maximum of the peaks in units of the axis; None estimates it from the training patterns.
    axis
        Points of the patterns, shape (n_points,), in even steps (of q or of its logarithm); None for their numbers.

    Attributes
    ----------
    fwhm_ : float
        The width, in units of the axis.

    Raises
    ------
    InputError
        If the width is not positive.

    Examples
    --------
    >>> pattern = 5.0 + np.exp(-(((np.arange(100) - 40) / 3.0) ** 2))
    >>> seen = Contrast().fit_transform([pattern])[0]
    >>> int(seen.argmax()), round(float(np.sum(seen**2)), 6), float(seen[80])
    (40, 1.0, 0.0)
    """

    def __init__(self, *, fwhm: float | None = None, axis: ArrayLike | None = None) -> None:
        self.fwhm = fwhm
        self.axis = axis

    def _learn(self, rows: Array) -> None:
        step = median_step(self.points_)
        self.fwhm_ = peak_fwhm(rows) * step if self.fwhm is None else float(self.fwhm)
        if not (np.isfinite(self.fwhm_) and self.fwhm_ > 0):
            raise InputError(f"expected a positive fwhm, got {self.fwhm_}")

    def _row(self, row: Array) -> Array:
        seen = difference_of_gaussians(row, self.fwhm_ / median_step(self.points_))
        # Rounding alone must not be blown up to a pattern.
        seen[seen <= 1e-12 * np.abs(row).max()] = 0.0
        seen = np.sqrt(seen)
        size = float(np.sqrt(np.sum(seen * seen)))
        return seen / size if size > 0 else seen

    def learned(self) -> dict[str, Any]:
        """Return the width, as a parameter."""
        return super().learned() | {"fwhm": self.fwhm_}
