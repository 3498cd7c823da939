"""Classify samples whose whole group was left out: by a map, by the spectra, by similarity to references."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from scipy.stats import binomtest
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Similarity = Literal["pearson", "cosine", "euclid"]
Namer = Callable[[Indices, list[Array]], list[dict[str, NDArray[Any]]]]
"""Takes the indices of the training samples and sets of new spectra; gives for each set the classes by label."""


def map_namer(
    make: Callable[[], Any], spectra: Array, labels: Mapping[str, NDArray[Any]], *, taught: str | None = None
) -> Namer:
    """Name by the nearest training sample on a map of the training samples; `make` gives an unfitted map.

    The label `taught` is given to its ``fit``, if any. Where the training samples have one class of it only, no
    supervised map can be fitted: the nearest spectrum gives the class.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra, labels = np.eye(4), {"kind": np.array(["a", "a", "b", "b"])}
    >>> name = map_namer(lambda: PCA(n_components=2), spectra, labels)
    >>> name(np.array([0, 1, 2]), [spectra[2:3]])
    [{'kind': array(['b'], dtype='<U1')}]
    """

    def name(train: Indices, sets: list[Array]) -> list[dict[str, NDArray[Any]]]:
        if taught is not None and len(np.unique(labels[taught][train])) < 2:
            return [_of_nearest(spectra[train], new, train, labels) for new in sets]
        space = make().fit(spectra[train], None if taught is None else labels[taught][train])
        known = np.asarray(space.transform(spectra[train]))
        return [_of_nearest(known, np.asarray(space.transform(new)), train, labels) for new in sets]

    return name


def neighbor_namer(spectra: Array, labels: Mapping[str, NDArray[Any]]) -> Namer:
    """Name by the nearest training spectrum, in Euclidean distance: no map at all.

    Examples
    --------
    >>> name = neighbor_namer(np.eye(3), {"kind": np.array(["a", "b", "b"])})
    >>> name(np.array([0, 1]), [np.array([[0.9, 0.1, 0.0]])])
    [{'kind': array(['a'], dtype='<U1')}]
    """

    def name(train: Indices, sets: list[Array]) -> list[dict[str, NDArray[Any]]]:
        return [_of_nearest(spectra[train], new, train, labels) for new in sets]

    return name


def classifier_namer(spectra: Array, labels: Mapping[str, NDArray[Any]]) -> Namer:
    """Classify by a support vector machine on the spectra for each label: what a map that shows all gives up.

    Scikit-learn's, with a radial kernel as wide as it takes by itself and C of 100, for spectra that are mostly right.

    Examples
    --------
    >>> name = classifier_namer(np.eye(3), {"kind": np.array(["a", "b", "b"])})
    >>> name(np.array([0, 1]), [np.array([[0.9, 0.1, 0.0]])])
    [{'kind': array(['a'], dtype='<U1')}]
    """

    def name(train: Indices, sets: list[Array]) -> list[dict[str, NDArray[Any]]]:
        found: list[dict[str, NDArray[Any]]] = [{} for _ in sets]
        for label, classes in labels.items():
            is_one = len(np.unique(classes[train])) == 1
            taught = (DummyClassifier() if is_one else SVC(C=100.0)).fit(spectra[train], classes[train])
            for answer, new in zip(found, sets, strict=True):
                answer[label] = taught.predict(new)
        return found

    return name


def similarity_namer(
    measure: Similarity, spectra: Array, labels: Mapping[str, NDArray[Any]], references: NDArray[np.bool_]
) -> Namer:
    """Name by the most similar reference spectrum of a class: what was done before maps.

    A class without a reference among the training samples is represented by the mean of its training spectra.

    Examples
    --------
    >>> labels = {"kind": np.array(["a", "b", "b"])}
    >>> name = similarity_namer("cosine", np.eye(3), labels, np.array([True, True, False]))
    >>> name(np.arange(3), [np.array([[0.0, 0.5, 0.1]])])
    [{'kind': array(['b'], dtype='<U1')}]
    """

    def name(train: Indices, sets: list[Array]) -> list[dict[str, NDArray[Any]]]:
        found: list[dict[str, NDArray[Any]]] = [{} for _ in sets]
        for label, classes in labels.items():
            rows, named = [], []
            for kind in np.unique(classes[train]):
                own = train[classes[train] == kind]
                known = spectra[own[references[own]]] if references[own].any() else spectra[own].mean(axis=0)[None]
                rows.append(known)
                named += [kind] * len(known)
            for answer, new in zip(found, sets, strict=True):
                answer[label] = np.array(named)[_distances(measure, new, np.concatenate(rows)).argmin(axis=1)]
        return found

    return name


def frequency_namer(labels: Mapping[str, NDArray[Any]]) -> Namer:
    """Name every sample by the most frequent class of all samples: the best that one answer for all can give.

    Counted over all, for among the training samples the classes of those left out are rarer than they are.

    Examples
    --------
    >>> frequency_namer({"kind": np.array(["a", "b", "b"])})(np.arange(3), [np.zeros((1, 2))])
    [{'kind': array(['b'], dtype='<U1')}]
    """
    counted = {label: np.unique(classes, return_counts=True) for label, classes in labels.items()}
    best = {label: kinds[counts.argmax()] for label, (kinds, counts) in counted.items()}

    def name(train: Indices, sets: list[Array]) -> list[dict[str, NDArray[Any]]]:
        return [{label: np.repeat(kind, len(new)) for label, kind in best.items()} for new in sets]

    return name


def has_other_group(classes: ArrayLike, groups: ArrayLike) -> NDArray[np.bool_]:
    """Tell which samples are of a class that another group has too: only these can be named when theirs is left out.

    Examples
    --------
    >>> has_other_group(["a", "a", "b", "b"], ["p", "q", "r", "r"]).tolist()
    [True, True, False, False]
    """
    kinds, names = np.asarray(classes), np.asarray(groups)
    several = [kind for kind in np.unique(kinds) if len(np.unique(names[kinds == kind])) > 1]
    return np.isin(kinds, several)


def answers_left_out(
    name: Namer, spectra: Array, labels: Mapping[str, NDArray[Any]], folds: list[tuple[Indices, Indices]]
) -> dict[str, NDArray[np.str_]]:
    """Name each sample with its fold left out: by label the class that it was given, shape (n_samples,).

    `folds` are training and test indices, such as those of `group_folds`; samples in no fold have empty text.
    """
    found = {label: np.full(len(spectra), "", dtype=object) for label in labels}
    for train, test in folds:
        for label, answer in name(train, [spectra[test]])[0].items():
            found[label][test] = answer
    return {label: answers.astype(str) for label, answers in found.items()}


def score_answers(
    runs: Sequence[ArrayLike], classes: ArrayLike, groups: ArrayLike, *, level: float = 0.9
) -> dict[str, float]:
    """Count how many samples, and how many groups, are classified correctly, with Wilson's intervals.

    Only samples of a class that another group has too count (`has_other_group`). A group is classified correctly where
    most of its samples are.

    Parameters
    ----------
    runs
        Answers of one or more runs, such as those of a map with several seeds, shape (n_samples,) each.
    classes, groups
        What the samples are, and what was left out together, shape (n_samples,).
    level
        Share that the intervals should cover.

    Returns
    -------
    dict
        ``accuracy`` and its standard deviation over runs, ``accuracy_spread``; ``n_right`` (mean over runs) of
        ``n_counted``, with the ends ``lower`` and ``upper``; the same of groups as ``group_accuracy``,
        ``groups_right``, ``groups_counted``, ``group_lower`` and ``group_upper``.

    Examples
    --------
    >>> told = score_answers([["a", "b", "b", "b"]], ["a", "a", "b", "b"], ["p", "q", "r", "s"])
    >>> told["accuracy"], round(told["lower"], 3), told["groups_right"]
    (0.75, 0.356, 3.0)
    """
    kinds, names = np.asarray(classes), np.asarray(groups)
    counted = has_other_group(kinds, names)
    right = np.array([(np.asarray(answers) == kinds)[counted] for answers in runs])
    own = names[counted]
    by_group = np.array([right[:, own == group].mean(axis=1) > 0.5 for group in np.unique(own)])
    low, high = wilson_interval(round(float(right.sum(axis=1).mean())), right.shape[1], level=level)
    low_group, high_group = wilson_interval(round(float(by_group.sum(axis=0).mean())), len(by_group), level=level)
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


def wilson_interval(n_right: int, n_counted: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share by E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209, DOI 10.2307/2276774.

    Without trials both ends are NaN.

    Examples
    --------
    >>> tuple(round(end, 3) for end in wilson_interval(9, 10))
    (0.596, 0.982)
    """
    if not n_counted:
        return float("nan"), float("nan")
    found = binomtest(n_right, n_counted).proportion_ci(confidence_level=level, method="wilson")
    return float(found.low), float(found.high)


def left_out_accuracy(
    name: Namer,
    versions: Mapping[str, Array],
    labels: Mapping[str, NDArray[Any]],
    folds: list[tuple[Indices, Indices]],
) -> dict[str, float]:
    """Count how often samples of left-out groups are classified correctly, as they are and disturbed.

    Samples whose class occurs in no other group of the training samples cannot be named and are not counted. `versions`
    are all spectra (n_samples, n_points) by the name of the disturbance, "" for as they are; `folds` are training and
    test indices. Gives ``accuracy_<label>`` and ``accuracy_<label>_<disturbance>``; NaN where nothing can be counted.
    """
    hits: dict[tuple[str, str], list[Any]] = {(label, version): [] for label in labels for version in versions}
    for train, test in folds:
        answers = name(train, [values[test] for values in versions.values()])
        for version, answer in zip(versions, answers, strict=True):
            for label, classes in labels.items():
                counted = np.isin(classes[test], classes[train])
                hits[label, version].extend((answer[label] == classes[test])[counted])
    return {
        f"accuracy_{label}" + (f"_{version}" if version else ""): float(np.mean(found)) if found else float("nan")
        for (label, version), found in hits.items()
    }


def count_scored(labels: Mapping[str, NDArray[Any]], folds: list[tuple[Indices, Indices]]) -> dict[str, float]:
    """Return the number of samples that `left_out_accuracy` counts, as ``n_scored_<label>``."""
    return {
        f"n_scored_{label}": int(sum(np.isin(classes[test], classes[train]).sum() for train, test in folds))
        for label, classes in labels.items()
    }


def _of_nearest(
    known: Array, new: Array, train: Indices, labels: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    nearest = train[cdist(new, known).argmin(axis=1)]
    return {label: classes[nearest] for label, classes in labels.items()}


def _distances(measure: Similarity, new: Array, known: Array) -> Array:
    if measure == "euclid":
        return np.asarray(cdist(new, known))
    if measure == "pearson":
        new, known = new - new.mean(axis=1, keepdims=True), known - known.mean(axis=1, keepdims=True)
    tiny = np.finfo(float).tiny
    sizes = [np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), tiny) for rows in (new, known)]
    return np.asarray(1.0 - (new / sizes[0]) @ (known / sizes[1]).T)
