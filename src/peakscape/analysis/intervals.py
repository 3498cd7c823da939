"""How wide an answer's interval must be: conformal residuals joined with the spread over members."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from peakscape.analysis.interpolators import Interpolator

Maker = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]], Interpolator]


def predict_left_out(
    make: Maker,
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    groups: NDArray[np.intp],
    labels: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Predict each known point from the known points with another label.

    Parameters
    ----------
    make
        Builds a readout from points, values and groups.
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, n_labels).
    groups
        Number of the composition of each point, shape (n_samples,).
    labels
        Points of one label are left out together, shape (n_samples,).

    Returns
    -------
    ndarray of shape (n_samples, n_labels)
        The mean of the values that stay where fewer than three points stay; of all values where none does.

    Examples
    --------
    >>> def make(points, values, groups):
    ...     from peakscape.analysis.interpolators import make_interpolator
    ...     return make_interpolator("neighbors", points, values, groups, n_neighbors=1)
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [5.5, 0.0]])
    >>> predict_left_out(make, points, points[:, :1], np.arange(4), np.arange(4)).ravel().tolist()
    [1.0, 0.0, 5.5, 5.0]
    """
    answers = np.empty_like(values)
    for label in np.unique(labels):
        left, kept = np.flatnonzero(labels == label), np.flatnonzero(labels != label)
        if len(kept) >= 3:
            answers[left] = make(points[kept], values[kept], groups[kept]).predict(points[left])
        else:
            answers[left] = values[kept if len(kept) else left].mean(axis=0)
    return answers


def half_width(
    residuals: NDArray[np.float64], answers: NDArray[np.float64], *, level: float = 0.9
) -> NDArray[np.float64]:
    """Return half the width of the interval of each answer.

    Two parts are joined by the root of the sum of squares: the conformal quantile of the absolute residuals, the
    ``ceil((n + 1) level)``-th smallest of n (Lei et al., J. Am. Stat. Assoc. 113, 1094 (2018),
    DOI 10.1080/01621459.2017.1307116), and the standard deviation over members times the normal quantile of `level`.

    Parameters
    ----------
    residuals
        Absolute errors at known points left out, shape (n_known, n_labels).
    answers
        Answers of each member, shape (n_members, n_samples, n_labels).
    level
        Share of answers to cover.

    Returns
    -------
    ndarray of shape (n_samples, n_labels)
        Infinite where ``n_known < level / (1 - level)``: no finite interval has this level then.

    Examples
    --------
    >>> residuals = np.arange(1.0, 11.0)[:, np.newaxis]
    >>> half_width(residuals, np.zeros((1, 2, 1)), level=0.8).tolist()
    [[9.0], [9.0]]
    """
    rank = math.ceil(round((len(residuals) + 1) * level, 9))
    ordered = np.sort(residuals, axis=0)
    quantile = ordered[rank - 1] if rank <= len(ordered) else np.full(ordered.shape[1], np.inf)
    spread = answers.std(axis=0, ddof=1) if len(answers) > 1 else np.zeros(answers.shape[1:])
    return np.asarray(np.hypot(quantile, norm.ppf(0.5 + level / 2.0) * spread))
