"""Naming the class of samples whose whole group was left out: by a map, by the spectra, by similarity to references."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Similarity = Literal["pearson", "cosine", "euclid"]
Namer = Callable[[Indices, list[Array]], list[dict[str, NDArray[Any]]]]
"""Takes the indices of the training samples and sets of new spectra; gives for each set the classes by label."""


def group_folds(groups: ArrayLike, *, n_folds: int | None, random_state: int) -> Iterator[tuple[Indices, Indices]]:
    """Divide samples into folds of whole groups, each left out in turn.

    Parameters
    ----------
    groups
        Shape (n_samples,): structures, compositions, or whatever must not be on both sides.
    n_folds
        Number of folds, drawn at random; None, or as many as there are groups, leaves each group out on its own.
    random_state
        Seed.

    Yields
    ------
    train, test : ndarrays of int

    Raises
    ------
    InputError
        If there are fewer than two groups or folds.

    Examples
    --------
    >>> [test.tolist() for _, test in group_folds(["a", "b", "a", "c"], n_folds=None, random_state=0)]
    [[0, 2], [1], [3]]
    """
    numbers = number_groups(groups)
    n_groups = len(np.unique(numbers))
    n_parts = n_groups if n_folds is None else min(n_folds, n_groups)
    if n_parts < 2:
        raise InputError(f"expected two groups and two folds or more, got {n_groups} groups and n_folds={n_folds}")
    part = np.arange(n_groups)
    if n_parts < n_groups:
        part = np.random.default_rng(random_state).permutation(n_groups) % n_parts
    for number in range(n_parts):
        left = part[numbers] == number
        yield np.flatnonzero(~left), np.flatnonzero(left)


def map_namer(
    make: Callable[[], Any], spectra: Array, labels: Mapping[str, NDArray[Any]], *, taught: str | None = None
) -> Namer:
    """Name by the nearest training sample on a map of the training samples; `make` gives an unfitted map.

    The label `taught` is given to its ``fit``, if any. Where the training samples have one class of it only, no map can
    be taught: they are named by the nearest spectrum.

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
    """Name by a support vector machine on the spectra, taught each label: what a map that shows all has to give up.

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


def left_out_accuracy(
    name: Namer,
    versions: Mapping[str, Array],
    labels: Mapping[str, NDArray[Any]],
    folds: list[tuple[Indices, Indices]],
) -> dict[str, float]:
    """Count how often samples of left-out groups are named rightly, as they are and disturbed.

    Samples whose class occurs in no other group of the training samples cannot be named and are not counted.

    Parameters
    ----------
    name
        Learns from training samples and names new ones.
    versions
        All spectra by the name of the disturbance, shape (n_samples, n_points) each; "" for as they are.
    labels
        Classes by the name of the label, shape (n_samples,).
    folds
        Training and test indices.

    Returns
    -------
    dict
        ``accuracy_<label>`` and ``accuracy_<label>_<disturbance>``; NaN where nothing can be counted.

    Examples
    --------
    >>> spectra, labels = np.array([[0.0], [0.1], [1.0], [1.1]]), {"kind": np.array(["a", "a", "b", "b"])}
    >>> folds = list(group_folds(["p", "q", "r", "s"], n_folds=None, random_state=0))
    >>> left_out_accuracy(neighbor_namer(spectra, labels), {"": spectra}, labels, folds)
    {'accuracy_kind': 1.0}
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
    """Return the number of samples that `left_out_accuracy` counts, as ``n_scored_<label>``.

    Examples
    --------
    >>> folds = list(group_folds(["p", "q", "r"], n_folds=None, random_state=0))
    >>> count_scored({"kind": np.array(["a", "a", "b"])}, folds)
    {'n_scored_kind': 2}
    """
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
