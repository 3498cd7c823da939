"""How a feature space predicts a class: by the known spectra most like a new one, with a calibrated probability."""

import warnings
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from peakscape.analysis import Identifier
from peakscape.analysis.naming import Search, identifier_state, restore_identifier
from peakscape.analysis.validation import class_accuracy, splits
from peakscape.errors import PeakscapeWarning
from peakscape.feature_space.axes import has_structure
from peakscape.feature_space.known import KnownClass, plain_table, table_of
from peakscape.feature_space.near_edge import aligned_namer
from peakscape.feature_space.readouts.left_out_maps import LeftOutMaps

Array = NDArray[np.float64]
UNLIKE = "unlike all"
"""What a foreign spectrum is called in the place of a class."""
MOST_FOLDS = 30
"""More groups than this are dealt into so many folds when accuracies are measured."""


@dataclass(frozen=True)
class ClassAnswers:
    """The classes of some spectra: arrays of shape (n_samples,).

    Attributes
    ----------
    values
        The class of the known spectrum that is most alike.
    probability
        Calibrated on known spectra that were left out.
    runner_up
        The next class.
    margin
        How many times as unlike it is.
    on_map
        The class of the nearest known point of the map.
    by_class
        Probability of every class, (n_samples, n_classes).
    """

    values: NDArray[np.str_]
    probability: Array
    runner_up: NDArray[np.str_]
    margin: Array
    on_map: NDArray[np.str_]
    by_class: Array


class ClassReadout:
    """One class label of a space.

    Attributes
    ----------
    label : KnownClass
        What is known.
    identifier : Identifier
        Fitted on the known spectra.
    errors : pandas.DataFrame
        One row a method: accuracy with whole groups left out, and how many samples were counted.
    """

    def __init__(self, label: KnownClass, identifier: Identifier, errors: pd.DataFrame) -> None:
        self.label = label
        self.identifier = identifier
        self.errors = errors

    @property
    def classes(self) -> list[str]:
        """Names of the classes, sorted."""
        return [str(name) for name in self.identifier.classes_]

    def predict(self, rows: Array, points: Array, known_points: Array) -> ClassAnswers:
        """Answer for prepared spectra (n_samples, n_points), not aligned, which lie at `points` (n_samples, 2)."""
        found = pd.concat([self._identify(row) for row in rows], ignore_index=True)
        return ClassAnswers(
            values=found["label"].to_numpy(dtype=str),
            probability=found["probability"].to_numpy(dtype=np.float64),
            runner_up=found["second"].to_numpy(dtype=str),
            margin=found["margin"].to_numpy(dtype=np.float64),
            on_map=self.label.values[cdist(points, known_points).argmin(axis=1)],
            by_class=found[[f"probability_{name}" for name in self.classes]].to_numpy(dtype=np.float64),
        )

    def _identify(self, row: Array) -> pd.DataFrame:
        """Answer for one spectrum; one without structure is unlike all."""
        if has_structure(row):
            return self.identifier.identify(row[np.newaxis])
        nothing = {"label": UNLIKE, "second": "", "probability": np.nan, "margin": np.nan}
        return pd.DataFrame([nothing | {f"probability_{name}": np.nan for name in self.classes}])

    def state(self, known: Array) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return what `restore_class` needs beside the space's spectra: text and numbers, and arrays by name."""
        described = {"name": self.label.name, "classes": self.classes, "errors": plain_table(self.errors)}
        arrays = identifier_state(self.identifier)
        if len(known) == len(self.identifier.labels_):
            again = copy(self.identifier)
            again.know(known, again.labels_, groups=np.arange(len(known)))
            if np.array_equal(again.known_, self.identifier.known_):
                del arrays["known"]  # the space keeps them, and exactly
        return described, arrays


def fit_class(
    label: KnownClass, maps: LeftOutMaps, axis: Array, search: Search, groups: NDArray[np.intp], *, random_state: int
) -> ClassReadout:
    """Learn the known spectra and how sure an answer is, and measure accuracies with whole groups left out.

    Raises
    ------
    InputError
        If there are fewer than two classes, or no class has spectra of two groups.
    """
    identifier = Identifier(axis=axis, search=search).fit(maps.known, label.values, groups)
    return ClassReadout(label, identifier, _accuracies(label, maps, groups, identifier, random_state=random_state))


def restore_class(
    described: Mapping[str, Any], arrays: Mapping[str, Array], label: KnownClass, known: Array
) -> ClassReadout:
    """Bring a class label back from what `ClassReadout.state` gave, and the space's spectra."""
    identifier = restore_identifier({"known": known, **arrays}, described["classes"])
    return ClassReadout(label, identifier, table_of(described["errors"]))


def _accuracies(
    label: KnownClass, maps: LeftOutMaps, groups: NDArray[np.intp], identifier: Identifier, *, random_state: int
) -> pd.DataFrame:
    """Accuracy of the most frequent class, of the nearest spectrum, of the map and of the answer, groups left out."""
    known, labels = maps.known, {label.name: label.values}
    n_folds = MOST_FOLDS if len(np.unique(groups)) > MOST_FOLDS else None
    folds = list(splits.group_folds(groups, n_folds=n_folds, random_state=random_state))
    methods = {
        "most_frequent": class_accuracy.frequency_namer(labels),
        "nearest_spectrum": class_accuracy.neighbor_namer(known, labels),
        "map": class_accuracy.map_namer(maps.__sklearn_clone__, known, labels),
    }
    search = identifier.search or Search()
    methods = {name: aligned_namer(namer, known, identifier.points_, search) for name, namer in methods.items()}
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PeakscapeWarning)
        n_counted = class_accuracy.count_scored(labels, folds)[f"n_scored_{label.name}"]
        for name, namer in methods.items():
            told = class_accuracy.left_out_accuracy(namer, {"": known}, labels, folds)
            rows.append({"method": name, "accuracy": told[f"accuracy_{label.name}"], "n_samples": n_counted})
    right = identifier.left_out_["right"].to_numpy(dtype=bool)
    rows.append({"method": "most_alike", "accuracy": float(right.mean()), "n_samples": len(right)})
    return pd.DataFrame(rows)
