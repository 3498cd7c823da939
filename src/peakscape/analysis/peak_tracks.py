"""Follow peaks through labelled spectra: each track is one peak, at a position that is linear in the labels."""

import numpy as np
from numpy.typing import NDArray

from peakscape.analysis.sharpening import Peaks

N_SEEDS = 12  # strongest peaks of the middle sample that are followed
N_ROUNDS = 4  # of assigning peaks to a track and fitting it anew
MIN_FOUND = 0.8  # share of the samples in which a track's peak must be found
RIDGE = 1e-6  # on standardised labels: settles labels that depend on one another


def find_tracks(
    peaks: list[Peaks], labels: NDArray[np.float64], *, tolerance: float, max_move: float
) -> NDArray[np.float64]:
    """Follow the strongest peaks of the middle sample through all samples.

    A peak of the sample in the middle of the labels and one of the sample at either end make a guess of the line
    ``position = a + b . labels``. Each guess collects from every sample the peak nearest to it (a strong one rather
    than a weak one), and is fitted to these anew, four times.

    Parameters
    ----------
    peaks
        Of each sample: positions and heights in points (see `locate_peaks`).
    labels
        Shape (n_samples, n_labels).
    tolerance
        How far from its line a peak may lie, in points: about the width of a peak.
    max_move
        How far a peak may move between the middle and an end of the series, in points.

    Returns
    -------
    ndarray of shape (n_tracks, n_samples)
        Positions in points, NaN where the peak was not found; only tracks that were found in four fifths of the
        samples, each once. Empty where nothing can be followed.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 6)
    >>> peaks = [(np.array([20.0 + 9.0 * a, 50.0 - 4.0 * a]), np.ones(2)) for a in x]
    >>> find_tracks(peaks, x[:, np.newaxis], tolerance=2.0, max_move=10.0)[:, [0, -1]].round(9).tolist()
    [[20.0, 29.0], [50.0, 46.0]]
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
