"""Clusters named by what their members share."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom, mannwhitneyu, rankdata

from peakscape.analysis.associations import check_quantity, one_each
from peakscape.analysis.group_permutations import adjust_p_values, permutation_p_value, permute_groups
from peakscape.errors import InputError

Given = NDArray[np.object_]
NOTHING = "nothing shared"
_COLUMNS = [
    "cluster", "quantity", "kind", "value", "n_with", "n_inside", "inside", "n_with_outside", "n_outside", "outside",
    "p", "adjusted",
]  # fmt: skip


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
