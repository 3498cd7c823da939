"""What quantities are compared with: an axis or the plane of a map, or clusters; correlation and information."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from peakscape.analysis.mutual_information import neighbor_information, quantile_levels, shared_information

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PlaceTarget:
    """One axis of a map, or both.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 1) or (n_samples, 2).

    Examples
    --------
    >>> axis = PlaceTarget(np.arange(6.0)[:, np.newaxis])
    >>> axis.correlations(np.array([[0.0, 1, 4, 9, 16, 25], [5.0, 4, 3, 2, 1, 0]]), numeric=True).round(6).tolist()
    [1.0, -1.0]
    """

    coordinates: Array

    def select(self, kept: NDArray[np.bool_]) -> "PlaceTarget":
        """Return these samples alone."""
        return PlaceTarget(self.coordinates[kept])

    def is_constant(self) -> bool:
        """Tell whether all samples lie at one place."""
        return not len(self.coordinates) or not np.ptp(self.coordinates, axis=0).any()

    def correlations(self, values: Array, *, numeric: bool) -> Array:
        """Correlate rows of values, shape (n_permutations, n_samples): Spearman, multiple or canonical.

        Returns
        -------
        ndarray of shape (n_permutations,)
            With a sign where one axis meets a numeric quantity.
        """
        basis = _basis(self.coordinates)
        if not numeric:
            return np.asarray(np.sqrt(np.linalg.eigvalsh(_between(values, basis)[0])[:, -1].clip(0.0, 1.0)))
        together = _rank_scores(values) @ basis
        return np.asarray(together[:, 0] if self.coordinates.shape[1] == 1 else np.linalg.norm(together, axis=1))

    def information(self, values: Array, *, numeric: bool, n_neighbors: int) -> Array:
        """Estimate the mutual information with rows of values in nats, shape (n_permutations,)."""
        return neighbor_information(self.coordinates, _classes(values, numeric), n_neighbors=n_neighbors)


@dataclass(frozen=True)
class ClusterTarget:
    """Clusters.

    Parameters
    ----------
    clusters
        Numbers from 0 of shape (n_samples,).

    Examples
    --------
    >>> clusters = ClusterTarget(np.repeat([0, 1], 4))
    >>> clusters.correlations(np.array([[0, 0, 0, 0, 1, 1, 1, 1], [0, 1] * 4]), numeric=False).round(6).tolist()
    [1.0, 0.0]
    """

    clusters: NDArray[np.intp]

    def select(self, kept: NDArray[np.bool_]) -> "ClusterTarget":
        """Return these samples alone."""
        return ClusterTarget(np.unique(self.clusters[kept], return_inverse=True)[1].astype(np.intp))

    def is_constant(self) -> bool:
        """Tell whether all samples are in one cluster."""
        return len(np.unique(self.clusters)) < 2

    def correlations(self, values: Array, *, numeric: bool) -> Array:
        """Correlate rows of values, shape (n_permutations, n_samples): correlation ratio of ranks, or Cramer's V."""
        members = np.eye(int(self.clusters.max()) + 1)[self.clusters]
        members = members / np.sqrt(np.maximum(members.sum(axis=0), 1.0))
        if numeric:
            return np.asarray(np.linalg.norm(_rank_scores(values) @ members, axis=1))
        between, n_classes = _between(values, members)
        squares = np.trace(between, axis1=1, axis2=2) - 1.0  # chi square over n; the constant takes one
        fewest = np.minimum(n_classes, members.shape[1]) - 1
        return np.asarray(np.sqrt((squares / np.maximum(fewest, 1)).clip(0.0, 1.0)))

    def information(self, values: Array, *, numeric: bool, n_neighbors: int) -> Array:
        """Estimate the mutual information with rows of values in nats, shape (n_permutations,)."""
        return shared_information(_classes(values, numeric), self.clusters)


def _classes(values: Array, numeric: bool) -> NDArray[np.intp]:
    return quantile_levels(values) if numeric else values.astype(np.intp)


def _basis(coordinates: Array) -> Array:
    """Orthonormal, centred columns that span an axis' ranks, or the plane, shape (n_samples, n_axes)."""
    one = coordinates.shape[1] == 1
    given = rankdata(coordinates, axis=0) if one else coordinates
    given = given - given.mean(axis=0)
    if one:
        return np.asarray(given / max(float(np.linalg.norm(given)), np.finfo(float).tiny))
    left, sizes, _ = np.linalg.svd(given, full_matrices=False)
    return np.asarray(left * (sizes > 1e-9 * sizes[0]))


def _rank_scores(values: Array) -> Array:
    """Ranks of each row about their mean, at unit length; zeros for a row of equal values."""
    ranks = rankdata(values, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    return np.asarray(ranks / np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), np.finfo(float).tiny))


def _between(classes: Array, basis: Array) -> tuple[Array, NDArray[np.intp]]:
    """Squared canonical correlations as eigenvalues, (n_permutations, n_axes, n_axes), and how many classes occur."""
    found = np.zeros((len(classes), basis.shape[1], basis.shape[1]))
    n_classes = np.zeros(len(classes), dtype=np.intp)
    for number in np.unique(classes):
        members = (classes == number).astype(np.float64)
        sums, count = members @ basis, members.sum(axis=1)
        found += sums[:, :, np.newaxis] * sums[:, np.newaxis] / np.maximum(count, 1.0)[:, np.newaxis, np.newaxis]
        n_classes += count > 0
    return found, n_classes
