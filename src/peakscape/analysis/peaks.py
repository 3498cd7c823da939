"""Peaks of one spectrum: where they are, how far from expected positions, and ranked by what a map needs of them."""

from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.signal
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from scipy.stats import t as student

from peakscape.analysis.inputs import check_spectrum
from peakscape.analysis.relevance import Fill, fill_values, mask_displacements, spread_over_members
from peakscape.errors import InputError
from peakscape.signal.peaks import vertex

_MOST_HALVINGS = 500


def find_peaks(
    spectrum: ArrayLike | xr.DataArray,
    *,
    axis: ArrayLike | xr.DataArray | None = None,
    min_height: float = 0.01,
    min_prominence: float | None = None,
    foot: float = 0.01,
) -> pd.DataFrame:
    """Find the peaks of a spectrum and the points that each of them covers.

    Parameters
    ----------
    spectrum
        Shape (n_points,), a DataArray that carries its axis or an array with `axis`.
    axis
        Positions of shape (n_points,), for a spectrum that carries none.
    min_height
        Least height of a peak, relative to the maximum of the spectrum.
    min_prominence
        Least rise above the higher one of the valleys beside the peak, relative to the maximum; by default half of
        `min_height`, so that ripples on a slope are no peaks.
    foot
        A peak ends where the intensity falls below this share of its height, at the latest in the valley towards the
        next peak.

    Returns
    -------
    pandas.DataFrame
        One row a peak in the order of the axis: the position in a column named after the axis, ``intensity``,
        ``index`` of the highest point, ``start`` and ``stop`` (first point and the one after the last).

    Raises
    ------
    InputError
        If the spectrum cannot be used, or is nowhere positive.

    Examples
    --------
    >>> peaks = find_peaks([0.0, 0.0, 1.0, 4.0, 1.0, 0.0, 2.0, 0.0], axis=np.arange(8.0))
    >>> peaks[["two_theta", "intensity", "start", "stop"]].values.tolist()
    [[3.0, 4.0, 2.0, 5.0], [6.0, 2.0, 6.0, 7.0]]
    """
    intensity, positions, name = check_spectrum(spectrum, axis)
    top = float(intensity.max())
    if top <= 0:
        raise InputError("this spectrum is nowhere positive; it has no peaks to find")
    prominence = min_height / 2 if min_prominence is None else min_prominence
    index = scipy.signal.find_peaks(intensity, height=min_height * top, prominence=prominence * top)[0].astype(np.intp)
    starts, stops = _bounds(intensity, index, foot)
    return pd.DataFrame(
        {name: positions[index], "intensity": intensity[index], "index": index, "start": starts, "stop": stops}
    )


def _bounds(
    intensity: NDArray[np.float64], index: NDArray[np.intp], foot: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First point of each peak and the one after its last."""
    borders = [
        0,
        *(a + int(intensity[a:b].argmin()) for a, b in pairwise(index)),
        len(intensity),
    ]
    starts, stops = [], []
    for number, peak in enumerate(index):
        low = intensity <= foot * intensity[peak]
        left, right = borders[number], borders[number + 1]
        before = np.flatnonzero(low[left:peak])
        after = np.flatnonzero(low[peak:right])
        starts.append(left + int(before[-1]) + 1 if len(before) else left)
        stops.append(peak + int(after[0]) if len(after) else right)
    return np.array(starts, dtype=np.intp), np.array(stops, dtype=np.intp)


def compare_positions(
    spectrum: ArrayLike | xr.DataArray,
    expected: ArrayLike,
    *,
    within: float,
    axis: ArrayLike | xr.DataArray | None = None,
    min_height: float = 0.01,
) -> pd.DataFrame:
    """Compare the peaks of a spectrum with the positions where they are expected.

    A peak's position is the vertex of the parabola through its highest point and the two beside it; a peak farther than
    `within` from an expected position is another one. The other options are those of `find_peaks`.

    Returns
    -------
    pandas.DataFrame
        One row an expected position: ``expected``, ``found`` (the nearest peak, NaN where there is none within reach)
        and ``difference`` (found - expected), in units of the axis.

    Examples
    --------
    >>> axis = np.arange(0, 10, 0.1)
    >>> table = compare_positions(np.exp(-((axis - 4.03) ** 2)), [4.0, 8.0], within=0.5, axis=axis)
    >>> table["difference"].round(2).tolist()
    [0.03, nan]
    """
    intensity, positions, _ = check_spectrum(spectrum, axis)
    index = find_peaks(intensity, axis=positions, min_height=min_height)["index"].to_numpy()
    tops = positions[index] + vertex(intensity, index) * (positions[index + 1] - positions[index - 1]) / 2
    wanted = np.atleast_1d(np.asarray(expected, dtype=np.float64))
    found = np.full(len(wanted), np.nan)
    if len(tops):
        nearest = tops[np.abs(tops - wanted[:, np.newaxis]).argmin(axis=1)]
        found = np.where(np.abs(nearest - wanted) <= within, nearest, np.nan)
    return pd.DataFrame({"expected": wanted, "found": found, "difference": found - wanted})


def rank_peaks(
    space: Any,
    spectrum: ArrayLike | xr.DataArray,
    *,
    mask: Literal["window", "peak"] = "window",
    width: float = 0.03,
    fill: Fill = "zero",
    min_height: float = 0.01,
    axis: ArrayLike | xr.DataArray | None = None,
) -> pd.DataFrame:
    """Rank the peaks of a spectrum by how far it moves on the map when each is masked.

    Parameters
    ----------
    space
        A fitted map: anything with ``transform``.
    spectrum
        Shape (n_points,), a DataArray that carries its axis or an array with `axis`.
    mask
        ``"window"``: a window of `width` around the highest point (the paper's mask, which covers part of a peak wider
        than it); ``"peak"``: the whole peak (see `find_peaks`).
    width
        Width of the window in units of the axis; sets the width of the background too (see `relevance`).
    fill
        What stands in the place of masked points: ``"zero"`` (the paper), ``"background"`` or values (n_points,).
    min_height
        Least height of a peak, relative to the maximum of the spectrum.
    axis
        Positions of shape (n_points,), for a spectrum that carries none.

    Returns
    -------
    pandas.DataFrame
        One row a peak, the most relevant first: the position in a column named after the axis, ``intensity``,
        ``relevance`` (mean over members, in units of the map), ``relevance_error`` (standard error of that mean),
        ``relevance_spread`` (standard deviation over members), ``relevance_upper`` (one-sided 95 % bound of the mean,
        by Student's t), ``rank`` (1 is the most relevant), and the masked points ``start``, ``stop``. With a single
        member the error, the spread and the bound are NaN: one network proves nothing.

    Raises
    ------
    InputError
        If the spectrum or an option cannot be used.

    Examples
    --------
    >>> class Sum:
    ...     def transform(self, X):
    ...         return np.column_stack([X[:, 10:30].sum(axis=1), X[:, 0]])
    >>> axis = np.arange(0, 50.0)
    >>> spectrum = np.exp(-((axis - 20) ** 2)) + 2 * np.exp(-((axis - 40) ** 2))
    >>> rank_peaks(Sum(), spectrum, width=3.0, axis=axis)[["two_theta", "relevance", "rank"]].round(2).values.tolist()
    [[20.0, 1.74, 1.0], [40.0, 0.0, 2.0]]
    """
    intensity, positions, name = check_spectrum(spectrum, axis)
    peaks = find_peaks(intensity, axis=positions, min_height=min_height)
    starts, stops = masks_of(peaks, positions, mask, width)
    filling = fill_values(intensity, positions, fill, width=width)
    moved = mask_displacements(space, intensity, starts, stops, fill=filling)
    n_members = len(moved)
    spread = spread_over_members(moved)
    error = spread / np.sqrt(n_members)
    bound = student.ppf(0.95, n_members - 1) if n_members > 1 else np.nan
    table = pd.DataFrame(
        {
            name: peaks["two_theta"],
            "intensity": peaks["intensity"],
            "relevance": moved.mean(axis=0),
            "relevance_error": error,
            "relevance_spread": spread,
            "relevance_upper": moved.mean(axis=0) + bound * error,
            "rank": rankdata(-moved.mean(axis=0), method="ordinal"),
            "start": starts,
            "stop": stops,
        }
    )
    return table.sort_values("rank", ignore_index=True)


def masks_of(peaks: pd.DataFrame, axis: Any, mask: str, width: float) -> tuple[Any, Any]:
    """Return the points that the mask of each peak covers: starts and stops, as `rank_peaks` masks them."""
    if mask == "peak":
        return peaks["start"].to_numpy(), peaks["stop"].to_numpy()
    if mask != "window":
        raise InputError(f"expected mask to be 'window' or 'peak', got {mask!r}")
    step = float(np.median(np.diff(axis)))
    if not step / 2 < width:
        raise InputError(f"expected a width above half a step of the axis ({step / 2:.3g}), got {width}")
    centre = axis[peaks["index"].to_numpy()]
    # Of an even number of points the extra one lies to the right; half a step of slack against rounding.
    starts = np.searchsorted(axis, centre - width / 2 + step / 4)
    stops = np.searchsorted(axis, axis[starts] + width - step / 2)
    return starts, np.maximum(stops, starts + 1)


def strong_irrelevant(
    ranking: pd.DataFrame, *, min_intensity: float = 0.1, max_relevance: float = 0.25
) -> pd.DataFrame:
    """List the peaks that are strong and yet irrelevant, where the error bars leave no doubt.

    If relevance followed intensity, every peak would have the same relevance per intensity. A peak of the table of
    `rank_peaks` is listed if its intensity is at least `min_intensity` of the strongest one's, and the one-sided 95 %
    bound of its mean relevance over members (``relevance_upper``), divided by its intensity, is still below
    `max_relevance` times the median relevance per intensity of all peaks. With a single member nothing is listed: no
    error bar.

        Returns ------- pandas.DataFrame The rows that hold, strongest first, with one more column ``relevance_ratio``:
        the mean relevance relative to the proportional one.
    """
    missing = {"intensity", "relevance", "relevance_upper"} - set(ranking.columns)
    if missing:
        raise InputError(f"expected a table of rank_peaks, got one without {', '.join(sorted(missing))}")
    proportional = ranking["intensity"] * (ranking["relevance"] / ranking["intensity"]).median()
    table = ranking.assign(relevance_ratio=ranking["relevance"] / proportional)
    strong = table["intensity"] >= min_intensity * table["intensity"].max()
    certain = table["relevance_upper"] < max_relevance * proportional
    kept: pd.DataFrame = table[strong & certain]
    return kept.sort_values("intensity", ascending=False, ignore_index=True)


def spearman_between_halves(displacements: ArrayLike, *, random_state: int | None = None) -> float:
    """Tell how well two halves of an ensemble agree on the ranking of peaks.

    Spearman's rank correlation between the means of `displacements` (n_members, n_peaks) over two halves, averaged over
    all halvings, or over 500 that are drawn with `random_state` where there are more (from 13 members on). InputError
    if there are fewer than two members or three peaks.
    """
    moved = np.asarray(displacements, dtype=np.float64)
    if moved.ndim != 2 or moved.shape[0] < 2 or moved.shape[1] < 3:
        raise InputError(f"expected two members or more and three peaks or more, got shape {moved.shape}")
    n_members = len(moved)
    if n_members <= 12:
        halves = [list(half) for half in combinations(range(n_members), n_members // 2)]
    else:
        generator = np.random.default_rng(random_state)
        halves = [list(generator.permutation(n_members)[: n_members // 2]) for _ in range(_MOST_HALVINGS)]
    found = []
    for half in halves:
        rest = np.delete(np.arange(n_members), half)
        ranks = rankdata([moved[half].mean(axis=0), moved[rest].mean(axis=0)], axis=1)
        with np.errstate(invalid="ignore"):  # peaks that all move alike have no ranking: NaN
            found.append(np.corrcoef(ranks)[0, 1])
    return float(np.mean(found))
