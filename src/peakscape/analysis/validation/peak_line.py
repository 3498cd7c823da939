"""The plainest rival of any map of diffraction patterns: a straight line through the position of one peak."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.errors import InputError
from peakscape.signal.peaks import Peaks, common_width, locate_peaks

N_SEEDS = 12  # strongest peaks of the middle sample that are followed
N_ROUNDS = 4  # of assigning peaks to a track and fitting it anew
MIN_FOUND = 0.8  # share of the samples in which a track's peak must be found
RIDGE = 1e-6  # on standardised labels: settles labels that depend on one another
N_WITNESSES = 8  # tracks that say where the others should be
WITNESS_ERROR = 2.0  # a witness's own line errs at most by this many times the chosen one's


def find_tracks(
    peaks: list[Peaks], labels: NDArray[np.float64], *, tolerance: float, max_move: float
) -> NDArray[np.float64]:
    """Follow the strongest peaks of the middle sample: positions (n_tracks, n_samples) in points.

    A peak of the sample in the middle of the labels and one of the sample at either end make a guess of the line
    ``position = a + b . labels``. Each guess collects from every sample the peak within `tolerance` that fits it best
    (a strong one rather than a weak one), and is fitted to these anew, four times. `max_move` bounds how far a peak may
    move between the middle and an end. NaN where a peak was not found; only tracks found in four fifths of the samples.
    """
    standard, along = _standardise(labels)
    positions, heights = _padded(peaks)
    nothing = np.empty((0, len(labels)))
    if not positions.shape[1] or not np.ptp(along):
        return nothing
    guesses = _guesses(positions, heights, along, max_move)
    if not len(guesses):
        return nothing
    design = np.column_stack([np.ones(len(standard)), standard])
    for _ in range(N_ROUNDS):
        found = _nearest(guesses, positions, heights, tolerance)
        guesses = _fit(found, design)
    enough = np.isfinite(found).sum(axis=1) >= max(3, MIN_FOUND * len(labels))
    return _distinct(found[enough])


def _standardise(labels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Labels with mean 0 and deviation 1, and the direction in which they vary most, shape (n_samples,)."""
    deviation = labels.std(axis=0)
    standard = (labels - labels.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    return standard, standard @ np.linalg.svd(standard, full_matrices=False)[2][0]


def _padded(peaks: list[Peaks]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions and heights as tables (n_samples, n_most), with NaN and 0 where a sample has fewer peaks."""
    n_most = max((len(positions) for positions, _ in peaks), default=0)
    table, heights = np.full((len(peaks), n_most), np.nan), np.zeros((len(peaks), n_most))
    for row, (own, strength) in enumerate(peaks):
        table[row, : len(own)], heights[row, : len(own)] = own, strength
    return table, heights


def _guesses(
    positions: NDArray[np.float64], heights: NDArray[np.float64], along: NDArray[np.float64], max_move: float
) -> NDArray[np.float64]:
    """Expected positions in all samples, one row a pair of peaks of the middle sample and of one end."""
    n_peaks = np.isfinite(positions).sum(axis=1)
    order = np.argsort(along, kind="stable")
    middle = int(np.argmin(np.abs(along - (along.min() + along.max()) / 2) + 1e9 * (n_peaks == 0)))
    seeds = positions[middle, np.argsort(-heights[middle], kind="stable")[:N_SEEDS]]
    seeds = seeds[np.isfinite(seeds)]
    rows = []
    for end in (order[0], order[-1]):
        gap = along[end] - along[middle]
        if not gap:
            continue
        moves = positions[end][np.newaxis] - seeds[:, np.newaxis]
        which, other = np.nonzero(np.abs(np.nan_to_num(moves, nan=np.inf)) <= max_move)
        slopes = moves[which, other] / gap
        rows.append(seeds[which, np.newaxis] + slopes[:, np.newaxis] * (along - along[middle]))
    return np.concatenate(rows) if rows else np.empty((0, len(along)))


def _nearest(
    expected: NDArray[np.float64], positions: NDArray[np.float64], heights: NDArray[np.float64], tolerance: float
) -> NDArray[np.float64]:
    """Position of the peak of each sample that fits each expected one best, NaN where none lies near."""
    found = np.full(expected.shape, np.nan)
    rows = np.arange(len(expected))
    for sample, (own, strength) in enumerate(zip(positions, heights, strict=True)):
        distance = np.abs(own - expected[:, sample, np.newaxis])
        near = np.nan_to_num(distance, nan=np.inf) <= 1.5 * tolerance
        fit = np.where(near, strength * np.exp(-0.5 * (np.nan_to_num(distance) / (0.5 * tolerance)) ** 2), -1.0)
        best = fit.argmax(axis=1)
        found[:, sample] = np.where(near[rows, best], own[best], np.nan)
    return found


def _fit(found: NDArray[np.float64], design: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected positions of tracks by least squares on the labels, shape (n_tracks, n_samples)."""
    weight = np.isfinite(found).astype(np.float64)
    normal = np.einsum("ts,si,sj->tij", weight, design, design) + RIDGE * len(design) * np.eye(design.shape[1])
    right = np.einsum("ts,si->ti", np.nan_to_num(found), design)
    return np.asarray(np.linalg.solve(normal, right[..., np.newaxis])[..., 0] @ design.T)


def _distinct(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each track once, in order of position."""
    unique = np.unique(np.round(np.nan_to_num(found, nan=-1.0), 6), axis=0, return_index=True)[1]
    tracks = found[unique]
    return np.asarray(tracks[np.argsort(np.nanmean(tracks, axis=1), kind="stable")] if len(tracks) else tracks)


class PeakLine(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Read labels from the position of one peak by a straight line (Vegard's law, found without being told the peak).

    Peaks are followed through the training spectra by their labels (see `find_tracks`); the position of each is the top
    of a parabola on the spectrum without background, finer than a step of the axis. The answer comes from the one
    peak, and the one form (labels linear in the position or in its inverse), with the smallest error when each
    training spectrum is left out. In a new spectrum the peak is the one near the known range whose position agrees best
    with those of up to eight other followed peaks, strong ones counting most; where it is too weak to be seen there,
    its position follows from the others.

    Where no peak can be followed in four fifths of the training spectra, or none does better than the mean of the
    labels, ``trackable_`` is False and the answer is that mean; so it is for a new spectrum without the peak, for which
    `follow` gives NaN and `distance_outside` infinity. Nothing here is random.

    Parameters
    ----------
    axis
        Positions of the points, shape (n_points,), increasing (a two-theta, a q); None counts points from 1.
    fwhm
        Width of the peaks in points; None estimates it from the training spectra.
    min_height
        Least height of a peak relative to the highest of its spectrum, after the background is taken off.
    max_move
        How far a peak may move between the middle and an end of the training series, as a share of the axis.

    Attributes
    ----------
    trackable_ : bool
        Whether a peak was found.
    positions_ : ndarray of shape (n_samples,)
        Of the peak in the training spectra, in units of the axis; NaN where it was not found.
    form_ : str
        "position" or "inverse".
    slope_, intercept_ : ndarrays of shape (n_labels,)
        Of the line.
    rmse_left_out_ : float
        Of the chosen line in training, labels in units of their standard deviations.
    n_features_in_ : int
        Points of a spectrum.

    Examples
    --------
    >>> axis, x = np.linspace(10.0, 30.0, 201), np.linspace(0.0, 1.0, 6)
    >>> spectra = np.exp(-((axis - (20.0 + 3.0 * x[:, np.newaxis])) ** 2) / 0.1)
    >>> line = PeakLine(axis=axis).fit(spectra[::2], x[::2])
    >>> line.predict(spectra[[1, 3]]).round(2).tolist(), line.positions_.round(2).tolist()
    ([0.2, 0.6], [20.0, 21.2, 22.4])
    """

    def __init__(
        self,
        *,
        axis: ArrayLike | None = None,
        fwhm: float | None = None,
        min_height: float = 0.01,
        max_move: float = 0.1,
    ) -> None:
        self.axis = axis
        self.fwhm = fwhm
        self.min_height = min_height
        self.max_move = max_move

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Find the peak and its line from spectra (n_samples, n_points) and labels (n_samples[, n_labels]).

        Raises
        ------
        InputError
            If the axis does not fit the spectra or does not increase.
        """
        spectra, labels = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._single_label = labels.ndim == 1
        table = labels.reshape(len(labels), -1).astype(np.float64)
        self.axis_ = _check_axis(self.axis, spectra.shape[1])
        self.fwhm_ = common_width(spectra) if self.fwhm is None else float(self.fwhm)
        peaks = locate_peaks(spectra, fwhm=self.fwhm_, min_height=self.min_height)
        tracks = find_tracks(peaks, table, tolerance=self.fwhm_, max_move=self.max_move * spectra.shape[1])
        self._choose(tracks, table, _strength(tracks, peaks))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Read the labels of spectra (n_samples, n_points), in the form that `fit` was given.

        Where the peak is not found the answer is the mean of the known labels (see `follow`).
        """
        positions = self.follow(X)[:, np.newaxis]
        lost = ~np.isfinite(positions)
        line = self._transformed(np.where(lost, 1.0, positions)) * self.slope_ + self.intercept_
        answers = np.where(lost, self._mean, line)
        return np.asarray(answers[:, 0] if self._single_label else answers)

    def follow(self, X: ArrayLike) -> NDArray[np.float64]:
        """Find the peak in spectra (n_samples, n_points).

        Returns
        -------
        ndarray of shape (n_samples,)
            Its positions in units of the axis; NaN where it is not found.

        Examples
        --------
        >>> axis, x = np.arange(1.0, 101.0), np.linspace(0.0, 1.0, 4)
        >>> spectra = np.exp(-((axis - (40.0 + 9.0 * x[:, np.newaxis])) ** 2) / 9.0)
        >>> PeakLine().fit(spectra, x).follow(np.exp(-((axis - [[43.0], [90.0]]) ** 2) / 9.0)).round(2).tolist()
        [43.0, nan]
        """
        check_is_fitted(self)
        spectra = validate_data(self, X, dtype=np.float64, reset=False)
        if not self.trackable_:
            return np.full(len(spectra), np.nan)
        peaks = locate_peaks(spectra, fwhm=self.fwhm_, min_height=self.min_height)
        points = np.array([self._pick(found) for found in peaks])
        return np.asarray(np.interp(points, np.arange(len(self.axis_)), self.axis_))

    def distance_outside(self, X: ArrayLike) -> NDArray[np.float64]:
        """Tell how far beyond the known positions of the peak spectra (n_samples, n_points) have it.

        Returns
        -------
        ndarray of shape (n_samples,)
            In mean steps between the known positions; 0 between them, infinite where the peak is not found.

        Examples
        --------
        >>> axis, x = np.arange(1.0, 101.0), np.linspace(0.0, 1.0, 4)
        >>> spectra = np.exp(-((axis - (40.0 + 9.0 * x[:, np.newaxis])) ** 2) / 9.0)
        >>> line = PeakLine().fit(spectra, x)
        >>> line.distance_outside(np.exp(-((axis - [[43.0], [52.0]]) ** 2) / 9.0)).round(1).tolist()
        [0.0, 1.0]
        """
        found = self.follow(X)
        if not self.trackable_:
            return np.full(len(found), np.inf)
        known = self.positions_[np.isfinite(self.positions_)]
        step = np.ptp(known) / max(1, len(np.unique(self._known_labels, axis=0)) - 1)
        beyond = np.maximum(np.maximum(known.min() - found, found - known.max()), 0.0)
        return np.where(np.isfinite(found), beyond / max(step, np.finfo(float).tiny), np.inf)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several labels may be fitted together, and that numbers without peaks say nothing."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True
        return tags

    def _choose(self, tracks: NDArray[np.float64], labels: NDArray[np.float64], strength: NDArray[np.float64]) -> None:
        """Choose track and form by the error with each sample left out; the mean where nothing beats it."""
        self._known_labels, self._mean = labels, labels.mean(axis=0)
        deviation = labels.std(axis=0)
        units = np.where(deviation > 0, deviation, 1.0)
        on_axis = np.interp(np.nan_to_num(tracks), np.arange(len(self.axis_)), self.axis_)
        on_axis[~np.isfinite(tracks)] = np.nan
        forms = ("position", "inverse") if self.axis_[0] > 0 else ("position",)
        errors = np.array([[_left_out_rmse(_form(row, form), labels / units) for form in forms] for row in on_axis])
        mean_rmse = _left_out_rmse(np.full(len(labels), np.nan), labels / units)
        self.trackable_ = bool(errors.size and errors.min() < mean_rmse)
        if not self.trackable_:
            self.positions_, self.form_, self.rmse_left_out_ = np.full(len(labels), np.nan), "position", mean_rmse
            self.slope_, self.intercept_ = np.zeros(labels.shape[1]), self._mean
            return
        best, form = (int(i) for i in np.unravel_index(errors.argmin(), errors.shape))
        self.positions_, self.form_, self.rmse_left_out_ = on_axis[best], forms[form], float(errors[best, form])
        known = np.isfinite(self.positions_)
        values = self._transformed(self.positions_[known])
        center = values.mean()
        self.slope_ = (values - center) @ labels[known] / ((values - center) ** 2).sum()
        self.intercept_ = labels[known].mean(axis=0) - center * self.slope_
        self._range = float(np.nanmin(tracks[best])), float(np.nanmax(tracks[best]))
        allowed = errors.min(axis=1) <= WITNESS_ERROR * errors.min()
        others = [t for t in np.argsort(-strength, kind="stable") if t != best and allowed[t]][:N_WITNESSES]
        self._there = np.array([[1.0, 0.0], *(_line(tracks[best], tracks[t]) for t in others)])
        self._back = np.array([[1.0, 0.0], *(_line(tracks[t], tracks[best]) for t in others)])

    def _transformed(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        return _form(positions, self.form_)

    def _pick(self, peaks: Peaks) -> float:
        """Position in points of the peak in a spectrum with these peaks; NaN where none is near the known range."""
        positions, heights = peaks
        low, high = self._range
        margin = 0.5 * (high - low) + 2.0 * self.fwhm_
        # Each peak of the spectrum could be each of the followed ones: that gives the candidates.
        candidates = (self._back[:, :1] * positions + self._back[:, 1:]).ravel()
        beyond = np.maximum(np.maximum(low - candidates, candidates - high), 0.0) / margin
        candidates, beyond = candidates[beyond <= 1.0], beyond[beyond <= 1.0]
        if not len(candidates):
            return float("nan")
        expected = self._there[:, :1] * candidates + self._there[:, 1:]
        distance = (positions[:, np.newaxis, np.newaxis] - expected) / (0.5 * self.fwhm_)
        agreement = (heights[:, np.newaxis, np.newaxis] * np.exp(-0.5 * distance**2)).max(axis=0)
        chosen = int((agreement.sum(axis=0) * np.exp(-0.5 * beyond**2)).argmax())
        near = np.abs(distance[:, 0, chosen]) <= 2.0
        if near.any():
            own = np.flatnonzero(near)
            return float(positions[own[np.abs(distance[own, 0, chosen]).argmin()]])
        return float(candidates[chosen])


def _check_axis(axis: ArrayLike | None, n_points: int) -> NDArray[np.float64]:
    positions = np.arange(1.0, n_points + 1.0) if axis is None else np.asarray(axis, dtype=np.float64)
    if positions.shape != (n_points,):
        raise InputError(f"expected an axis of {n_points} points, as the spectra have, got shape {positions.shape}")
    if not (np.isfinite(positions).all() and (np.diff(positions) > 0).all()):
        raise InputError("expected an axis of finite, increasing positions; sort the spectra's points first")
    return positions


def _strength(tracks: NDArray[np.float64], peaks: list[Peaks]) -> NDArray[np.float64]:
    """Mean height of the peak of each track, 0 where it is missing in a sample, shape (n_tracks,)."""
    strength = np.zeros(len(tracks))
    for column, (positions, heights) in zip(tracks.T, peaks, strict=True):
        own = dict(zip(positions.tolist(), heights.tolist(), strict=True))
        strength += [own.get(position, 0.0) for position in column.tolist()]
    return strength / max(1, len(peaks))


def _form(positions: NDArray[np.float64], form: str) -> NDArray[np.float64]:
    return 1.0 / positions if form == "inverse" else positions


def _left_out_rmse(values: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Error of a straight line through values, each sample left out; without a value, of the mean of the others."""
    n_samples = len(labels)
    errors = (labels - labels.mean(axis=0)) * n_samples / max(1, n_samples - 1)
    known = np.isfinite(values)
    if known.sum() >= 3 and np.ptp(values[known]) > 0:
        shifted = values[known] - values[known].mean()
        total = (shifted**2).sum()
        truth = labels[known] - labels[known].mean(axis=0)
        leverage = np.minimum(1.0 / known.sum() + shifted**2 / total, 1.0 - 1e-9)
        residuals = truth - np.outer(shifted, shifted @ truth / total)
        errors[known] = residuals / (1.0 - leverage)[:, np.newaxis]
    return float(np.sqrt((errors**2).mean()))


def _line(values: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset of the straight line from one track to another."""
    both = np.isfinite(values) & np.isfinite(others)
    center, other = values[both].mean(), others[both].mean()
    spread = ((values[both] - center) ** 2).sum()
    slope = float(((values[both] - center) * (others[both] - other)).sum() / spread) if spread > 0 else 0.0
    return slope, float(other - slope * center)
