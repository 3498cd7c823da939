"""Whether a material that a library does not hold is told from those that it holds: each class left out whole."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from peakscape import analysis, maps, spectra
from peakscape.analysis.novelty.decision import conformal_p_value
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.studies.library_parts import Array, Library, number_or_none

LEVEL = 0.1
"""Share of left-out groups that may be taken for unlike."""


@dataclass(frozen=True)
class Farness:
    """How far spectra are from the nearest known one, beside how far known ones are with their group left out.

    Attributes
    ----------
    known
        Of each group whose class another group has too, the median over its scans of the distance to the nearest
        spectrum of another group, shape (n_groups,): root mean square differences.
    """

    known: Array

    @property
    def level(self) -> float:
        """The p-value up to which a spectrum is called unlike: 0.1, or the smallest possible among so few groups."""
        return max(LEVEL, 1.0 / (1.0 + len(self.known)))

    def is_unlike(self, distances: Array) -> NDArray[np.bool_]:
        """Tell which distances to the nearest spectrum are those of something unlike all that is known."""
        return np.asarray(conformal_p_value(distances, self.known) <= self.level + 1e-12)


def distances_between(library: Library) -> Array:
    """Root mean square difference of any two spectra, shape (n_samples, n_samples)."""
    values = library.intensity
    return np.asarray(cdist(values, values) / np.sqrt(values.shape[1]))


def farness(library: Library, distances: Array, without: str | None = None) -> Farness:
    """Learn how far known spectra are from the nearest of another group, a whole class taken away or not."""
    gone = library.classes == without
    counted = library.nameable & ~gone
    other = (library.groups[:, np.newaxis] != library.groups) & ~gone
    nearest = np.where(other, distances, np.inf).min(axis=1)
    groups = np.unique(library.groups[counted])
    return Farness(np.array([np.median(nearest[library.groups == group]) for group in groups]))


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
    distances = distances_between(library)
    other = library.groups[:, np.newaxis] != library.groups
    known_far = np.where(other, distances, np.inf).min(axis=1)[library.nameable]
    rows, far = [], [known_far]
    for kind in library.class_names:
        out = library.classes == kind
        if len(np.unique(library.groups[~out & library.nameable])) < 2:
            continue
        known = farness(library, distances, without=kind)
        nearest = np.where(~out, distances[out], np.inf)
        far.append(nearest.min(axis=1))
        names, counts = np.unique(library.classes[nearest.argmin(axis=1)], return_counts=True)
        rows.append(
            {
                library.label: kind,
                "scans": int(out.sum()),
                "called unlike": int(known.is_unlike(far[-1]).sum()),
                "distance": float(np.median(far[-1])),
                "known, median": float(np.median(known.known)),
                "known, largest": float(known.known.max()),
                "nearest is": str(names[counts.argmax()]),
                "called by novelty": _called_by_novelty(library, out),
            }
        )
    found: dict[str, Any] = {"auroc": None, "called": 0, "n_scans": 0, "called_by_novelty": 0}
    table = pd.DataFrame(rows)
    if rows:
        scores = np.concatenate(far)
        found["auroc"] = number_or_none(roc_auc_score(np.arange(len(scores)) >= len(known_far), scores))
        found |= {"called": int(table["called unlike"].sum()), "n_scans": int(table["scans"].sum())}
        found["called_by_novelty"] = int(table["called by novelty"].sum())
    groups = farness(library, distances).known
    alarms = [Farness(np.delete(groups, k)).is_unlike(groups[k : k + 1])[0] for k in range(len(groups))]
    return found | {"false_alarms": int(np.sum(alarms)), "n_groups": len(groups), "classes": rows}, table


def new_novelty(library: Library, keep: NDArray[np.bool_], space: Any) -> analysis.Novelty:
    """Fit `analysis.Novelty`, which `peakscape place` asks too, to the samples kept, groups left out together."""
    dataset = library.dataset.isel(sample=keep)
    judge = analysis.Novelty(
        axis=library.axis, unit=spectra.AXES[spectra.axis_name(dataset)][0], shift_axis=spectra.shift_axis(dataset)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PeakscapeWarning)
        return judge.fit(space, dataset["intensity"].values, library.groups[keep], targets=library.classes[keep])


def _called_by_novelty(library: Library, out: NDArray[np.bool_]) -> int:
    try:
        judge = new_novelty(library, ~out, maps.PCA().fit(library.intensity[~out]))
    except InputError:
        return 0
    return int(judge.assess(library.intensity[out]).table["foreign"].sum())
