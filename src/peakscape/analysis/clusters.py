"""Groups of samples from their distances, how firm they are, and names from what their members share."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as link
from scipy.spatial.distance import squareform
from scipy.stats import hypergeom, mannwhitneyu, rankdata
from sklearn.cluster import HDBSCAN
from sklearn.metrics import adjusted_rand_score, silhouette_score

from peakscape.analysis.associations import (
    adjust_p_values,
    check_quantity,
    one_each,
    permutation_p_value,
    permute_groups,
)
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
LEAST_SIZE = 5
SHARE_OF_SAMPLES = 0.05
"""Of the samples that a group has at least, by default (package choice: docs/decisions.md)."""
Given = NDArray[np.object_]
NOTHING = "nothing shared"
_COLUMNS = [
    "cluster", "quantity", "kind", "value", "n_with", "n_inside", "inside", "n_with_outside", "n_outside", "outside",
    "p", "adjusted",
]  # fmt: skip


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
    """Return distances as a symmetric finite matrix of four samples or more with a zero diagonal, else InputError."""
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


def dense_groups(distances: ArrayLike, *, min_size: int | None = None) -> NDArray[np.intp]:
    """Group samples where they lie dense, and leave the others out; numbers from 0, -1 for samples in no group.

    HDBSCAN: R. J. G. B. Campello, D. Moulavi, J. Sander, PAKDD 2013, DOI 10.1007/978-3-642-37456-2_14, as scikit-learn
    has it. For maps on which a few large parts lie far from one another and are divided in themselves, or single
    samples stray: there `group_samples` gives the large parts, or the strays as groups. It tells no stability. A group
    has `min_size` samples at least; None: a twentieth of all, five at least.

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


@dataclass(frozen=True)
class ClusterDescriptions:
    """What the members of each cluster share.

    Attributes
    ----------
    names : dict
        By cluster a short name of the values that half of its members or more share, such as "h-BN"; "nothing shared"
        where there are none. Clusters of the same name are numbered.
    words : dict
        By cluster a sentence, such as "14 of 15 have phase h-BN (3 of 30 elsewhere); pi_height high (median 2.1, 0.2
        elsewhere)".
    table : pandas.DataFrame
        One row for each cluster and quantity, the most telling first: ``cluster``, ``quantity``, ``kind`` ("classes" or
        "numeric"), ``value`` (the class that is over-represented the least likely by chance; "high" or "low"),
        ``n_with`` of ``n_inside`` members that have it and their share ``inside``, the same elsewhere
        (``n_with_outside``, ``n_outside``, ``outside``); for numeric quantities ``inside`` and ``outside`` are medians
        and ``n_with`` counts members beyond the median of the others. ``p``, and ``adjusted`` for all clusters,
        quantities and classes (`adjust_p_values`).
    """

    names: dict[object, str]
    words: dict[object, str]
    table: pd.DataFrame


def describe_clusters(
    clusters: ArrayLike,
    quantities: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    groups: ArrayLike | None = None,
    level: float = 0.05,
    least_share: float = 0.5,
    n_permutations: int = 999,
    random_state: int | None = 0,
) -> ClusterDescriptions:
    """Name clusters by the classes and quantities in which their members differ from all other samples.

    Without groups the p-value of a class is the upper tail of the hypergeometric distribution (Fisher's exact test),
    that of a numeric quantity is Mann and Whitney's, two-sided. With groups both come from permutations that exchange
    whole groups (`permute_groups`): six variants of one structure in one cluster prove little.

    Parameters
    ----------
    clusters
        Labels of shape (n_samples,), such as those of `group_samples` or `dense_groups`; the number -1 stands for no
        cluster: such samples count as elsewhere.
    quantities
        Columns of shape (n_samples,): classes (text or bool) or numbers; missing values (NaN, None) are left out.
    groups
        Which samples are not independent of one another, shape (n_samples,); None: all are.
    level
        Largest corrected p-value of what is called shared.
    least_share
        Least share of the members that must have a class.
    n_permutations
        Permutations, where there are groups.
    random_state
        Seed.

    Returns
    -------
    ClusterDescriptions

    Raises
    ------
    InputError
        If shapes do not fit, values are infinite or an option is out of range.

    Examples
    --------
    >>> phase = ["h-BN"] * 10 + ["c-BN"] * 12
    >>> found = describe_clusters([0] * 11 + [1] * 11, {"phase": phase})
    >>> found.names
    {0: 'h-BN', 1: 'c-BN'}
    >>> found.words[0]
    '10 of 11 have phase h-BN (0 of 11 elsewhere)'
    """
    if not (0 < level < 1 and 0 <= least_share <= 1):
        raise InputError(f"expected a level and a share between 0 and 1, got {level} and {least_share}")
    labels = one_each("clusters", clusters, np.size(np.asarray(clusters, dtype=object)))
    blocks = None if groups is None else one_each("groups", groups, len(labels))
    numbers = [label for label in pd.unique(pd.Series(labels)).tolist() if label != -1]
    rows: list[dict[str, object]] = []
    for name, column in quantities.items():
        values, known, numeric = check_quantity(str(name), column, len(labels))
        given = np.asarray(pd.Series(one_each(str(name), column, len(labels))), dtype=object)
        permuted = None
        if blocks is not None and known.any():
            permuted = permute_groups(blocks[known], n_permutations=n_permutations, random_state=random_state)
        for cluster in numbers:
            inside = (labels == cluster)[known]
            if not 0 < inside.sum() < len(inside):
                continue
            measure = _numeric if numeric else _classes
            found = measure(values[known], given[known], inside, permuted)
            rows += [{"cluster": cluster, "quantity": str(name)} | row for row in found]
    table = _most_telling(pd.DataFrame(rows, columns=_COLUMNS))
    names, words = {}, {}
    for cluster in numbers:
        shared = _shared(table[table["cluster"] == cluster], level, least_share)
        names[cluster] = _short_name(shared)
        words[cluster] = "; ".join(_words(row) for row in shared.to_dict("records")) or NOTHING
    return ClusterDescriptions(names=_numbered(names), words=words, table=table)


def _classes(
    values: NDArray[np.float64], given: Given, inside: NDArray[np.bool_], permuted: NDArray[np.intp] | None
) -> list[dict[str, object]]:
    """One row for each class that occurs inside."""
    n_inside, n_outside = int(inside.sum()), int((~inside).sum())
    rows: list[dict[str, object]] = []
    for number in np.unique(values[inside]):
        has = values == number
        n_with = int(has[inside].sum())
        n_else = int(has.sum()) - n_with
        if permuted is None:
            p = float(hypergeom.sf(n_with - 1, len(has), int(has.sum()), n_inside))
        else:
            # The share among samples, because permutations of unequal groups change how many there are.
            drawn = has[permuted]
            count = drawn[:, inside].sum(axis=1)
            excess = count / n_inside - (drawn.sum(axis=1) - count) / n_outside
            p = permutation_p_value(n_with / n_inside - n_else / n_outside, excess)
        shares = {"n_with": n_with, "n_inside": n_inside, "inside": n_with / n_inside}
        others = {"n_with_outside": n_else, "n_outside": n_outside, "outside": n_else / n_outside}
        rows.append({"kind": "classes", "value": given[has][0]} | shares | others | {"p": p})
    return rows


def _numeric(
    values: NDArray[np.float64], given: Given, inside: NDArray[np.bool_], permuted: NDArray[np.intp] | None
) -> list[dict[str, object]]:
    """One row: whether the ranks are higher inside."""
    own, others = values[inside], values[~inside]
    difference = _rank_difference(values[np.newaxis], inside)
    high = difference[0] > 0
    if permuted is None:
        p = float(mannwhitneyu(own, others).pvalue)
    else:
        p = permutation_p_value(abs(difference[0]), np.abs(_rank_difference(values[permuted], inside)))
    limit = float(np.median(others))
    beyond = values > limit if high else values < limit
    row: dict[str, object] = {"kind": "numeric", "value": "high" if high else "low"}
    row |= {"n_with": int(beyond[inside].sum()), "n_inside": len(own), "inside": float(np.median(own))}
    row |= {"n_with_outside": int(beyond[~inside].sum()), "n_outside": len(others), "outside": limit, "p": p}
    return [row]


def _rank_difference(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    ranks = rankdata(values, axis=1)
    return np.asarray(ranks[:, inside].mean(axis=1) - ranks[:, ~inside].mean(axis=1))


def _most_telling(table: pd.DataFrame) -> pd.DataFrame:
    """Correct all p-values, keep the least likely class of each cluster and quantity, the most telling rows first."""
    table = table.assign(adjusted=adjust_p_values(table["p"].to_numpy(dtype=np.float64)))
    excess = (table["inside"] - table["outside"]).where(table["kind"] == "classes", 0.0)
    order = {cluster: i for i, cluster in enumerate(pd.unique(table["cluster"]))}
    table = table.assign(order=table["cluster"].map(order), excess=-excess.astype(float))
    table = table.sort_values(["order", "p", "excess"], kind="stable")
    return table.drop_duplicates(["cluster", "quantity"])[_COLUMNS].reset_index(drop=True)


def _shared(rows: pd.DataFrame, level: float, least_share: float) -> pd.DataFrame:
    common = (rows["inside"] >= least_share) & (rows["inside"] > rows["outside"])
    return rows[(rows["adjusted"] <= level) & (common | (rows["kind"] == "numeric"))]


def _words(row: Mapping[Hashable, Any]) -> str:
    if row["kind"] == "numeric":
        return f"{row['quantity']} {row['value']} (median {row['inside']:.3g}, {row['outside']:.3g} elsewhere)"
    value, quantity = row["value"], row["quantity"]
    flag = isinstance(value, bool | np.bool_)
    what = f"are {'' if value else 'not '}{quantity}" if flag else f"have {quantity} {value}"
    count = f"{row['n_with']} of {row['n_inside']}"
    return f"{count} {what} ({row['n_with_outside']} of {row['n_outside']} elsewhere)"


def _short_name(shared: pd.DataFrame) -> str:
    parts = []
    for row in shared.to_dict("records"):
        value = row["value"]
        if isinstance(value, bool | np.bool_):
            value = row["quantity"] if value else f"not {row['quantity']}"
        elif row["kind"] == "numeric":
            value = f"{row['quantity']} {value}"
        parts.append((row["kind"] == "numeric", str(value)))
    classes = [part for numeric, part in parts if not numeric]
    return ", ".join(classes or [part for _, part in parts][:1]) or NOTHING


def _numbered(names: dict[object, str]) -> dict[object, str]:
    """Names with numbers where several clusters have the same one."""
    seen: dict[str, int] = {}
    result: dict[object, str] = {}
    repeated = {name for name in names.values() if list(names.values()).count(name) > 1 and name != NOTHING}
    for cluster, name in names.items():
        seen[name] = seen.get(name, 0) + 1
        result[cluster] = f"{name} ({seen[name]})" if name in repeated else name
    return result


def class_medoids(spectra: ArrayLike, classes: ArrayLike) -> NDArray[np.intp]:
    """Find of each class, in sorted order, the sample that is nearest to all others of it."""
    rows, kinds = np.asarray(spectra, dtype=np.float64), np.asarray(classes)
    members = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    apart = [np.linalg.norm(rows[own][:, np.newaxis] - rows[own], axis=2).sum(axis=1) for own in members]
    return np.array([own[sums.argmin()] for own, sums in zip(members, apart, strict=True)], dtype=np.intp)


def cluster_agreement(clusters: ArrayLike, classes: ArrayLike) -> float:
    """Return the adjusted Rand index of clusters and classes, without samples in no cluster (-1); NaN where all are."""
    labels, kinds = np.asarray(clusters), np.asarray(classes)
    inside = labels != -1
    return float(adjusted_rand_score(kinds[inside], labels[inside])) if inside.any() else float("nan")
