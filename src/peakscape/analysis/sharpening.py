"""Peaks of many spectra at once: their common width, spectra without background, positions finer than a step."""

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

FWHM_PER_SIGMA = 2.3548200450309493  # 2 sqrt(2 ln 2)
NARROW, WIDE = 0.7, 3.0  # in standard deviations of a peak: between them lie the peaks, below noise, above background
N_STRONGEST = 60  # peaks of a spectrum that are kept

Peaks = tuple[NDArray[np.float64], NDArray[np.float64]]


def common_width(spectra: NDArray[np.float64]) -> float:
    """Estimate the full width at half maximum that the strong peaks of spectra have in common.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).

    Returns
    -------
    float
        In points of the axis: median over spectra of the median over peaks that rise by a tenth of the highest, their
        widening by the smoothing taken off. At least 2 and at most an eighth of the axis; 4 where there are no peaks.

    Examples
    --------
    >>> points = np.arange(200.0)
    >>> round(common_width(np.exp(-((points - 90.3) ** 2) / (2 * 4.0**2))[np.newaxis]), 1)
    9.4
    """
    widths = []
    for spectrum in gaussian_filter1d(spectra, 1.0, axis=1, mode="nearest"):
        rise = spectrum - np.median(spectrum)
        index = scipy.signal.find_peaks(rise, prominence=0.1 * max(rise.max(), np.finfo(float).tiny))[0]
        if len(index):
            widths.append(float(np.median(scipy.signal.peak_widths(rise, index)[0])))
    if not widths:
        return 4.0
    plain = np.sqrt(max(np.median(widths) ** 2 - FWHM_PER_SIGMA**2, 0.0))
    return float(np.clip(plain, 2.0, max(2.0, spectra.shape[1] / 8)))


def sharpen(spectra: NDArray[np.float64], *, fwhm: float) -> NDArray[np.float64]:
    """Take background and noise off spectra: the difference of two Gaussians, 0.7 and 3 times as wide as a peak.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    fwhm
        Full width at half maximum of the peaks in points.

    Returns
    -------
    ndarray of shape (n_samples, n_points)

    Examples
    --------
    >>> bool(np.abs(sharpen(np.full((1, 50), 7.0), fwhm=5.0)).max() < 1e-12)
    True
    """
    sigma = fwhm / FWHM_PER_SIGMA
    narrow = gaussian_filter1d(spectra, NARROW * sigma, axis=1, mode="nearest")
    return np.asarray(narrow - gaussian_filter1d(spectra, WIDE * sigma, axis=1, mode="nearest"))


def locate_peaks(spectra: NDArray[np.float64], *, fwhm: float, min_height: float = 0.01) -> list[Peaks]:
    """Locate the peaks of each spectrum by parabolas through the three highest points of the sharpened one.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    fwhm
        Full width at half maximum of the peaks in points.
    min_height
        Least height and rise of a peak, relative to the highest of its spectrum; the 60 strongest are kept.

    Returns
    -------
    list of (positions, heights)
        For each spectrum positions in points (0 is the first), increasing, and square roots of the heights relative to
        the highest.

    Examples
    --------
    >>> points = np.arange(80.0)
    >>> [(positions, heights)] = locate_peaks(np.exp(-((points - 31.3) ** 2) / 18.0)[np.newaxis], fwhm=7.0)
    >>> positions.round(1).tolist(), heights.tolist()
    ([31.3], [1.0])
    """
    return [_locate(spectrum, min_height) for spectrum in sharpen(spectra, fwhm=fwhm)]


def _locate(spectrum: NDArray[np.float64], min_height: float) -> Peaks:
    top = float(spectrum.max())
    if len(spectrum) < 3 or not top > 0:
        return np.empty(0), np.empty(0)
    index = scipy.signal.find_peaks(spectrum, height=min_height * top, prominence=min_height * top)[0]
    index = np.sort(index[np.argsort(-spectrum[index], kind="stable")[:N_STRONGEST]])
    left, middle, right = spectrum[index - 1], spectrum[index], spectrum[index + 1]
    bend = left - 2.0 * middle + right
    move = np.divide(0.5 * (left - right), bend, out=np.zeros(len(index)), where=bend < 0)
    return index + move, np.sqrt(middle / top)
