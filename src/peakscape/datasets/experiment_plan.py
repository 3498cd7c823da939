"""What a simulated experiment measures, and at which values of its labels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rng = np.random.Generator
N_NEW, N_FOREIGN = 30, 12
"""New spectra of an experiment, and foreign ones of each nearness."""


@dataclass(frozen=True)
class Plan:
    """What a kind of experiment measures: the labels of the samples, and how their spectra are made.

    Attributes
    ----------
    known, new : dict of ndarrays
        Values by label, of n_known and n_new samples; the first label is the one to be read.
    measure : callable
        Takes labels and gives spectra, shape (n_samples, n_points).
    strangers : callable
        Takes "near" or "far" and a number, and gives as many foreign spectra.
    transitions : tuple of float
    bounds : tuple of float or None
        Least and largest value that the labels can have.
    """

    known: dict[str, Array]
    new: dict[str, Array]
    measure: Callable[[dict[str, Array]], Array]
    strangers: Callable[[str, int], Array]
    transitions: tuple[float, ...] = ()
    bounds: tuple[float, float] | None = None


def spread(rng: Rng, low: float, high: float, n_values: int, *, uneven: float = 0.3) -> Array:
    """Draw ascending values from low to high, both included, with uneven steps."""
    steps = 1.0 + uneven * rng.uniform(-1.0, 1.0, n_values - 1)
    return np.asarray(np.round(low + (high - low) * np.r_[0.0, np.cumsum(steps)] / steps.sum(), 4))


def between(rng: Rng, low: float, high: float, n_values: int = N_NEW) -> Array:
    """Draw values of new samples from low to high, one in each of so many parts."""
    return np.asarray(low + (high - low) * (np.arange(n_values) + rng.uniform(0.1, 0.9, n_values)) / n_values)
