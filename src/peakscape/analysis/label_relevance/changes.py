"""The change of a label that is read from a map when peaks are masked: signed, in its units, by every member."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from peakscape.analysis.label_relevance.windows import Windows
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.relevance import mask_coordinates, spread_over_members

Array = NDArray[np.float64]


def label_changes(
    space: Any,
    readout: CompositionReadout,
    spectrum: Array,
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    *,
    column: int = 0,
    fill: Array | None = None,
) -> Array:
    """Return by how much the label that each member reads changes when points ``starts[i]:stops[i]`` are masked.

    Parameters
    ----------
    space
        A fitted map.
    readout
        Of the label on that map, fitted to the places by each of its trusted members.
    spectrum
        Shape (n_points,).
    starts, stops
        Shape (n_masks,).
    column
        Which of the labels that `readout` reads.
    fill
        What stands in the place of masked points, shape (n_points,); None: zero.

    Returns
    -------
    ndarray of shape (n_members, n_masks)
        Label without the peak minus label with it.
    """
    masked, whole = mask_coordinates(space, spectrum, starts, stops, fill=fill)
    read = readout.predict_members(np.concatenate([masked, whole], axis=1))[..., column]
    return np.asarray(read[:, :-1] - read[:, -1:])


def ranked_by_change(changes: Array, table: pd.DataFrame) -> pd.DataFrame:
    """Put changes (n_members, n_peaks) beside what is known of the peaks, the largest first.

    Adds ``change`` (mean over members), ``change_error`` (standard error of that mean), ``change_spread`` (standard
    deviation over members; both NaN for one member) and ``rank``.
    """
    mean, spread = changes.mean(axis=0), spread_over_members(changes)
    told = table.assign(
        change=mean,
        change_error=spread / np.sqrt(len(changes)),
        change_spread=spread,
        rank=rankdata(-np.abs(mean), method="ordinal"),
    )
    return told.sort_values("rank", ignore_index=True)


def series_changes(
    space: Any, readout: CompositionReadout, spectra: Array, windows: Windows, *, column: int, fill: Array | None
) -> Array:
    """Return the changes of the label for every spectrum of a series, shape (n_members, n_samples, n_windows)."""
    each = [
        label_changes(space, readout, row, windows.starts, windows.stops, column=column, fill=fill) for row in spectra
    ]
    return np.stack(each, axis=1)


def shares(changes: Array, values: Array) -> Array:
    """Return which share of the label's variation over a series is read from each window.

    The slope of what a window contributes, the label with it minus the label without it, against the label. Of a
    reading that is right and linear in the spectrum, the shares of all windows sum up to one.

    Parameters
    ----------
    changes
        Shape (..., n_samples, n_windows).
    values
        The label, shape (n_samples,).

    Returns
    -------
    ndarray of shape (..., n_windows)

    Examples
    --------
    >>> label = np.array([0.0, 1.0, 2.0])
    >>> shares(-np.outer(label, [0.75, 0.25]), label).tolist()
    [0.75, 0.25]
    """
    apart = values - values.mean()
    return np.asarray(-np.einsum("...sw,s->...w", changes, apart) / max(float(apart @ apart), np.finfo(float).tiny))
