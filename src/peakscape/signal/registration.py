"""Registration: by how much a pattern is shifted against another one, as one number on the shift axis.

On a shift axis (the logarithm of q, the energy) a uniform change of the lattice moves all peaks by the same amount.

`Registration` averages patterns over even bins of that axis, frees them of background, brings their peaks to like
heights and correlates them after strong broadening, where the right match cannot be missed; Newton's method then
refines the shift at smaller and smaller broadening. It stops at one and a half widths of the broadest peaks: narrower,
the match locks on single split peaks. `ShiftMatcher` compares many spectra with many, to a step of the axis.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from peakscape.signal.interpolation import bin_means, interpolate_rows
from peakscape.signal.peaks import MOST_BINS
from peakscape.signal.smoothing import SIGMA_OF_FWHM, TINY, half_kernel

Array = NDArray[np.float64]
Modes = NDArray[np.complex128]

NARROW, WIDE = 0.175, 0.75
"""Gaussians whose difference takes the background away and the peaks not, in peak widths. The width that the
autocorrelation gives is that of the broadest strong peaks (at low angles, on an axis of ln q); these are 0.7 and 3
widths of peaks a quarter as wide."""

LEVELS = (6.0, 3.0, 1.5)
"""Broadening of the patterns while they are matched, in peak widths (FWHM)."""

BINS_PER_WIDTH = 8.0
"""Bins of the grid in a peak width."""

NEWTON_STEPS = 4
"""Steps at each level; four end below 1e-6 of a peak width."""

NEGLIGIBLE = 1e-7
"""Modes that broadening brings below this share of the strongest are left out."""

ROWS_AT_ONCE = 16
"""Patterns that are prepared, transformed or matched at once: more do not stay in the cache."""

MOST_EVEN = 8192
"""Points of the even axis on which `ShiftMatcher` searches, at most."""


def even_out(binned: Array, n_bins_wide: float) -> Array:
    """Take the background of patterns on an even grid away and bring their peaks to like heights.

    The difference of two Gaussians (`NARROW` and `WIDE` peak widths), what is negative cut off, square root: what
    `difference_of_gaussians` and `root_above_zero` give, in one loop.

    Parameters
    ----------
    binned
        Shape (..., n_bins).
    n_bins_wide
        Full width at half maximum of the peaks in bins.

    Examples
    --------
    >>> even_out(np.full(50, 3.0), 4.0).max().round(6)
    np.float64(0.0)
    """
    from peakscape.signal import loops  # numba takes a while to load

    sigma = SIGMA_OF_FWHM * n_bins_wide
    rows = np.ascontiguousarray(np.atleast_2d(binned), np.float64).reshape(-1, binned.shape[-1])
    least = TINY * np.maximum(rows.max(axis=1), -rows.min(axis=1))
    evened = loops.root_of_difference(rows, half_kernel(NARROW * sigma), half_kernel(WIDE * sigma), least)
    return np.asarray(evened).reshape(binned.shape)


@dataclass(frozen=True)
class Registration:
    """Registration of patterns on one axis.

    Attributes
    ----------
    axis : ndarray of shape (n_points,)
        The shift axis, ascending; its steps may differ.
    fwhm : float
        Width of the peaks on it.
    max_shift : float
        Largest shift that is looked for, in either direction.
    left_out : tuple of (float, float)
        Parts of the axis that take no part: of peaks that do not move with the others.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 500)
    >>> peaks = [np.exp(-(((axis[:, None] - [0.2 + s, 0.5 + s, 0.6 + s]) / 0.01) ** 2)).sum(1) for s in (0.0, 0.034)]
    >>> registration = Registration(axis, fwhm=0.0167, max_shift=0.1)
    >>> modes = registration.modes(registration.prepare(np.array(peaks)))
    >>> shift, quality = registration.align(modes, modes[0])
    >>> shift.round(4).tolist(), quality.round(2).tolist()
    ([0.0, 0.034], [1.0, 1.0])
    """

    axis: Array
    fwhm: float
    max_shift: float
    left_out: tuple[tuple[float, float], ...] = ()

    @cached_property
    def n_bins(self) -> int:
        """Bins of the even grid."""
        wanted = np.ceil(BINS_PER_WIDTH * (self.axis[-1] - self.axis[0]) / self.fwhm)
        return int(np.clip(wanted, 8, MOST_BINS))

    @cached_property
    def edges(self) -> Array:
        """Ends of the bins, shape (n_bins + 1,)."""
        return np.linspace(self.axis[0], self.axis[-1], self.n_bins + 1)

    @property
    def step(self) -> float:
        """Width of a bin."""
        return float(self.edges[1] - self.edges[0])

    @cached_property
    def taking_part(self) -> Array | None:
        """1 for bins that take part and 0 for those left out, shape (n_bins,); None where all take part."""
        if not self.left_out:
            return None
        inside = [(self.edges[1:] > start) & (self.edges[:-1] < stop) for start, stop in self.left_out]
        return np.asarray(~np.any(inside, axis=0), dtype=np.float64)

    @cached_property
    def _n_padded(self) -> int:
        """Bins with the room beside them that keeps one end of a pattern from matching the other."""
        room = (self.max_shift + LEVELS[0] * self.fwhm) / self.step
        return int(fft.next_fast_len(self.n_bins + int(np.ceil(room)) + 1, real=True))

    @cached_property
    def _filters(self) -> list[tuple[Array, Array]]:
        """Wave numbers and weights of the modes at each level, each of shape (n_modes,)."""
        waves = 2.0 * np.pi * fft.rfftfreq(self._n_padded, self.step)
        double = np.full(len(waves), 2.0)
        double[0] = 1.0
        found = []
        for level in LEVELS:
            weights = np.exp(-((level * SIGMA_OF_FWHM * self.fwhm * waves) ** 2))
            n_modes = max(4, int(np.sum(weights > NEGLIGIBLE)))
            found.append((waves[:n_modes], (double * weights)[:n_modes]))
        return found

    @cached_property
    def _levels(self) -> Array:
        """Weights of all modes at each level, shape (n_levels, n_modes)."""
        levels = np.zeros((len(LEVELS), len(self._filters[-1][0])))
        for level, (_, weights) in zip(levels, self._filters, strict=True):
            level[: len(weights)] = weights
        return levels

    def prepare(self, patterns: Array) -> Array:
        """Average patterns (n_samples, n_points) over bins and even them out, shape (n_samples, n_bins)."""
        evened = np.empty((len(patterns), self.n_bins))
        for first in range(0, len(patterns), ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            evened[rows] = even_out(bin_means(self.axis, self.edges, patterns[rows]), self.fwhm / self.step)
        return evened if self.taking_part is None else evened * self.taking_part

    def modes(self, prepared: Array) -> Modes:
        """Return the Fourier modes that take part in a match, complex of shape (n_samples, n_modes)."""
        n_modes = len(self._filters[-1][0])
        found = np.empty((len(prepared), n_modes), dtype=np.complex128)
        for first in range(0, len(prepared), ROWS_AT_ONCE):
            some = prepared[first : first + ROWS_AT_ONCE]
            centered = some - some.mean(axis=-1, keepdims=True)
            found[first : first + ROWS_AT_ONCE] = fft.rfft(centered, self._n_padded, axis=-1)[:, :n_modes]
        return found

    def align(self, modes: Modes, template: Modes) -> tuple[Array, Array]:
        """Find the shift of patterns against a template.

        Parameters
        ----------
        modes
            Of the patterns, shape (n_samples, n_modes).
        template
            Modes of the template, shape (n_modes,), or of one for each pattern, (n_samples, n_modes).

        Returns
        -------
        shift : ndarray of shape (n_samples,)
            How far to the right of the template each pattern lies, in units of the axis.
        quality : ndarray of shape (n_samples,)
            Correlation at the last level after the shift, at most 1.
        """
        from peakscape.signal import loops  # numba takes a while to load

        product = modes * np.conj(template)
        shift = self._search(product)
        waves, weights = self._filters[-1]
        found = loops.match(
            np.ascontiguousarray(product.real), np.ascontiguousarray(product.imag), waves, self._levels, shift,
            (NEWTON_STEPS, float(self.fwhm)),
        )  # fmt: skip
        size = np.sqrt((np.abs(modes) ** 2 * weights).sum(-1) * (np.abs(template) ** 2 * weights).sum(-1))
        return shift, np.asarray(found / np.maximum(size, np.finfo(float).tiny))

    def _search(self, product: Modes) -> Array:
        """Find the best shift among all that are allowed, at the strongest broadening."""
        waves, weights = self._filters[0]
        n_lags = int(fft.next_fast_len(4 * len(waves), real=True))
        correlation = fft.irfft(product[..., : len(waves)] * (weights / 2.0), n_lags, axis=-1)
        lags = fft.fftfreq(n_lags, 1.0 / n_lags) * (self._n_padded * self.step / n_lags)
        allowed = np.abs(lags) <= self.max_shift
        return np.asarray(lags[allowed][np.argmax(correlation[..., allowed], axis=-1)])

    def newton_weights(self, template: Modes, shift: float) -> tuple[Array, Array]:
        """Return how the slope of the match and its bend follow from a prepared pattern.

        At the best shift of a prepared pattern ``p`` its slope ``p @ first`` is zero; for a pattern that differs a
        little, one Newton step is ``-(p @ first) / (p @ second)``.

        Parameters
        ----------
        template
            Modes of the template, shape (n_modes,).
        shift
            Where the match is looked at.

        Returns
        -------
        first, second : ndarray of shape (n_bins,)
        """
        waves, weights = self._filters[-1]
        spectrum = np.conj(template) * weights * np.exp(1j * waves * shift)
        derivatives = []
        for order in (1, 2):
            turned = np.zeros(self._n_padded // 2 + 1, dtype=complex)
            turned[: len(waves)] = np.conj(spectrum * (1j * waves) ** order) / 2.0
            weights_in_space = fft.irfft(turned, self._n_padded)[: self.n_bins] * self._n_padded
            derivatives.append(weights_in_space - weights_in_space.mean())
        return derivatives[0], derivatives[1]

    def chain(self, modes: Modes) -> tuple[int, Array, Array]:
        """Register training patterns with one another along the tree of their best matches.

        The shifts between all pairs, joined by the minimum spanning tree of what the matches lack, so that only
        neighbours of a series are matched directly.

        Parameters
        ----------
        modes
            Shape (n_samples, n_modes).

        Returns
        -------
        center : int
            The medoid: the pattern that matches the others best.
        shift : ndarray of shape (n_samples,)
            Against the medoid.
        quality : ndarray of shape (n_samples,)
            Of each pattern's match with the one that its shift was taken from; 1 for the medoid.
        """
        shifts, qualities = np.zeros((2, len(modes), len(modes)))
        for row in range(len(modes) - 1):  # each pair once: the other way round the shift changes its sign
            shifts[row, row + 1 :], qualities[row, row + 1 :] = self.align(modes[row + 1 :], modes[row])
        shifts, qualities = shifts - shifts.T, qualities + qualities.T
        center = int(np.argmax(qualities.sum(axis=1)))
        lack = np.maximum(1.0 - qualities, 1e-9)
        np.fill_diagonal(lack, 0.0)
        tree = minimum_spanning_tree(lack)
        order, parents = breadth_first_order(tree, center, directed=False)
        shift, quality = np.zeros(len(modes)), np.ones(len(modes))
        for child in order[1:]:
            parent = parents[child]
            shift[child] = shift[parent] + shifts[parent, child]
            quality[child] = qualities[parent, child]
        return center, shift, quality


@dataclass(frozen=True)
class Match:
    """How well each spectrum agrees with each of the known ones at the best translation.

    Attributes
    ----------
    correlation : ndarray of shape (n_samples, n_known)
        Cosine between the two at the best translation, 1 for the same shape.
    shift : ndarray of shape (n_samples, n_known)
        By how much the known spectrum is moved for it, in units of the shift axis.
    """

    correlation: Array
    shift: Array


class ShiftMatcher:
    """Finds the best translation of known spectra onto others, within bounds, by fast Fourier transform.

    Parameters
    ----------
    known
        Band-passed known spectra, shape (n_known, n_points).
    shift_axis
        Ascending, shape (n_points,).
    max_shift
        Largest translation either way, in units of the shift axis.

    Examples
    --------
    >>> axis = np.arange(100.0)
    >>> peak = lambda at: np.exp(-(((axis - at) / 3.0) ** 2))
    >>> found = ShiftMatcher(np.array([peak(50.0)]), axis, 10.0).match(np.array([peak(54.0)]))
    >>> found.shift.tolist(), found.correlation.round(6).tolist()
    ([[4.0]], [[1.0]])
    """

    def __init__(self, known: Array, shift_axis: Array, max_shift: float) -> None:
        self._axis = shift_axis
        even = np.ptp(np.diff(shift_axis)) <= 1e-6 * np.ptp(shift_axis) / len(shift_axis)
        n_even = len(shift_axis) if even else min(2 * len(shift_axis), MOST_EVEN)
        self._even = shift_axis if even else np.linspace(shift_axis[0], shift_axis[-1], n_even)
        self._step = float(np.ptp(self._even)) / (n_even - 1)
        self._reach = min(int(max_shift / self._step + 1e-9), n_even - 1)
        self._size = fft.next_fast_len(n_even + self._reach, real=True)
        self._known = np.conj(self._transform(known))

    def _transform(self, spectra: Array) -> Modes:
        rows = spectra if self._even is self._axis else interpolate_rows(self._even, self._axis, spectra)
        return np.asarray(
            fft.rfft(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(float).tiny), self._size)
        )

    def match(self, spectra: Array) -> Match:
        """Match spectra of shape (n_samples, n_points) with each of the known ones."""
        correlation, shift = [], []
        for row in self._transform(spectra):
            score = fft.irfft(self._known * row, self._size)
            near = np.concatenate([score[:, self._size - self._reach :], score[:, : self._reach + 1]], axis=1)
            best = near.argmax(axis=1)
            correlation.append(near[np.arange(len(near)), best])
            shift.append((best - self._reach) * self._step)
        return Match(np.array(correlation), np.array(shift))
