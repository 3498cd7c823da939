"""Remove spikes of cosmic rays and electronics: outliers sharper than any peak can be."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import median_filter, minimum_filter1d, percentile_filter
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.preparation.step import Array, SameAxisStep

NARROW = 13
"""Points of the running median: spikes of two points cannot lift it, the tops of peaks stand above it as a whole."""

WIDE = 51
"""Points over which the noise is taken to be constant."""

NINETY_PERCENT = 1.6448536
"""Ninety of a hundred normal deviations lie below this many standard deviations; low counts have no usable median."""

FLOOR = 1e-3
"""Of the range of a pattern; what stands out by less does no harm."""

MOST_NAMED = 8
"""Removed points that a remark names."""

SAFETY = 0.5
"""Flanks must fall to half of what the narrowest peak allows: noise on a narrow peak is not to be cut off."""


class Despike(SameAxisStep):
    """Replace spikes by straight lines.

    A spike is a run of at most `max_width` points that stands `threshold` standard deviations of the noise around
    above the running median of 13, and on both sides falls off faster than the narrowest peak could: of a Gaussian peak
    of full width f points, the higher neighbour of the w highest points keeps at least the share 2^(-4 w / f^2) of the
    lowest of them; a spike's keeps less than half of that. The noise is what nine of ten absolute deviations from
    the running median stay below, over 51 points, divided by 1.645; peaks add to it, and next to them only high
    spikes are found. Heights in the shares are counted from the lowest of 13 points. The first and last points are
    never spikes, for they lack a neighbour.

    Parameters
    ----------
    fwhm
        Full width at half maximum, in points, of the narrowest peak that can occur.
    threshold
        In standard deviations of the noise.
    max_width
        1 or 2 points.
    axis
        Not used; all steps take it.

    Raises
    ------
    InputError
        If a parameter cannot be used.

    Examples
    --------
    >>> pattern = np.exp(-((np.arange(200.0) - 80.0) / 4.0) ** 2) + 0.01 * np.sin(np.arange(200.0))
    >>> hit = pattern + 3.0 * (np.arange(200) == 150)
    >>> step = Despike().fit([pattern])
    >>> np.flatnonzero(step.spikes([hit])[0])
    array([150])
    >>> bool(np.abs(step.transform([hit]) - pattern).max() < 0.02)
    True
    """

    def __init__(
        self, *, fwhm: float = 3.0, threshold: float = 8.0, max_width: int = 2, axis: ArrayLike | None = None
    ) -> None:
        self.fwhm = fwhm
        self.threshold = threshold
        self.max_width = max_width
        self.axis = axis

    def spikes(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Say which points are spikes, shape (n_samples, n_points).

        Raises
        ------
        InputError
            If a pattern cannot be used.
        """
        check_is_fitted(self)
        return np.stack([self._find(row) for row in self._check(X, reset=False)])

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say which points are removed."""
        found = self.spikes(rows)
        places = [f"{names[i]} at {self.points_[j]:g}" for i, j in np.argwhere(found)[:MOST_NAMED]]
        more = " ..." if found.sum() > MOST_NAMED else ""
        return f" ({int(found.sum())} points removed{': ' if places else ''}{', '.join(places)}{more})"

    def _learn(self, rows: Array) -> None:
        if not (np.isfinite(self.fwhm) and self.fwhm >= 2.0):
            raise InputError(f"expected a fwhm of 2 points or more, got {self.fwhm}: narrower peaks look like spikes")
        if not (np.isfinite(self.threshold) and self.threshold > 0):
            raise InputError(f"expected a positive threshold, got {self.threshold}")
        if self.max_width not in (1, 2):
            raise InputError(f"expected a max_width of 1 or 2 points, got {self.max_width}")

    def _find(self, row: Array) -> NDArray[np.bool_]:
        found = np.zeros(len(row), dtype=bool)
        if len(row) < NARROW:
            return found
        beyond = row - median_filter(row, NARROW, mode="nearest")
        noise = percentile_filter(np.abs(beyond), 90, min(WIDE, len(row)), mode="nearest") / NINETY_PERCENT
        excess = beyond > np.maximum(self.threshold * noise, FLOOR * np.ptp(row))
        above = row - minimum_filter1d(row, NARROW, mode="nearest")
        for width in range(1, int(self.max_width) + 1):
            # runs begin at 1, ..., n - width - 1, so that both have a neighbour
            runs = np.lib.stride_tricks.sliding_window_view(above[1:-1], width).min(axis=1)
            sure = np.lib.stride_tricks.sliding_window_view(excess[1:-1], width).all(axis=1)
            neighbour = np.maximum(above[: len(runs)], above[width + 1 :])
            sharp = neighbour < SAFETY * 2.0 ** (-4.0 * width / self.fwhm**2) * runs
            for start in np.flatnonzero(sure & sharp) + 1:
                found[start : start + width] = True
        return found

    def _row(self, row: Array) -> Array:
        found = self._find(row)
        numbers = np.arange(len(row))
        return np.where(found, np.interp(numbers, numbers[~found], row[~found]), row)
