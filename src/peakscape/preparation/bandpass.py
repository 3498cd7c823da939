"""Curves without noise and without continuum: what lies between two widths."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d

from peakscape.errors import InputError
from peakscape.preparation.contrast import SIGMA_OF_FWHM
from peakscape.preparation.rows import Array, SameAxis, median_step

BROAD = 10.0
"""Width of the broad Gaussian in units of the narrow one, unless given."""


class BandPass(SameAxis):
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
        wide = BROAD * self.narrow if self.broad is None else self.broad
        if not 0 < self.narrow < wide < np.inf:
            raise InputError(f"expected a positive narrow width below the broad one, got {self.narrow} and {wide}")
        self.broad_ = float(wide)

    def _row(self, row: Array) -> Array:
        sigma = SIGMA_OF_FWHM / median_step(self.points_)
        smooth = gaussian_filter1d(row, self.narrow * sigma, mode="nearest")
        return np.asarray(smooth - gaussian_filter1d(row, self.broad_ * sigma, mode="nearest"), dtype=np.float64)

    def learned(self) -> dict[str, Any]:
        """Return the widths, as parameters."""
        return super().learned() | {"narrow": float(self.narrow), "broad": self.broad_}
