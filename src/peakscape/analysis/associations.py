"""What the axes, the plane and the clusters of a map have to do with known quantities, tested by permutations."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.association_targets import ClusterTarget, PlaceTarget
from peakscape.analysis.coordinates import check_coordinates
from peakscape.analysis.group_permutations import adjust_p_values, permutation_p_value, permute_groups
from peakscape.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
LEAST_SAMPLES = 5
"""With fewer nothing is measured."""


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
    """Return a column as numbers, which of them are known, and whether it is numeric; classes are numbered.

    Parameters
    ----------
    name
        Of the column, for messages.
    column
        Shape (n_samples,): numbers, or classes (text, bool or other objects); NaN and None are missing.
    n_samples
        How many there must be.

    Returns
    -------
    values : ndarray of shape (n_samples,)
        Missing ones are 0.
    known : ndarray of bool, shape (n_samples,)
    numeric : bool

    Raises
    ------
    InputError
        If there are more or fewer, or a number is infinite.

    Examples
    --------
    >>> check_quantity("phase", ["h", None, "c"], 3)
    (array([1., 0., 0.]), array([ True, False,  True]), False)
    """
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
    """Return labels as an array, text and missing values side by side kept as they are.

    Examples
    --------
    >>> one_each("site", ["near", None], 2)
    array(['near', None], dtype=object)
    """
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
