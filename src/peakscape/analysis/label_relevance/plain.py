"""What ranks windows without a map: coefficients of partial least squares, their VIP scores, correlation."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.label_relevance.windows import Windows
from peakscape.analysis.validation.kernel_regression import pls_answers

Array = NDArray[np.float64]
N_COMPONENTS, N_FOLDS = 6, 8
"""Components at most, and folds of whole groups by which their number is chosen."""
SAME = 1e-9
"""Relative difference below which two points change equally with the label."""
COST = 0.03
"""What each further component adds to the left-out error by which it is chosen."""


def choose_components(gram: Array, values: Array, groups: NDArray[np.intp]) -> int:
    """Choose the number of components of partial least squares by leaving out groups, shape (n_samples,) each.

    Examples
    --------
    >>> rows = np.outer(np.arange(6.0), [1.0, 2.0])
    >>> choose_components(rows @ rows.T, np.arange(6.0), np.arange(6))
    1
    """
    folds = groups % N_FOLDS
    train = np.array([folds != fold for fold in np.unique(folds)])
    train = train[train.sum(axis=1) >= 2]
    if len(train) < 2:
        return 1
    most = max(1, min(N_COMPONENTS, int(train.sum(axis=1).min()) - 1))
    answers = pls_answers(gram, values, train, most)[0]
    wrong = np.where(train[:, np.newaxis], 0.0, answers - values) ** 2
    errors = np.sqrt(wrong.sum(axis=(0, 2))) * (1.0 + COST * np.arange(most))
    return int(errors.argmin()) + 1


@dataclass(frozen=True)
class LinearReading:
    """Partial least squares of one label on spectra, and what it says of single points.

    Attributes
    ----------
    coefficients : ndarray of shape (n_points,)
        In units of the label over those of the intensity.
    vip : ndarray of shape (n_points,)
        Variable importance in projection, whose mean square over points is 1 (I.-G. Chong and C.-H. Jun, Chemom.
        Intell. Lab. Syst. 78, 103 (2005), DOI 10.1016/j.chemolab.2004.12.011).
    n_components : int
        Chosen by leaving groups out.
    """

    coefficients: Array
    vip: Array
    n_components: int

    @classmethod
    def of(cls, spectra: Array, values: Array, groups: NDArray[np.intp]) -> Self:
        """Fit to spectra (n_samples, n_points), their label and what is left out together (n_samples,).

        Examples
        --------
        >>> rows = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
        >>> told = LinearReading.of(rows, np.arange(4.0), np.arange(4))
        >>> told.coefficients.round(6).tolist(), told.vip.round(6).tolist()
        ([1.0, 0.0], [1.414214, 0.0])
        """
        from sklearn.cross_decomposition import PLSRegression

        count = choose_components(spectra @ spectra.T, values, groups)
        fitted = PLSRegression(count, scale=False).fit(spectra, values)
        told = (fitted.x_scores_**2).sum(axis=0) * fitted.y_loadings_[0] ** 2
        weights = fitted.x_weights_ / np.linalg.norm(fitted.x_weights_, axis=0)
        total = max(float(told.sum()), np.finfo(float).tiny)
        vip = np.sqrt(spectra.shape[1] * (weights**2 @ told) / total)
        return cls(np.asarray(fitted.coef_[0]), np.asarray(vip), count)

    def changes(self, spectra: Array, windows: Windows, fill: Array | None) -> Array:
        """Return by how much the reading changes when windows are masked, shape (n_samples, n_windows)."""
        missing = (np.zeros(spectra.shape[1]) if fill is None else fill) - spectra
        running = np.concatenate([np.zeros((len(spectra), 1)), np.cumsum(missing * self.coefficients, axis=1)], axis=1)
        return np.asarray(running[:, windows.stops] - running[:, windows.starts])

    def largest_vip(self, windows: Windows) -> Array:
        """Return the largest score in each window, shape (n_windows,)."""
        pairs = zip(windows.starts, windows.stops, strict=True)
        return np.array([self.vip[start:stop].max() for start, stop in pairs])


def correlations(spectra: Array, values: Array, windows: Windows) -> Array:
    """Return in each window the correlation with the label of the point that changes most with it, (n_windows,).

    Of all points the one with the largest covariance, the first of equal ones: where a peak moves it lies on a flank,
    and the sign is that of the flank.

    Examples
    --------
    >>> rows = np.array([[0.0, 5.0, 1.0, 0.2], [1.0, 5.0, 0.0, 0.0], [2.0, 5.0, 1.0, 0.1]])
    >>> windows = Windows(np.array([0, 2]), np.array([2, 4]), np.array([0, 2]))
    >>> correlations(rows, np.array([0.0, 1.0, 2.0]), windows).round(2).tolist()
    [1.0, -0.5]
    """
    apart, moved = values - values.mean(), spectra - spectra.mean(axis=0)
    together = apart @ moved
    size = np.sqrt((apart @ apart) * (moved**2).sum(axis=0))
    correlation = together / np.where(size > 0, size, 1.0)
    parts = [(start, np.abs(together[start:stop])) for start, stop in zip(windows.starts, windows.stops, strict=True)]
    return np.array([correlation[start + int((part >= part.max() * (1.0 - SAME)).argmax())] for start, part in parts])
