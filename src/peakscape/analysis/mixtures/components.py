"""How many parts a series of spectra holds, and whether a given spectrum is one of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import f as fisher

from peakscape.analysis.mixtures.noise import point_noise
from peakscape.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ComponentCount:
    """How many linearly independent parts a series holds.

    Attributes
    ----------
    n_components : int
        The answer: singular values beyond what noise makes.
    by_indicator : int
        Where Malinowski's indicator function is smallest.
    singular_values : ndarray of shape (n_values,)
        Descending.
    noise_edge : float
        Largest singular value that noise alone makes.
    indicator : ndarray of shape (n_values - 1,)
        Malinowski's function of 1, 2, ... components.
    """

    n_components: int
    by_indicator: int
    singular_values: Array
    noise_edge: float
    indicator: Array


def count_components(spectra: ArrayLike, *, noise: float | None = None) -> ComponentCount:
    """Count the parts of a series.

    A matrix of independent noise of standard deviation s has no singular value above s (sqrt(n) + sqrt(m)) but for
    fluctuations of the Tracy and Widom law (I. M. Johnstone, Ann. Statist. 29, 295 (2001),
    doi:10.1214/aos/1009210544): what lies above its 99 % point is a part. Beside it the indicator function of
    E. R. Malinowski, Anal. Chem. 49, 612 (1977), doi:10.1021/ac50012a027.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points), not centred.
    noise
        Standard deviation of a point; None takes the median over the spectra of what fourth differences show.

    Returns
    -------
    ComponentCount

    Raises
    ------
    InputError
        If there are fewer than two spectra or a value is not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = np.linspace(0, 1, 200)
    >>> parts = np.array([np.exp(-(((x - at) / 0.1) ** 2)) for at in (0.3, 0.6)])
    >>> count_components(rng.random((20, 2)) @ parts + rng.normal(0, 0.01, (20, 200))).n_components
    2
    """
    rows = np.atleast_2d(np.asarray(spectra, dtype=np.float64))
    if len(rows) < 2 or not np.isfinite(rows).all():
        raise InputError(f"expected two spectra or more of finite numbers, got shape {rows.shape}")
    sigma = float(np.median([point_noise(row) for row in rows])) if noise is None else float(noise)
    values = np.linalg.svd(rows, compute_uv=False)
    n, m = rows.shape
    center = np.sqrt(n - 1) + np.sqrt(m)
    spread = center * (1 / np.sqrt(n - 1) + 1 / np.sqrt(m)) ** (1 / 3)
    edge = sigma * float(np.sqrt(center**2 + 2.02 * spread))  # 99 % point of the Tracy-Widom law for real data
    small, large = min(n, m), max(n, m)
    left = np.array([np.sum(values[k:] ** 2) for k in range(1, small)])
    remaining = small - np.arange(1, small)
    indicator = np.asarray(np.sqrt(left / (large * remaining)) / remaining**2, dtype=np.float64)
    return ComponentCount(
        int(np.sum(values > edge)), int(np.argmin(indicator)) + 1, np.asarray(values), edge, indicator
    )


def target_p_value(spectra: ArrayLike, target: ArrayLike, n_components: int) -> float:
    """Test whether a spectrum may be a part of a series: how well the series' own components add up to it.

    Target transformation with an F test of what they leave (E. R. Malinowski, J. Chemom. 3, 49 (1989),
    doi:10.1002/cem.1180030107).

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points), more samples than components.
    target
        Shape (n_points,).
    n_components
        As `count_components` tells.

    Returns
    -------
    float
        Small where the target is none of the parts.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = np.linspace(0, 1, 200)
    >>> parts = np.array([np.exp(-(((x - at) / 0.1) ** 2)) for at in (0.3, 0.6)])
    >>> series = rng.random((20, 2)) @ parts + rng.normal(0, 0.01, (20, 200))
    >>> target_p_value(series, parts[0], 2) > 0.05, target_p_value(series, parts[0] * x, 2) < 0.01
    (True, True)
    """
    rows, wanted = np.atleast_2d(np.asarray(spectra, dtype=np.float64)), np.asarray(target, dtype=np.float64)
    n, m = rows.shape
    if not 0 < n_components < min(n, m) or wanted.shape != (m,):
        raise InputError(f"expected fewer components than {min(n, m)} and a target of {m} points")
    _, values, right = np.linalg.svd(rows, full_matrices=False)
    basis = right[:n_components]
    weights = basis @ wanted
    predicted = weights @ basis
    apparent = float(np.sum((wanted - predicted) ** 2))
    # errors of the series carried into the prediction, with the target's own noise beside them
    carried = float(np.sum((weights / values[:n_components]) ** 2))
    error = float(np.sum(values[n_components:] ** 2)) / ((n - n_components) * (m - n_components))
    own = point_noise(wanted) ** 2
    statistic = apparent / (m - n_components) / (error * carried + own)
    return float(fisher.sf(statistic, m - n_components, (n - n_components) * (m - n_components)))
