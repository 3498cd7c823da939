"""Mutual information of classes with points and with clusters, for many permutations at once."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.special import digamma, entr
from scipy.stats import rankdata

Array = NDArray[np.float64]
Classes = NDArray[np.intp]
SAMPLES_A_LEVEL = 20
"""Samples for each level into which a numeric quantity is divided: six times the three neighbours that are counted."""
MOST_LEVELS = 10
_COMPARED_AT_ONCE = 2**21  # pairs of samples, so that they stay in the cache


def neighbor_information(points: ArrayLike, classes: ArrayLike, *, n_neighbors: int = 3) -> Array:
    """Estimate the mutual information of points and classes from nearest neighbours, in nats.

    ``psi(n) + <psi(k)> - <psi(n_class)> - <psi(m)>``, m counting the points up to a point's k-th neighbour of its own
    class: B. C. Ross, PLOS ONE 9 (2014) e87357, DOI 10.1371/journal.pone.0087357, as scikit-learn's
    ``mutual_info_classif`` has it for one coordinate: a class of one sample is left out, a class of n has n - 1
    neighbours at most. Not cut at zero.

    Parameters
    ----------
    points
        Shape (n_samples, n_axes).
    classes
        Numbers of the classes from 0, shape (n_permutations, n_samples).
    n_neighbors
        Which neighbour k is looked for.

    Returns
    -------
    ndarray of shape (n_permutations,)

    Examples
    --------
    >>> points = np.arange(40.0)[:, np.newaxis]
    >>> apart, mixed = np.arange(40) // 20, np.arange(40) % 2
    >>> neighbor_information(points, [apart, mixed]).round(2).tolist()
    [0.66, -0.23]
    """
    rows = np.asarray(classes, dtype=np.intp)
    places = np.asarray(points, dtype=np.float64)
    distances = cdist(places, places)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :-1]
    n_rows = max(1, _COMPARED_AT_ONCE // order.size)
    blocks = [_of_block(order, rows[i : i + n_rows], n_neighbors) for i in range(0, len(rows), n_rows)]
    return np.concatenate(blocks)


def _of_block(order: NDArray[np.intp], classes: Classes, n_neighbors: int) -> Array:
    labels = np.ascontiguousarray(classes.T, dtype=np.int16)  # permutations side by side: whole rows are gathered
    sizes = np.zeros(labels.shape, dtype=np.int32)
    for number in np.unique(labels):
        own = labels == number
        sizes += own * own.sum(axis=0, dtype=np.int32)
    kept = sizes > 1
    wanted = np.minimum(n_neighbors, sizes - 1)
    counter = np.uint8 if len(labels) < 256 else np.uint16 if len(labels) < 65536 else np.uint32
    reached: NDArray[Any] = np.cumsum(labels[order] == labels[:, np.newaxis], axis=1, dtype=counter)
    nearer: NDArray[np.bool_] = reached < np.maximum(wanted, 0)[:, np.newaxis].astype(counter)
    if not kept.all():
        nearer &= kept[order]
    within = 1 + nearer.sum(axis=1, dtype=np.int32)
    n_kept = np.maximum(kept.sum(axis=0), 1)
    terms = digamma(np.maximum(wanted, 1)) - digamma(sizes) - digamma(within)
    return np.asarray(digamma(n_kept) + np.where(kept, terms, 0.0).sum(axis=0) / n_kept)


def shared_information(classes: ArrayLike, clusters: ArrayLike) -> Array:
    """Estimate the mutual information of classes and clusters from their counts, in nats.

    Less the bias (r - 1)(c - 1) / 2n of G. A. Miller, Note on the bias of information estimates, in: Information Theory
    in Psychology, 1955. Not cut at zero.

    Parameters
    ----------
    classes
        Numbers of the classes from 0, shape (n_permutations, n_samples).
    clusters
        Numbers of the clusters from 0, shape (n_samples,).

    Returns
    -------
    ndarray of shape (n_permutations,)

    Examples
    --------
    >>> clusters = np.repeat([0, 1], 50)
    >>> shared_information([clusters, np.tile([0, 1], 50)], clusters).round(3).tolist()
    [0.688, -0.005]
    """
    rows, columns = np.asarray(classes, dtype=np.intp), np.asarray(clusters, dtype=np.intp)
    n_rows, n_columns, n_samples = int(rows.max()) + 1, int(columns.max()) + 1, len(columns)
    cell = (np.arange(len(rows))[:, np.newaxis] * n_rows + rows) * n_columns + columns
    table = np.bincount(cell.ravel(), minlength=len(rows) * n_rows * n_columns).reshape(len(rows), n_rows, n_columns)
    of_class, of_cluster = table.sum(axis=2), table.sum(axis=1)
    joint = entr(table / n_samples).sum(axis=(1, 2))
    alone = entr(of_class / n_samples).sum(axis=1) + entr(of_cluster / n_samples).sum(axis=1)
    bias = ((of_class > 0).sum(axis=1) - 1) * ((of_cluster > 0).sum(axis=1) - 1) / (2 * n_samples)
    return np.asarray(alone - joint - bias)


def quantile_levels(values: ArrayLike) -> Classes:
    """Divide numbers into levels of about equal counts, equal numbers into the same one.

    Parameters
    ----------
    values
        Shape (n_permutations, n_samples).

    Returns
    -------
    ndarray of int, shape (n_permutations, n_samples)
        From 0; a level for every 20 samples, at least two and at most ten.

    Examples
    --------
    >>> quantile_levels([[1.0, 3.0, 2.0, 9.0], [0.0, 0.0, 0.0, 1.0]]).tolist()
    [[0, 1, 0, 1], [0, 0, 0, 1]]
    """
    numbers = np.asarray(values, dtype=np.float64)
    n_samples = numbers.shape[1]
    n_levels = int(np.clip(n_samples // SAMPLES_A_LEVEL, 2, MOST_LEVELS))
    return np.asarray((rankdata(numbers, axis=1) - 0.5) * n_levels / n_samples, dtype=np.intp)
