"""Partial least squares on registered patterns: not a map, but the best rival of every map of shifted patterns."""

import warnings
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.cross_decomposition import PLSRegression
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.errors import InputError
from peakscape.maps.shift_map import ShiftMap

SHARE_OF_SHIFT = 0.09
"""Variance that the column of shifts is given, as a share of that of all points of the patterns (package choice)."""


class RegisteredPLS(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Regress labels on patterns freed of their shift, and on the shift beside them.

    The shift is found as in `ShiftMap`; patterns without it, divided by their mean and broadened, and the shift as one
    more column, go into partial least squares (Wold, Sjostrom and Eriksson 2001, doi:10.1016/S0169-7439(01)00155-1).

    Parameters
    ----------
    axis
        Shift axis, shape (n_points,), as in `ShiftMap`.
    n_components
        Components at most; no more than a third of the samples.
    residual_width
        Broadening in peak widths.
    template
        As in `ShiftMap`.

    Attributes
    ----------
    space_ : ShiftMap
        Its registration is used.
    n_features_in_ : int
        Points of a pattern.

    Examples
    --------
    >>> axis, x = np.linspace(0.0, 1.0, 300), np.linspace(0.0, 1.0, 13)
    >>> centers = np.array([0.2, 0.45, 0.7]) + 0.05 * x[:, None]
    >>> patterns = np.exp(-(((axis - centers[..., None]) / 0.01) ** 2)).sum(axis=1)
    >>> model = RegisteredPLS(axis=axis).fit(patterns[::2], x[::2])
    >>> bool(abs(model.predict(patterns[1::2]) - x[1::2]).max() < 0.02)
    True
    """

    def __init__(
        self,
        *,
        axis: ArrayLike | None = None,
        n_components: int = 8,
        residual_width: float = 8.0,
        template: Literal["auto", "medoid", "chain"] = "auto",
    ) -> None:
        self.axis = axis
        self.n_components = n_components
        self.residual_width = residual_width
        self.template = template

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on patterns (n_samples, n_points) and labels (n_samples,) or (n_samples, n_labels).

        Raises
        ------
        InputError
            As for `ShiftMap.fit`, or if `n_components` is not positive.
        """
        patterns, labels = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        if self.n_components < 1:
            raise InputError(f"n_components must be at least 1, got {self.n_components!r}")
        self.space_ = ShiftMap(axis=self.axis, residual_width=self.residual_width, template=self.template)
        self.space_.fit(patterns)
        shifts, remainder = self.space_.registered(patterns)
        self.mean_ = remainder.mean(axis=0)
        total = float(((remainder - self.mean_) ** 2).sum(axis=1).mean())
        self.center_, spread = float(shifts.mean()), float(shifts.std())
        self.weight_ = np.sqrt(SHARE_OF_SHIFT * total) / spread if spread > 1e-6 * self.space_.fwhm_ else 0.0
        n_components = max(1, min(self.n_components, len(patterns) // 3, patterns.shape[1]))
        self.regression_ = PLSRegression(n_components=n_components, scale=False)
        with warnings.catch_warnings():
            # Labels explained in full before the last component: nothing is left to fit.
            warnings.filterwarnings("ignore", message=".*[Rr]esidual is constant", category=UserWarning)
            self.regression_.fit(self._columns(shifts, remainder), labels)
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the labels of patterns (n_samples, n_points)."""
        check_is_fitted(self)
        patterns = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(self.regression_.predict(self._columns(*self.space_.registered(patterns))))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several labels may be fitted together, and that any features are not peaks."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags

    def _columns(self, shifts: np.ndarray, remainder: np.ndarray) -> np.ndarray:
        return np.column_stack([(shifts - self.center_) * self.weight_, remainder - self.mean_])
