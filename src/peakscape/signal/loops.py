"""Loops over the points of many curves, compiled: numpy makes an array of each step of them.

The sums are taken in the order that is written, row by row: a row has the same bits alone and among others, and (but
for `match`) those that numpy and scipy give. Arrays are contiguous and in double precision. It takes a quarter of a
second to load numba: import this file where it is needed.
"""

import math

import numpy as np
from numpy.typing import NDArray

from peakscape.machine_code import compile_loops

Array = NDArray[np.float64]

PIECE = 512
"""Points of a curve that are convolved at once: they stay in the first-level cache."""

LANES = 16
"""Modes whose phases are multiplied by one factor, and sums side by side."""


def _embedded(function):  # type: ignore[no-untyped-def]
    return compile_loops(function, embedded=True)


@_embedded
def _locate(axis, slopes, shift, left, share):  # type: ignore[no-untyped-def]
    """Set where each point of ``axis + shift`` lies: the number of the point before it, and the share of the step."""
    n = len(axis)
    at = 0
    for i in range(n):
        x = axis[i] + shift
        if x >= axis[n - 1]:
            left[i], share[i] = n - 2, 1.0
        elif not x > axis[0]:
            left[i], share[i] = 0, 0.0 if x <= axis[0] else x  # NaN
        else:
            while at + 2 < n and axis[at + 1] <= x:
                at += 1
            where = slopes[at] * (x - axis[at]) + at
            left[i] = min(int(where), n - 2)
            share[i] = where - left[i]


@_embedded
def _cubic(t):  # type: ignore[no-untyped-def]
    """Weights of four points by cubic convolution (Keys 1981, doi:10.1109/TASSP.1981.1163711, a = -1/2)."""
    return (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )


@compile_loops
def shift_back(patterns: Array, axis: Array, shifts: Array) -> Array:
    """Interpolate each row at ``axis + shift``; beyond an end stands its value. The axis has two points or more."""
    n = len(axis)
    shifted, slopes = np.empty((len(patterns), n)), np.empty(n - 1)
    left, share, line = np.empty(n, np.int64), np.empty(n), np.empty(n + 2)
    for i in range(n - 1):
        slopes[i] = 1.0 / (axis[i + 1] - axis[i])
    for row in range(len(patterns)):
        _locate(axis, slopes, shifts[row], left, share)
        line[0], line[n + 1] = patterns[row, 0], patterns[row, n - 1]
        for i in range(n):
            line[i + 1] = patterns[row, i]
        for i in range(n):
            at = left[i]
            a, b, c, d = _cubic(share[i])
            shifted[row, i] = line[at] * a + line[at + 1] * b + line[at + 2] * c + line[at + 3] * d
    return shifted


@compile_loops
def pull_back(directions: Array, axis: Array, shift: float) -> Array:
    """Return directions that give with a row what the given ones give with the row shifted back."""
    n = len(axis)
    slopes, left, share = np.empty(n - 1), np.empty(n, np.int64), np.empty(n)
    for i in range(n - 1):
        slopes[i] = 1.0 / (axis[i + 1] - axis[i])
    _locate(axis, slopes, shift, left, share)
    pulled = np.zeros(directions.shape)
    for row in range(len(directions)):
        for i in range(n):
            at, value = left[i], directions[row, i]
            a, b, c, d = _cubic(share[i])
            pulled[row, max(at - 1, 0)] += a * value
            pulled[row, at] += b * value
            pulled[row, at + 1] += c * value
            pulled[row, min(at + 2, n - 1)] += d * value
    return pulled


@compile_loops
def bin_means(axis: Array, edges: Array, patterns: Array) -> Array:
    """Average each row, straight between its points, over bins within the axis."""
    n, n_bins = len(axis), len(edges) - 1
    means, running, ends = np.empty((len(patterns), n_bins)), np.zeros(n), np.empty(n_bins + 1)
    left, share = np.empty(n_bins + 1, np.int64), np.empty(n_bins + 1)
    at = 0
    for k in range(n_bins + 1):
        while at + 2 < n and axis[at + 1] <= edges[k]:
            at += 1
        left[k], share[k] = at, (edges[k] - axis[at]) / (axis[at + 1] - axis[at])
    for row in range(len(patterns)):
        for i in range(n - 1):
            step = 0.5 * (patterns[row, i + 1] + patterns[row, i]) * (axis[i + 1] - axis[i])
            running[i + 1] = running[i] + step
        for k in range(n_bins + 1):
            ends[k] = running[left[k]] * (1.0 - share[k]) + running[left[k] + 1] * share[k]
        for k in range(n_bins):
            means[row, k] = (ends[k + 1] - ends[k]) / (edges[k + 1] - edges[k])
    return means


@_embedded
def _smooth(line, room, kernel, smooth):  # type: ignore[no-untyped-def]
    """Convolve the middle of a line, which goes on for `room` points at both ends, with half of an even kernel."""
    for first in range(0, len(smooth), PIECE):
        here = smooth[first : first + PIECE]
        n, at = len(here), first + room
        middle = line[at : at + n]
        for i in range(n):
            here[i] = middle[i] * kernel[0]
        for k in range(len(kernel) - 1, 0, -1):
            before, after, weight = line[at - k : at - k + n], line[at + k : at + k + n], kernel[k]
            for i in range(n):
                here[i] += (before[i] + after[i]) * weight


@compile_loops
def root_of_difference(rows: Array, narrow: Array, broad: Array, least: Array) -> Array:
    """Return the root of each row convolved with a narrow kernel less a broad one, and 0 where that is `least` or less.

    The kernels are even: given are their numbers from the middle on. A row goes on with its ends; `least` is one number
    for each.
    """
    n, room = rows.shape[1], max(len(narrow), len(broad)) - 1
    found, line, smooth, background = np.empty(rows.shape), np.empty(n + 2 * room), np.empty(n), np.empty(n)
    for row in range(len(rows)):
        line[:room], line[room : room + n], line[room + n :] = rows[row, 0], rows[row], rows[row, n - 1]
        _smooth(line, room, narrow, smooth)
        _smooth(line, room, broad, background)
        for i in range(n):
            above = smooth[i] - background[i]
            found[row, i] = math.sqrt(above if above > least[row] else 0.0)
    return found


@_embedded
def _bends(real, imaginary, waves, shift):  # type: ignore[no-untyped-def]
    """Return the match of weighted modes at a shift, its slope and its bend; the modes are a multiple of LANES.

    Waves are even from 0, so that all phases are products of few.
    """
    cosine, sine = np.empty(LANES), np.empty(LANES)
    sums = np.zeros((3, LANES))
    turn = waves[1] * shift
    for k in range(LANES):
        cosine[k], sine[k] = math.cos(turn * k), math.sin(turn * k)
    step, climb = math.cos(turn * LANES), math.sin(turn * LANES)
    c, s = 1.0, 0.0
    for first in range(0, len(real), LANES):
        for k in range(LANES):
            a, b = c * cosine[k] - s * sine[k], c * sine[k] + s * cosine[k]
            i = first + k
            match = real[i] * a - imaginary[i] * b
            sums[0, k] += match
            sums[1, k] += (real[i] * b + imaginary[i] * a) * waves[i]
            sums[2, k] += match * (waves[i] * waves[i])
        c, s = c * step - s * climb, c * climb + s * step
    total, slope, bend = 0.0, 0.0, 0.0
    for k in range(LANES):
        total, slope, bend = total + sums[0, k], slope + sums[1, k], bend + sums[2, k]
    return total, slope, bend


@compile_loops
def match(
    real: Array, imaginary: Array, waves: Array, weights: Array, shifts: Array, steps: tuple[int, float]
) -> Array:
    """Refine shifts in place by Newton's method, at one broadening after another; return the match at the last.

    Parameters
    ----------
    real, imaginary
        Products of the modes of two patterns each, shape (n_samples, n_modes).
    waves
        Wave numbers, even from 0, shape (n_modes,).
    weights
        Of the modes at each broadening, shape (n_levels, n_modes).
    shifts
        Shape (n_samples,).
    steps
        Number of steps at each broadening, and the longest.
    """
    n_levels, n_modes = weights.shape
    n_steps, reach = steps
    padded = -(-n_modes // LANES) * LANES
    part, whole, wide = np.zeros(padded), np.zeros(padded), np.zeros(padded)
    wide[:n_modes] = waves
    found = np.empty(len(real))
    for row in range(len(real)):
        shift = shifts[row]
        for level in range(n_levels):
            last = 0
            for i in range(n_modes):
                part[i], whole[i] = real[row, i] * weights[level, i], imaginary[row, i] * weights[level, i]
                last = i + 1 if weights[level, i] > 0.0 else last
            last = -(-last // LANES) * LANES
            for _ in range(n_steps):
                _, slope, bend = _bends(part[:last], whole[:last], wide[:last], shift)
                step = slope / max(abs(bend), 2.2250738585072014e-308)
                shift -= min(max(step, -reach), reach)
        found[row] = _bends(part, whole, wide, shift)[0]
        shifts[row] = shift
    return found
