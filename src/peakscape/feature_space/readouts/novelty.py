"""Whether a spectrum is foreign to a space: which of the rules of `analysis` is asked, and its state in a folder."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.absorption.edges import edges_within
from peakscape.analysis import Identifier, Novelty
from peakscape.analysis.naming import Search
from peakscape.analysis.novelty.decision import COLLAPSED, FAR, FOREIGN, TOO_NOISY, is_rare, unlike_remark
from peakscape.analysis.novelty.edges import EdgeExplainer, EdgeJudgement, EdgeNovelty
from peakscape.analysis.novelty.farness import Farness, rms_distances
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.feature_space.axes import has_structure
from peakscape.feature_space.readouts.left_out_maps import LeftOutMaps
from peakscape.feature_space.readouts.motion import Motion
from peakscape.feature_space.remarks import Remark
from peakscape.signal import interpolation
from peakscape.signal.edge import find_edge_energy
from peakscape.spectra.container import AXES

Array = NDArray[np.float64]
FEWEST = 4
"""Known spectra from which novelty is learned."""
APART = 25.0
"""eV: edges of one element differ by less between compounds, and those of two elements by more."""
_AS_TABLE = 10.0  # eV, how far from its energy in the table an edge is taken for it
_MOST_EDGES = 50
SAID = (FOREIGN, FAR, COLLAPSED, TOO_NOISY)
"""Codes of `analysis.novelty` that are told; that a spectrum is plainly known is not."""


@dataclass(frozen=True)
class NoveltyAnswers:
    """What is new about some spectra.

    Attributes
    ----------
    foreign : ndarray of bool, shape (n_samples,)
    p_value, unexplained : ndarray of shape (n_samples,)
        Conformal p-value of being of a known kind; share of the variance that nothing known explains.
    remarks : sequence of tuples of Remark
        One tuple a spectrum.
    """

    foreign: NDArray[np.bool_]
    p_value: Array
    unexplained: Array
    remarks: Sequence[tuple[Remark, ...]]


class Explained:
    """Rule for diffraction: what the map and the known spectra explain, `analysis.Novelty`."""

    rule = "explained"

    def __init__(self, novelty: Novelty) -> None:
        self.novelty = novelty

    def judge(self, rows: Array, noise: Array | None = None) -> NoveltyAnswers:
        """Judge prepared spectra, each on its own; `noise` is the standard deviation of a point, (n_samples,)."""
        given = [None] * len(rows) if noise is None else noise[:, np.newaxis]
        reports = [self.novelty.assess(row[np.newaxis], noise=one) for row, one in zip(rows, given, strict=True)]
        tables = [report.table.iloc[0] for report in reports]
        told = [report.remarks[0] for report in reports]
        remarks = [(Remark.of(one.code, text=one.text),) if one.code in SAID else () for one in told]
        return NoveltyAnswers(
            np.array([bool(table["foreign"]) for table in tables]),
            np.array([float(table["p_value"]) for table in tables]),
            np.array([float(table["unexplained"]) for table in tables]),
            remarks,
        )

    def state(self) -> dict[str, Array]:
        """Return the arrays that `restore` needs."""
        return self.novelty.state()


class Edges:
    """Rule for absorption: what known spectra explain, moved and mixed, `analysis.novelty.edges`."""

    rule = "edges"

    def __init__(self, novelty: EdgeNovelty) -> None:
        self.novelty = novelty

    @cached_property
    def edges(self) -> Array:
        """Energies of the edges of known spectra, eV: of some evenly chosen ones."""
        known = self.novelty.explainer.known
        chosen = np.unique(np.linspace(0, len(known) - 1, _MOST_EDGES).round().astype(int))
        found = [edge_of(self.novelty.explainer.axis, known[k]) for k in chosen]
        return np.array([one for one in found if one is not None])

    def judge(self, rows: Array, noise: Array | None = None) -> NoveltyAnswers:
        """Judge prepared and aligned spectra, each on its own; `noise` as for `Explained`."""
        given = [None] * len(rows) if noise is None else noise
        found = [self.novelty.assess(row, one) for row, one in zip(rows, given, strict=True)]
        return NoveltyAnswers(
            np.array([one.foreign for one in found]),
            np.array([one.p_value for one in found]),
            np.array([one.found.unexplained for one in found]),
            [self._remarks(one) for one in found],
        )

    def _remarks(self, one: EdgeJudgement) -> tuple[Remark, ...]:
        told = []
        if one.foreign:
            text = (
                f"unlike all known spectra: {100 * one.found.unexplained:.2g} % of the variance is not explained, of"
                f" known ones no more than {100 * one.bar:.2g} %; most remains at"
                f" {self.novelty.place_of(one.found):.1f} eV"
            )
            told.append(Remark.of("foreign", text=text))
        if one.further is not None:
            more = f"; moved by {one.further:+.3g} eV it would be explained" if one.further else ""
            told.append(Remark.of("shift_at_bound", axis="energy", shift=one.found.shift, unit="eV", more=more))
        return tuple(told)

    def knowing(self, known: Array) -> "Edges":
        """Return the same with more known spectra."""
        old = self.novelty
        explainer = EdgeExplainer(known, old.explainer.axis, mixed=old.explainer.mixed)
        bars = np.append(old.bars, np.full(len(known) - len(old.bars), np.median(old.bars)))
        return Edges(EdgeNovelty(explainer, old.left_out, bars, old.reach))

    def state(self) -> dict[str, Array]:
        """Return the arrays that `restore` needs."""
        explainer = self.novelty.explainer
        return {
            "left_out": self.novelty.left_out,
            "axis": explainer.axis,
            "bars": self.novelty.bars,
            "settings": np.array([float(explainer.mixed), self.novelty.reach]),
        }


def edge_of(energy: Array, absorption: Array) -> float | None:
    """Return the energy of the edge of one spectrum, eV; None where there is none to be found.

    Examples
    --------
    >>> energy = np.arange(7000.0, 7200.0)
    >>> edge_of(energy, 0.5 + np.arctan(energy - 7112.3) / np.pi), edge_of(energy, np.ones(200))
    (7112.3, None)
    """
    try:
        return round(float(find_edge_energy(energy, absorption)), 1) if has_structure(absorption) else None
    except InputError:
        return None


def edge_remark(own: float | None, known: Array) -> Remark | None:
    """Say that the edge of a spectrum lies where none of the known ones does: another element or another edge.

    Examples
    --------
    >>> edge_remark(6539.0, np.array([7112.0])).text
    "edge at 6539 eV (Mn K), the space's at 7112 eV (Fe K)"
    >>> edge_remark(7118.0, np.array([7112.0])) is None
    True
    """
    if own is None or not len(known):
        return None
    nearest = float(known[np.abs(known - own).argmin()])
    if abs(own - nearest) <= APART:
        return None
    return Remark.of("other_edge", own=own, known=nearest, of_own=_elements(own), of_known=_elements(nearest))


def _elements(energy: float) -> str:
    """Which edges of the table lie there, K and L3 ones before others, the nearest first."""
    found = edges_within([energy - _AS_TABLE, energy + _AS_TABLE])
    order = sorted(found, key=lambda row: (row[1] not in ("K", "L3"), abs(row[2] - energy)))
    return f" ({order[0][0]} {order[0][1]})" if order else ""


class Nearest:
    """Rule of spaces of absorption saved by earlier versions: the distance to the nearest known spectrum.

    Parameters
    ----------
    known
        Known spectra, (n_samples, n_points).
    farness
        How far known groups are from the nearest spectrum of another.
    """

    rule = "nearest"

    def __init__(self, known: Array, farness: Farness) -> None:
        self.known = known
        self.farness = farness

    def judge(self, rows: Array, noise: Array | None = None) -> NoveltyAnswers:
        """Judge prepared and aligned spectra; noise makes no difference."""
        apart = rms_distances(rows, self.known)
        distance, number = apart.min(axis=1), apart.argmin(axis=1)
        p_value, foreign = self.farness.p_values(distance), self.farness.is_unlike(distance)
        texts = [unlike_remark(far, p).text for far, p in zip(distance, p_value, strict=True)]
        remarks = [
            (Remark.of("foreign", text=text),) if is_foreign else ()
            for text, is_foreign in zip(texts, foreign, strict=True)
        ]
        return NoveltyAnswers(foreign, p_value, _unexplained(rows, self.known[number]), remarks)

    def state(self) -> dict[str, Array]:
        """Return the arrays that `restore` needs."""
        return {"usual": self.farness.known}


class Likeness:
    """Rule where known spectra are computed and were calibrated on augmented copies: that of `analysis.Identifier`."""

    rule = "likeness"

    def __init__(self, identifier: Identifier) -> None:
        self.identifier = identifier

    def judge(self, rows: Array, noise: Array | None = None) -> NoveltyAnswers:
        """Judge prepared spectra, not aligned: the identifier does that itself; noise makes no difference."""
        found = [self._identify(row) for row in rows]
        return NoveltyAnswers(
            np.array([bool(one["foreign"]) for one in found]),
            np.array([float(one["p_value"]) for one in found]),
            np.array([float(one["unexplained"]) for one in found]),
            [self._remarks(one) if one["foreign"] else () for one in found],
        )

    def _remarks(self, one: Mapping[str, Any]) -> tuple[Remark, ...]:
        """Why a spectrum is foreign: unlike all, no better explained than by plain forms, or elsewhere on the axis."""
        text = unlike_remark(one["unexplained"], one["p_value"], by_variance=True).text
        if not is_rare(one["p_value"], len(self.identifier.left_out_), level=self.identifier.level):
            text = f"no name is told: {100 * one['unexplained']:.2g} % of the variance is not explained"
        elif one["plain"] < one["unexplained"]:
            text = (
                f"no known spectrum explains it: the best one leaves {100 * one['unexplained']:.2g} % of the variance,"
                f" two plain peaks or steps {100 * one['plain']:.2g} % (p = {one['p_value']:.2g})"
            )
        told = [Remark.of("foreign", text=text)]
        if np.isfinite(one["elsewhere"]):
            bound = float(np.copysign((self.identifier.search or Search()).max_shift, one["elsewhere"]))
            more = f"; moved by {one['elsewhere']:+.3g} eV it is explained twice as well"
            told.append(Remark.of("shift_at_bound", axis="energy", shift=bound, unit="eV", more=more))
        return tuple(told)

    def _identify(self, row: Array) -> Mapping[str, Any]:
        """Judge one spectrum; one without structure is not explained at all."""
        if has_structure(row):
            return dict(self.identifier.identify(row[np.newaxis]).iloc[0])
        least = 1.0 / (1 + len(self.identifier.left_out_))
        return {"foreign": True, "p_value": least, "unexplained": 1.0, "plain": 1.0, "elsewhere": np.nan}

    def state(self) -> dict[str, Array]:
        """Nothing: the identifier is kept with its class label."""
        return {}


Judge = Explained | Edges | Nearest | Likeness


def fit_novelty(
    known: xr.Dataset,
    maps: LeftOutMaps,
    groups: NDArray[np.intp],
    n_folds: int,
    motion: Motion | None = None,
    *,
    classes: NDArray[np.str_] | None,
) -> tuple[Judge | None, tuple[Remark, ...]]:
    """Learn what is strange, by the rule for the kind of spectra; None and a remark where that cannot be learned.

    `groups` are left out together; `classes` tell what each spectrum is of. Without them absorption between known
    spectra is known too: between two classes there is no third one, between two numbers there is. So are mixtures of
    known patterns where `motion` says that these differ in amounts alone.
    """
    n_known = len(maps.known)
    if n_known < FEWEST:
        return None, (Remark.of("too_few_for_novelty", n_known=n_known, fewest=FEWEST),)
    axis = np.asarray(known[spectra.axis_name(known)].values, dtype=np.float64)
    if str(known.attrs["kind"]) == "absorption" and len(np.unique(groups)) > 1:
        return Edges(EdgeNovelty.learn(maps.known, axis, groups, mixed=classes is None, classes=classes)), ()
    novelty = Novelty(
        axis=axis, unit=AXES[spectra.axis_name(known)][0], shift_axis=safe_shift_axis(known), n_folds=n_folds,
        mixed=classes is None and motion is not None and motion.amounts_alone,
    )  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PeakscapeWarning)
            maps.leave_out(groups % n_folds if groups.max() >= n_folds else groups)
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
    if rule == Edges.rule and {"left_out", "axis", "bars", "settings"} <= set(state):
        names = ("left_out", "axis", "bars", "settings")
        left_out, axis, bars, settings = (np.asarray(state[name], dtype=np.float64) for name in names)
        explainer = EdgeExplainer(known, axis, mixed=bool(settings[0]))
        return Edges(EdgeNovelty(explainer, left_out, bars, float(settings[1])))
    if rule == Nearest.rule and "usual" in state:
        return Nearest(known, Farness(np.asarray(state["usual"], dtype=np.float64)))
    if rule == Likeness.rule and identifier is not None:
        return Likeness(identifier)
    raise InputError(f"the space judges novelty by {rule!r}, which is not known or lacks a part; fit it anew")


def safe_shift_axis(dataset: xr.Dataset) -> Array:
    """Return the shift axis of spectra, also where their axis begins at zero, which has no logarithm."""
    name = spectra.axis_name(dataset)
    return interpolation.shift_axis(np.asarray(dataset[name].values, dtype=np.float64), name)


def _unexplained(rows: Array, nearest: Array) -> Array:
    """Share of the variance that a multiple of the nearest known spectrum leaves, 1 - r^2."""
    a, b = (part - part.mean(axis=1, keepdims=True) for part in (rows, nearest))
    sizes = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    r = np.clip((a * b).sum(axis=1) / np.maximum(sizes, np.finfo(float).tiny), 0.0, 1.0)
    return np.asarray(1.0 - r**2)
