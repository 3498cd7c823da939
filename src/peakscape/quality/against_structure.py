"""Alerts of patterns beside the structure that they should be of: displacement, texture, foreign peaks."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray

from peakscape.diffraction import reflections
from peakscape.errors import InputError
from peakscape.quality.alerts import Alert, graded
from peakscape.quality.diffraction import FEWEST, Seen, look
from peakscape.quality.series import peak_places
from peakscape.spectra import axis_name

Array = NDArray[np.float64]
_FURTHEST = 0.6
"""Degree by which a peak may be moved from its calculated angle."""
_STRONGEST = 40
"""So many reflections are compared at most."""
_LEAST = 0.02
"""Share of the strongest reflection below which none is compared."""


@dataclass(frozen=True)
class _Line:
    """A group of reflections that one peak holds: angle and intensity."""

    two_theta: float
    intensity: float


def against_structure(dataset: xr.Dataset, structure: Atoms) -> list[Alert]:
    """Return the alerts of patterns beside a structure.

    Raises
    ------
    InputError
        If the patterns are not on two_theta or have no wavelength.
    """
    if axis_name(dataset) != "two_theta" or "wavelength" not in dataset.attrs:
        raise InputError("a structure is compared with patterns on two_theta of a known wavelength; give --wavelength")
    last = min(float(dataset["two_theta"].values[-1]), 179.0)
    known = reflections(structure, wavelength=float(dataset.attrs["wavelength"]), two_theta_max=last)
    alerts = []
    for n in range(dataset.sizes["sample"]):
        row = dataset["intensity"].values[n]
        if len(row) >= FEWEST and np.ptp(row) > 0:
            alerts += _judge(look(dataset.isel(sample=n), "two_theta"), known.two_theta, known.intensity)
    return alerts


def _judge(seen: Seen, angles: Array, strengths: Array) -> list[Alert]:
    width = seen.width * float(np.median(np.diff(seen.points)))
    lines = _grouped(angles, strengths, seen.points, width)
    places = peak_places(seen)
    heights = seen.net[seen.peaks]
    if len(lines) < 3 or len(places) < 3:
        return []
    move, error = _best_move(places, heights, lines, width)
    theta = np.radians(places / 2.0)
    calculated = np.array([line.two_theta for line in lines])
    apart = np.abs(places[:, np.newaxis] - move * np.cos(theta)[:, np.newaxis] - calculated)
    owner = np.argmin(apart, axis=1)
    matched = apart[np.arange(len(places)), owner] < max(width, 0.08)
    alerts = []
    strong = heights > 0.05 * heights.max()
    stray = strong & ~matched
    share = float(heights[stray].sum() / heights[strong].sum())
    place = float(places[stray][np.argmax(heights[stray])]) if stray.any() else float("nan")
    alerts += graded("not_the_structure", seen.name, share, {"A": 0.5, "B": 0.2, "C": 0.08}, place=place)
    if share > 0.5:
        return alerts
    if abs(move) > max(0.25 * width, 4.0 * error) and np.isfinite(error):
        grave = abs(move) > 0.7 * width
        limit = (0.7 if grave else 0.25) * width
        alerts.append(Alert.of("displaced", seen.name, "B" if grave else "C", move, limit, error=error))
    return alerts + _intensities(seen, heights, matched, owner, lines)


def _grouped(angles: Array, strengths: Array, points: Array, width: float) -> list[_Line]:
    """Reflections within a width are one line at their centre of gravity; the strongest lines within the range."""
    inside = (angles > points[0] + width) & (angles < points[-1] - width)
    lines: list[_Line] = []
    start: list[int] = []
    for i in np.flatnonzero(inside):
        if start and angles[i] - angles[start[-1]] > width:
            lines.append(_line(angles[start], strengths[start]))
            start = []
        start.append(int(i))
    if start:
        lines.append(_line(angles[start], strengths[start]))
    lines.sort(key=lambda line: -line.intensity)
    highest = lines[0].intensity if lines else 0.0
    return [line for line in lines[:_STRONGEST] if line.intensity > _LEAST * highest]


def _line(angles: Array, strengths: Array) -> _Line:
    return _Line(float(angles @ strengths / strengths.sum()), float(strengths.sum()))


def _best_move(places: Array, heights: Array, lines: list[_Line], width: float) -> tuple[float, float]:
    """The displacement that lets the most intensity meet a line, refined on the matched peaks, and its error.

    A small change of the cell, tangent of theta, is fitted beside it and is nothing to alert of.
    """
    calculated = np.array([line.two_theta for line in lines])
    weight = np.sqrt(np.maximum(heights, 0.0))
    cosine, tangent = np.cos(np.radians(places / 2.0)), np.tan(np.radians(places / 2.0))
    best, score = 0.0, -1.0
    for trial in np.arange(-_FURTHEST, _FURTHEST + 0.01, 0.02):
        off = np.abs((places - trial * cosine)[:, np.newaxis] - calculated).min(axis=1)
        met = float((weight * np.exp(-0.5 * (off / (0.5 * width)) ** 2)).sum()) - 1e-6 * abs(trial)
        best, score = (float(trial), met) if met > score else (best, score)
    solution = np.array([best, 0.0])
    error = float("inf")
    for _ in range(4):
        off = (places - solution[0] * cosine - solution[1] * tangent)[:, np.newaxis] - calculated
        owner = np.argmin(np.abs(off), axis=1)
        kept = np.abs(off).min(axis=1) < 0.7 * width
        if kept.sum() < 4:
            return best, float("inf")
        columns = np.column_stack([cosine, tangent])[kept]
        solution, *_ = np.linalg.lstsq(columns, (places - calculated[owner])[kept], rcond=None)
        left = (places - calculated[owner])[kept] - columns @ solution
        variance = float(left @ left) / max(kept.sum() - 2, 1)
        error = float(np.sqrt(variance * np.linalg.pinv(columns.T @ columns)[0, 0]))
    return float(solution[0]), error


def _intensities(
    seen: Seen, heights: Array, matched: NDArray[np.bool_], owner: NDArray[np.intp], lines: list[_Line]
) -> list[Alert]:
    """How far measured heights scatter about calculated ones, as a factor: lines stronger than a tenth only."""
    strongest = max(line.intensity for line in lines)
    ratios, weights = [], []
    for number, line in enumerate(lines):
        mine = np.flatnonzero(matched & (owner == number))
        if line.intensity < 0.1 * strongest:
            continue
        height = float(heights[mine].sum()) if len(mine) else 2.0 * seen.noise
        ratios.append(np.log(max(height, seen.noise, 1e-12) / line.intensity))
        weights.append(line.intensity)
    if len(ratios) < 4:
        return []
    off = np.array(ratios) - np.average(ratios, weights=weights)
    factor = float(np.exp(np.sqrt(np.average(off**2, weights=weights))))
    return graded("unlike_structure", seen.name, factor, {"B": 3.0, "C": 1.8})
