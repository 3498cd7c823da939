"""Alerts about one absorption scan, from its points alone."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape.absorption.deglitching import deglitch
from peakscape.absorption.edges import core_hole_width, edge_energy
from peakscape.errors import InputError
from peakscape.quality.alerts import Alert, Level, graded
from peakscape.signal.edge import NormalizedAbsorption, normalize

Array = NDArray[np.float64]
_FEWEST = 15
_AROUND = (-30.0, 60.0)
"""Range about the edge, eV, in which structure is as sharp as a glitch or a jump."""
_SIDE = 6
"""Points on each side of a jump that lines are put through."""


def check_scan(one: xr.Dataset, level: Level = "C") -> list[Alert]:
    """Return the alerts of one scan, down to a level."""
    name = str(one["name"].values)
    energy, row = one["energy"].values.astype(float), one["intensity"].values.astype(float)
    signal = str(one["signal"].values) if "signal" in one.coords else ""
    if len(row) < _FEWEST or not np.ptp(row) > 0:
        return [Alert.of("no_edge", name, "A", reason="there is next to nothing in it")]
    element, edge = one.attrs.get("element"), str(one.attrs.get("edge", "K"))
    tabulated = _tabulated(element, edge)
    try:
        found = normalize(energy, row, near=tabulated)
    except InputError as first:
        try:
            found = normalize(energy, row)
        except InputError:
            reason = _not_reached(energy, tabulated, f"{element} {edge}") or str(first)
            return [Alert.of("no_edge", name, "A", reason=reason), *_steps(name, energy, tabulated, element, edge)]
    alerts = []
    if tabulated is not None:
        alerts += _scale(name, found, tabulated, f"{element} {edge}")
    alerts += _step(name, found, signal)
    alerts += _ranges(name, energy, found, element, edge)
    alerts += _noise_alerts(name, energy, row, found) + _flat_top(name, energy, row)
    if level != "A":
        alerts += _glitches(name, energy, row, found) + _jumps(name, energy, row, found)
    if signal.startswith("fluorescence"):
        alerts.append(Alert.of("fluorescence", name, "C"))
    return alerts


def _not_reached(energy: Array, tabulated: float | None, edge: str) -> str:
    """Say which end of a scan lacks its edge, where one does: no word on columns helps there."""
    if tabulated is None or energy.min() < tabulated < energy.max():
        return ""
    if tabulated >= energy.max():
        return f"the scan ends at {energy.max():.1f} eV, before the tabulated {tabulated:.1f} eV of {edge}"
    return f"the scan begins at {energy.min():.1f} eV, after the tabulated {tabulated:.1f} eV of {edge}"


def _tabulated(element: str | None, edge: str) -> float | None:
    try:
        return None if element is None else edge_energy(element, edge)
    except InputError:
        return None


def _scale(name: str, found: NormalizedAbsorption, tabulated: float, edge: str) -> list[Alert]:
    """Oxidation moves an edge up by 15 eV at most (Cr VI), hardly ever down."""
    off = found.edge_energy - tabulated
    limits: dict[Level, float] = {"A": 50.0, "B": 18.0} if off > 0 else {"A": 30.0, "B": 6.0}
    for level, limit in limits.items():
        if abs(off) > limit:
            return [Alert.of("energy_scale", name, level, off, limit, place=tabulated, edge=edge)]
    return []


def _step(name: str, found: NormalizedAbsorption, signal: str) -> list[Alert]:
    if not signal.startswith("transmission") or "normalized" in signal or "flattened" in signal:
        return []
    return graded("too_thick", name, found.edge_step, {"B": 2.5, "C": 2.0}) + graded(
        "small_step", name, found.edge_step, {"C": 0.1}, above=False
    )


def _ranges(name: str, energy: Array, found: NormalizedAbsorption, element: str | None, edge: str) -> list[Alert]:
    before, after = found.edge_energy - energy[0], energy[-1] - found.edge_energy
    alerts = graded("short_before", name, before, {"A": 8.0, "B": 20.0, "C": 50.0}, above=False)
    alerts += graded("short_after", name, after, {"A": 15.0, "B": 40.0, "C": 100.0}, above=False)
    return alerts + _steps(name, energy, found.edge_energy, element, edge)


def _steps(name: str, energy: Array, at: float | None, element: str | None, edge: str) -> list[Alert]:
    """Steps against the lifetime broadening, around an energy, which may be one that no edge was found at."""
    if at is None:
        return []
    near = (energy > at - 8.0) & (energy < at + 12.0)
    step = float(np.median(np.diff(energy[near]))) if near.sum() > 2 else 20.0
    try:
        width = core_hole_width(str(element), edge) if element else 1.0
    except InputError:
        width = 1.0
    return graded("coarse_edge", name, step, {"A": max(4.0, 3.0 * width), "B": max(1.0, width)}, width=width)


def _noise_alerts(name: str, energy: Array, row: Array, found: NormalizedAbsorption) -> list[Alert]:
    away = (energy < found.edge_energy + _AROUND[0]) | (energy > found.edge_energy + _AROUND[1])
    if away.sum() < 12:
        return []
    return graded("noise", name, _noise(energy, row, away) / found.edge_step, {"A": 0.1, "B": 0.02, "C": 0.005})


def _glitches(name: str, energy: Array, row: Array, found: NormalizedAbsorption) -> list[Alert]:
    try:
        removed = deglitch(energy, row, edge_energy=found.edge_energy).removed
    except InputError:
        return []
    large = removed[np.abs(removed["absorption"] - removed["replaced_by"]) > 0.005 * found.edge_step]
    if not len(large):
        return []
    worst = large.iloc[int(np.argmax(np.abs(large["absorption"] - large["replaced_by"])))]
    return graded("glitches", name, float(len(large)), {"B": 3.0, "C": 0.0}, place=float(worst["energy"]))


def _noise(energy: Array, row: Array, away: NDArray[np.bool_]) -> float:
    """Standard deviation of a point about the cubic through two neighbours on either side."""
    window = np.lib.stride_tricks.sliding_window_view
    kept = window(away, 5).all(axis=1)
    if kept.sum() < 6:
        return 0.0
    places, values = window(energy, 5)[kept], window(row, 5)[kept]
    weights = _lagrange(np.delete(places, 2, axis=1) - places[:, [2]])
    off = values[:, 2] - (weights * np.delete(values, 2, axis=1)).sum(axis=1)
    return float(1.4826 * np.median(np.abs(off / np.sqrt(1.0 + (weights**2).sum(axis=1)))))


def _lagrange(places: Array) -> Array:
    """Weights, at zero, of the polynomials through four points each, shape (n, 4)."""
    weights = np.ones_like(places)
    for i in range(places.shape[1]):
        others = np.delete(places, i, axis=1)
        weights[:, i] = (others / (others - places[:, [i]])).prod(axis=1)
    return weights


def _jumps(name: str, energy: Array, row: Array, found: NormalizedAbsorption) -> list[Alert]:
    """The largest step between the points on either side, beside a parabola, against the scatter about both."""
    if len(row) <= 2 * _SIDE + 1:
        return []
    window = np.lib.stride_tricks.sliding_window_view
    places, values = window(energy, 2 * _SIDE), window(row, 2 * _SIDE)
    apart = places - found.edge_energy
    kept = (apart[:, -1] < _AROUND[0]) | (apart[:, 0] > _AROUND[1])
    if not kept.any():
        return []
    places, values, first = places[kept], values[kept], np.flatnonzero(kept)
    x = places - 0.5 * (places[:, [_SIDE - 1]] + places[:, [_SIDE]])
    x = x / np.abs(x).max(axis=1, keepdims=True)
    side = np.broadcast_to(np.repeat([0.0, 1.0], _SIDE), x.shape)
    columns = np.stack([np.ones_like(x), x, x**2, side], axis=2)
    solution = np.linalg.pinv(columns) @ values[:, :, np.newaxis]
    left = values - (columns @ solution)[:, :, 0]
    scatter = np.sqrt((left**2).sum(axis=1) / (2 * _SIDE - 4))
    sizes = np.abs(solution[:, 3, 0])
    at_once = np.abs(values[:, _SIDE] - values[:, _SIDE - 1]) > 0.5 * sizes
    sizes = np.where((sizes > 12.0 * scatter) & at_once, sizes, 0.0)
    worst = int(np.argmax(sizes))
    place = 0.5 * float(energy[first[worst] + _SIDE - 1] + energy[first[worst] + _SIDE])
    return graded("jump", name, float(sizes[worst]) / found.edge_step, {"B": 0.05, "C": 0.01}, place=place)


def _flat_top(name: str, energy: Array, row: Array) -> list[Alert]:
    top = np.flatnonzero(row >= row.max())
    if len(top) >= 5 or (len(top) >= 3 and np.any((top[2:] - top[:-2]) == 2)):
        return [Alert.of("flat_top", name, "A", float(len(top)), 3.0, place=energy[top[0]])]
    return []
