"""Naming the spectra of a library with their repeats left out: by every map, by the spectra alone, by similarity."""

from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from peakscape.analysis.comparison import whole_set_scores, with_seed
from peakscape.analysis.validation.class_accuracy import (
    Namer,
    Similarity,
    frequency_namer,
    map_namer,
    neighbor_namer,
    similarity_namer,
)
from peakscape.analysis.validation.splits import group_folds
from peakscape.errors import MissingExtra
from peakscape.studies.evaluation import Report
from peakscape.studies.library_parts import Library, Texts, number_or_none, unfitted_maps

FOLDS = 30
"""Up to so many groups each is left out on its own; of more, in this many folds of whole groups."""
N_NEIGHBORS = 10
RAW = "raw_neighbor"
METHOD_NAMES = {
    "pca": "PCA",
    "mds": "MDS",
    "tsne": "t-SNE",
    "umap": "UMAP",
    "autoencoder": "autoencoder",
    "shift": "shift map",
    "lda": "LDA (taught)",
    "kda": "KDA (taught)",
    RAW: "nearest spectrum",
    "pearson": "similarity, Pearson",
    "cosine": "similarity, cosine",
    "euclid": "similarity, Euclid",
    "most_frequent": "most frequent class",
}


def name_left_out(
    library: Library, report: Report = lambda line: None
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Leave out each group of repeats, and name its scans by every map and by what needs no map.

    The rule is that of `analysis.compare_maps`: a map is fitted anew to the rest, the scans are placed on it and take
    the class of the nearest point. Here each answer is kept.

    Returns
    -------
    summary : dict
        ``maps.<name>``, ``raw_neighbor``, ``similarity_baseline.<measure>``, ``most_frequent``, ``maps_missing``.
    table : DataFrame
        One row a method.
    answers : DataFrame
        One row a scan: ``name``, the label, ``group``, ``counted``, and the answer of each method (of the first seed).
    """
    values, labels = library.intensity, {library.label: library.classes}
    n_groups = len(np.unique(library.groups))
    folds = list(group_folds(library.groups, n_folds=None if n_groups <= FOLDS else FOLDS, random_state=0))
    told = partial(answers_of, label=library.label, values=values, folds=folds)
    seeds = [library.settings.seed + k for k in range(library.settings.n_seeds)]
    rows: dict[str, dict[str, float]] = {}
    answers: dict[str, Texts] = {}
    missing: dict[str, str] = {}
    for name, space in unfitted_maps(library).items():
        report(f"naming by {name}")
        try:
            whole, different = whole_set_scores(
                space, values, labels, seeds=seeds, n_neighbors=N_NEIGHBORS, taught=library.label
            )
        except MissingExtra as error:
            missing[name] = str(error)
            continue
        runs = [
            told(map_namer(partial(with_seed, space, seed), values, labels, taught=library.label)) for seed in different
        ]
        answers[name] = runs[0]
        rows[name] = _score(library, runs) | whole
    report("naming without a map")
    for name, namer in _plain_namers(library).items():
        answers[name] = told(namer)
        rows[name] = _score(library, [answers[name]])
    single = list(group_folds(np.arange(len(values)), n_folds=None, random_state=0))
    kind = answers_of(neighbor_namer(values, labels), label=library.label, values=values, folds=single)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method").reset_index()
    told_scans = pd.DataFrame({"name": library.names, library.label: library.classes, "group": library.groups})
    told_scans = told_scans.assign(counted=library.nameable, **answers)
    summary = _summary(table, missing)
    summary[RAW]["accuracy_single_scans"] = float((kind == library.classes).mean())
    return summary, table, told_scans


def answers_of(
    namer: Namer, *, label: str, values: NDArray[np.float64], folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]]
) -> Texts:
    """Return the class that a namer gives to each sample when its fold is left out, shape (n_samples,)."""
    found = np.empty(len(values), dtype=object)
    for train, test in folds:
        found[test] = namer(train, [values[test]])[0][label]
    return found.astype(str)


def wilson(n_right: int, n_counted: int, level: float) -> tuple[float, float]:
    """Return the interval of a share by E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209, DOI 10.2307/2276774.

    Examples
    --------
    >>> tuple(round(end, 3) for end in wilson(9, 10, 0.95))
    (0.596, 0.982)
    """
    if not n_counted:
        return float("nan"), float("nan")
    found = binomtest(n_right, n_counted).proportion_ci(confidence_level=level, method="wilson")
    return float(found.low), float(found.high)


def best_map(table: pd.DataFrame, tried: list[str]) -> str:
    """Return the map that names most scans rightly, the simplest of equals."""
    rows = table.set_index("method")["accuracy"]
    return max((name for name in tried if name in rows.index), key=lambda name: round(float(rows[name]), 9))


def verdict(table: pd.DataFrame, best: str) -> str:
    """Say plainly whether the best map names more scans rightly than the nearest spectrum does."""
    rows = table.set_index("method")["accuracy"]
    ours, plain, name = float(rows[best]), float(rows[RAW]), METHOD_NAMES[best]
    if ours > plain + 1e-9:
        return f"The best map, {name}, names {ours:.3f} rightly, the nearest spectrum {plain:.3f}."
    if ours > plain - 1e-9:
        return f"No map names more than the nearest spectrum does ({plain:.3f}); {name} names as many."
    return f"Every map loses to the nearest spectrum: {plain:.3f} against {ours:.3f} of the best, {name}."


def _plain_namers(library: Library) -> dict[str, Namer]:
    values, labels = library.intensity, {library.label: library.classes}
    none = np.zeros(len(values), dtype=bool)
    return {
        RAW: neighbor_namer(values, labels),
        **{measure: similarity_namer(measure, values, labels, none) for measure in get_args(Similarity)},
        "most_frequent": frequency_namer(labels),
    }


def _score(library: Library, runs: list[Texts]) -> dict[str, float]:
    """Shares of scans and of groups that are named rightly, with intervals; a group is where most of its scans are."""
    counted, level = library.nameable, library.settings.level
    right = np.array([(answers == library.classes)[counted] for answers in runs])
    groups = library.groups[counted]
    by_group = np.array([right[:, groups == group].mean(axis=1) > 0.5 for group in np.unique(groups)])
    low, high = wilson(round(float(right.sum(axis=1).mean())), right.shape[1], level)
    low_group, high_group = wilson(round(float(by_group.sum(axis=0).mean())), len(by_group), level)
    return {
        "accuracy": float(right.mean()),
        "accuracy_spread": float(right.mean(axis=1).std()),
        "n_right": float(right.sum(axis=1).mean()),
        "n_counted": right.shape[1],
        "lower": low,
        "upper": high,
        "group_accuracy": float(by_group.mean()),
        "groups_right": float(by_group.sum(axis=0).mean()),
        "groups_counted": len(by_group),
        "group_lower": low_group,
        "group_upper": high_group,
    }


def _summary(table: pd.DataFrame, missing: dict[str, str]) -> dict[str, Any]:
    rows = {
        str(row.pop("method")): {str(key): number_or_none(value) for key, value in row.items() if value == value}
        for row in table.to_dict("records")
    }
    similar = get_args(Similarity)
    plain = (RAW, "most_frequent", *similar)
    return {
        "maps": {name: row for name, row in rows.items() if name not in plain},
        "maps_missing": missing,
        RAW: rows[RAW],
        "similarity_baseline": {name: rows[name] for name in similar},
        "most_frequent": rows["most_frequent"],
    }
