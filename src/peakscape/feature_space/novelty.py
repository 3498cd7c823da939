"""Whether a spectrum is foreign to a space: which of the rules of `analysis` is asked, and its state in a folder."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from peakscape import spectra
from peakscape.analysis import Identifier, Novelty
from peakscape.analysis.p_values import conformal_p_value
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.feature_space.left_out_maps import LeftOutMaps
from peakscape.feature_space.remarks import Remark

Array = NDArray[np.float64]
FEWEST = 4
"""Known spectra from which novelty is learned."""
LEVEL = 0.1
"""Share of known groups, left out, that the rule of the nearest spectrum may call foreign."""
FAR = 3.0
"""Known spacings on the map beyond which a place is called far away."""


@dataclass(frozen=True)
class NoveltyAnswers:
    """What is new about some spectra.

    Attributes
    ----------
    foreign : ndarray of bool, shape (n_samples,)
    p_value, unexplained : ndarray of shape (n_samples,)
        Conformal p-value of being of a known kind; share of the variance that nothing known explains.
    remarks : list of tuples of Remark
        One tuple a spectrum.
    """

    foreign: NDArray[np.bool_]
    p_value: Array
    unexplained: Array
    remarks: list[tuple[Remark, ...]]


class Explained:
    """Rule for diffraction: what the map and the known spectra explain, `analysis.Novelty`."""

    rule = "explained"

    def __init__(self, novelty: Novelty) -> None:
        self.novelty = novelty

    def judge(self, rows: Array) -> NoveltyAnswers:
        """Judge prepared spectra, each on its own."""
        reports = [self.novelty.assess(row[np.newaxis]) for row in rows]
        tables = [report.table.iloc[0] for report in reports]
        remarks = []
        for table, report in zip(tables, reports, strict=True):
            text = report.words[0]
            if table["foreign"]:
                remarks.append((Remark.of("foreign", text=text),))
            elif not table["map_distance"] <= FAR:
                remarks.append((Remark.of("far_on_map", text=text),))
            else:
                remarks.append(())
        return NoveltyAnswers(
            np.array([bool(table["foreign"]) for table in tables]),
            np.array([float(table["p_value"]) for table in tables]),
            np.array([float(table["unexplained"]) for table in tables]),
            remarks,
        )

    def state(self) -> dict[str, Array]:
        """Return the arrays that `restore` needs."""
        return self.novelty.state()


class Nearest:
    """Rule for absorption: the distance to the nearest known spectrum against that of known groups left out.

    Parameters
    ----------
    known
        Known spectra, (n_samples, n_points).
    usual
        Of each known group, the median distance to the nearest spectrum of another group, (n_groups,).
    """

    rule = "nearest"

    def __init__(self, known: Array, usual: Array) -> None:
        self.known = known
        self.usual = usual

    @classmethod
    def fit(cls, known: Array, groups: NDArray[np.intp]) -> "Nearest":
        """Learn how far known spectra are from those of other groups."""
        apart = cdist(known, known) / np.sqrt(known.shape[1])
        nearest = np.where(groups[:, np.newaxis] != groups, apart, np.inf).min(axis=1)
        return cls(known, np.array([np.median(nearest[groups == group]) for group in np.unique(groups)]))

    def judge(self, rows: Array) -> NoveltyAnswers:
        """Judge prepared and aligned spectra."""
        apart = cdist(rows, self.known) / np.sqrt(self.known.shape[1])
        distance, number = apart.min(axis=1), apart.argmin(axis=1)
        p_value = conformal_p_value(distance, self.usual)
        foreign = p_value <= max(LEVEL, 1.0 / (1.0 + len(self.usual))) + 1e-12
        text = "unlike all known spectra: {:.3g} (rms) from the nearest, farther than known ones are from others"
        remarks = [
            (Remark.of("foreign", text=text.format(far)),) if is_foreign else ()
            for far, is_foreign in zip(distance, foreign, strict=True)
        ]
        return NoveltyAnswers(foreign, p_value, _unexplained(rows, self.known[number]), remarks)

    def state(self) -> dict[str, Array]:
        """Return the arrays that `restore` needs."""
        return {"usual": self.usual}


class Likeness:
    """Rule where known spectra are computed and were calibrated on augmented copies: that of `analysis.Identifier`."""

    rule = "likeness"

    def __init__(self, identifier: Identifier) -> None:
        self.identifier = identifier

    def judge(self, rows: Array) -> NoveltyAnswers:
        """Judge prepared and aligned spectra, each on its own."""
        found = [self.identifier.identify(row[np.newaxis]).iloc[0] for row in rows]
        text = "unlike all known spectra: {:.3g} of the variance is not explained by any, more than of known ones"
        return NoveltyAnswers(
            np.array([bool(one["foreign"]) for one in found]),
            np.array([float(one["p_value"]) for one in found]),
            np.array([float(one["unexplained"]) for one in found]),
            [(Remark.of("foreign", text=text.format(one["unexplained"])),) if one["foreign"] else () for one in found],
        )

    def state(self) -> dict[str, Array]:
        """Nothing: the identifier is kept with its class label."""
        return {}


Judge = Explained | Nearest | Likeness


def fit_novelty(
    known: xr.Dataset, maps: LeftOutMaps, groups: NDArray[np.intp], *, n_folds: int, kind: str
) -> tuple[Judge | None, tuple[Remark, ...]]:
    """Learn what is strange, by the rule for the kind of spectra; None and a remark where that cannot be learned."""
    n_known = len(maps.known)
    if n_known < FEWEST:
        return None, (Remark.of("too_few_for_novelty", n_known=n_known, fewest=FEWEST),)
    if kind == "absorption" and len(np.unique(groups)) > 1:
        return Nearest.fit(maps.known, groups), ()
    axis = np.asarray(known[spectra.axis_name(known)].values, dtype=np.float64)
    novelty = Novelty(
        axis=axis, unit=spectra.AXES[spectra.axis_name(known)][0], shift_axis=safe_shift_axis(known), n_folds=n_folds
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PeakscapeWarning)
            fitted = novelty.fit(maps.__sklearn_clone__().fit(maps.known), maps.known, groups)
        return Explained(Novelty.restore(maps.space, maps.known, fitted.state(), unit=fitted.unit)), ()
    except InputError as error:
        return None, (Remark.of("no_novelty", text=error),)


def restore_novelty(
    rule: str, state: Mapping[str, Any], space: Any, known: Array, *, unit: str, identifier: Identifier | None
) -> Judge:
    """Bring back what `fit_novelty` learned.

    Raises
    ------
    InputError
        If the rule is unknown or its state does not fit.
    """
    if rule == Explained.rule:
        return Explained(Novelty.restore(space, known, state, unit=unit))
    if rule == Nearest.rule and "usual" in state:
        return Nearest(known, np.asarray(state["usual"], dtype=np.float64))
    if rule == Likeness.rule and identifier is not None:
        return Likeness(identifier)
    raise InputError(f"the space judges novelty by {rule!r}, which is not known or lacks a part; fit it anew")


def safe_shift_axis(dataset: xr.Dataset) -> Array:
    """Return the shift axis of spectra, also where their axis begins at zero, which has no logarithm."""
    name = spectra.axis_name(dataset)
    values = np.asarray(dataset[name].values, dtype=np.float64)
    if name == "energy":
        return values
    q = values if name == "q" else np.sin(np.radians(values / 2))
    return np.asarray(np.log(np.maximum(q, 1e-6 * q[1] * (1 + np.arange(len(q))))))


def _unexplained(rows: Array, nearest: Array) -> Array:
    """Share of the variance that a multiple of the nearest known spectrum leaves, 1 - r^2."""
    a, b = (part - part.mean(axis=1, keepdims=True) for part in (rows, nearest))
    sizes = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    r = np.clip((a * b).sum(axis=1) / np.maximum(sizes, np.finfo(float).tiny), 0.0, 1.0)
    return np.asarray(1.0 - r**2)
