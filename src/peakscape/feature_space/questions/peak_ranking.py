"""Which peaks put a spectrum where it lies, which ones a label is read from, and which ranking to believe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from peakscape import analysis
from peakscape.analysis.label_relevance.changes import label_changes, ranked_by_change, series_changes, shares
from peakscape.analysis.label_relevance.faithfulness import faithfulness
from peakscape.analysis.label_relevance.plain import LinearReading, correlations
from peakscape.analysis.label_relevance.windows import Windows, windows_of
from peakscape.analysis.peaks import masks_of, strong_irrelevant
from peakscape.analysis.relevance import fill_values, mean_spectrum, spread_over_members
from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError
from peakscape.feature_space import asking
from peakscape.feature_space.readouts.labels import MAP, LabelReadout

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
PAPER_WIDTH = 0.03
"""Degrees: the mask of doi:10.1002/adts.202200613."""


def rank_peaks(
    space: FeatureSpace,
    spectrum: xr.Dataset | str | None,
    *,
    toward: str | None,
    mask: str | None,
    width: float | None,
    fill: str | None,
    min_height: float,
) -> pd.DataFrame:
    """Rank peaks; see `FeatureSpace.rank_peaks`."""
    if toward is not None and spectrum is None:
        if mask == "window" or width is not None:
            raise InputError("over a whole series whole peaks are masked; leave mask and width out")
        return _over_series(space, toward, fill=fill, min_height=min_height)
    if spectrum is None:
        raise InputError("expected a spectrum, or toward= with a number that the space predicts")
    intensity = asking.one_prepared(space, spectrum)
    three = 3.0 * float(np.median(np.diff(space._axis)))
    default = max(PAPER_WIDTH, three) if space.axis_name == "two_theta" else three
    width = default if width is None else width
    if toward is not None:
        return _toward_one(space, intensity, toward, mask=mask, width=width, fill=fill, min_height=min_height)
    row = xr.DataArray(intensity, dims=space.axis_name, coords={space.axis_name: space._axis})
    shown: Any = mean_spectrum(space._known_rows, len(row)) if fill == "mean" else fill or "zero"
    asked: Any = mask or "window"
    ranking = analysis.rank_peaks(space.map_, row, mask=asked, width=width, fill=shown, min_height=min_height)
    strong = strong_irrelevant(ranking)
    return ranking.assign(strong_irrelevant=ranking["rank"].isin(strong["rank"]) if len(strong) else False)


def _toward_one(
    space: FeatureSpace, intensity: Array, toward: str, *, mask: str | None, width: float, fill: str | None,
    min_height: float,
) -> pd.DataFrame:  # fmt: skip
    """Change of the label read when each peak of one spectrum is masked, beside the plain ways."""
    readout, column = _read_from(space, toward)
    peaks = analysis.find_peaks(intensity, axis=space._axis, min_height=min_height)
    windows = Windows(*masks_of(peaks, space._axis, mask or "peak", width), peaks["index"].to_numpy())
    filling = _filling(space, intensity, fill, width=width)
    changes = label_changes(
        space.map_, readout.readout, intensity, windows.starts, windows.stops, column=column, fill=filling
    )
    table, linear = _plain_ways(space, readout, column, windows)
    table = table.assign(intensity=intensity[windows.tops])
    table["pls_change"] = linear.changes(intensity[np.newaxis], windows, filling)[0]
    return _in_order(ranked_by_change(changes, table), space.axis_name)


def _over_series(space: FeatureSpace, toward: str, *, fill: str | None, min_height: float) -> pd.DataFrame:
    """The same over all known spectra, by windows that cover the way of each peak."""
    readout, column = _read_from(space, toward)
    known, values = space._known_rows, readout.label.values[:, column]
    windows = windows_of(known, space._axis, min_height=min_height)
    filling = _filling(space, known.mean(axis=0), fill, width=space._axis[3] - space._axis[0])
    changes = series_changes(space.map_, readout.readout, known, windows, column=column, fill=filling)
    table, linear = _plain_ways(space, readout, column, windows)
    by_pls = linear.changes(known, windows, filling)
    of_members = shares(changes, values)
    table["intensity"] = known.mean(axis=0)[windows.tops]
    table["change_rms"] = np.sqrt((changes.mean(axis=0) ** 2).mean(axis=0))
    table["label_share"] = of_members.mean(axis=0)
    table["label_share_error"] = spread_over_members(of_members) / np.sqrt(len(of_members))
    table["pls_change"] = np.sqrt((by_pls**2).mean(axis=0))
    table["pls_share"] = shares(by_pls, values)
    ranked = ranked_by_change(changes.mean(axis=1), table)
    ranked["rank"] = rankdata(-ranked["change_rms"], method="ordinal")
    return _in_order(ranked.sort_values("rank", ignore_index=True), space.axis_name)


def compare_rankings(space: FeatureSpace, toward: str, **options: Any) -> pd.DataFrame:
    """Tell which ranking to believe; see `FeatureSpace.compare_rankings`."""
    readout, column = _read_from(space, toward)
    on_map = readout.methods[MAP].estimator_.estimator_
    windows = windows_of(space._known_rows, space._axis)
    return faithfulness(
        on_map.space, on_map.readout, space._known_rows, readout.label.values, windows, _groups(readout),
        column=column, random_state=space.random_state, **options,
    )  # fmt: skip


def _read_from(space: FeatureSpace, toward: str) -> tuple[LabelReadout, int]:
    """The readout of a number, or of an element of the composition, and its column."""
    for name, readout in space.label_readouts_.items():
        if toward in readout.label.columns and (toward == name or readout.label.is_composition):
            return readout, readout.label.columns.index(toward)
    known = [column for readout in space.label_readouts_.values() for column in readout.label.columns]
    raise InputError(f"expected toward= to name a number that the space predicts, got {toward!r}; known: {known}")


def _groups(readout: LabelReadout) -> NDArray[np.intp]:
    """What has one value of the label, which must not read itself."""
    return number_groups(np.round(readout.label.values, 9))


def _filling(space: FeatureSpace, intensity: Array, fill: str | None, *, width: float) -> Array | None:
    """What stands in the place of masked points; None for zeros."""
    if fill in (None, "mean"):
        return mean_spectrum(space._known_rows, len(intensity))
    chosen: Any = fill
    return fill_values(intensity, space._axis, chosen, width=width)


def _plain_ways(
    space: FeatureSpace, readout: LabelReadout, column: int, windows: Windows
) -> tuple[pd.DataFrame, LinearReading]:
    """Where windows lie, and what partial least squares and correlation say of them."""
    axis, known, values = space._axis, space._known_rows, readout.label.values[:, column]
    linear = LinearReading.of(known, values, _groups(readout))
    table = pd.DataFrame({space.axis_name: axis[windows.tops], "start": windows.starts, "stop": windows.stops})
    table["from"], table["to"] = axis[windows.starts], axis[windows.stops - 1]
    return table.assign(vip=linear.largest_vip(windows), correlation=correlations(known, values, windows)), linear


def _in_order(table: pd.DataFrame, axis: str) -> pd.DataFrame:
    """The columns as readers look for them."""
    order = (
        axis, "from", "to", "intensity", "change", "change_error", "change_spread", "change_rms", "label_share",
        "label_share_error", "rank", "pls_change", "pls_share", "vip", "correlation", "start", "stop",
    )  # fmt: skip
    return table[[name for name in order if name in table]]
