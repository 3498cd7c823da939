"""How masked windows change the registered shift of a pattern: one Newton step each, without making the copies."""

from dataclasses import dataclass

import numpy as np

from peakscape.signal.interpolation import bin_means
from peakscape.signal.registration import WIDE, Modes, Registration, even_out
from peakscape.signal.smoothing import SIGMA_OF_FWHM

REACH = 4.0 * WIDE * SIGMA_OF_FWHM
"""How far, in peak widths, a masked window changes the prepared pattern: the filters' Gaussians end there."""

WINDOWS_AT_ONCE = 1024


@dataclass(frozen=True)
class MaskedParts:
    """How one pattern moves on the map when windows of it are masked, and why.

    Attributes
    ----------
    whole : ndarray of shape (2,)
        Where the whole pattern lies.
    registration : ndarray of shape (n_windows, 2)
        Movement because the masked pattern is registered at another shift, by one Newton step.
    residual : ndarray of shape (n_windows, 2)
        Movement because of what is missing, at the shift of the whole pattern.

    Examples
    --------
    >>> from peakscape.maps import ShiftMap
    >>> centers = np.array([40.0, 90.0, 150.0]) + np.linspace(0.0, 8.0, 9)[:, None]
    >>> patterns = np.exp(-(((np.arange(200.0) - centers[..., None]) / 3.0) ** 2)).sum(axis=1)
    >>> parts = ShiftMap().fit(patterns).transform_masked_parts(patterns[0], starts=[35, 60], stops=[45, 70])
    >>> bool(np.abs(parts.residual[0, 1]) > 1.0), bool(np.abs(parts.residual[1, 1]) < 1e-3)
    (True, True)
    """

    whole: np.ndarray
    registration: np.ndarray
    residual: np.ndarray


def newton_steps(
    registration: Registration,
    pattern: np.ndarray,
    removed: np.ndarray,
    windows: tuple[np.ndarray, np.ndarray],
    *,
    template: Modes,
    shift: float,
) -> np.ndarray:
    """Return by how much masking each window moves the best shift of a pattern against a template, (n_windows,).

    The masked pattern is prepared anew around the window, exactly; from it one Newton step is taken at the shift of the
    whole pattern. `removed` is what is taken away at each point where it is masked; `template` are modes, shape
    (n_modes,).
    """
    starts, stops = windows
    first, second = registration.newton_weights(template, shift)
    binned = bin_means(registration.axis, registration.edges, pattern[None])[0]
    prepared = registration.prepare(pattern[None])[0]
    slope, bend = float(prepared @ first), float(prepared @ second)
    width = registration.fwhm / registration.step
    room = int(np.ceil(REACH * width)) + 2
    low, n_bins = _reached(registration, starts, stops)
    sizes = n_bins + 4 * room  # as much again on either side, so that the filters see the true surroundings
    steps = np.zeros(len(starts))
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        for rows in np.array_split(chosen, max(1, len(chosen) // WINDOWS_AT_ONCE)):
            around = low[rows, None] - 2 * room + np.arange(size)
            inside = (around >= 0) & (around < registration.n_bins)
            bins = np.clip(around, 0, registration.n_bins - 1)
            taken = _taken(registration, removed, starts[rows], stops[rows], bins)
            fresh = even_out(binned[bins] - taken, width)
            if registration.taking_part is not None:
                fresh = fresh * registration.taking_part[bins]
            part = slice(room, size - room)
            change = np.where(inside, fresh - prepared[bins], 0.0)[:, part]
            slopes = slope + (change * first[bins[:, part]]).sum(axis=1)
            bends = bend + (change * second[bins[:, part]]).sum(axis=1)
            # The whole pattern's own slope is zero up to rounding; away from a maximum no step can be told.
            steps[rows] = np.where(bends < 0.1 * bend, -slopes / np.where(bends == 0.0, 1.0, bends), 0.0)
    return np.asarray(np.clip(steps, -registration.fwhm, registration.fwhm))


def _reached(registration: Registration, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first bin that each window touches and how many it touches, the latter rounded up to a power of 2."""
    axis, edges = registration.axis, registration.edges
    left, right = axis[np.maximum(starts - 1, 0)], axis[np.minimum(stops, len(axis) - 1)]
    low = np.clip(np.searchsorted(edges, left, side="right") - 1, 0, registration.n_bins - 1)
    high = np.clip(np.searchsorted(edges, right, side="left"), 1, registration.n_bins)
    n_bins = np.maximum(high - low, 1)
    return low, 2 ** np.ceil(np.log2(n_bins)).astype(np.intp)


def _taken(
    registration: Registration, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray, bins: np.ndarray
) -> np.ndarray:
    """Return what masking takes from the mean over each bin, shape (n_windows, n_around)."""
    axis = registration.axis
    running = np.zeros(len(axis))
    np.cumsum(0.5 * (removed[1:] + removed[:-1]) * np.diff(axis), out=running[1:])
    at_edges = np.interp(registration.edges, axis, running)

    def up_to(ends: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """Integral up to bin edges of what is removed at the points before each end."""
        last = np.maximum(ends - 1, 0)[:, None]
        behind = np.minimum(last + 1, len(axis) - 1)
        x = registration.edges[edges]
        rest = 0.5 * removed[last] * (np.clip(x, axis[last], axis[behind]) - axis[last])
        return np.where(ends[:, None] > 0, np.where(x <= axis[last], at_edges[edges], running[last] + rest), 0.0)

    of_windows = [up_to(stops, edges) - up_to(starts, edges) for edges in (bins, bins + 1)]
    return np.asarray((of_windows[1] - of_windows[0]) / registration.step)
