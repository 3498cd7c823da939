"""Scores of a map as a picture of its training spectra: neighbours kept, labels apart, the same with every seed."""

from collections.abc import Mapping
from itertools import combinations
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

from peakscape.analysis.map_overlay import overlay_maps
from peakscape.errors import InputError

Array = NDArray[np.float64]
N_PLACED = 20
"""Spectra that are placed one by one to measure the time of one."""


def neighbor_scores(spectra: ArrayLike, coordinates: ArrayLike, *, n_neighbors: int = 10) -> dict[str, float]:
    """Tell how well a map keeps the nearest neighbours of spectra.

    J. Venna, S. Kaski, Neural Networks 19 (2006) 889, DOI 10.1016/j.neunet.2006.05.014: trustworthiness falls with each
    point that is near on the map and not among the spectra, by how far down their ranking it stands; continuity with
    each that is near among the spectra and not on the map. Both are 1 where all neighbours are kept.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    coordinates
        Points of the map, shape (n_samples, 2).
    n_neighbors
        How many neighbours count; a third of the samples at most is taken.

    Returns
    -------
    dict
        ``trustworthiness`` and ``continuity``.

    Raises
    ------
    InputError
        If the shapes do not fit, there are fewer than five samples or values are not finite.

    Examples
    --------
    >>> line = np.arange(12.0)[:, np.newaxis]
    >>> neighbor_scores(line, np.hstack([line, 0 * line]))
    {'trustworthiness': 1.0, 'continuity': 1.0}
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

    P. J. Rousseeuw, J. Comput. Appl. Math. 20 (1987) 53, DOI 10.1016/0377-0427(87)90125-7.

    Parameters
    ----------
    points
        Points of a map (n_samples, 2) or spectra (n_samples, n_points).
    labels
        Classes by the name of the label, shape (n_samples,) each.

    Returns
    -------
    dict
        ``silhouette_<label>``; NaN where there is one class, or each sample has its own.

    Examples
    --------
    >>> label_silhouettes([[0.0, 0], [0, 0], [1, 0], [1, 0]], {"phase": ["h", "h", "c", "c"]})
    {'silhouette_phase': 1.0}
    """
    values = np.asarray(points, dtype=np.float64)
    found = {}
    for name, given in labels.items():
        classes = np.asarray(given)
        apart = 2 <= len(np.unique(classes)) < len(classes)
        found[f"silhouette_{name}"] = float(silhouette_score(values, classes)) if apart else float("nan")
    return found


def with_seed(space: Any, seed: int) -> Any:
    """Return an unfitted copy of a map with this seed, where it takes one.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> with_seed(PCA(n_components=2), 3).random_state
    3
    """
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
) -> tuple[dict[str, float], list[int]]:
    """Fit a map to all spectra with every seed, and score it.

    Parameters
    ----------
    space
        An unfitted map.
    spectra
        Shape (n_samples, n_points).
    labels
        Classes by the name of the label.
    seeds
        With which it is fitted.
    n_neighbors
        As in `neighbor_scores`.
    taught
        Label that is given to ``fit``, if any.

    Returns
    -------
    scores : dict
        Mean over the seeds of `neighbor_scores` and `label_silhouettes`, their standard deviation as ``<name>_spread``;
        ``seed_disparity`` and ``seed_disparity_worst``, mean and largest Procrustes disparity of two seeds; ``seconds``
        of a fit (median) and ``milliseconds_placed`` of one spectrum (median).
    seeds : list of int
        Those that are to be told apart: one where all gave the same map.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> patterns = np.random.default_rng(0).uniform(size=(12, 6))
    >>> scores, seeds = whole_set_scores(PCA(n_components=2), patterns, {}, seeds=[0, 1], n_neighbors=3)
    >>> round(scores["seed_disparity"], 9), seeds
    (0.0, [0])
    """
    runs, points, seconds = [], [], []
    for seed in seeds:
        start = perf_counter()
        fitted = with_seed(space, seed).fit(spectra, None if taught is None else labels[taught])
        seconds.append(perf_counter() - start)
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
    """Return mean and standard deviation of scores over runs, the latter as ``<name>_spread``; NaN for a single run.

    Examples
    --------
    >>> mean_and_spread([{"score": 1.0}, {"score": 3.0}])
    {'score': 2.0, 'score_spread': 1.0}
    """
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
