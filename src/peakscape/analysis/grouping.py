"""Groups of samples from their distances: a tree, how many groups it suggests and how firmly, medoids, outliers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as link
from scipy.spatial.distance import squareform
from sklearn.metrics import adjusted_rand_score, silhouette_score

from peakscape.errors import InputError

Array = NDArray[np.float64]
STABLE = 0.75
"""Mean adjusted Rand index over subsamples from which a number of groups counts as stable (package choice)."""
STRUCTURE = 0.5
"""Mean silhouette above which "a reasonable structure has been found"; L. Kaufman, P. J. Rousseeuw, Finding Groups in
Data, 1990, chapter 2, table 4, DOI 10.1002/9780470316801. Single clouds and even series reach 0.4."""
OUTLYING = 3.5
"""Modified z-score from which a sample is an outlier; B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers,
1993."""
_N_NEIGHBORS = 3
_SUBSAMPLE = 0.8


@dataclass(frozen=True)
class Grouping:
    """Samples in groups.

    Attributes
    ----------
    labels : ndarray of int, shape (n_samples,)
        Number of each sample's group, counted from 0 in the order of the samples.
    n_groups : int
        How many groups there are.
    suggested : int
        How many the samples suggest: of the stable numbers the one with the largest silhouette; 1 where no number is
        stable or has a silhouette above 0.5.
    scores : pandas.DataFrame
        One row a number of groups from 2 on: ``n_groups``, ``silhouette`` (mean over samples), ``stability`` (mean
        adjusted Rand index between the groups of all samples and those of subsamples of 80 %) and ``stability_spread``
        (its standard deviation).
    linkage : ndarray of shape (n_samples - 1, 4)
        The tree, as scipy writes it.
    distances : ndarray of shape (n_samples, n_samples)
        What it was made from.
    medoids : ndarray of int, shape (n_groups,)
        Of each group the sample with the least sum of distances to the others.
    outliers : ndarray of int
        Samples whose mean distance to the three nearest ones is far larger than usual, the farthest first.
    remoteness : ndarray of shape (n_samples,)
        The modified z-score of the logarithm of that: 0.6745 (value - median) / median absolute deviation.
    """

    labels: NDArray[np.intp]
    n_groups: int
    suggested: int
    scores: pd.DataFrame
    linkage: Array
    distances: Array
    medoids: NDArray[np.intp]
    outliers: NDArray[np.intp]
    remoteness: Array


def group_samples(
    distances: ArrayLike,
    *,
    n_groups: int | None = None,
    max_groups: int = 10,
    method: str = "average",
    n_resamples: int = 50,
    random_state: int | None = 0,
) -> Grouping:
    """Group samples by hierarchical clustering.

    Silhouette: P. J. Rousseeuw, J. Comput. Appl. Math. 20 (1987) 53, DOI 10.1016/0377-0427(87)90125-7. Adjusted Rand
    index: L. Hubert, P. Arabie, J. Classif. 2 (1985) 193, DOI 10.1007/BF01908075.

    Parameters
    ----------
    distances
        Shape (n_samples, n_samples), symmetric: of `spectrum_distances` or `map_distances`.
    n_groups
        How many groups to make; None for as many as the samples suggest.
    max_groups
        Largest number of groups to try.
    method
        Linkage: "average", "complete" or "single".
    n_resamples
        Subsamples for the stability.
    random_state
        Seed of the subsamples.

    Returns
    -------
    Grouping

    Raises
    ------
    InputError
        If the distances are not a symmetric finite matrix with zeros on its diagonal of four samples or more, or an
        option is out of range.

    Examples
    --------
    >>> points = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 9.0, 9.1, 9.2])
    >>> found = group_samples(np.abs(points[:, None] - points))
    >>> found.labels.tolist(), found.medoids.tolist()
    ([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 4, 7])
    """
    matrix = check_distances(distances)
    n_samples = len(matrix)
    if method not in ("average", "complete", "single"):
        raise InputError(f"expected a method of average, complete, single, got {method!r}")
    if not (max_groups >= 2 and (n_groups is None or 1 <= n_groups <= n_samples) and n_resamples >= 1):
        raise InputError(
            f"expected 1 to {n_samples} groups, max_groups of two or more and a resample, "
            f"got {n_groups}, {max_groups} and {n_resamples}"
        )
    tree = link(squareform(matrix, checks=False), method=method)
    scores = _scores(matrix, tree, min(max_groups, n_samples - 1), method, n_resamples, random_state)
    suggested = _suggest(scores)
    labels = _cut(tree, suggested if n_groups is None else n_groups)
    remoteness = _remoteness(matrix)
    outliers = np.flatnonzero(remoteness > OUTLYING)
    return Grouping(
        labels=labels,
        n_groups=len(np.unique(labels)),
        suggested=suggested,
        scores=scores,
        linkage=tree,
        distances=matrix,
        medoids=_medoids(matrix, labels),
        outliers=outliers[np.argsort(-remoteness[outliers], kind="stable")],
        remoteness=remoteness,
    )


def check_distances(distances: ArrayLike) -> Array:
    """Return distances as a symmetric matrix.

    Parameters
    ----------
    distances
        Shape (n_samples, n_samples).

    Raises
    ------
    InputError
        If they are not a symmetric finite matrix with zeros on its diagonal of four samples or more.

    Examples
    --------
    >>> check_distances(np.zeros((4, 4))).shape
    (4, 4)
    """
    matrix = np.asarray(distances, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 4:
        raise InputError(f"expected distances of shape (n_samples, n_samples) of four or more, got {matrix.shape}")
    if not np.isfinite(matrix).all() or (matrix < 0).any():
        raise InputError("distances must be finite and not negative")
    if np.abs(matrix - matrix.T).max() > 1e-9 * max(matrix.max(), 1.0) or np.diagonal(matrix).any():
        raise InputError("distances must be symmetric with zeros on the diagonal")
    return (matrix + matrix.T) / 2


def _cut(tree: Array, n_groups: int) -> NDArray[np.intp]:
    """Labels from 0 in the order in which the groups first occur."""
    labels = fcluster(tree, n_groups, criterion="maxclust")
    _, first, numbers = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbers].astype(np.intp)


def _scores(
    matrix: Array, tree: Array, most: int, method: str, n_resamples: int, random_state: int | None
) -> pd.DataFrame:
    generator = np.random.default_rng(random_state)
    n_kept = max(round(_SUBSAMPLE * len(matrix)), 3)
    numbers = range(2, most + 1)
    whole = {number: _cut(tree, number) for number in numbers}
    agreement: dict[int, list[float]] = {number: [] for number in numbers}
    for _ in range(n_resamples):
        kept = np.sort(generator.permutation(len(matrix))[:n_kept])
        part = link(squareform(matrix[np.ix_(kept, kept)], checks=False), method=method)
        for number in numbers:
            agreement[number].append(adjusted_rand_score(whole[number][kept], _cut(part, number)))
    rows = [
        {
            "n_groups": number,
            "silhouette": _silhouette(matrix, whole[number]),
            "stability": float(np.mean(agreement[number])),
            "stability_spread": float(np.std(agreement[number])),
        }
        for number in numbers
    ]
    return pd.DataFrame(rows)


def _silhouette(matrix: Array, labels: NDArray[np.intp]) -> float:
    n_found = len(np.unique(labels))
    if not 2 <= n_found < len(labels):
        return float("nan")  # ties: the tree cannot be cut into so many
    return float(silhouette_score(matrix, labels, metric="precomputed"))


def _suggest(scores: pd.DataFrame) -> int:
    table = scores[["n_groups", "silhouette", "stability"]].to_numpy(dtype=np.float64)
    good = table[(table[:, 2] >= STABLE) & (table[:, 1] > STRUCTURE)]
    return int(good[good[:, 1].argmax(), 0]) if len(good) else 1


def _medoids(matrix: Array, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return np.array([rows[matrix[np.ix_(rows, rows)].sum(axis=1).argmin()] for rows in members], dtype=np.intp)


def _remoteness(matrix: Array) -> Array:
    n_nearest = min(_N_NEIGHBORS, len(matrix) - 1)
    mean = np.sort(matrix, axis=1)[:, 1 : n_nearest + 1].mean(axis=1)
    if not mean.any():
        return np.zeros(len(matrix))
    # Distances are skewed, their logarithms hardly; samples that lie on others do not count as infinitely close.
    size = np.log10(np.maximum(mean, 1e-3 * np.median(mean[mean > 0])))
    deviation = np.abs(size - np.median(size))
    spread = float(np.median(deviation))
    # Half of the samples at one distance: the mean deviation, at the size that it has for normal numbers, stands in.
    spread = spread if spread > 0 else float(deviation.mean()) * 0.6745 / 0.7979
    return np.asarray(0.6745 * (size - np.median(size)) / spread) if spread > 0 else np.zeros(len(matrix))
