"""Alerts that need the other spectra: patterns mounted otherwise than the rest, repeats that change or drift."""

import re

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape.errors import InputError
from peakscape.quality.alerts import Alert, graded
from peakscape.quality.diffraction import FEWEST, Seen, look
from peakscape.signal.edge import NormalizedAbsorption, normalize
from peakscape.signal.peaks import sharpen, vertex
from peakscape.spectra import numeric_labels

Array = NDArray[np.float64]
_NEAREST = 3
"""So many similar patterns must agree before one is called displaced."""
_FEWEST_PEAKS, _SHORTEST = 6, 25.0
"""Peaks, and degrees that they span, that tell a displacement from a change of the cell."""
_FEWEST_REPEATS = 4
_STEM = re.compile(r"[\W_]*(?:scan|rep|run|sweep)?[\W_]*\d{1,5}$", re.IGNORECASE)


def check_patterns(dataset: xr.Dataset, axis: str) -> list[Alert]:
    """Return alerts of patterns that are moved against similar ones as a displaced specimen is."""
    if axis != "two_theta" or dataset.sizes["sample"] <= _NEAREST:
        return []
    rows = dataset["intensity"].values.astype(float)
    usable = [n for n in range(len(rows)) if np.ptp(rows[n]) > 0 and rows.shape[1] >= FEWEST]
    seen = {n: look(dataset.isel(sample=n), axis) for n in usable}
    seen = {n: one for n, one in seen.items() if len(one.peaks) >= _FEWEST_PEAKS}
    if len(seen) <= _NEAREST:
        return []
    keys = list(seen)
    net = np.sqrt(np.maximum([seen[n].net for n in keys], 0.0))
    alike = np.corrcoef(net)
    np.fill_diagonal(alike, -1.0)
    places = {n: peak_places(seen[n]) for n in keys}
    alerts = []
    for number, n in enumerate(keys):
        nearest = np.argsort(-alike[number], kind="stable")[:_NEAREST]
        fits = [fit_move(places[n], places[keys[other]], _width(seen[n])) for other in nearest]
        found = [fit for fit in fits if fit is not None]
        if len(found) < _NEAREST:
            continue
        moves, errors = np.array(found).T
        limit = 0.3 * _width(seen[n])
        agreed = abs(moves).min() > 0.5 * limit and len(set(np.sign(moves))) == 1
        error = float(np.median(errors))
        if agreed and abs(np.median(moves)) > max(limit, 4.0 * error):
            alerts.append(
                Alert.of("moved_against_others", seen[n].name, "C", float(np.median(moves)), limit, error=error)
            )
    return alerts


def _width(seen: Seen) -> float:
    return seen.width * float(np.median(np.diff(seen.points)))


def peak_places(seen: Seen) -> Array:
    """Return positions of the peaks on the axis, to less than a step."""
    sharp = sharpen(seen.row[np.newaxis], max(seen.width, 2.0))[0]
    return np.interp(seen.peaks + vertex(sharp, seen.peaks), np.arange(len(seen.points)), seen.points)


def fit_move(places: Array, others: Array, width: float) -> tuple[float, float] | None:
    """Fit the moves of matched peaks by a displacement and a change of the cell; None where they are too few.

    Returns the move at theta = 0 of the part that goes with cos(theta), and its standard error, in degree of 2 theta.
    """
    nearest = others[np.argmin(np.abs(places[:, np.newaxis] - others), axis=1)]
    moves = places - nearest
    kept = np.abs(moves) < 1.5 * width
    for _ in range(3):
        if kept.sum() < _FEWEST_PEAKS or np.ptp(places[kept]) < _SHORTEST:
            return None
        theta = np.radians(places / 2.0)
        columns = np.column_stack([np.cos(theta), np.tan(theta)])
        solution, *_ = np.linalg.lstsq(columns[kept], moves[kept], rcond=None)
        off = moves - columns @ solution
        spread = 1.4826 * float(np.median(np.abs(off[kept])))
        kept &= np.abs(off) < max(3.0 * spread, 0.05 * width)
    left = kept.sum() - 2
    variance = float((off[kept] ** 2).sum()) / max(left, 1)
    covariance = variance * np.linalg.inv(columns[kept].T @ columns[kept])
    return float(solution[0]), float(np.sqrt(covariance[0, 0]))


def check_scans(dataset: xr.Dataset) -> list[Alert]:
    """Return alerts of repeats that change or drift, and of fluorescence that is damped against transmission."""
    energy = dataset["energy"].values.astype(float)
    found: dict[int, NormalizedAbsorption] = {}
    for n, row in enumerate(dataset["intensity"].values.astype(float)):
        try:
            found[n] = normalize(energy, row)
        except InputError:
            continue
    return _repeats(dataset, energy, found) + _damped(dataset, energy, found)


def _repeats(dataset: xr.Dataset, energy: Array, found: dict[int, NormalizedAbsorption]) -> list[Alert]:
    stems: dict[str, list[int]] = {}
    names = [str(name) for name in dataset["name"].values]
    for n in found:
        stems.setdefault(_STEM.sub("", names[n]), []).append(n)
    alerts = []
    for stem, members in stems.items():
        if len(members) < _FEWEST_REPEATS or not stem or _is_series(dataset.isel(sample=members)):
            continue
        members.sort(key=lambda n: [int(part) if part.isdigit() else 0 for part in re.findall(r"\d+", names[n])])
        first = names[members[0]]
        edges = np.array([found[n].edge_energy for n in members])
        curves = np.stack([found[n].flattened for n in members])
        near = (energy > edges.mean() - 10.0) & (energy < edges.mean() + 50.0)
        tops = curves[:, near].max(axis=1) if near.any() else np.ones(len(members))
        steady = []
        for what, unit, values, least in (
            ("edge", "eV", edges, 0.15), ("height of the white line", "of the step", tops, 0.02)
        ):  # fmt: skip
            change = _steady_change(values)
            if change is not None and abs(change) > least:
                steady.append(Alert.of("changes_over_repeats", first, "B", change, least, n=len(members), stem=stem,
                                       what=what, unit=unit))  # fmt: skip
        alerts += steady
        if not any("edge" in one.text.split(" the ")[1] for one in steady):
            alerts += graded(
                "energy_drift", first, float(np.ptp(edges)), {"B": 1.0, "C": 0.4}, n=len(members), stem=stem
            )
    return alerts


def _is_series(members: xr.Dataset) -> bool:
    """Scans whose numbers differ, of composition or temperature, are no repeats."""
    return any(np.ptp(values) > 0 for values in numeric_labels(members).values())


def _steady_change(values: Array) -> float | None:
    """The change along the order of measuring, where it is far beyond what chance gives; else None."""
    order = np.arange(len(values)) - (len(values) - 1) / 2.0
    slope = float(order @ values / (order @ order))
    left = values - values.mean() - slope * order
    error = np.sqrt(float(left @ left) / max(len(values) - 2, 1) / float(order @ order))
    enough = {4: 10.0, 5: 7.0, 6: 6.0}.get(len(values), 5.0)  # a chance below about 1 in 500 each
    return slope * (len(values) - 1) if abs(slope) > enough * error else None


def _damped(dataset: xr.Dataset, energy: Array, found: dict[int, NormalizedAbsorption]) -> list[Alert]:
    """Structure of a fluorescence spectrum against the transmission spectrum that it resembles most."""
    if "signal" not in dataset.coords:
        return []
    signals = [str(value) for value in dataset["signal"].values]
    thin = [n for n in found if signals[n].startswith("transmission")]
    alerts = []
    for n in (n for n in found if signals[n].startswith("fluorescence")):
        edge = found[n].edge_energy
        window = (energy > edge) & (energy < edge + 150.0)
        if window.sum() < 10:
            continue
        own = found[n].flattened[window] - 1.0
        best = max(thin, key=lambda k: _alike(own, found[k].flattened[window] - 1.0), default=None)
        if best is None:
            continue
        other = found[best].flattened[window] - 1.0
        if _alike(own, other) > 0.98:
            slope = float(own @ other / (other @ other))
            alerts += graded("damped", str(dataset["name"].values[n]), slope, {"B": 0.85, "C": 0.95}, above=False,
                             other=str(dataset["name"].values[best]))  # fmt: skip
    return alerts


def _alike(one: Array, other: Array) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 0 else 0.0
