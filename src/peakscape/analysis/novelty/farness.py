"""Unlike all: the distance to the nearest known spectrum, against that of known groups that were left out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from peakscape.analysis.novelty.decision import conformal_p_value, is_rare
from peakscape.analysis.validation.class_accuracy import has_other_group

Array = NDArray[np.float64]
LEVEL = 0.1
"""Share of left-out groups that may be called unlike all known ones."""


@dataclass(frozen=True)
class Farness:
    """How far spectra are from the nearest known one, beside how far known ones are with their group left out.

    Parameters
    ----------
    known
        Distance of each known group, or sample, to the nearest spectrum of another group, shape (n_known,); empty where
        it was never learned, and then nothing is unlike.
    level
        Share of known groups that may be called unlike; among too few groups the smallest possible p-value counts.

    Examples
    --------
    >>> usual = Farness(np.array([0.1, 0.2, 0.15, 0.12]))
    >>> usual.p_values([0.11, 0.5]).tolist(), usual.is_unlike([0.11, 0.5]).tolist()
    ([0.8, 0.2], [False, True])
    """

    known: Array
    level: float = LEVEL

    def p_values(self, distances: ArrayLike) -> Array:
        """Return the conformal p-values of distances to the nearest known spectrum; NaN where nothing was learned."""
        values = np.asarray(distances, dtype=np.float64)
        return conformal_p_value(values, self.known) if len(self.known) else np.full(values.shape, np.nan)

    def is_unlike(self, distances: ArrayLike) -> NDArray[np.bool_]:
        """Tell which distances are those of something unlike all that is known."""
        return is_rare(self.p_values(distances), len(self.known), level=self.level)


@dataclass(frozen=True)
class ClassesLeftOut:
    """Whether samples of a class that is not known are told from samples of known classes.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a class that was left out whole: ``class``, ``n_samples``, ``n_unlike`` (of them called unlike),
        ``distance`` (median to the nearest spectrum), ``known_median`` and ``known_largest`` (of the other groups, left
        out), ``nearest`` (the class that most of them are nearest to).
    auroc : float
        Area under the receiver operating characteristic of the distance, samples of a class left out against samples of
        a known class with their group left out; NaN where no class can be left out.
    n_alarms, n_groups : int
        How many of the known groups the others would call unlike.
    """

    table: pd.DataFrame
    auroc: float
    n_alarms: int
    n_groups: int


def rms_distances(first: ArrayLike, second: ArrayLike) -> Array:
    """Measure the root mean square difference of spectra of two sets, shape (n_first, n_second)."""
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    return np.asarray(cdist(one, other) / np.sqrt(one.shape[1]))


def distance_to_other_groups(
    distances: Array, groups: ArrayLike, known_groups: ArrayLike | None = None, *, allowed: ArrayLike | None = None
) -> Array:
    """Return the distance of each sample to the nearest known one that is not of its group; infinite without one.

    `distances` are (n_samples, n_known); `known_groups` None means that both sets are the same; `allowed` tells which
    known ones count.

    Examples
    --------
    >>> apart = np.array([[0.0, 1.0, 5.0], [1.0, 0.0, 4.0], [5.0, 4.0, 0.0]])
    >>> distance_to_other_groups(apart, ["a", "a", "b"]).tolist()
    [5.0, 4.0, 4.0]
    """
    own = np.asarray(groups)
    other = own[:, np.newaxis] != (own if known_groups is None else np.asarray(known_groups))
    if allowed is not None:
        other = other & np.asarray(allowed, dtype=bool)
    return np.asarray(np.where(other, distances, np.inf).min(axis=1))


def learn_farness(
    distances: Array, groups: ArrayLike, classes: ArrayLike, *, without: str | None = None, level: float = LEVEL
) -> Farness:
    """Learn how far known samples are from the nearest of another group.

    Parameters
    ----------
    distances
        Between the known samples, shape (n_samples, n_samples), such as `rms_distances`.
    groups
        What is left out together, such as the repeats of one sample, shape (n_samples,).
    classes
        What the samples are of, shape (n_samples,). Groups without another one of their class do not count.
    without
        A class that is taken away whole; None for none.
    level
        As for `Farness`.

    Returns
    -------
    Farness
        With the median over the samples of each group.

    Examples
    --------
    >>> places = np.array([0.0, 0.1, 1.0, 4.0, 5.5])
    >>> apart = np.abs(places[:, np.newaxis] - places)
    >>> learn_farness(apart, ["p", "p", "q", "r", "s"], ["a", "a", "a", "b", "b"]).known.tolist()
    [0.95, 0.9, 1.5, 1.5]
    """
    names, kinds = np.asarray(groups), np.asarray(classes)
    kept = np.ones(len(kinds), dtype=bool) if without is None else kinds != without
    nearest = distance_to_other_groups(distances, names, allowed=kept)
    counted = np.unique(names[has_other_group(kinds, names) & kept])
    return Farness(np.array([np.median(nearest[names == group]) for group in counted]), level)


def leave_classes_out(
    distances: Array, groups: ArrayLike, classes: ArrayLike, *, level: float = LEVEL
) -> ClassesLeftOut:
    """Leave out each class whole, and ask whether its samples are told from samples of known classes.

    Parameters
    ----------
    distances, groups, classes
        As for `learn_farness`.
    level
        As for `Farness`.

    Returns
    -------
    ClassesLeftOut

    Examples
    --------
    >>> places = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 9.0, 9.1, 9.2])
    >>> found = leave_classes_out(np.abs(places[:, None] - places), np.arange(9), np.repeat(["a", "b", "c"], 3))
    >>> found.table["n_unlike"].tolist(), found.auroc, found.n_alarms
    ([3, 3, 3], 1.0, 1)
    """
    names, kinds = np.asarray(groups), np.asarray(classes)
    several = has_other_group(kinds, names)
    rows, far = [], [distance_to_other_groups(distances, names)[several]]
    for kind in np.unique(kinds):
        out = kinds == kind
        if len(np.unique(names[~out & several])) < 2:
            continue
        usual = learn_farness(distances, names, kinds, without=kind, level=level)
        nearest = np.where(~out, distances[out], np.inf)
        far.append(nearest.min(axis=1))
        found, counts = np.unique(kinds[nearest.argmin(axis=1)], return_counts=True)
        row = {"class": str(kind), "n_samples": int(out.sum()), "n_unlike": int(usual.is_unlike(far[-1]).sum())}
        row |= {"distance": float(np.median(far[-1])), "known_median": float(np.median(usual.known))}
        rows.append(row | {"known_largest": float(usual.known.max()), "nearest": str(found[counts.argmax()])})
    scores = np.concatenate(far)
    auroc = float(roc_auc_score(np.arange(len(scores)) >= len(far[0]), scores)) if rows else float("nan")
    usual_all = learn_farness(distances, names, kinds, level=level).known
    alarms = [Farness(np.delete(usual_all, k), level).is_unlike(usual_all[k : k + 1])[0] for k in range(len(usual_all))]
    return ClassesLeftOut(pd.DataFrame(rows), auroc, int(np.sum(alarms)), len(usual_all))
