"""What the axes, the plane and the clusters of a map have to do with known quantities, tested by permutations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.special import digamma, entr
from scipy.stats import false_discovery_control, rankdata

from peakscape.analysis.inputs import check_coordinates
from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
LEAST_SAMPLES = 5
"""With fewer nothing is measured."""
Classes = NDArray[np.intp]
SAMPLES_A_LEVEL = 20
"""Samples for each level into which a numeric quantity is divided: six times the three neighbours that are counted."""
MOST_LEVELS = 10
_COMPARED_AT_ONCE = 2**21  # pairs of samples, so that they stay in the cache


@dataclass(frozen=True)
class PlaceTarget:
    """One axis of a map, or both: coordinates of shape (n_samples, 1) or (n_samples, 2)."""

    coordinates: Array

    def select(self, kept: NDArray[np.bool_]) -> "PlaceTarget":
        """Return these samples alone."""
        return PlaceTarget(self.coordinates[kept])

    def is_constant(self) -> bool:
        """Tell whether all samples lie at one place."""
        return not len(self.coordinates) or not np.ptp(self.coordinates, axis=0).any()

    def correlations(self, values: Array, *, numeric: bool) -> Array:
        """Correlate rows of values (n_permutations, n_samples): Spearman, multiple or canonical.

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
    """Clusters: numbers from 0 of shape (n_samples,)."""

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


def associate(
    coordinates: ArrayLike,
    quantities: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    clusters: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    n_permutations: int = 999,
    n_neighbors: int = 3,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Measure and test what quantities and classes have to do with each axis, the plane and the clusters of a map.

    ``correlation``: Spearman's, with its sign, between an axis and a numeric quantity; with the plane, which a map may
    be turned in, the multiple correlation of the quantity's ranks with both coordinates; of classes the largest
    canonical correlation (for an axis by its ranks: the root of H / (n - 1), H of Kruskal and Wallis); of clusters and
    classes Cramer's V. ``mutual_information`` in nats: with coordinates the k-nearest-neighbour estimator of B. C.
    Ross, PLOS ONE 9 (2014) e87357, DOI 10.1371/journal.pone.0087357; with clusters from counts, less the bias
    (r - 1)(c - 1) / 2n of G. A. Miller (1955). A numeric quantity is divided at quantiles first, into a level for every
    20 samples, two to ten: its information is a lower bound, the logarithm of the number of levels at most.

    The permutations exchange whole groups (`permute_groups`), and the statistic is computed anew from each.

    Parameters
    ----------
    coordinates
        Points of a map, shape (n_samples, 2), or (n_members, n_samples, 2), of which the median over members is taken.
    quantities
        Columns of shape (n_samples,): numbers, or classes (text or bool). Missing values (NaN, None) are left out.
    clusters
        Labels of shape (n_samples,), such as those of `group_samples`; the number -1 stands for no cluster.
    groups
        Which samples are not independent of one another, such as variants of one structure, shape (n_samples,); None:
        all are.
    n_permutations
        Permutations; the smallest p-value is 1 / (1 + n_permutations).
    n_neighbors
        Of the estimator of the mutual information.
    random_state
        Seed.

    Returns
    -------
    pandas.DataFrame
        One row for each quantity and ``target`` ("axis_0", "axis_1", "plane", "clusters"): ``quantity``, ``target``,
        ``kind`` ("numeric" or "classes"), ``correlation``, ``mutual_information``, ``p_correlation`` (two-sided),
        ``p_mutual_information``, the same corrected for their number in the whole table (`adjust_p_values`) as
        ``adjusted_correlation`` and ``adjusted_mutual_information``, ``n`` samples and ``n_groups``. NaN where a
        quantity or target has one value only or fewer than five samples.

    Raises
    ------
    InputError
        If shapes do not fit, or values are infinite.

    Examples
    --------
    >>> chance = np.random.default_rng(0)
    >>> points = chance.normal(size=(60, 2))
    >>> table = associate(points, {"height": points[:, 0] ** 3, "phase": np.where(points[:, 1] > 0, "c", "h")})
    >>> table.set_index(["quantity", "target"]).loc[("height", "axis_0"), ["correlation", "p_correlation"]].tolist()
    [1.0, 0.001]
    >>> table[table["adjusted_mutual_information"] < 0.01][["quantity", "target"]].values.tolist()
    [['height', 'axis_0'], ['height', 'plane'], ['phase', 'axis_1'], ['phase', 'plane']]
    """
    points = np.median(check_coordinates(coordinates), axis=0)
    columns = {str(name): check_quantity(str(name), column, len(points)) for name, column in quantities.items()}
    blocks = np.arange(len(points)) if groups is None else one_each("groups", groups, len(points))
    targets: dict[str, PlaceTarget | ClusterTarget] = {
        f"axis_{axis}": PlaceTarget(points[:, [axis]]) for axis in (0, 1)
    }
    targets["plane"] = PlaceTarget(points)
    inside = np.ones(len(points), dtype=bool)
    if clusters is not None:
        targets["clusters"], inside = _clusters(clusters, len(points))
    drawn: dict[bytes, Indices] = {}
    rows = []
    for name, (values, known, numeric) in columns.items():
        for place, target in targets.items():
            kept = known & inside if place == "clusters" else known
            if kept.any() and kept.tobytes() not in drawn:
                drawn[kept.tobytes()] = permute_groups(
                    blocks[kept], n_permutations=n_permutations, random_state=random_state
                )
            found = _test(values[kept], numeric, target.select(kept), drawn.get(kept.tobytes()), n_neighbors)
            row = {"quantity": name, "target": place, "kind": "numeric" if numeric else "classes"}
            rows.append(row | found | {"n": int(kept.sum()), "n_groups": len(np.unique(blocks[kept]))})
    return _with_adjusted(pd.DataFrame(rows))


def check_quantity(name: str, column: ArrayLike, n_samples: int) -> tuple[Array, NDArray[np.bool_], bool]:
    """Return a column as numbers (0 where missing), which are known, whether it is numeric; classes are numbered."""
    given = pd.Series(one_each(f"quantity {name!r}", column, n_samples)).infer_objects()
    known = given.notna().to_numpy(dtype=bool)
    numeric = bool(pd.api.types.is_numeric_dtype(given) and not pd.api.types.is_bool_dtype(given))
    values = np.zeros(n_samples)
    if numeric:
        values[known] = given[known].to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise InputError(f"quantity {name!r} holds infinite values; leave them out as NaN")
    else:
        values[known] = np.unique(given[known].to_numpy().astype(str), return_inverse=True)[1]
    return values, known, numeric


def one_each(name: str, given: ArrayLike, n_samples: int) -> NDArray[Any]:
    """Return labels as an array, text and missing values side by side kept as they are."""
    values: NDArray[Any] = np.asarray(given)
    if values.dtype.kind in "US" and not isinstance(given, np.ndarray):
        values = np.asarray(given, dtype=object)  # NaN beside text is missing, not the word "nan"
    if values.shape != (n_samples,):
        raise InputError(f"expected {name} of shape ({n_samples},), one for each sample, got {values.shape}")
    return values


def _clusters(clusters: ArrayLike, n_samples: int) -> tuple[ClusterTarget, NDArray[np.bool_]]:
    labels = one_each("clusters", clusters, n_samples)
    inside = labels != -1 if labels.dtype.kind in "if" else np.ones(n_samples, dtype=bool)
    return ClusterTarget(np.unique(labels.astype(str), return_inverse=True)[1].astype(np.intp)), inside


def _test(
    values: Array, numeric: bool, target: PlaceTarget | ClusterTarget, permuted: Indices | None, n_neighbors: int
) -> dict[str, float]:
    if permuted is None or len(values) < LEAST_SAMPLES or not np.ptp(values) or target.is_constant():
        names = ("correlation", "mutual_information", "p_correlation", "p_mutual_information")
        return dict.fromkeys(names, float("nan"))
    # The first row is what was measured; ranks and levels are taken anew in each permutation.
    rows = np.vstack([values[np.newaxis], values[permuted]])
    correlation = target.correlations(rows, numeric=numeric)
    information = target.information(rows, numeric=numeric, n_neighbors=n_neighbors)
    return {
        "correlation": float(correlation[0]),
        "mutual_information": max(float(information[0]), 0.0),
        "p_correlation": permutation_p_value(abs(correlation[0]), np.abs(correlation[1:])),
        "p_mutual_information": permutation_p_value(information[0], information[1:]),
    }


def _with_adjusted(table: pd.DataFrame) -> pd.DataFrame:
    both = adjust_p_values(table[["p_correlation", "p_mutual_information"]].to_numpy(dtype=np.float64))
    table.insert(7, "adjusted_correlation", both[:, 0])
    table.insert(8, "adjusted_mutual_information", both[:, 1])
    return table


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


def neighbor_information(points: ArrayLike, classes: ArrayLike, *, n_neighbors: int = 3) -> Array:
    """Estimate the mutual information of points and classes (n_permutations, n_samples) from neighbours, in nats.

    ``psi(n) + <psi(k)> - <psi(n_class)> - <psi(m)>``, m counting the points up to a point's k-th neighbour of its own
    class: B. C. Ross, PLOS ONE 9 (2014) e87357, DOI 10.1371/journal.pone.0087357, as scikit-learn's
    ``mutual_info_classif`` has it for one coordinate: a class of one sample is left out, a class of n has n - 1
    neighbours at most. Not cut at zero.
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
    """Estimate the mutual information of classes (n_permutations, n_samples) and clusters from their counts, in nats.

    Less the bias (r - 1)(c - 1) / 2n of G. A. Miller, Note on the bias of information estimates, in: Information Theory
    in Psychology, 1955. Not cut at zero.
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
    """Divide numbers into levels of about equal counts: one for every 20 samples, two at least and ten at most."""
    numbers = np.asarray(values, dtype=np.float64)
    n_samples = numbers.shape[1]
    n_levels = int(np.clip(n_samples // SAMPLES_A_LEVEL, 2, MOST_LEVELS))
    return np.asarray((rankdata(numbers, axis=1) - 0.5) * n_levels / n_samples, dtype=np.intp)


def permute_groups(groups: ArrayLike, *, n_permutations: int, random_state: int | None = 0) -> Indices:
    """Draw permutations of samples, (n_permutations, n_samples), in which whole groups stand in for one another.

    Samples of one group are not independent: what can be exchanged without changing anything, if nothing depends on
    anything, is a whole group (the whole-block exchange of A. M. Winkler et al., NeuroImage 123 (2015) 253,
    DOI 10.1016/j.neuroimage.2015.05.092). Each group takes the samples of a group drawn without replacement, in random
    order. Winkler's blocks are of one size; ours need not be, and that is our own rule: a larger group gives as many of
    its samples as are needed, a smaller one gives its samples several times. A value that is constant within groups is
    so in every permutation, and groups of one sample each give the plain permutations. Where values vary within groups
    of very different sizes the repeated ones make tests conservative, never too bold (measured: docs/decisions.md).
    """
    numbers = number_groups(groups)
    if n_permutations < 1 or not len(numbers):
        raise InputError(f"expected a sample and a permutation or more, got {len(numbers)} and {n_permutations}")
    generator = np.random.default_rng(random_state)
    sizes = np.bincount(numbers)
    starts = np.cumsum(sizes) - sizes
    giver = np.argsort(generator.random((n_permutations, len(sizes))), axis=1)[:, numbers]
    shuffled = np.argsort(numbers + generator.random((n_permutations, len(numbers))), axis=1)
    place = np.empty(len(numbers), dtype=np.intp)
    place[np.argsort(numbers, kind="stable")] = np.arange(len(numbers))
    place -= starts[numbers]
    return np.asarray(np.take_along_axis(shuffled, starts[giver] + place % sizes[giver], axis=1))


def permutation_p_value(measured: float, permuted: ArrayLike) -> float:
    """Return the share of permutations at least as extreme, the measured one counted in: (1 + k) / (1 + n).

    Never zero: B. Phipson, G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39, DOI 10.2202/1544-6115.1585.
    """
    others = np.asarray(permuted, dtype=np.float64)
    if not np.isfinite(measured):
        return float("nan")
    # Rounding: a permutation that changes nothing must count.
    as_extreme = ~(others < measured - 1e-10 * max(abs(measured), 1.0))
    return float((1 + as_extreme.sum()) / (1 + len(others)))


def adjust_p_values(p_values: ArrayLike) -> Array:
    """Correct p-values for their number so that a threshold bounds the expected share of false discoveries.

    Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289, DOI 10.1111/j.2517-6161.1995.tb02031.x; also where
    tests depend positively (Y. Benjamini, D. Yekutieli, Ann. Stat. 29 (2001) 1165, DOI 10.1214/aos/1013699998), as
    those of the axes and the plane of one map do. A bound on any false discovery (Holm) would multiply the smallest
    p-value, which permutations limit to 1 / (1 + n_permutations), by the number of tests. NaN stays NaN and counts for
    nothing.
    """
    values = np.array(p_values, dtype=np.float64)
    known = np.isfinite(values)
    if known.any():
        values[known] = false_discovery_control(values[known])
    return values
