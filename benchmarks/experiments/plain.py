"""The plain methods that anybody would try, each tuned on the known spectra alone by leaving values out."""

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.signal import savgol_filter
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from peakscape.analysis import PeakLine
from peakscape.maps import ShiftMap
from peakscape.signal.interpolation import shift_back
from peakscape.signal.smoothing import gaussian

Array = NDArray[np.float64]
MOST_COMPONENTS = 6
SMOOTHING = 4.0
"""Points: standard deviation of the smoothed spectra."""


def plain_answers(raw: Array, prepared: Array, values: Array, new_raw: Array, new: Array, axes: tuple[Array, Array]) -> dict[str, Array]:  # fmt: skip
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
    told = {name: _tuned(PLSRegression, *pair, values) for name, pair in sets.items()}
    told["pcr"] = _tuned(_pcr, prepared, new, values)
    apart = ((new[:, np.newaxis] - prepared) ** 2).sum(axis=2)
    told["nearest"] = values[apart.argmin(axis=1)]
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


def _tuned(make, known: Array, new: Array, values: Array) -> Array:
    """Choose the number of components by leaving values out, then answer."""
    _, groups = np.unique(values, return_inverse=True)
    groups = np.arange(len(values)) if groups.max() < 4 else groups
    most = min(MOST_COMPONENTS, len(np.unique(groups)) - 2, len(values) - 2)
    errors = np.zeros(max(most, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for group in np.unique(groups):
            left = groups == group
            for count in range(1, most + 1):
                model = _model(make, count).fit(known[~left], values[~left])
                errors[count - 1] += ((np.ravel(model.predict(known[left])) - values[left]) ** 2).sum()
        return np.ravel(_model(make, int(errors.argmin()) + 1).fit(known, values).predict(new))


def _model(make, count: int):
    return make(n_components=count, scale=False) if make is PLSRegression else make(count)


def _pcr(count: int):
    return make_pipeline(PCA(count, svd_solver="full"), LinearRegression())


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
