"""Compare maps of the same labelled spectra with one another and with what needs no map."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.left_out_labels import (
    Namer,
    Similarity,
    classifier_namer,
    count_scored,
    frequency_namer,
    group_folds,
    left_out_accuracy,
    map_namer,
    neighbor_namer,
    similarity_namer,
)
from peakscape.analysis.map_scores import label_silhouettes, mean_and_spread, whole_set_scores, with_seed
from peakscape.errors import InputError

Array = NDArray[np.float64]
Disturbance = Callable[[Array, np.random.Generator], Array]
"""Takes spectra (n_samples, n_points) and a source of chance, gives disturbed ones of the same shape."""


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
        Label that is given to ``fit`` of all maps, for those that learn from classes; others take no notice. A map that
        was taught is scored as fairly as any by the accuracies, but its silhouette and trustworthiness are those of its
        own training samples.
    trials
        How often maps are tried; None for the defaults.

    Returns
    -------
    pandas.DataFrame
        One row a method: the maps, then ``raw_neighbor`` (nearest spectrum), ``pearson``, ``cosine``, ``euclid``
        (similarity to references), ``classifier`` (a support vector machine that is taught each label) and
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
    versions = {"": values} | _disturbed(values, disturbances or {}, trials.random_state)
    score = partial(left_out_accuracy, versions=versions, labels=classes, folds=folds)
    seeds = [trials.random_state + k for k in range(trials.n_seeds)]
    rows: dict[str, dict[str, float]] = {}
    for name, space in spaces.items():
        whole, different = whole_set_scores(
            space, values, classes, seeds=seeds, n_neighbors=trials.n_neighbors, taught=taught
        )
        runs = [score(map_namer(partial(with_seed, space, seed), values, classes, taught=taught)) for seed in different]
        spread = mean_and_spread(runs)
        if len(different) < len(seeds):
            spread |= {f"{column}_spread": 0.0 for column in runs[0]}
        rows[name] = whole | spread
    rows["raw_neighbor"] = label_silhouettes(values, classes) | score(neighbor_namer(values, classes))
    plain: dict[str, Namer] = {m: similarity_namer(m, values, classes, known) for m in get_args(Similarity)}
    plain["classifier"] = classifier_namer(values, classes)
    plain["most_frequent"] = frequency_namer(classes)
    rows |= {name: score(namer) for name, namer in plain.items()}
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


def _disturbed(values: Array, disturbances: Mapping[str, Disturbance], random_state: int) -> dict[str, Array]:
    """Return the spectra by disturbance, the same for all methods."""
    found = {}
    for number, (name, disturb) in enumerate(disturbances.items()):
        changed = np.asarray(disturb(values.copy(), np.random.default_rng([random_state, number])), dtype=np.float64)
        if changed.shape != values.shape or not np.isfinite(changed).all():
            raise InputError(f"disturbance {name} gave shape {changed.shape} or values that are not finite")
        found[name] = changed
    return found
