"""Alerts about one powder pattern, from its points alone."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, percentile_filter, uniform_filter1d
from scipy.signal import find_peaks

from peakscape.errors import InputError
from peakscape.preparation.spikes import Despike
from peakscape.quality.alerts import Alert, graded
from peakscape.quality.noise import local_noise, noise_of, shared_noise
from peakscape.signal.peaks import peak_width, sharpen
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths

Array = NDArray[np.float64]
FEWEST = 20
"""Points without which no pattern can be judged."""
_RATIO = (0.2, 0.8)
"""Strengths of K-alpha2 that are believed; the tubes' own is 0.5."""
_ENOUGH_DOUBLETS = 3
"""So many peaks must be split far enough to tell."""


@dataclass(frozen=True)
class Seen:
    """What the alerts look at: points, counts, noise of one point of the ground, width and places of peaks (points)."""

    name: str
    axis: str
    points: Array
    row: Array
    ground: Array
    noise: float
    width: float
    peaks: NDArray[np.intp]

    @property
    def net(self) -> Array:
        """Above the ground."""
        return self.row - self.ground


def look(one: xr.Dataset, axis: str) -> Seen:
    """Find ground, noise and peaks of one pattern."""
    points, row = one[axis].values.astype(float), one["intensity"].values.astype(float)
    noise = noise_of(row)
    width = peak_width(row)
    width = width if np.isfinite(width) else 4.0
    span = int(min(max(12 * width, 25), len(row) // 2)) | 1
    ground = uniform_filter1d(percentile_filter(minimum_filter1d(_calm(row), 3), 20, span), span)
    ground = np.minimum(ground, uniform_filter1d(row, 5) + noise)
    sharp = sharpen(row[np.newaxis], max(width, 2.0))[0]
    level = noise_of(sharp)
    above = np.maximum(5.0 * level, 0.004 * float(sharp.max()))
    peaks, _ = find_peaks(sharp, height=above, prominence=above)
    return Seen(str(one["name"].values), axis, points, row, ground, noise, width, peaks)


def _calm(row: Array) -> Array:
    return np.asarray(uniform_filter1d(row, 3))


def check_pattern(one: xr.Dataset, axis: str) -> list[Alert]:
    """Return the alerts of one pattern."""
    name = str(one["name"].values)
    row = one["intensity"].values.astype(float)
    alerts = [] if axis != "two_theta" or "wavelength" in one.attrs else [Alert.of("no_wavelength", name, "A")]
    if len(row) < FEWEST or not np.ptp(row) > 0:
        return [*alerts, Alert.of("few_peaks", name, "A", 0.0, 3.0)]
    seen = look(one, axis)
    alerts += graded("few_peaks", name, float(len(seen.peaks)), {"A": 1.0, "B": 3.0, "C": 6.0}, above=False)
    alerts += _below_zero(seen) + _uneven(seen)
    if not len(seen.peaks):
        return alerts
    saturated = _saturated(seen)
    alerts += saturated
    alerts += graded("few_points", name, seen.width, {"A": 2.5, "B": 4.0, "C": 5.0}, above=False)
    alerts += _counted(seen) + _spikes(seen) + _cut(seen) + _dead(seen, bool(saturated))
    wavelength = one.attrs.get("wavelength")
    if axis == "two_theta" and wavelength is not None:
        alerts += _second_line(seen, float(wavelength))
    return alerts


def _below_zero(seen: Seen) -> list[Alert]:
    return graded("below_zero", seen.name, float((seen.row < -3.0 * seen.noise).mean() + (seen.row < 0).mean() / 2),
                  {"B": 0.05, "C": 0.0})  # fmt: skip


def _uneven(seen: Seen) -> list[Alert]:
    steps = np.diff(seen.points)
    longest = int(np.argmax(steps))
    ratio = float(steps[longest] / np.median(steps))
    return graded("uneven_steps", seen.name, ratio, {"B": 5.0, "C": 2.5}, place=seen.points[longest])


def _saturated(seen: Seen) -> list[Alert]:
    """Many points at the one highest value: few counts repeat by chance, many do not."""
    top = float(seen.row.max())
    at_top = seen.row >= top
    longest = _longest_run(at_top)[1]
    chance = int(at_top.sum())
    apart = int(np.sum(np.diff(np.flatnonzero(at_top)) > seen.width)) + 1
    strong = float(seen.net.max()) > 30.0 * seen.noise
    if strong and (longest >= 3 or (apart >= 3 and chance >= 4)):
        return [Alert.of("saturated", seen.name, "A", float(chance), 3.0, top=top)]
    return []


def _longest_run(yes: NDArray[np.bool_]) -> tuple[int, int]:
    """First point and length of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], yes.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best] - starts[best])


def _counted(seen: Seen) -> list[Alert]:
    """Counts, background, halo, and whether the noise is that of counts."""
    top = seen.peaks[np.argmax(seen.net[seen.peaks])]
    height = float(max(seen.net[top], 0.0))
    here = local_noise(seen.row, int(top), seen.noise, float(seen.ground[top]))
    alerts = graded("weak", seen.name, height / here if here > 0 else np.inf, {"A": 10.0, "B": 25.0, "C": 50.0},
                    above=False)  # fmt: skip
    total = float(np.maximum(seen.row, 0.0).sum())
    share = float(np.clip(seen.ground, 0.0, None).sum()) / total if total > 0 else 0.0
    alerts += graded("high_background", seen.name, share, {"B": 0.98, "C": 0.95})
    alerts += _halo(seen, height)
    correlation = shared_noise(seen.row, seen.noise)
    if correlation > 0.35:
        return [*alerts, Alert.of("smoothed", seen.name, "C", correlation, 0.35)]
    level = float(np.median(seen.ground))
    if level > 2.0 and seen.noise > 0:
        factor = seen.noise / np.sqrt(level)
        if not 0.6 < factor < 1.7:
            alerts.append(Alert.of("not_counts", seen.name, "C", factor, 1.7 if factor > 1 else 0.6))
    return alerts


def _halo(seen: Seen, height: float) -> list[Alert]:
    """How far the ground rises above its lower convex hull."""
    hull = _lower_hull(seen.points, seen.ground)
    rise = seen.ground - hull
    place = int(np.argmax(rise))
    if rise[place] < 6.0 * seen.noise / np.sqrt(max(seen.width, 1.0)):
        return []
    return graded("halo", seen.name, float(rise[place]) / height if height > 0 else np.inf, {"B": 0.5, "C": 0.1},
                  place=seen.points[place])  # fmt: skip


def _lower_hull(points: Array, values: Array) -> Array:
    kept: list[int] = []
    for i in range(len(points)):
        while len(kept) > 1:
            a, b = kept[-2], kept[-1]
            if (values[b] - values[a]) * (points[i] - points[a]) < (values[i] - values[a]) * (points[b] - points[a]):
                break
            kept.pop()
        kept.append(i)
    return np.interp(points, points[kept], values[kept])


def _spikes(seen: Seen) -> list[Alert]:
    if seen.width < 2.0:
        return []
    found = Despike().fit([seen.row]).spikes([seen.row])[0]
    return graded("spikes", seen.name, float(found.sum()), {"B": 3.0, "C": 0.0},
                  place=seen.points[int(np.argmax(found))])  # fmt: skip


def _cut(seen: Seen) -> list[Alert]:
    """A peak whose top or flank stands at an end: a fall over two widths that is steeper than what follows."""
    alerts = []
    reach = max(round(2.0 * seen.width), 3)
    if len(seen.row) < 6 * reach:
        return []
    height = float(seen.net.max())
    for side, row, place in (("start", seen.row, seen.points[0]), ("end", seen.row[::-1], seen.points[-1])):
        near, after, far = (float(np.median(row[a : a + max(reach // 4, 2)])) for a in (0, reach, 3 * reach))
        fall, rest = near - after, max((after - far) / 2.0, 0.0)
        if fall > max(8.0 * seen.noise, 0.02 * height) and fall > 4.0 * rest:
            alerts += graded("cut_peak", seen.name, fall / height, {"B": 0.2, "C": 0.02}, side=side, place=place)
    return alerts


def _dead(seen: Seen, saturated: bool) -> list[Alert]:
    if seen.noise <= 0 or saturated:
        return []
    same = np.concatenate([[False], np.diff(seen.row) == 0.0])
    start, length = _longest_run(same)
    level = float(seen.row[start])
    likely = 4 if level > 4 else 40  # counts near zero repeat by chance
    return graded("dead_stretch", seen.name, float(length + 1), {"B": 4.0 * likely, "C": 2.0 * likely},
                  place=seen.points[max(start - 1, 0)])  # fmt: skip


def _second_line(seen: Seen, wavelength: float) -> list[Alert]:
    """A doublet repeats every peak at its own distance: how much higher is the curve there than as far before it?"""
    try:
        first, second = k_alpha_wavelengths(anode_from_wavelength(wavelength))
    except InputError:
        return []
    step = float(np.median(np.diff(seen.points)))
    heights = seen.net[seen.peaks]
    strong = seen.peaks[heights > 0.03 * heights.max()]
    theta = np.radians(seen.points[strong] / 2.0)
    apart = np.degrees(2.0 * (second / first - 1.0) * np.tan(theta))
    inside = (seen.points[strong] - apart > seen.points[0]) & (seen.points[strong] + apart < seen.points[-1])
    usable = strong[inside & (apart > 0.7 * seen.width * step)]
    apart = apart[inside & (apart > 0.7 * seen.width * step)]
    if len(usable) < _ENOUGH_DOUBLETS:
        return []
    places = seen.points[usable]
    behind, before = (np.interp(places + sign * apart, seen.points, seen.net) for sign in (1.0, -1.0))
    first_lines = before < 1.2 * seen.net[usable]  # not the second line of a higher one
    if first_lines.sum() < _ENOUGH_DOUBLETS:
        return []
    ratios = ((behind - before) / seen.net[usable])[first_lines]
    low, ratio = (float(value) for value in np.percentile(ratios, [25, 50]))
    if low > 0.5 * _RATIO[0] and _RATIO[0] < ratio < _RATIO[1]:
        return [Alert.of("k_alpha2", seen.name, "C", ratio, _RATIO[0])]
    return []
