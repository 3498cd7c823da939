"""Take the background away from under the peaks (algorithms: pybaselines)."""

import math
import warnings
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.preparation.step import Array, SameAxisStep

METHODS = ("arpls", "asls", "snip", "mor")
SHARE = 10.0
"""Without a width, the background may bend over a tenth of the axis."""

FEWEST = 5
"""With fewer points, background and peaks cannot be told apart."""

SOLVER = 3
"""scipy's banded solver: the same numbers whether or not a faster one is installed."""


class Background(SameAxisStep):
    """Subtract a smooth background.

    Values below zero stay: they are noise about the background, and cutting them off would lift its mean.

    Parameters
    ----------
    method
        ``"arpls"``: asymmetrically reweighted penalised least squares (S.-J. Baek et al., Analyst 140, 250 (2015),
        doi:10.1039/C4AN01061B), which estimates the noise and runs through its middle. ``"asls"``: asymmetric least
        squares (P. H. C. Eilers, Anal. Chem. 75, 3631 (2003), doi:10.1021/ac034173t). ``"snip"``: iterative clipping
        of peaks (C. G. Ryan et al., Nucl. Instrum. Methods B 34, 396 (1988), doi:10.1016/0168-583X(88)90063-8).
        ``"mor"``: a morphological opening (R. Perez-Pueyo et al., Appl. Spectrosc. 64, 595 (2010),
        doi:10.1366/000370210791414281).
    width
        Period of the shortest wave, in units of the axis, that counts as background; None takes a tenth of the axis.
        The penalty of arpls and asls is (width in points / 2 pi)^4, where the smoother passes half; the half window
        of snip and mor is a quarter of it.
    axis
        Points of the patterns, shape (n_points,); None for their numbers.

    Raises
    ------
    InputError
        If the method is unknown or the width is not between three points and the length of the axis.

    Examples
    --------
    >>> two_theta = np.linspace(10.0, 60.0, 501)
    >>> peak, below = np.exp(-(((two_theta - 30) / 0.3) ** 2)), 0.5 + 0.01 * two_theta
    >>> noise = np.random.default_rng(0).normal(scale=0.01, size=501)
    >>> net = Background(axis=two_theta).fit_transform([peak + below + noise])
    >>> bool(np.abs(net - peak).max() < 0.05)
    True
    """

    def __init__(
        self,
        *,
        method: Literal["arpls", "asls", "snip", "mor"] = "arpls",
        width: float | None = None,
        axis: ArrayLike | None = None,
    ) -> None:
        self.method = method
        self.width = width
        self.axis = axis

    def background(self, X: ArrayLike) -> Array:
        """Return the backgrounds, shape (n_samples, n_points).

        Raises
        ------
        InputError
            If a pattern cannot be used.
        """
        check_is_fitted(self)
        return np.stack([self._below(row) for row in self._check(X, reset=False)])

    def _learn(self, rows: Array) -> None:
        if self.method not in METHODS:
            raise InputError(f"expected a method of {', '.join(METHODS)}, got {self.method!r}")
        n_points = len(self.points_)
        length = float(self.points_[-1] - self.points_[0])
        share = 1.0 / SHARE if self.width is None else float(self.width) / (length or 1.0)
        if self.width is not None and not 3.0 <= share * n_points <= n_points:
            raise InputError(
                f"expected a width between three points and the length of the axis, {length:g}; got {self.width:g}"
            )
        self.n_points_wide_ = max(share * n_points, 3.0)

    def _row(self, row: Array) -> Array:
        return row - self._below(row)

    def _below(self, row: Array) -> Array:
        highest = float(np.abs(row).max())
        if len(row) < FEWEST or highest == 0.0:
            return np.full_like(row, row.min())
        size = 2.0 ** math.frexp(highest)[1]  # a power of two changes no digit
        from pybaselines import Baseline  # takes a second to import

        fitter = Baseline(check_finite=False)
        fitter.banded_solver = SOLVER
        with warnings.catch_warnings():
            # Clean patterns have no noise to estimate: arpls then stops early, with a good background all the same.
            warnings.simplefilter("ignore")
            found = self._ask(fitter, row / size)
        if not np.isfinite(found).all():
            raise InputError(
                f"no background was found by {self.method}: its numbers are not finite; take another method or width"
            )
        return np.asarray(found * size, dtype=np.float64)

    def _ask(self, fitter: "object", row: Array) -> Array:
        ask = getattr(fitter, self.method)
        half_window = max(1, round(self.n_points_wide_ / 4.0))
        if self.method == "snip":
            half_window = min(half_window, (len(row) - 1) // 2)
            found, _ = ask(row, max_half_window=half_window, decreasing=True, smooth_half_window=3, filter_order=4)
        elif self.method == "mor":
            found, _ = ask(row, half_window=min(half_window, (len(row) - 1) // 2))
        else:
            found, _ = ask(row, lam=(self.n_points_wide_ / (2.0 * math.pi)) ** 4, diff_order=2, max_iter=50, tol=1e-3)
        return np.asarray(found, dtype=np.float64)
