"""Explain a spectrum by what a map gives back and by known spectra, and keep what is left."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.mixtures.noise import point_noise
from peakscape.analysis.novelty.decision import noise_off
from peakscape.analysis.novelty.two_classes import TwoClasses, explain_by_two
from peakscape.analysis.peaks import find_peaks
from peakscape.signal.interpolation import move
from peakscape.signal.nonnegative import nonnegative_least_squares
from peakscape.signal.peaks import median_width, peak_width
from peakscape.signal.registration import Match, ShiftMatcher
from peakscape.signal.smoothing import SIGMA_OF_FWHM, broaden, difference_of_gaussians

Array = NDArray[np.float64]
_BACKGROUND = 3.0  # the wide Gaussian of the comparison, in units of the narrow one
N_KNOWN, N_MIXING = 2, 48
"""Known spectra that may mix with the map's answer: each moved by its own shift, or unmoved where known spectra are
mixtures themselves."""
_LADDER = 1.25  # widths that differ by less are one: a quarter more width costs about 2 % of a band-passed peak
_MOST_BROADENED = 12  # rungs of the ladder: up to 14 times as wide as the known spectra
_LEAST_HEIGHT = 0.02  # of an unexplained peak, relative to the highest of the spectrum
_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Explanation:
    """What is explained of spectra and what is left, all at the resolution of the comparison (`band_pass`).

    Attributes
    ----------
    seen, left : ndarray of shape (n_samples, n_points)
        The spectra, and what remains of them: positive where something is unexplained, negative where something that
        was expected is missing.
    unexplained : ndarray of shape (n_samples,)
        Share of the variance that remains.
    reconstruction : ndarray of shape (n_samples,)
        The same if only the map's answer is taken, at its best height; NaN where a map gives none back.
    mismatch : ndarray of shape (n_samples,)
        The same if only the most similar known spectrum is taken, at its best height and translation.
    nearest : ndarray of int, shape (n_samples,)
        Which one that is.
    shift : ndarray of shape (n_samples,)
        By how much it is moved, in units of the shift axis.
    noise : ndarray of shape (n_samples,)
        Share of the variance that noise makes, at the resolution of the comparison.
    """

    seen: Array
    left: Array
    unexplained: Array
    reconstruction: Array
    mismatch: Array
    nearest: NDArray[np.intp]
    shift: Array
    noise: Array


def band_pass(spectra: ArrayLike, fwhm: float) -> Array:
    """Return spectra broadened by `fwhm` points less the same broadened three times as much: the peaks are left."""
    sigma = fwhm * SIGMA_OF_FWHM
    return difference_of_gaussians(spectra, sigma, _BACKGROUND * sigma)


class Explainer:
    """Known spectra (n_known, n_points), ready to explain others; `broadening` counts their peak widths.

    `mixed`: known spectra differ in amounts alone, as mixtures of the same parts do; so many may mix, and all are moved
    as the most similar one is.
    """

    def __init__(
        self, known: Array, shift_axis: Array, max_shift: float, broadening: float, *, mixed: bool = False
    ) -> None:
        self._known, self._axis, self._max_shift, self._mixed = known, shift_axis, max_shift, mixed
        self.width = median_width(known)
        self.resolution = broadening * self.width
        self._rungs: dict[int, tuple[Array, ShiftMatcher]] = {}

    def explain(
        self,
        spectra: Array,
        rebuilt: Array | None,
        *,
        allowed: NDArray[np.bool_] | None = None,
        noise: Array | None = None,
    ) -> Explanation:
        """Explain spectra, shape (n_samples, n_points).

        `rebuilt` is what the map gives back for them, None where it cannot; `allowed` (n_known,) which known spectra
        may be used, None for all; `noise` (n_samples,) the standard deviation of a point, None estimates it.
        """
        deviation = np.array([point_noise(row) for row in spectra]) if noise is None else noise
        rows = [
            self._explain_one(spectrum, None if rebuilt is None else rebuilt[number], allowed)
            for number, spectrum in enumerate(spectra)
        ]
        seen, left, errors, nearest, shift, rungs = (list(part) for part in zip(*rows, strict=True))
        table = np.array(errors)
        return Explanation(
            seen=np.array(seen),
            left=np.array(left),
            unexplained=table[:, 0],
            reconstruction=table[:, 1],
            mismatch=table[:, 2],
            nearest=np.array(nearest, dtype=np.intp),
            shift=np.array(shift),
            noise=self._noise_shares(np.array(seen), deviation, rungs),
        )

    def by_two_classes(self, spectrum: Array, classes: NDArray[np.str_]) -> TwoClasses | None:
        """Explain one spectrum (n_points,) by known ones of two classes, noise taken off; shares are of peaks' area."""
        seen, broadened, rung = self._seen(spectrum, None)
        known, matcher = self._at(rung)
        found = matcher.match(seen[np.newaxis])
        best = np.concatenate([_best_of(found.correlation[0], classes == one) for one in np.unique(classes)])
        moved = np.array([move(known[j], self._axis, found.shift[0, j]) for j in best])
        areas = np.maximum(self._known[best], 0.0).sum(axis=1)
        told = explain_by_two(seen, moved, classes[best], areas)
        if told is None:
            return None
        noise = self._noise_shares(seen[np.newaxis], np.array([point_noise(spectrum)]), [broadened])
        left = noise_off(np.array([told.unexplained, told.alone]), noise)
        numbers = (int(best[told.numbers[0]]), int(best[told.numbers[1]]))
        return replace(told, numbers=numbers, unexplained=float(left[0]), alone=float(left[1]))

    def _noise_shares(self, seen: Array, deviation: Array, rungs: list[int]) -> Array:
        """Share of the variance of band-passed spectra that independent noise of the points makes."""
        n_points = seen.shape[1]
        pulse = np.zeros(n_points)
        pulse[n_points // 2] = 1.0
        gains = {
            rung: float((band_pass(self._broaden(pulse, rung, narrower=True), self.resolution) ** 2).sum())
            for rung in set(rungs)
        }
        made = np.array([gains[rung] for rung in rungs]) * deviation**2 * n_points
        return np.asarray(np.minimum(made / np.maximum((seen**2).sum(axis=1), _TINY), 1.0))

    def _explain_one(
        self, spectrum: Array, rebuilt: Array | None, allowed: NDArray[np.bool_] | None
    ) -> tuple[Array, Array, tuple[float, float, float], int, float, int]:
        seen, broadened, rung = self._seen(spectrum, allowed)
        known, matcher = self._at(rung)
        found = matcher.match(seen[np.newaxis])
        correlation = _among(found, allowed)
        order = np.argsort(-correlation, kind="stable")[: N_MIXING if self._mixed else N_KNOWN]
        best = int(order[0])
        by = np.full(len(known), found.shift[0, best]) if self._mixed else found.shift[0]
        columns = [move(known[j], self._axis, by[j]) for j in order if np.isfinite(correlation[j])]
        alone = np.nan
        if rebuilt is not None:
            columns.insert(0, band_pass(self._broaden(rebuilt, rung), self.resolution))
            alone = _remainder(columns[0][:, np.newaxis], seen)[0]
        unexplained, left = _remainder(np.stack(columns, axis=1), seen)
        mismatch = 1.0 - max(float(correlation[best]), 0.0) ** 2
        return seen, left, (unexplained, alone, mismatch), best, float(found.shift[0, best]), broadened

    def _seen(self, spectrum: Array, allowed: NDArray[np.bool_] | None) -> tuple[Array, int, int]:
        """A spectrum at the resolution of the comparison, and by how many rungs it and the known ones are broadened.

        One with narrower peaks than the known ones is broadened itself; else the known ones are.
        """
        rung = self._rung_of(spectrum)
        broadened = max(-rung, 0)
        seen = band_pass(self._broaden(spectrum, broadened, narrower=True), self.resolution)
        return seen, broadened, self._climb(max(rung, 0), seen, allowed)

    def _rung_of(self, spectrum: Array) -> int:
        """By how many rungs of the ladder the peaks of a spectrum are wider than those of the known ones."""
        width = peak_width(spectrum)
        if not np.isfinite(width):
            return 0
        rung = round(float(np.log(width / self.width) / np.log(_LADDER)))
        return int(np.clip(rung, -_MOST_BROADENED, _MOST_BROADENED))

    def _climb(self, rung: int, seen: Array, allowed: NDArray[np.bool_] | None) -> int:
        """Improve the rung of a wider spectrum, whose peaks may have merged, by its likeness to the known ones."""
        if rung == 0:
            return 0
        likeness: dict[int, float] = {}
        while True:
            near = [at for at in (rung - 1, rung, rung + 1) if 0 <= at <= _MOST_BROADENED]
            for at in near:
                if at not in likeness:
                    likeness[at] = float(_among(self._at(at)[1].match(seen[np.newaxis]), allowed).max())
            best = max(near, key=likeness.__getitem__)
            if best == rung:
                return rung
            rung = best

    def _broaden(self, spectra: Array, rungs: int, *, narrower: bool = False) -> Array:
        """Broaden from the known width up the ladder; `narrower`: from so much below it up to the known width."""
        if rungs == 0:
            return spectra
        narrow = self.width / _LADDER**rungs if narrower else self.width
        fwhm = narrow * np.sqrt(_LADDER ** (2 * rungs) - 1.0)
        return broaden(spectra, fwhm)

    def _at(self, rung: int) -> tuple[Array, ShiftMatcher]:
        """The known spectra at one width, ready to be matched; made when first asked for."""
        if rung not in self._rungs:
            known = band_pass(self._broaden(self._known, rung), self.resolution)
            self._rungs[rung] = known, ShiftMatcher(known, self._axis, self._max_shift)
        return self._rungs[rung]


def _best_of(correlation: Array, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers of the known spectra most like one among those allowed, as many as may mix."""
    numbers = np.flatnonzero(allowed)
    return np.asarray(numbers[np.argsort(-correlation[numbers], kind="stable")[:N_KNOWN]])


def _among(found: Match, allowed: NDArray[np.bool_] | None) -> Array:
    """Likeness of one spectrum to the known ones that may be used, minus infinity for the others."""
    return found.correlation[0] if allowed is None else np.where(allowed, found.correlation[0], -np.inf)


def _remainder(columns: Array, seen: Array) -> tuple[float, Array]:
    """Share of the variance that no mixture of the columns with amounts of zero or more explains, and what is left."""
    total = float(seen @ seen)
    if total <= _TINY:
        return 1.0, seen  # no peaks at all: nothing is recognised
    amounts = nonnegative_least_squares(columns, seen)
    left = seen - columns @ amounts
    return float(left @ left / total), left


def intensity_share(found: Explanation) -> Array:
    """Share of the peaks' area that remains, shape (n_samples,): at each point not more than is there."""
    seen = np.maximum(found.seen, 0.0)
    remains = np.minimum(np.maximum(found.left, 0.0), seen).sum(axis=1)
    return np.asarray(remains / np.maximum(seen.sum(axis=1), _TINY))


def unexplained_peaks(found: Explanation, positions: Array) -> pd.DataFrame:
    """List the peaks of what is left of each spectrum, as `NoveltyReport.peaks`, at positions of shape (n_points,).

    Examples
    --------
    >>> seen = np.array([[0.0, 2.0, 0.0, 1.0, 0.0]])
    >>> left = np.array([[0.0, 0.0, 0.0, 1.0, 0.0]])
    >>> one, none = np.ones(1), np.zeros(1)
    >>> found = Explanation(seen, left, one, one, one, np.zeros(1, dtype=int), none, none)
    >>> unexplained_peaks(found, np.arange(5.0)).round(3).values.tolist()
    [[0.0, 3.0, 0.5, 0.333]]
    """
    rows: list[dict[str, float]] = []
    for sample, (seen, left) in enumerate(zip(found.seen, np.maximum(found.left, 0.0), strict=True)):
        top, area = float(seen.max()), float(np.maximum(seen, 0.0).sum())
        if left.max() <= 0 or top <= 0:
            continue
        peaks = find_peaks(left, axis=positions, min_height=0.05)
        heights = peaks["intensity"].to_numpy() / top
        for row in np.argsort(-heights, kind="stable"):
            if heights[row] >= _LEAST_HEIGHT:
                part = left[int(peaks["start"].iloc[row]) : int(peaks["stop"].iloc[row])]
                place = float(positions[int(peaks["index"].iloc[row])])
                rows.append({"sample": sample, "position": place, "height": heights[row], "share": part.sum() / area})
    table = pd.DataFrame(rows, columns=["sample", "position", "height", "share"])
    return table.astype({"sample": np.intp})
