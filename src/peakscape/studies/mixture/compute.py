"""What the study of a series of mixtures asks: fractions along it, where parts appear and vanish, what is left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis.mixtures.presence import Presence, find_presence
from peakscape.analysis.mixtures.triangle import MixtureMap, mixture_map
from peakscape.analysis.mixtures.unmix import Mixture
from peakscape.diffraction.phase_mixture import WeightFractions
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.feature_space.readouts.mixtures import KnownParts, share_left, weigh, words
from peakscape.studies.runner import Report, number_or_none, side_by_side

Array = NDArray[np.float64]
BLOCK = 8
"""Spectra unmixed in one process at once."""
MOST_TOLD = 12
"""Spectra with the largest remainders that are listed."""
N_FITS = 4
"""Fits that are drawn."""


@dataclass(frozen=True)
class MixtureSettings:
    """What the study of a series of mixtures computes.

    Attributes
    ----------
    level
        Share of the intervals that should hold the truth.
    options
        More parameters of `diffraction.PhaseMixture`, or of `analysis.Unmix` for pure spectra.
    """

    level: float = 0.9
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unmixed:
    """A series and what its spectra consist of, on the points of `axis`."""

    dataset: xr.Dataset
    axis: Array
    along: Array
    label: str
    weights: bool
    found: tuple[Mixture | WeightFractions, ...]

    def table(self, name: str) -> Array:
        """One quantity of all spectra and parts, shape (n_samples, n_parts)."""
        return np.array([getattr(one, name) for one in self.found])

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts."""
        return self.found[0].names

    @property
    def names(self) -> list[str]:
        """Names of the spectra."""
        return [str(name) for name in self.dataset["name"].values]

    @property
    def unexplained(self) -> Array:
        """Share of each spectrum's square beside its background that the parts leave, unweighted, (n_samples,)."""
        return np.array([share_left(one) for one in self.found])

    @property
    def amorphous(self) -> Array | None:
        """What lacks to 1 by the internal standard with its ends, shape (3, n_samples); None without one."""
        if not isinstance(self.found[0], WeightFractions) or not np.isfinite(self.found[0].amorphous):
            return None
        names = ("amorphous", "amorphous_lower", "amorphous_upper")
        return np.array([[getattr(one, name) for one in self.found] for name in names])

    @property
    def presence(self) -> tuple[Presence, ...]:
        """Where along the series each part is seen."""
        return find_presence(self.along, self.table("fractions"), self.table("detection_limit"), self.parts)

    @property
    def shown(self) -> list[int]:
        """Numbers of the parts that the map of mixtures shows: those that some spectrum holds, two at least."""
        there = self.table("fractions").max(axis=0) > 0
        most = np.argsort(~there, kind="stable")[: max(int(there.sum()), 2)]
        return sorted(int(one) for one in most)

    @property
    def drawn(self) -> MixtureMap | None:
        """The map of mixtures of the parts that it shows; None for one part."""
        if len(self.parts) < 2:
            return None
        return mixture_map(*(self.table(name)[:, self.shown] for name in ("fractions", "lower", "upper")))


def runs_over(dataset: xr.Dataset, label: str | None) -> tuple[Array, str]:
    """Return what a series runs over and its name: a numeric label, the only one there is, or the spectra's numbers.

    Raises
    ------
    InputError
        If the label is not there or not known of every spectrum.
    """
    known = spectra.numeric_labels(dataset)
    name = next(iter(known)) if label is None and len(known) == 1 else label
    if name is None:
        return np.arange(1.0, dataset.sizes["sample"] + 1.0), "number of the spectrum"
    if name not in known:
        raise InputError(f"expected a numeric label, got {name!r}; known: {', '.join(known) or 'none'}")
    if not np.isfinite(known[name]).all():
        raise InputError(f"{name} is not known of every spectrum; leave those files out or complete the table")
    return np.asarray(known[name], dtype=np.float64), name


def unmix(
    dataset: xr.Dataset,
    parts: Mapping[str, Atoms] | xr.Dataset,
    label: str | None,
    settings: MixtureSettings,
    report: Report,
) -> Unmixed:
    """Unmix all spectra of a series, blocks of them side by side."""
    along, name = runs_over(dataset, label)
    options = {"level": settings.level, **settings.options}
    if isinstance(parts, xr.Dataset):
        known = KnownParts(parts, options=options)
        ask: Callable[[xr.Dataset], Sequence[Mixture | WeightFractions]] = known.explain
        points = known.points
    else:
        ask, points = partial(weigh, structures=parts, **options), dataset[spectra.axis_name(dataset)].values
    blocks = range(0, dataset.sizes["sample"], BLOCK)
    tasks = {f"spectra from {start + 1} on": partial(ask, dataset.isel(sample=slice(start, start + BLOCK)).load())
             for start in blocks}  # fmt: skip
    found = side_by_side(tasks, expected=PeakscapeWarning, report=report)
    every = tuple(one for block in found.values() for one in block)
    weights = not isinstance(parts, xr.Dataset)
    return Unmixed(dataset, np.asarray(points, dtype=np.float64), along, name, weights, every)


def summarize(series: Unmixed) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Return plain numbers, and the tables of the report: fractions, what appears and vanishes, and remainders."""
    limits, presence = series.table("detection_limit"), series.presence
    for_long = {one.part for one in presence}
    above = (series.table("fractions") > limits) & (series.table("fractions") > 0)
    anywhere = [bool(column.any()) for column in above.T]
    amorphous = series.amorphous
    summary = {
        "n_samples": len(series.found),
        "parts": list(series.parts),
        "weights": series.weights,
        "label": series.label,
        "never_seen": [name for name, seen in zip(series.parts, anywhere, strict=True) if not seen],
        "seen_singly": [
            name for name, seen in zip(series.parts, anywhere, strict=True) if seen and name not in for_long
        ],
        "presence": [_plain(one) for one in presence],
        "events": [_event(one) for one in presence],
        "median_unexplained": float(np.median(series.unexplained)),
        "largest_unexplained": float(series.unexplained.max()),
        "strangest": series.names[int(series.unexplained.argmax())],
        "median_detection_limit": {name: float(np.median(limits[:, k])) for k, name in enumerate(series.parts)},
        "amorphous": None if amorphous is None else [number_or_none(one) for one in amorphous[0]],
        "shown_by_map": None if series.drawn is None else series.drawn.shown,
    }
    tables = {
        "fractions": _by_spectrum(series),
        "presence": _of_presence(series),
        "remainders": _remainders(series),
    }
    return summary, tables


def _by_spectrum(series: Unmixed) -> pd.DataFrame:
    """One row a spectrum: what it runs over, all fractions with their ends and limits, and what is left."""
    table = pd.DataFrame({"name": series.names, series.label: series.along})
    columns = {"": "fractions", " lower": "lower", " upper": "upper", " detection limit": "detection_limit"}
    for number, part in enumerate(series.parts):
        for ending, quantity in columns.items():
            table[part + ending] = series.table(quantity)[:, number]
    if series.amorphous is not None:
        table["amorphous"], table["amorphous lower"], table["amorphous upper"] = series.amorphous
    table["not explained"] = series.unexplained
    return table.iloc[np.argsort(series.along, kind="stable")]


def _of_presence(series: Unmixed) -> pd.DataFrame:
    rows = []
    for one in series.presence:
        appears = "from the start" if one.onset is None else f"{one.onset[0]:.4g} to {one.onset[1]:.4g}"
        vanishes = "stays" if one.end is None else f"{one.end[0]:.4g} to {one.end[1]:.4g}"
        rows.append({"part": one.part, "appears between": appears, "vanishes between": vanishes,
                     "largest fraction": one.largest, f"at {series.label}": one.at})  # fmt: skip
    return pd.DataFrame(rows)


def _remainders(series: Unmixed) -> pd.DataFrame:
    """The spectra that the parts explain least, with where their largest remainder lies and other explanations."""
    rows = []
    for number in np.argsort(-series.unexplained, kind="stable")[:MOST_TOLD]:
        one = series.found[number]
        row = {
            "name": series.names[number],
            series.label: series.along[number],
            "not explained": series.unexplained[number],
        }
        row["largest remainder at"] = float(series.axis[int(np.argmax(one.remainder))])
        if isinstance(one, Mixture):
            row["p-value of the remainder"] = one.remainder_p
            others = [f"{words(one.names, other.fractions)} ({other.weight:.2f})" for other in one.explanations[1:3]]
            row["also explained by"] = "; ".join(others)
        rows.append(row)
    return pd.DataFrame(rows)


def chosen_fits(series: Unmixed) -> list[int]:
    """Return which fits to draw: the first, the last, the worst, and where the fractions change most."""
    order = np.argsort(series.along, kind="stable")
    steps = np.abs(np.diff(series.table("fractions")[order], axis=0)).sum(axis=1)
    wanted = [int(order[0]), int(order[-1]), int(series.unexplained.argmax())]
    if len(steps):
        wanted.append(int(order[int(steps.argmax()) + 1]))
    return sorted(dict.fromkeys(wanted), key=lambda one: series.along[one])[:N_FITS]


def words_of(series: Unmixed) -> dict[str, Any]:
    """Return what the template of the report needs besides the summary."""
    return {"n_parts": len(series.parts), "n_shown": len(series.shown), "with_standard": series.amorphous is not None}


def _plain(one: Presence) -> dict[str, Any]:
    """As JSON holds it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(one).items()}


def _event(one: Presence) -> str:
    appears = "is there from the start" if one.onset is None else f"appears between {_ends(one.onset)}"
    vanishes = "stays to the end" if one.end is None else f"vanishes between {_ends(one.end)}"
    return f"{one.part} {appears} and {vanishes}; it is largest, {one.largest:.2f}, at {one.at:.4g}"


def _ends(edge: tuple[float, float]) -> str:
    return f"{edge[0]:.4g} and {edge[1]:.4g}"
