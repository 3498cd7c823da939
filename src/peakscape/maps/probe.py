"""One pattern and its coordinates, saved with a map, so that a map that drifts is noticed when it is opened."""

import warnings
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from peakscape.errors import DriftWarning
from peakscape.maps.feature_map import FeatureMap

TOLERANCE = 1e-6
"""Largest distance, relative to the size of the coordinates, that rounding under other versions may cause."""


def take(map: FeatureMap) -> dict[str, np.ndarray]:
    """Return the arrays of the probe: the pattern at the middle of the map's plane and where the map places it.

    Parameters
    ----------
    map
        The fitted map.

    Examples
    --------
    >>> from peakscape.maps import PCA
    >>> probe = take(PCA().fit(np.random.default_rng(0).uniform(size=(6, 20))))
    >>> {name: array.shape for name, array in probe.items()}
    {'probe/pattern': (1, 20), 'probe/coordinates': (1, 2)}
    """
    pattern = np.asarray(map.inverse_transform(np.zeros((1, 2))))
    return {"probe/pattern": pattern, "probe/coordinates": _place(map, pattern)}


def compare(map: FeatureMap, arrays: Mapping[str, np.ndarray], *, name: str, versions: Mapping[str, Any]) -> None:
    """Place the probe again and warn where it moved; maps saved without one are not compared.

    Parameters
    ----------
    map
        The map as it was opened.
    arrays
        Those of the folder.
    name
        Of the map, for the message.
    versions
        Package versions at the time of saving.

    Warns
    -----
    DriftWarning
        With the packages whose versions differ.

    Examples
    --------
    >>> from peakscape.maps import PCA
    >>> space = PCA().fit(np.random.default_rng(0).uniform(size=(6, 20)))
    >>> compare(space, take(space), name="six.map", versions={})
    """
    if "probe/pattern" not in arrays:
        return
    before, now = arrays["probe/coordinates"], _place(map, arrays["probe/pattern"])
    size = max(float(np.abs(before).max()), 1.0)
    moved = float(np.abs(now - before).max()) / size
    if not moved <= TOLERANCE:
        here = {package: _installed(package) for package in versions}
        other = [f"{package} {old} (here {here[package]})" for package, old in versions.items() if old != here[package]]
        warnings.warn(
            f"{name} places its own probe {moved:.1e} away from where it lay when it was saved; its coordinates cannot"
            f" be compared with earlier ones. Made by: {', '.join(other) or 'the same versions as here'}",
            DriftWarning,
            stacklevel=4,
        )


def _place(map: FeatureMap, pattern: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")  # scikit-learn's
        return np.asarray(map.transform(pattern))


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
