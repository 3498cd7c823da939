"""Micro-absorption: phases whose grains absorb more than the mixture shine less than their share of it.

G. W. Brindley, Phil. Mag. 36, 347 (1945), doi:10.1080/14786444508520918.
"""

import warnings
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from peakscape.diffraction.phase_curves import Phase
from peakscape.errors import PeakscapeWarning

Array = NDArray[np.float64]
CONTRAST = 0.05
"""Difference of absorption in 1/micrometre above which a warning is given: grains of 2 micrometre are then "coarse" by
Brindley's classes."""
GIVEN_RADIUS_ERROR = 0.3
"""Relative standard deviation of a grain radius that is given."""
N_STEPS = 12
"""Rounds in which fractions and the mixture's mean absorption are brought into agreement."""


@cache
def _paths() -> tuple[Array, Array]:
    """Lengths of the way in and out of a sphere of radius 1 at right angles, and how often each occurs."""
    grid = (np.arange(24) + 0.5) / 12.0 - 1.0
    x, y, z = (one.ravel() for one in np.meshgrid(grid, grid, grid, indexing="ij"))
    inside = x**2 + y**2 + z**2 < 1.0
    x, y, z = x[inside], y[inside], z[inside]
    path = x + np.sqrt(1.0 - y**2 - z**2) + y + np.sqrt(1.0 - x**2 - z**2)
    number, edges = np.histogram(path, bins=48)
    return 0.5 * (edges[1:] + edges[:-1]), number / number.sum()


def grain_factor(contrast: ArrayLike) -> Array:
    """Return the mean of exp(-contrast x path) over a sphere of radius 1, beam in and out at right angles.

    Parameters
    ----------
    contrast
        Radius of the grains times (absorption of the phase - that of the mixture), any shape.

    Examples
    --------
    >>> grain_factor([0.0, 0.1]).round(3).tolist()
    [1.0, 0.863]
    """
    path, share = _paths()
    return np.asarray(np.exp(-np.asarray(contrast, dtype=np.float64)[..., None] * path) @ share)


def absorption_factors(absorption: Array, volumes: Array, radius: ArrayLike) -> Array:
    """Return how much stronger each phase shines for its grains than without, with the true volumes found on the way.

    Parameters
    ----------
    absorption
        In 1/micrometre, shape (n_phases,).
    volumes
        As seen, any scale, shape (..., n_phases).
    radius
        Of all grains in micrometre, shape (...).

    Returns
    -------
    ndarray of shape (..., n_phases)

    Examples
    --------
    >>> absorption_factors(np.array([0.2, 0.02]), np.array([1.0, 1.0]), 1.0).round(2).tolist()
    [0.89, 1.17]
    """
    size = np.asarray(radius, dtype=np.float64)[..., None]
    factors = np.ones(np.broadcast_shapes(volumes.shape, size.shape))
    for _ in range(N_STEPS if np.any(size) else 0):
        true = volumes / factors
        mean = (true @ absorption)[..., None] / np.maximum(true.sum(axis=-1, keepdims=True), 1e-300)
        factors = grain_factor((absorption - mean) * size)
    return factors


def radius_at(deviates: ArrayLike, radius: float | None, unknown: float) -> Array:
    """Return grain radii in micrometre by standard normal deviates: 0 gives the middle one.

    Parameters
    ----------
    deviates
        Any shape.
    radius
        As given, known to 30 %; None: half-normal, as little is known of grains but that they have some size.
    unknown
        Scale of that half-normal law.

    Examples
    --------
    >>> radius_at([0.0, 1.0], 2.0, 1.0).round(2).tolist(), radius_at([-3.0, 0.0], None, 1.0).round(2).tolist()
    ([2.0, 2.6], [0.0, 0.67])
    """
    normal = np.asarray(deviates, dtype=np.float64)
    if radius is not None:
        return np.maximum(radius * (1.0 + GIVEN_RADIUS_ERROR * normal), 0.0)
    return np.asarray(unknown * ndtri(0.5 + 0.5 * np.clip(ndtr(normal), 0.0, 1.0 - 1e-9)))


def warn_of_contrast(phases: Sequence[Phase], fractions: Array) -> None:
    """Warn where phases absorb so differently that grains of a micrometre matter, for no radius was given."""
    there = [one for one, share in zip(phases, fractions, strict=True) if share > 0.01]
    if len(there) < 2:
        return
    darkest, lightest = (pick(there, key=lambda one: one.absorption) for pick in (max, min))
    if darkest.absorption - lightest.absorption > CONTRAST:
        warnings.warn(
            f"{darkest.name} absorbs much more than {lightest.name}: fractions depend on the size of the grains"
            " (micro-absorption), which is not known here; give grain_radius",
            PeakscapeWarning,
            stacklevel=5,
        )
