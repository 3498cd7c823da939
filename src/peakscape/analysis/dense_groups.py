"""Groups of any shape and density, with samples that belong to none."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import HDBSCAN

from peakscape.analysis.grouping import check_distances
from peakscape.errors import InputError

LEAST_SIZE = 5
SHARE_OF_SAMPLES = 0.05
"""Of the samples that a group has at least, by default (package choice: docs/decisions.md)."""


def dense_groups(distances: ArrayLike, *, min_size: int | None = None) -> NDArray[np.intp]:
    """Group samples where they lie dense, and leave the others out.

    HDBSCAN: R. J. G. B. Campello, D. Moulavi, J. Sander, PAKDD 2013, DOI 10.1007/978-3-642-37456-2_14, as scikit-learn
    has it. For maps on which a few large parts lie far from one another and are divided in themselves, or single
    samples stray: there `group_samples` gives the large parts, or the strays as groups. It tells no stability.

    Parameters
    ----------
    distances
        Shape (n_samples, n_samples), symmetric: of `spectrum_distances` or `map_distances`.
    min_size
        Least number of samples in a group; None: a twentieth of all, five at least.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        Numbers of the groups from 0, in the order of the samples; -1 for samples in no group.

    Raises
    ------
    InputError
        If the distances cannot be used, or `min_size` is not between 2 and the number of samples.

    Examples
    --------
    >>> points = np.concatenate([np.linspace(0, 1, 8), np.linspace(4, 5, 8), [20.0]])
    >>> dense_groups(np.abs(points[:, None] - points)).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, -1]
    """
    matrix = check_distances(distances)
    n_least = max(LEAST_SIZE, round(SHARE_OF_SAMPLES * len(matrix))) if min_size is None else min_size
    if not 2 <= n_least <= len(matrix):
        raise InputError(f"expected min_size between 2 and the {len(matrix)} samples, got {n_least}")
    labels = HDBSCAN(min_cluster_size=n_least, metric="precomputed", copy=True).fit(matrix).labels_
    numbers = {label: i for i, label in enumerate(dict.fromkeys(labels[labels >= 0].tolist()))}
    return np.array([numbers.get(label, -1) for label in labels.tolist()], dtype=np.intp)
