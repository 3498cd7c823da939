"""Patterns in which only peaks are left: differences of Gaussians."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from peakscape.errors import InputError
from peakscape.preparation.step import Array, SameAxisStep
from peakscape.signal.interpolation import median_step
from peakscape.signal.peaks import sharpen, widths_seen
from peakscape.signal.smoothing import SIGMA_OF_FWHM, difference_of_gaussians, root_above_zero

FEW_POINTS = 3.0
"""Width in points where no peak is found."""

BROADER = 10.0
"""Width of the broad Gaussian in units of the narrow one, unless given."""


def peak_fwhm(rows: Array) -> float:
    """Estimate the full width at half maximum of the peaks, in points: the median over patterns and strong peaks.

    Examples
    --------
    >>> pattern = np.exp(-4 * np.log(2) * ((np.arange(200) - 70.3) / 8.0) ** 2)
    >>> round(peak_fwhm(pattern[None]), 1)
    8.0
    """
    widths = widths_seen(rows, smoothing=0.0)
    widths = widths[np.isfinite(widths)]
    return float(np.median(widths)) if len(widths) else FEW_POINTS


class Contrast(SameAxisStep):
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
        above = sharpen(row, self.fwhm_ / median_step(self.points_))
        seen = root_above_zero(above, float(np.abs(row).max()))
        size = float(np.sqrt(np.sum(seen * seen)))
        return seen / size if size > 0 else seen

    def learned(self) -> dict[str, Any]:
        """Return the width, as a parameter."""
        return super().learned() | {"fwhm": self.fwhm_}


class BandPass(SameAxisStep):
    """Smooth a little and subtract the same curve smoothed a lot: a difference of Gaussians, with its sign.

    For absorption edges and other curves that stand on a continuum: a plateau, its height and a slope leave nothing,
    peaks and dips stay where they are. What differs between an edge computed for single electrons and one measured by
    electron energy loss or in fluorescence is mostly such a continuum. D. Marr and E. Hildreth, Proc. R. Soc. B 207,
    187 (1980), doi:10.1098/rspb.1980.0020. The ends of a curve are continued by their values.

    Parameters
    ----------
    narrow
        Full width at half maximum of the smoothing, in units of the axis.
    broad
        Of what is subtracted; None for ten times `narrow`.
    axis
        Points of the curves, shape (n_points,), in even steps; None for their numbers.

    Raises
    ------
    InputError
        If the widths are not positive and in this order.

    Examples
    --------
    >>> energy = np.arange(180.0, 220.0, 0.1)
    >>> seen = BandPass(narrow=1.0, axis=energy).fit_transform([np.full(400, 3.0) + 0.01 * energy])[0]
    >>> bool(np.abs(seen[190:210]).max() < 1e-6)
    True
    """

    def __init__(self, *, narrow: float = 1.0, broad: float | None = None, axis: ArrayLike | None = None) -> None:
        self.narrow = narrow
        self.broad = broad
        self.axis = axis

    def _learn(self, rows: Array) -> None:
        wide = BROADER * self.narrow if self.broad is None else self.broad
        if not 0 < self.narrow < wide < np.inf:
            raise InputError(f"expected a positive narrow width below the broad one, got {self.narrow} and {wide}")
        self.broad_ = float(wide)

    def _row(self, row: Array) -> Array:
        sigma = SIGMA_OF_FWHM / median_step(self.points_)
        return difference_of_gaussians(row, self.narrow * sigma, self.broad_ * sigma)

    def learned(self) -> dict[str, Any]:
        """Return the widths, as parameters."""
        return super().learned() | {"narrow": float(self.narrow), "broad": self.broad_}
