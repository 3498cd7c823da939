"""Which peaks of a series move together: the shift that most of them agree on, and those that do not take part.

The correlation of whole patterns follows the strongest peaks, whatever they are of. Here every peak has one vote: the
shift of a pattern is the one at which most of its peaks meet peaks of the others. A peak that stays where it is while
the others move (of an impurity, a substrate, a sample holder) is found by how its place follows that shift.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from peakscape.signal.interpolation import shift_back
from peakscape.signal.peaks import Peaks, common_width, locate_peaks, sharpen, vertex
from peakscape.signal.registration import Registration
from peakscape.signal.smoothing import SIGMA_OF_FWHM, gaussian

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]

LEAST_HEIGHT, MOST_WEIGHT = 0.02, 0.5
"""Height of a peak, relative to the highest of its pattern, from which it votes; the root of the height is the weight
of its vote, up to this weight."""
ABOVE_NOISE = 7.5
"""Median absolute values of a sharpened pattern from which a peak is no noise."""
TOLERANCES = (2.0, 1.0, 0.5, 0.5)
"""Peak widths within which peaks meet, round by round."""
REACH = 12.0
"""Peak widths by which votes may change the shift that they start from."""
LAGS_PER_WIDTH = 6
MEETS = 0.5
"""Peak widths within which two peaks are one in the end."""
MAJORITY = 0.5
"""Share of the patterns of which a peak that moves along meets a peak."""
LEAST_MOVED, FAR = 0.3, 1.5
"""Peak widths that its holders must have moved before a peak can be said to stay; and from where peaks of the patterns
that meet by chance must be outnumbered."""
STAYS, DOUBT = 0.2, 0.6
"""Largest part of the shift that a peak which stays goes along, and that part with its error (Student's 95 %)."""
ALONG, MOST_FIXED = 0.6, 0.4
"""Median share of the other peaks that must move together before one is said to stay, and largest share that may."""
STRONG, FEWEST = 0.2, 3
"""Root of the relative height that a peak which stays has somewhere, and how many patterns show it at least."""
ROOM = 1.25
"""Peak widths on either side of a peak that are left out with it."""
MOST = 48
"""Patterns that are looked at; of more, evenly chosen ones."""


@dataclass(frozen=True)
class FixedPeak:
    """A peak that stays while the others move.

    Attributes
    ----------
    position, start, stop : float
        Where it stands, and the part of the shift axis that it takes.
    holders : ndarray of int, shape (n_holders,)
        Numbers of the patterns that show it.
    """

    position: float
    start: float
    stop: float
    holders: Numbers


@dataclass(frozen=True)
class PeakMotion:
    """How the peaks of a series move.

    Attributes
    ----------
    shift : ndarray of shape (n_samples,)
        What most peaks of each pattern agree on, less its median, in units of the shift axis; 0 without peaks.
    width : float
        Median width of the peaks on the shift axis.
    n_peaks : ndarray of int, shape (n_samples,)
        Peaks that vote.
    agreeing : ndarray of shape (n_samples,)
        Share of their weight that after the shift meets peaks of at least half of the patterns.
    fixed : tuple of FixedPeak
        Peaks that do not take part, the strongest first.
    """

    shift: Array
    width: float
    n_peaks: Numbers
    agreeing: Array
    fixed: tuple[FixedPeak, ...]


def peak_motion(axis: Array, patterns: Array, start: Array) -> PeakMotion:
    """Find the shift that most peaks of each pattern agree on, and peaks that do not take part.

    Parameters
    ----------
    axis
        Shift axis, ascending, shape (n_points,).
    patterns
        Shape (n_samples, n_points), two or more.
    start
        Shifts to begin with, of a registration, shape (n_samples,).

    Examples
    --------
    >>> axis, moved = np.linspace(0.0, 1.0, 1000), np.linspace(0.0, 0.06, 7)
    >>> places = np.concatenate([np.array([0.2, 0.33, 0.5, 0.62]) + moved[:, None], np.full((7, 1), 0.85)], axis=1)
    >>> patterns = np.exp(-(((axis - places[..., None]) / 0.006) ** 2)).sum(axis=1)
    >>> found = peak_motion(axis, patterns, 0.9 * moved)
    >>> (found.shift - found.shift[0]).round(2).tolist(), [round(one.position, 2) for one in found.fixed]
    ([0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06], [0.85])
    """
    votes = _Votes(axis, patterns)
    shift = np.asarray(start, dtype=np.float64) - np.median(start)
    if len(votes.place):
        for number, tolerance in enumerate(TOLERANCES):
            reach = REACH if number == 0 else 2.0 * tolerance
            shift = votes.move(shift, tolerance, reach)
            shift = shift - np.median(shift)
    along = votes.n_met(votes.place - shift[votes.sample]) >= MAJORITY * len(patterns)
    return PeakMotion(
        shift,
        votes.width,
        np.bincount(votes.sample, minlength=len(patterns)),
        votes.share(along),
        _fixed(votes, shift),
    )


class Chained(NamedTuple):
    """What `Registration.chain` returns."""

    center: int
    shift: Array
    quality: Array


def register_together(
    registration: Registration, patterns: Array, *, leave_out: bool = True
) -> tuple[Registration, Chained]:
    """Register patterns with one another, without the peaks that stay while the others move.

    Parameters
    ----------
    registration
        Of the axis of the patterns.
    patterns
        Shape (n_samples, n_points).
    leave_out
        Whether such peaks are looked for.

    Returns
    -------
    registration : Registration
        That leaves those peaks out; the same one where there are none.
    chained : Chained
        The medoid, and the shift and the quality of each pattern.

    Examples
    --------
    >>> axis, moved = np.linspace(0.0, 1.0, 1000), np.linspace(0.0, 0.06, 7)
    >>> places = np.concatenate([np.array([0.2, 0.33, 0.5, 0.62]) + moved[:, None], np.full((7, 1), 0.85)], axis=1)
    >>> patterns = np.exp(-(((axis - places[..., None]) / 0.006) ** 2)).sum(axis=1)
    >>> registration, chained = register_together(Registration(axis, 0.01, 0.1), patterns)
    >>> np.round(registration.left_out, 2).tolist(), round(float(np.ptp(chained.shift)), 2)
    ([[0.84, 0.86]], 0.06)
    """
    chained = Chained(*registration.chain(registration.modes(registration.prepare(patterns))))
    rows = evenly(len(patterns))
    if len(rows) < FEWEST or not leave_out:
        return registration, chained
    fixed = peak_motion(registration.axis, patterns[rows], chained.shift[rows]).fixed
    if not fixed:
        return registration, chained
    fewer = replace(registration, left_out=tuple((one.start, one.stop) for one in fixed))
    return fewer, Chained(*fewer.chain(fewer.modes(fewer.prepare(patterns))))


def evenly(n_samples: int) -> Numbers:
    """Numbers of the patterns that are looked at.

    Examples
    --------
    >>> evenly(3).tolist(), len(evenly(100))
    ([0, 1, 2], 48)
    """
    return np.arange(n_samples) if n_samples <= MOST else np.linspace(0, n_samples - 1, MOST).astype(np.intp)


def explained_by_shift(axis: Array, patterns: Array, shifts: Array) -> float:
    """Return by what share the variance of patterns falls when their shifts are taken out; below 0 where it grows.

    Patterns are broadened by a peak width before, so that noise does not count.

    Parameters
    ----------
    axis
        Shift axis, shape (n_points,).
    patterns
        Shape (n_samples, n_points).
    shifts
        Shape (n_samples,).

    Examples
    --------
    >>> axis, shifts = np.linspace(0.0, 1.0, 500), np.array([0.0, 0.1, 0.2])
    >>> patterns = np.exp(-(((axis - 0.4 - shifts[:, None]) / 0.02) ** 2))
    >>> round(explained_by_shift(axis, patterns, shifts), 2)
    1.0
    """
    smooth = gaussian(patterns, SIGMA_OF_FWHM * common_width(patterns))
    before, after = (
        float(((rows - rows.mean(axis=0)) ** 2).sum()) for rows in (smooth, shift_back(smooth, axis, shifts))
    )
    return 1.0 - after / before if before > 0 else 0.0


class _Votes:
    """The peaks of all patterns in one list: number of the pattern, place, width there, and weight."""

    def __init__(self, axis: Array, patterns: Array) -> None:
        fwhm = common_width(patterns)
        peaks = _above_noise(patterns, fwhm)
        points, numbers = np.concatenate([one[0] for one in peaks]), np.arange(len(axis), dtype=np.float64)
        self.n_samples = len(patterns)
        self.sample = np.repeat(np.arange(len(peaks)), [len(one[0]) for one in peaks])
        self.height = np.concatenate([one[1] for one in peaks])
        self.weight = np.minimum(self.height, MOST_WEIGHT)
        self.place = np.interp(points, numbers, axis)
        self.widths = fwhm * np.interp(points, numbers, np.gradient(axis))
        self.width = float(np.median(self.widths if len(points) else fwhm * np.diff(axis)))

    def move(self, shift: Array, tolerance: float, reach: float) -> Array:
        """Shifts within some widths of the given ones at which most peaks of a pattern meet those of the others."""
        step = self.width / LAGS_PER_WIDTH
        there = self.place - shift[self.sample]
        room = 3.0 * MEETS * tolerance * float(self.widths.max())
        grid = np.arange(there.min() - room, there.max() + room + step, step)
        presence = np.zeros((self.n_samples, len(grid)))
        for sample, place, width in zip(self.sample, there, MEETS * tolerance * self.widths, strict=True):
            part = slice(*np.searchsorted(grid, (place - 3.0 * width, place + 3.0 * width)))
            presence[sample, part] += np.exp(-0.5 * ((grid[part] - place) / width) ** 2)
        every = presence.sum(axis=0)
        n_others = max(1, int((presence.max(axis=1) > 0).sum()) - 1)
        n_lags = int(np.ceil(reach * LAGS_PER_WIDTH))
        lags: Array = step * np.arange(-n_lags, n_lags + 1, dtype=np.float64)
        moved = shift.copy()
        for sample in np.unique(self.sample):
            own = self.sample == sample
            at = there[own] - lags[:, None]
            met = np.interp(at, grid, (every - presence[sample]) / n_others, left=0.0, right=0.0)
            moved[sample] += _top(lags, np.minimum(met, 1.0) @ self.weight[own])
        return moved

    def n_met(self, where: Array) -> Numbers:
        """Of how many patterns, the own one too, a peak lies near each peak when they stand at `where`."""
        order = np.argsort(where, kind="stable")
        ordered, samples = where[order], self.sample[order]
        low = np.searchsorted(ordered, where - MEETS * self.widths, side="left")
        high = np.searchsorted(ordered, where + MEETS * self.widths, side="right")
        return np.array([len(set(samples[a:b])) for a, b in zip(low, high, strict=True)], dtype=np.intp)

    def share(self, chosen: NDArray[np.bool_]) -> Array:
        """Share of the weight of each pattern's peaks that is chosen; 0 without peaks."""
        total = np.bincount(self.sample, self.weight, self.n_samples)
        part = np.bincount(self.sample, self.weight * chosen, self.n_samples)
        return np.asarray(part / np.where(total > 0, total, 1.0))


def _top(lags: Array, score: Array) -> float:
    """Where a score on even lags is highest, by the parabola through its highest three points."""
    best = int(score.argmax())
    return float(lags[best] + vertex(score, best) * (lags[1] - lags[0]))


def _above_noise(patterns: Array, fwhm: float) -> list[Peaks]:
    """Peaks of patterns that are neither weak nor noise."""
    found = []
    for row, sharp in zip(patterns, sharpen(patterns, fwhm), strict=True):
        top = float(sharp.max())
        least = max(LEAST_HEIGHT, ABOVE_NOISE * float(np.median(np.abs(sharp))) / top) if top > 0 else 1.0
        nothing = np.empty(0), np.empty(0)
        found.append(locate_peaks(row[None], fwhm=fwhm, min_height=least)[0] if least < 1.0 else nothing)
    return found


def _fixed(votes: _Votes, shift: Array) -> tuple[FixedPeak, ...]:
    """Peaks whose place does not follow the shift, the strongest first; none where the others do not move together."""
    taken = np.zeros(len(votes.place), dtype=bool)
    found: list[FixedPeak] = []
    if float(np.ptp(shift)) < votes.width:
        return ()
    moving = votes.n_met(votes.place - shift[votes.sample])
    for seed in np.argsort(-votes.height, kind="stable"):
        width = float(votes.widths[seed])
        near = ~taken & (np.abs(votes.place - votes.place[seed]) <= MEETS * width)
        group = _one_each(votes, np.flatnonzero(near), float(votes.place[seed]))
        if taken[seed] or votes.height[group].max() < STRONG or len(group) < FEWEST:
            continue
        moved = shift[votes.sample[group]]
        apart = float(np.ptp(moved))
        if apart < LEAST_MOVED * width or (apart >= FAR * width and len(group) <= moving[group].max()):
            continue
        part, error = _slope(moved, votes.place[group])
        if abs(part) <= STAYS and part + error <= DOUBT:
            taken[near] = True
            centre = float(np.average(votes.place[group], weights=votes.height[group]))
            found.append(FixedPeak(centre, centre - ROOM * width, centre + ROOM * width, votes.sample[group]))
    others = votes.share(~taken)
    together = votes.share(~taken & (moving >= MAJORITY * votes.n_samples)) / np.where(others > 0, others, 1.0)
    told = np.median(together) >= ALONG and np.median(votes.share(taken)) <= MOST_FIXED
    return tuple(found) if told else ()


def _one_each(votes: _Votes, numbers: Numbers, place: float) -> Numbers:
    """Of several peaks of one pattern the nearest one, in order of the patterns."""
    order = numbers[np.argsort(np.abs(votes.place[numbers] - place), kind="stable")]
    return order[np.unique(votes.sample[order], return_index=True)[1]]


def _slope(moved: Array, places: Array) -> tuple[float, float]:
    """Slope of a straight line through places against shifts, and half the width of its 90 % interval."""
    centred = moved - moved.mean()
    size = float((centred**2).sum())
    slope = float(centred @ places) / size
    rest = places - places.mean() - slope * centred
    n_left = len(moved) - 2
    return slope, float(stdtrit(n_left, 0.95) * np.sqrt((rest**2).sum() / n_left / size))
