"""Compare maps: laid on one another, as pictures of the spectra, and by how well they tell classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from time import perf_counter
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

from peakscape.analysis.validation.class_accuracy import (
    Namer,
    Similarity,
    classifier_namer,
    count_scored,
    frequency_namer,
    left_out_accuracy,
    map_namer,
    neighbor_namer,
    similarity_namer,
)
from peakscape.analysis.validation.splits import group_folds
from peakscape.errors import InputError
from peakscape.signal.procrustes import similarity

Array = NDArray[np.float64]
N_PLACED = 20
"""Spectra that are placed one by one to measure the time of one."""
Disturbance = Callable[[Array, np.random.Generator], Array]
"""Takes spectra (n_samples, n_points) and a source of chance, gives disturbed ones of the same shape."""


@dataclass(frozen=True)
class MapOverlay:
    """How well one map lies on another.

    Attributes
    ----------
    disparity : float
        Share of the second map's variance that the first one does not have after it was laid on: 0 for maps that differ
        by turning, mirroring, stretching and moving alone, 1 for maps that have nothing in common.
    matrix : ndarray of shape (2, 2)
        Rotation or reflection times scale: ``first @ matrix + offset`` lies on the second map.
    offset : ndarray of shape (2,)
        The move that belongs to it.
    scale : float
        How much the first map is stretched.
    mirrored : bool
        Whether it is mirrored.
    aligned : ndarray of shape (n_shared, 2)
        Shared samples of the first map, laid on the second.
    samples : pandas.DataFrame
        One row a shared sample, the one that moved most on top: ``name``, ``displacement`` in units of the second map
        and ``relative``, in units of its root-mean-square radius.
    """

    disparity: float
    matrix: Array
    offset: Array
    scale: float
    mirrored: bool
    aligned: Array
    samples: pd.DataFrame


def align_maps(coordinates: ArrayLike, reference: ArrayLike) -> tuple[Array, Array]:
    """Find the similarity that lays one map on another with the least squares.

    Orthogonal Procrustes with scale; P. H. Schoenemann, R. M. Carroll, Psychometrika 35 (1970) 245,
    DOI 10.1007/BF02291266.

    Parameters
    ----------
    coordinates
        Points of the map that is moved, shape (n_samples, 2).
    reference
        The same samples on the other map, shape (n_samples, 2).

    Returns
    -------
    matrix : ndarray of shape (2, 2)
        Rotation or reflection times scale.
    offset : ndarray of shape (2,)
        ``coordinates @ matrix + offset`` lies on `reference`.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite, there are fewer than three samples, or all points of a map are one.

    Examples
    --------
    >>> matrix, offset = align_maps([[0, 0], [1, 0], [0, 1]], [[5, 5], [5, 7], [3, 5]])
    >>> matrix.round(6).tolist(), offset.round(6).tolist()
    ([[0.0, 2.0], [-2.0, 0.0]], [5.0, 5.0])
    """
    moved, fixed = (np.asarray(points, dtype=np.float64) for points in (coordinates, reference))
    if moved.shape != fixed.shape or moved.ndim != 2 or moved.shape[1] != 2 or len(moved) < 3:
        raise InputError(
            "expected three shared samples or more, both maps of shape (n_samples, 2), "
            f"got {moved.shape} and {fixed.shape}"
        )
    if not (np.isfinite(moved).all() and np.isfinite(fixed).all()):
        raise InputError("coordinates must be finite; leave out samples that were not placed")
    if not ((moved - moved.mean(axis=0)).any() and (fixed - fixed.mean(axis=0)).any()):
        raise InputError("all points of a map are the same: there is nothing to lay on anything")
    return similarity(moved, fixed)


def overlay_maps(
    coordinates: ArrayLike,
    reference: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    reference_names: Sequence[str] | None = None,
) -> MapOverlay:
    """Lay one map on another by the samples that both have, and tell what does not fit.

    Parameters
    ----------
    coordinates
        Points of the first map, shape (n_samples, 2).
    reference
        Points of the second map, shape (n_reference, 2).
    names, reference_names
        Names of their samples: those that occur in both are compared. None for both: row by row.

    Returns
    -------
    MapOverlay

    Raises
    ------
    InputError
        As `align_maps`; or if names are missing on one side, come twice or do not fit the points.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> found = overlay_maps(square, 3 * square[::-1] + 1, names=list("abcd"), reference_names=list("dcba"))
    >>> round(found.disparity, 6), round(found.scale, 6), found.mirrored
    (0.0, 3.0, False)
    """
    moved, fixed = (np.asarray(points, dtype=np.float64) for points in (coordinates, reference))
    if (names is None) != (reference_names is None):
        raise InputError("give the names of the samples of both maps, or of none")
    shared = [str(k) for k in range(len(moved))]
    if names is not None and reference_names is not None:
        rows, fixed_rows = _rows_of(names, moved), _rows_of(reference_names, fixed)
        shared = [name for name in rows if name in fixed_rows]
        if len(shared) < 3:
            raise InputError(f"expected three samples or more that both maps have by name, got {len(shared)}")
        moved, fixed = moved[[rows[name] for name in shared]], fixed[[fixed_rows[name] for name in shared]]
    matrix, offset = align_maps(moved, fixed)
    aligned = moved @ matrix + offset
    displacement = np.linalg.norm(aligned - fixed, axis=1)
    radius = float(np.sqrt(np.mean(np.sum((fixed - fixed.mean(axis=0)) ** 2, axis=1))))
    table = pd.DataFrame({"name": shared, "displacement": displacement, "relative": displacement / radius})
    return MapOverlay(
        disparity=float(np.mean(displacement**2)) / radius**2,
        matrix=matrix,
        offset=offset,
        scale=float(np.sqrt(abs(np.linalg.det(matrix)))),
        mirrored=bool(np.linalg.det(matrix) < 0),
        aligned=aligned,
        samples=table.sort_values("displacement", ascending=False, kind="stable", ignore_index=True),
    )


def _rows_of(names: Sequence[str], points: Array) -> dict[str, int]:
    texts = [str(name) for name in names]
    if len(texts) != len(points) or len(set(texts)) < len(texts):
        raise InputError(f"expected one name of its own for each of {len(points)} samples, got {len(set(texts))}")
    return {name: row for row, name in enumerate(texts)}


def neighbor_scores(spectra: ArrayLike, coordinates: ArrayLike, *, n_neighbors: int = 10) -> dict[str, float]:
    """Tell how well a map keeps the nearest neighbours of spectra: ``trustworthiness`` and ``continuity``.

    J. Venna, S. Kaski, Neural Networks 19 (2006) 889, DOI 10.1016/j.neunet.2006.05.014: trustworthiness falls with each
    point that is near on the map and not among the spectra, by how far down their ranking it stands; continuity with
    each that is near among the spectra and not on the map. Both are 1 where all neighbours are kept. At most a third of
    the samples count as neighbours.
    """
    values, points = np.asarray(spectra, dtype=np.float64), np.asarray(coordinates, dtype=np.float64)
    if values.ndim != 2 or points.ndim != 2 or len(values) != len(points) or len(values) < 5 or n_neighbors < 1:
        raise InputError(
            "expected spectra (n_samples, n_points) and coordinates (n_samples, 2) of five samples or more, and a "
            f"neighbour or more; got {values.shape}, {points.shape} and {n_neighbors}"
        )
    if not (np.isfinite(values).all() and np.isfinite(points).all()):
        raise InputError("spectra and coordinates must be finite; leave out samples that were not placed")
    counted = min(n_neighbors, len(values) // 3)
    return {
        "trustworthiness": float(trustworthiness(values, points, n_neighbors=counted)),
        "continuity": float(trustworthiness(points, values, n_neighbors=counted)),
    }


def label_silhouettes(points: ArrayLike, labels: Mapping[str, ArrayLike]) -> dict[str, float]:
    """Return the mean silhouette of samples by each label: 1 for tight classes far apart, 0 for mixed ones.

    P. J. Rousseeuw, J. Comput. Appl. Math. 20 (1987) 53, DOI 10.1016/0377-0427(87)90125-7. By ``silhouette_<label>``;
    NaN where there is one class, or each sample has its own.
    """
    values = np.asarray(points, dtype=np.float64)
    found = {}
    for name, given in labels.items():
        classes = np.asarray(given)
        apart = 2 <= len(np.unique(classes)) < len(classes)
        found[f"silhouette_{name}"] = float(silhouette_score(values, classes)) if apart else float("nan")
    return found


def with_seed(space: Any, seed: int) -> Any:
    """Return an unfitted copy of a map with this seed, where it takes one."""
    fresh = clone(space)
    return fresh.set_params(random_state=seed) if "random_state" in fresh.get_params() else fresh


def whole_set_scores(
    space: Any,
    spectra: Array,
    labels: Mapping[str, ArrayLike],
    *,
    seeds: list[int],
    n_neighbors: int,
    taught: str | None = None,
    fitted_maps: list[Any] | None = None,
) -> tuple[dict[str, float], list[int]]:
    """Fit a map to all spectra with every seed, and score it; the label `taught` is given to its ``fit``.

    Fitted maps are added to the list `fitted_maps`, where one is given.

    Returns
    -------
    scores : dict
        Mean over the seeds of `neighbor_scores` and `label_silhouettes`, their standard deviation as ``<name>_spread``;
        ``seed_disparity`` and ``seed_disparity_worst``, mean and largest Procrustes disparity of two seeds; ``seconds``
        of a fit (median) and ``milliseconds_placed`` of one spectrum (median).
    seeds : list of int
        Those that are to be told apart: one where all gave the same map.
    """
    runs, points, seconds = [], [], []
    for seed in seeds:
        start = perf_counter()
        fitted = with_seed(space, seed).fit(spectra, None if taught is None else labels[taught])
        seconds.append(perf_counter() - start)
        if fitted_maps is not None:
            fitted_maps.append(fitted)
        points.append(np.asarray(fitted.transform(spectra), dtype=np.float64))
        runs.append(
            neighbor_scores(spectra, points[-1], n_neighbors=n_neighbors) | label_silhouettes(points[-1], labels)
        )
    disparities = [overlay_maps(one, other).disparity for one, other in combinations(points, 2)] or [float("nan")]
    scores = mean_and_spread(runs)
    scores |= {"seed_disparity": float(np.mean(disparities)), "seed_disparity_worst": float(np.max(disparities))}
    scores |= {"seconds": float(np.median(seconds)), "milliseconds_placed": _milliseconds(fitted, spectra)}
    same = all(np.array_equal(points[0], other) for other in points[1:])
    return scores, seeds[:1] if same else seeds


def mean_and_spread(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return mean and standard deviation of scores over runs, the latter as ``<name>_spread``; NaN for a single run."""
    found = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        found[name] = float(np.mean(values))
        found[f"{name}_spread"] = float(np.std(values)) if len(values) > 1 else float("nan")
    return found


def _milliseconds(fitted: Any, spectra: Array) -> float:
    """Median time of placing one spectrum alone; the first, which may load something, does not count."""
    times = []
    for row in spectra[: N_PLACED + 1]:
        start = perf_counter()
        fitted.transform(row[np.newaxis])
        times.append(1e3 * (perf_counter() - start))
    return float(np.median(times[1:]))


@dataclass(frozen=True)
class Trials:
    """How often maps are tried.

    Parameters
    ----------
    n_neighbors
        Neighbours that count for trustworthiness and continuity.
    n_folds
        Parts into which the groups are divided, each left out in turn; None leaves each group out on its own.
    n_seeds
        Fits of each map with another seed. A map that comes out the same with all is left out once only.
    random_state
        First seed, and that of folds and disturbances.
    """

    n_neighbors: int = 10
    n_folds: int | None = 10
    n_seeds: int = 5
    random_state: int = 0


@dataclass(frozen=True)
class ScoredMap:
    """What is known of a map that was tried.

    Attributes
    ----------
    scores : dict
        Its row of the table of `compare_maps`.
    fitted : object
        The map of the first seed, fitted to all spectra.
    answers : dict
        By label the class that each sample was given with its group left out, as it is, by the first seed, shape
        (n_samples,).
    """

    scores: dict[str, float]
    fitted: Any
    answers: dict[str, NDArray[np.str_]]


def score_map(
    space: Any,
    versions: Mapping[str, Array],
    labels: Mapping[str, NDArray[np.str_]],
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    *,
    taught: str | None = None,
    trials: Trials | None = None,
) -> ScoredMap:
    """Try one map as `compare_maps` does, and keep what was fitted and answered.

    Parameters
    ----------
    space
        An unfitted map.
    versions
        Spectra (n_samples, n_points) by the name of the disturbance; "" for as they are.
    labels
        Classes as text by the name of the label, shape (n_samples,).
    folds
        Of `group_folds`.
    taught, trials
        As for `compare_maps`.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra, kinds = np.arange(12.0).reshape(6, 2) ** 2, np.repeat(["a", "b"], 3)
    >>> folds = list(group_folds(range(6), n_folds=None, random_state=0))
    >>> found = score_map(PCA(2), {"": spectra}, {"kind": kinds}, folds, trials=Trials(n_seeds=1))
    >>> found.answers["kind"].tolist()
    ['a', 'a', 'a', 'a', 'b', 'b']
    """
    trials, values = Trials() if trials is None else trials, versions[""]
    fitted: list[Any] = []
    runs: list[dict[str, float]] = []
    seeds = [trials.random_state + k for k in range(trials.n_seeds)]
    whole, different = whole_set_scores(
        space, values, labels, seeds=seeds, n_neighbors=trials.n_neighbors, taught=taught, fitted_maps=fitted
    )
    answers = {label: np.full(len(values), "", dtype=object) for label in labels}
    for seed in different:
        name = map_namer(partial(with_seed, space, seed), values, labels, taught=taught)
        runs.append(left_out_accuracy(name if runs else _noting(name, answers, folds), versions, labels, folds))
    spread = mean_and_spread(runs)
    if len(different) < len(seeds):
        spread |= {f"{column}_spread": 0.0 for column in runs[0]}
    return ScoredMap(whole | spread, fitted[0], {label: found.astype(str) for label, found in answers.items()})


def score_without_map(
    versions: Mapping[str, Array],
    labels: Mapping[str, NDArray[np.str_]],
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
    *,
    references: NDArray[np.bool_],
) -> dict[str, dict[str, float]]:
    """Try what needs no map, as `compare_maps` does: the rows of its table by method.

    Parameters
    ----------
    versions, labels, folds
        As for `score_map`.
    references
        Which samples are reference spectra of their class, shape (n_samples,).

    Examples
    --------
    >>> spectra, kinds = np.arange(12.0).reshape(6, 2), np.repeat(["a", "b"], 3)
    >>> folds = list(group_folds(range(6), n_folds=None, random_state=0))
    >>> none = np.zeros(6, dtype=bool)
    >>> score_without_map({"": spectra}, {"kind": kinds}, folds, references=none)["most_frequent"]
    {'accuracy_kind': 0.5}
    """
    values = versions[""]
    plain: dict[str, Namer] = {"raw_neighbor": neighbor_namer(values, labels)}
    plain |= {measure: similarity_namer(measure, values, labels, references) for measure in get_args(Similarity)}
    plain |= {"classifier": classifier_namer(values, labels), "most_frequent": frequency_namer(labels)}
    rows = {name: left_out_accuracy(namer, versions, labels, folds) for name, namer in plain.items()}
    return rows | {"raw_neighbor": label_silhouettes(values, labels) | rows["raw_neighbor"]}


def _noting(
    name: Namer,
    answers: dict[str, NDArray[Any]],
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]],
) -> Namer:
    """Note what a namer answers for the first version of each fold, one fold after the other."""
    left = iter(folds)

    def noting(train: NDArray[np.intp], sets: list[Array]) -> list[dict[str, NDArray[Any]]]:
        found = name(train, sets)
        test = next(left)[1]
        for label, answer in found[0].items():
            answers[label][test] = answer
        return found

    return noting


def compare_maps(
    spaces: Mapping[str, Any],
    spectra: ArrayLike,
    labels: Mapping[str, ArrayLike],
    *,
    groups: ArrayLike,
    references: ArrayLike | None = None,
    disturbances: Mapping[str, Disturbance] | None = None,
    taught: str | None = None,
    trials: Trials | None = None,
) -> pd.DataFrame:
    """Score maps of labelled spectra, beside the nearest spectrum and similarity to references, which need no map.

    Accuracies leave whole groups out, so that no variant of a structure is known when another one is named: the map is
    fitted anew to the rest, the samples of the group are placed on it, as they are and disturbed, and take the classes
    of the nearest point.

    Parameters
    ----------
    spaces
        Unfitted maps by name: any scikit-learn estimators with ``fit`` and ``transform`` to a plane.
    spectra
        Shape (n_samples, n_points).
    labels
        Classes (text or whole numbers) by the name of the label, shape (n_samples,) each.
    groups
        What is to be left out together, such as the structure that a spectrum is a variant of, shape (n_samples,).
    references
        Which samples are reference spectra of their class for the similarity-based way, bool, shape (n_samples,); a
        class without one has the mean of its spectra. None: all classes have.
    disturbances
        Functions by name, which give disturbed copies of spectra: noise, broadening, a shift of the energy.
    taught
        Label that is given to ``fit`` of all maps, for the supervised ones; others take no notice. The accuracies score
        a supervised map as fairly as any, but its silhouette and trustworthiness are those of its training samples.
    trials
        How often maps are tried; None for the defaults.

    Returns
    -------
    pandas.DataFrame
        One row a method: the maps, then ``raw_neighbor`` (nearest spectrum), ``pearson``, ``cosine``, ``euclid``
        (similarity to references), ``classifier`` (a support vector machine for each label) and
        ``most_frequent`` (one class for all). Columns: ``trustworthiness``, ``continuity``, ``silhouette_<label>``,
        ``accuracy_<label>``, ``accuracy_<label>_<disturbance>``, each a mean
        over seeds with its standard deviation as ``<column>_spread``; ``seed_disparity`` and ``seed_disparity_worst``;
        ``seconds`` of a fit; ``milliseconds_placed``; ``n_scored_<label>``, the samples that the accuracy counts: those
        whose class occurs in another group. NaN where a score has no meaning.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite, a label is no class, or there are fewer than two groups.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> axis, chance = np.linspace(0.0, 1.0, 60), np.random.default_rng(0)
    >>> places = np.repeat([0.3, 0.4], 8) + chance.normal(scale=0.01, size=16)
    >>> peaks = np.exp(-(((axis - places[:, np.newaxis]) / 0.05) ** 2))
    >>> table = compare_maps(
    ...     {"PCA": PCA(n_components=2)},
    ...     peaks,
    ...     {"phase": np.repeat(["c", "h"], 8)},
    ...     groups=np.arange(16) // 2,
    ...     disturbances={"noise": lambda spectra, chance: spectra + chance.normal(scale=0.01, size=spectra.shape)},
    ...     trials=Trials(n_seeds=2),
    ... )
    >>> table.loc["PCA", ["accuracy_phase", "accuracy_phase_noise"]].tolist()
    [1.0, 1.0]
    """
    trials = Trials() if trials is None else trials
    values, classes, known = _check(spectra, labels, groups, references, taught, trials)
    folds = list(group_folds(groups, n_folds=trials.n_folds, random_state=trials.random_state))
    versions = {"": values} | disturbed_versions(values, disturbances or {}, trials.random_state)
    tried = partial(score_map, versions=versions, labels=classes, folds=folds, taught=taught, trials=trials)
    rows = {name: tried(space).scores for name, space in spaces.items()}
    rows |= score_without_map(versions, classes, folds, references=known)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    return table.assign(**count_scored(classes, folds))


def _check(
    spectra: ArrayLike,
    labels: Mapping[str, ArrayLike],
    groups: ArrayLike,
    references: ArrayLike | None,
    taught: str | None,
    trials: Trials,
) -> tuple[Array, dict[str, NDArray[Any]], NDArray[np.bool_]]:
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or len(values) < 5 or not np.isfinite(values).all():
        raise InputError(f"expected finite spectra (n_samples, n_points) of five samples or more, got {values.shape}")
    if taught not in (None, *labels):
        raise InputError(f"expected taught to be one of the labels {', '.join(labels)}, got {taught!r}")
    if trials.n_seeds < 1 or trials.n_neighbors < 1:
        raise InputError(f"expected a seed and a neighbour or more, got {trials.n_seeds} and {trials.n_neighbors}")
    classes = {name: np.asarray(given) for name, given in labels.items()}
    known = np.zeros(len(values), dtype=bool) if references is None else np.asarray(references, dtype=bool)
    for name, given in {**classes, "references": known, "groups": np.asarray(groups)}.items():
        if given.shape[:1] != values.shape[:1] or (given.ndim > 1 and name != "groups"):
            raise InputError(f"expected {name} for {len(values)} samples, got shape {given.shape}")
    for name, given in classes.items():
        if given.dtype.kind == "f" and not np.array_equal(given, np.round(given)):
            raise InputError(f"label {name} has values such as {given[0]:g}; compare_maps wants classes: divide it")
    return values, {name: given.astype(str) for name, given in classes.items()}, known


def disturbed_versions(values: Array, disturbances: Mapping[str, Disturbance], random_state: int) -> dict[str, Array]:
    """Return the spectra by disturbance, the same for all methods."""
    found = {}
    for number, (name, disturb) in enumerate(disturbances.items()):
        changed = np.asarray(disturb(values.copy(), np.random.default_rng([random_state, number])), dtype=np.float64)
        if changed.shape != values.shape or not np.isfinite(changed).all():
            raise InputError(f"disturbance {name} gave shape {changed.shape} or values that are not finite")
        found[name] = changed
    return found
