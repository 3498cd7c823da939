"""A null model: what two peaks, or steps, of any place and width explain of a spectrum that knows nothing of them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.inputs import check_spectra

Array = NDArray[np.float64]
N_PLACES = 59
_PEAK_WIDTHS = np.geomspace(1 / 30, 1 / 2.4, 8)  # full widths at half maximum, in units of the axis' span
_STEP_WIDTHS = np.geomspace(1 / 58, 1 / 7, 4)  # half widths of arctangent steps
_FIRST = 25  # best first forms from which the second is sought
_TINY = np.finfo(float).tiny


def plain_curves(axis: ArrayLike) -> Array:
    """Return Gaussian peaks and arctangent steps at many places and widths of an axis, shape (n_curves, n_points).

    To be prepared as the known spectra were before `PlainForms` takes them.

    Examples
    --------
    >>> plain_curves(np.linspace(185.0, 214.0, 291)).shape
    (708, 291)
    """
    points = np.asarray(axis, dtype=np.float64)
    span = float(np.ptp(points))
    off = points - np.linspace(points.min(), points.max(), N_PLACES)[:, np.newaxis]
    peaks = [np.exp(-4.0 * np.log(2.0) * (off / (width * span)) ** 2) for width in _PEAK_WIDTHS]
    steps = [0.5 + np.arctan(off / (width * span)) / np.pi for width in _STEP_WIDTHS]
    return np.vstack([*peaks, *steps])


class PlainForms:
    """Plain forms, ready to explain spectra.

    A spectrum that two of them explain as well as the known spectra do is no evidence for these: whatever is broad
    enough fits something. Amounts are zero or more, and a constant is free.

    Parameters
    ----------
    forms
        Prepared curves, shape (n_forms, n_points); those without structure are left out.

    Examples
    --------
    >>> axis = np.linspace(0.0, 10.0, 101)
    >>> peaks = [np.exp(-(((axis - at) / 0.6) ** 2)) for at in (2.0, 5.0, 8.0)]
    >>> plain = PlainForms(plain_curves(axis))
    >>> [bool(plain.unexplained(row) < 0.02) for row in (peaks[0], peaks[0] + peaks[1], sum(peaks))]
    [True, True, False]
    """

    def __init__(self, forms: ArrayLike) -> None:
        given = check_spectra(forms)
        centred = given - given.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(centred, axis=1, keepdims=True)
        seen = norms[:, 0] > 1e-9 * np.abs(given).max()
        self.forms = np.asarray(centred[seen] / norms[seen])
        self._alike = self.forms @ self.forms.T

    def unexplained(self, spectrum: ArrayLike) -> float:
        """Return the share of the variance of a spectrum (n_points,) that the best two forms leave."""
        row = np.asarray(spectrum, dtype=np.float64)
        row = row - row.mean()
        fits = self.forms @ (row / max(float(np.linalg.norm(row)), _TINY))
        first = np.argsort(-fits, kind="stable")[:_FIRST]
        one = 1.0 - max(float(fits[first[0]]), 0.0) ** 2
        alike, own = self._alike[first], fits[first][:, np.newaxis]
        apart = np.maximum(1.0 - alike**2, 1e-12)
        amounts = (own - alike * fits) / apart, (fits - alike * own) / apart
        two = 1.0 - amounts[0] * own - amounts[1] * fits
        allowed = (amounts[0] > 0) & (amounts[1] > 0) & (apart > 1e-4)
        return float(np.clip(np.where(allowed, two, one).min(), 0.0, one))
