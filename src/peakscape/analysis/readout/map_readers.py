"""Every way to read labels from spectra by maps, fitted once: each map with each readout, its members' median."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.inputs import place_members
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.readout.registry import Method


class MapReaders:
    """Several fitted maps, each read by several readouts that know the same spectra.

    Parameters
    ----------
    spaces
        Fitted maps by name.
    spectra, labels
        What is known, shapes (n_samples, n_points) and (n_samples, n_labels).
    methods
        Of `CompositionReadout`.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra = np.array([[0.0, 0, 1], [1, 0, 1], [0, 1, 0], [1, 1, 0]])
    >>> readers = MapReaders({"pca": PCA(2).fit(spectra)}, spectra, spectra[:, :2], methods=["plane", "neighbors"])
    >>> [(name, values.round(6).tolist()) for name, values in readers.read(spectra[1:2]).items()]
    [('pca_plane', [[1.0, 0.0]]), ('pca_neighbors', [[1.0, 0.0]])]
    """

    def __init__(
        self, spaces: Mapping[str, Any], spectra: ArrayLike, labels: ArrayLike, *, methods: Sequence[Method]
    ) -> None:
        self.spaces = dict(spaces)
        self._readouts = {}
        for name, space in spaces.items():
            points = place_members(space, spectra)
            self._readouts[name] = {one: CompositionReadout(method=one).fit(points, labels) for one in methods}

    def read(self, spectra: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Return the labels of spectra (n_samples, n_points), shape (n_samples, n_labels), as ``<map>_<method>``."""
        found = {}
        for name, space in self.spaces.items():
            points = place_members(space, spectra)
            for method, readout in self._readouts[name].items():
                found[f"{name}_{method}"] = np.median(readout.predict_members(points), axis=0)
        return found

    def outside(self, spectra: ArrayLike) -> dict[str, float]:
        """Return by map the share of spectra (n_samples, n_points) that lie in no triangle of known points."""
        return {
            name: float(next(iter(self._readouts[name].values())).outside(place_members(space, spectra)).mean())
            for name, space in self.spaces.items()
        }
