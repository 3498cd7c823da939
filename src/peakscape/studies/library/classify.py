"""Classifying the spectra of a library with their repeats left out: by every map, by the spectra, by similarity."""

from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student_t

from peakscape import maps
from peakscape.analysis.comparison import whole_set_scores, with_seed
from peakscape.analysis.novelty.farness import leave_classes_out
from peakscape.analysis.validation.class_accuracy import (
    Namer,
    Similarity,
    answers_left_out,
    frequency_namer,
    map_namer,
    neighbor_namer,
    score_answers,
    similarity_namer,
)
from peakscape.analysis.validation.splits import group_folds, number_groups
from peakscape.errors import MissingExtra, PeakscapeWarning
from peakscape.feature_space.known import known_of
from peakscape.feature_space.near_edge import aligned, aligned_distances, aligned_namer
from peakscape.feature_space.readouts.left_out_maps import LeftOutMaps
from peakscape.feature_space.readouts.novelty import Judge, fit_novelty
from peakscape.studies.library.compute import Library, Texts, unfitted_maps
from peakscape.studies.runner import Report, number_or_none, quiet, records, side_by_side

N_FOLDS = 10
"""Folds in which novelty is learned from patterns."""
FOLDS = 30
"""Up to so many groups each is left out on its own; of more, in this many folds of whole groups."""
N_NEIGHBORS = 10
RAW = "raw_neighbor"


def name_left_out(
    library: Library, report: Report = lambda line: None
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Leave out each group of repeats, and classify its scans by every map and by what needs no map.

    The rule is that of `analysis.compare_maps`: a map is fitted anew to the rest, the scans are placed on it and take
    the class of the nearest point. Here each answer is kept.

    Returns
    -------
    summary : dict
        ``maps.<name>``, ``raw_neighbor``, ``similarity_baseline.<measure>``, ``most_frequent``, ``maps_missing``.
    table, answers : DataFrame
        One row a method; one row a scan: ``name``, the label, ``group``, ``counted``, and the answer of each method (of
        the first seed).
    fitted : dict
        The maps of the first seed, fitted to all spectra.
    """
    values, labels = library.intensity, {library.label: library.classes}
    order = ("umap", "tsne", "autoencoder", "mds", "kda", "shift", "lda", "pca")  # the longest first
    asked = unfitted_maps(library)
    first = [*(name for name in asked if name not in order), *(name for name in order if name in asked)]
    tasks = {name: partial(_try_map, library, asked[name]) for name in first}
    done = side_by_side(tasks, expected=PeakscapeWarning, report=report)
    missing = {name: done[name]["missing"] for name in asked if "missing" in done[name]}
    tried = {name: done[name] for name in asked if name not in missing}
    rows = {name: found["scores"] for name, found in tried.items()}
    answers: dict[str, Texts] = {name: found["answers"] for name, found in tried.items()}
    report("classifying without a map")
    for name, namer in _plain_namers(library).items():
        answers[name] = answers_left_out(namer, values, labels, _folds(library))[library.label]
        rows[name] = _score(library, [answers[name]])
    single = list(group_folds(np.arange(len(values)), n_folds=None, random_state=0))
    namer = _aligned(library, neighbor_namer(values, labels))
    kind = answers_left_out(namer, values, labels, single)[library.label]
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method").reset_index()
    told_scans = pd.DataFrame({"name": library.names, library.label: library.classes, "group": library.groups})
    told_scans = told_scans.assign(counted=library.nameable, **answers)
    summary = _summary(table, missing)
    summary[RAW]["accuracy_single_scans"] = float((kind == library.classes).mean())
    return summary, table, told_scans, {name: found["fitted"] for name, found in tried.items()}


def _try_map(library: Library, space: Any) -> dict[str, Any]:
    """Classify by one map with every seed; ``missing`` where it cannot be made here."""
    values, labels = library.intensity, {library.label: library.classes}
    fitted: list[Any] = []
    seeds = [library.settings.seed + k for k in range(library.settings.n_seeds)]
    try:
        whole, different = whole_set_scores(
            space, values, labels, seeds=seeds, n_neighbors=N_NEIGHBORS, taught=library.label, fitted_maps=fitted
        )
    except MissingExtra as error:
        return {"missing": str(error)}
    namers = [
        _aligned(library, map_namer(partial(with_seed, space, seed), values, labels, taught=library.label))
        for seed in different
    ]
    runs = [answers_left_out(namer, values, labels, _folds(library))[library.label] for namer in namers]
    return {"scores": _score(library, runs) | whole, "answers": runs[0], "fitted": fitted[0]}


def _folds(library: Library) -> list[Any]:
    """Divide the samples into folds of whole groups."""
    n_groups = len(np.unique(library.groups))
    return list(group_folds(library.groups, n_folds=None if n_groups <= FOLDS else FOLDS, random_state=0))


def _score(library: Library, runs: list[Texts]) -> dict[str, float]:
    """Score answers at the level of the study."""
    return score_answers(runs, library.classes, library.groups, level=library.settings.level)


def best_map(table: pd.DataFrame, tried: list[str]) -> str:
    """Return the most accurate map, the simplest of equals."""
    rows = table.set_index("method")["accuracy"]
    return max((name for name in tried if name in rows.index), key=lambda name: round(float(rows[name]), 9))


def lead(answers: pd.DataFrame, label: str, table: pd.DataFrame, best: str, *, level: float) -> dict[str, Any]:
    """Compare the best map with the best of what needs no map on the same scans.

    Parameters
    ----------
    answers, table
        Of `name_left_out`.
    label
        What is classified.
    best
        Of `best_map`.
    level
        Share that the interval should cover.

    Returns
    -------
    dict
        ``plain``, the best without a map; ``difference`` of the shares classified correctly, the map's less that; the
        ends ``lower`` and ``upper`` of its interval by Student's t over groups, for scans of one group err together.

    Examples
    --------
    >>> told = pd.DataFrame({"x": list("aabb"), "group": [1, 2, 3, 4], "counted": True})
    >>> told = told.assign(pca=list("aabb"), raw_neighbor=list("abbb"))
    >>> accuracies = pd.DataFrame({"method": ["pca", "raw_neighbor"], "accuracy": [1.0, 0.75]})
    >>> found = lead(told, "x", accuracies, "pca", level=0.9)
    >>> found["plain"], found["difference"], round(found["lower"], 2), round(found["upper"], 2)
    ('raw_neighbor', 0.25, -0.34, 0.84)
    """
    plain = best_map(table, [RAW, *get_args(Similarity)])
    counted = answers[answers["counted"]]
    right = counted[[best, plain]].eq(counted[label], axis=0).astype(float)
    ahead = right[best] - right[plain]
    mean, groups = float(ahead.mean()), counted["group"].nunique()
    spread = float("nan")
    if groups > 1:
        by_group = (ahead - mean).groupby(counted["group"]).sum()
        error = np.sqrt((by_group**2).sum() * groups / (groups - 1)) / len(ahead)
        spread = float(error * student_t.ppf(0.5 + level / 2.0, groups - 1))
    return {
        "plain": plain,
        "difference": mean,
        "lower": number_or_none(mean - spread),
        "upper": number_or_none(mean + spread),
    }


def _plain_namers(library: Library) -> dict[str, Namer]:
    values, labels = library.intensity, {library.label: library.classes}
    none = np.zeros(len(values), dtype=bool)
    namers = {
        RAW: neighbor_namer(values, labels),
        **{measure: similarity_namer(measure, values, labels, none) for measure in get_args(Similarity)},
    }
    aligned = {name: _aligned(library, namer) for name, namer in namers.items()}
    return aligned | {"most_frequent": frequency_namer(labels)}


def _aligned(library: Library, namer: Namer) -> Namer:
    """The same with spectra that are left out aligned first."""
    return aligned_namer(namer, library.intensity, library.axis, library.search)


def _summary(table: pd.DataFrame, missing: dict[str, str]) -> dict[str, Any]:
    rows = {
        str(row.pop("method")): {str(key): number_or_none(value) for key, value in row.items() if value == value}
        for row in records(table)
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


def unlike(library: Library) -> tuple[dict[str, Any], pd.DataFrame]:
    """Leave out each class whole, and ask whether its scans are told from scans of known classes.

    Returns
    -------
    summary : dict
        ``auroc`` of the distance to the nearest spectrum, scans of a class left out against scans of a known class
        with their group left out; ``called`` of ``n_scans``; ``called_by_novelty``; ``false_alarms`` of ``n_groups``,
        known groups that the others would call unlike.
    table : DataFrame
        One row a class.
    """
    distances = aligned_distances(library.intensity, library.axis, library.search)
    found = leave_classes_out(distances, library.groups, library.classes)
    table = found.table
    if len(table):
        novel = [_called_foreign(library, library.classes == kind) for kind in table["class"]]
        titles = {
            "class": library.label, "n_samples": "scans", "n_unlike": "called unlike", "distance": "distance",
            "known_median": "known, median", "known_largest": "known, largest", "nearest": "nearest is",
        }  # fmt: skip
        table = table.rename(columns=titles)[list(titles.values())].assign(**{"called by novelty": novel})
    counts = {"called": "called unlike", "n_scans": "scans", "called_by_novelty": "called by novelty"}
    return {
        "auroc": number_or_none(found.auroc),
        **{name: int(table[column].sum()) if len(table) else 0 for name, column in counts.items()},
        "false_alarms": found.n_alarms,
        "n_groups": found.n_groups,
        "classes": records(table),
    }, table


def new_judge(library: Library, keep: NDArray[np.bool_], space: Any) -> Judge | None:
    """Fit what judges novelty where `peakscape place` asks, to the samples kept, groups left out together.

    `space` is a map fitted to them, which patterns are judged by; None where too few are kept.
    """
    dataset = known_of(library.dataset.isel(sample=np.flatnonzero(keep)))
    maps_left_out = LeftOutMaps(space, np.asarray(dataset["intensity"].values), library.classes[keep])
    groups = number_groups(library.groups[keep])
    with quiet(PeakscapeWarning):
        return fit_novelty(dataset, maps_left_out, groups, n_folds=N_FOLDS, classes=library.classes[keep])[0]


def _called_foreign(library: Library, out: NDArray[np.bool_]) -> int:
    """Count the scans of a class left out whole that are called foreign, by the rule of `peakscape place`."""
    kept = known_of(library.dataset.isel(sample=np.flatnonzero(~out)))["intensity"].values
    judge = new_judge(library, ~out, maps.PCA().fit(kept))
    rows = aligned(library.intensity[out], kept, library.axis, library.search)
    return 0 if judge is None else int(judge.judge(rows).foreign.sum())
