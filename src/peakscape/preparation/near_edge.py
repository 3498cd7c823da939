"""The window around an absorption edge that spectra are compared on: what lies beyond tells compounds apart less."""

from typing import Any

import numpy as np
import xarray as xr

from peakscape.signal.edge import edge_above_noise, find_edge_energy

WINDOW = (-20.0, 100.0)
"""eV from the edge."""
_WIDE = 1.5
"""Scans that are longer than the window by this factor are cut."""
_AROUND = (-10.0, 30.0)
"""eV from the edge, where the usual step of the scans is taken from."""
_STEPS = (0.1, 1.0)
"""eV: finest and coarsest step."""
_SOME = 64
"""Spectra whose mean shows the edge."""


def near_edge_window(dataset: xr.Dataset) -> dict[str, Any] | None:
    """Return the parameters of the step ``resample`` that keeps the window around the edge of long scans.

    Even steps, as fine as those of the scans near the edge, give the edge its due: scans have wide steps behind it.

    Parameters
    ----------
    dataset
        Absorption spectra; their edge is that which was found on reading (``edge_energy``), else that of their mean.

    Returns
    -------
    dict or None
        ``to``, ``first``, ``last``, ``step``; None where scans are short, or no edge is in them.

    Examples
    --------
    >>> energy = np.arange(6900.0, 7700.0, 0.5)
    >>> edge = xr.Dataset({"intensity": (("sample", "energy"), [np.arctan(energy - 7112.0)])}, {"energy": energy})
    >>> near_edge_window(edge)
    {'to': 'energy', 'first': 7092.0, 'last': 7212.0, 'step': 0.5}
    """
    points = np.asarray(dataset["energy"].values, dtype=np.float64)
    if points[-1] - points[0] <= _WIDE * (WINDOW[1] - WINDOW[0]):
        return None
    edge = _edge_of(dataset, points)
    if edge is None:
        return None
    first, last = (float(round(edge + end, 1)) for end in WINDOW)
    first, last = max(first, float(points[0])), min(last, float(points[-1]))
    around = points[(points >= edge + _AROUND[0]) & (points <= edge + _AROUND[1])]
    if len(around) < 3:
        return None
    step = float(np.clip(np.round(np.median(np.diff(around)), 2), *_STEPS))
    return {"to": "energy", "first": first, "last": last, "step": step}


def _edge_of(dataset: xr.Dataset, points: np.ndarray) -> float | None:
    """The median edge of spectra, eV; None where they have none."""
    if "edge_energy" in dataset.coords and dataset["edge_energy"].dims == ("sample",):
        known = np.asarray(dataset["edge_energy"].values, dtype=np.float64)
        if np.isfinite(known).all():
            return float(np.median(known))
    mean = np.asarray(dataset["intensity"][:_SOME].values, dtype=np.float64).mean(axis=0)
    if len(points) < 10 or not np.isfinite(mean).all() or edge_above_noise(points, mean) == 0.0:
        return None
    return find_edge_energy(points, mean)
