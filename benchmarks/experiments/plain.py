"""The plain methods that anybody would try, each tuned on the known spectra alone by leaving values out."""

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.signal import savgol_filter
from scipy.spatial.distance import cdist

from peakscape.analysis import PeakLine
from peakscape.analysis.validation.kernel_regression import pls_answers
from peakscape.maps import ShiftMap
from peakscape.signal.interpolation import shift_back
from peakscape.signal.smoothing import gaussian

Array = NDArray[np.float64]
MOST_COMPONENTS = 6
SMOOTHING = 4.0
"""Points: standard deviation of the smoothed spectra."""


def plain_answers(
    raw: Array, prepared: Array, values: Array, new_raw: Array, new: Array, axes: tuple[Array, Array]
) -> dict[str, Array]:
    """Read the label of new spectra by every plain method; `axes` are positions and the shift axis."""
    axis, shift_axis = axes
    registered = _registered(prepared, new, shift_axis)
    sets = {
        "pls_raw": (raw, new_raw),
        "pls_prepared": (prepared, new),
        "pls_root": (np.sqrt(np.maximum(prepared, 0.0)), np.sqrt(np.maximum(new, 0.0))),
        "pls_smoothed": (gaussian(prepared, SMOOTHING), gaussian(new, SMOOTHING)),
        "pls_derivative": tuple(savgol_filter(rows, 9, 2, deriv=1, axis=1) for rows in (prepared, new)),
        "pls_registered": registered,
    }
    told = {name: _tuned(*pair, values) for name, pair in sets.items()}
    told["pcr"] = _by_components(prepared, new, values)
    told["nearest"] = values[cdist(new, prepared).argmin(axis=1)]
    told["peak_line"] = _by_line(axis, prepared, new, values)
    told["end_members"] = _by_end_members(prepared, new, values)
    return told


def _registered(prepared: Array, new: Array, shift_axis: Array) -> tuple[Array, Array]:
    """Spectra with their common shift taken out and put beside them, as heavy as they are together."""
    space = ShiftMap(axis=shift_axis).fit(prepared)
    found = []
    for rows in (prepared, new):
        shifts = space.register(rows)[0]
        found.append((shift_back(rows, shift_axis, shifts), shifts[:, np.newaxis]))
    size = np.sqrt(found[0][0].var(axis=0).sum()) / max(float(found[0][1].std()), 1e-12)
    return tuple(np.hstack([rows, size * shifts]) for rows, shifts in found)  # type: ignore[return-value]


def _tuned(known: Array, new: Array, values: Array) -> Array:
    """Partial least squares with the number of components that errs least where values are left out."""
    groups = _groups(values)
    most = min(MOST_COMPONENTS, len(np.unique(groups)) - 2, len(values) - 2)
    rows = np.concatenate([known, new]) - known.mean(axis=0)
    n_known, gram = len(known), rows @ rows.T
    train = np.array([groups != group for group in np.unique(groups)])
    told, _ = pls_answers(gram[:n_known, :n_known], values, train, most)
    errors = np.where(train[:, np.newaxis], 0.0, (told - values) ** 2).sum(axis=(0, 2))
    padded, every = np.r_[values, np.zeros(len(new))], np.r_[np.ones(n_known, bool), np.zeros(len(new), bool)]
    return pls_answers(gram, padded, every[np.newaxis], most)[0][0, int(errors.argmin()), n_known:]


def _groups(values: Array) -> NDArray[np.intp]:
    """What is left out together: samples of one value; single ones where there are few values."""
    _, groups = np.unique(values, return_inverse=True)
    return np.arange(len(values)) if groups.max() < 4 else groups


def _by_components(known: Array, new: Array, values: Array) -> Array:
    """Linear regression on principal components, their number chosen likewise."""
    groups = _groups(values)
    most = min(MOST_COMPONENTS, len(np.unique(groups)) - 2, len(values) - 2)
    errors = np.zeros(most)
    for group in np.unique(groups):
        left = groups == group
        told = _component_regressions(known[~left], values[~left], known[left], most)
        errors += ((told - values[left]) ** 2).sum(axis=1)
    return _component_regressions(known, values, new, most)[int(errors.argmin())]


def _component_regressions(known: Array, values: Array, new: Array, most: int) -> Array:
    """Answers with 1 to `most` components, (most, n_new)."""
    mean = known.mean(axis=0)
    left, sizes, right = np.linalg.svd(known - mean, full_matrices=False)
    parts = ((new - mean) @ right[:most].T) / sizes[:most] * (left[:, :most].T @ (values - values.mean()))
    return values.mean() + np.cumsum(parts, axis=1).T


def _by_line(axis: Array, known: Array, new: Array, values: Array) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.ravel(PeakLine(axis=axis).fit(known, values).predict(new))


def _by_end_members(known: Array, new: Array, values: Array) -> Array:
    """Mix the mean spectra of the smallest and of the largest value by non-negative least squares."""
    low, high = values.min(), values.max()
    ends = np.stack([known[values == end].mean(axis=0) for end in (low, high)])
    amounts = np.array([nnls(ends.T, row)[0] for row in new])
    total = np.maximum(amounts.sum(axis=1), 1e-12)
    return low + (high - low) * amounts[:, 1] / total
