"""The compiled way from bins of reflections to sticks on a grid, and from sticks to a pattern by a short kernel."""

import numpy as np
from numpy.typing import NDArray

from peakscape.diffraction.machine_code import compiled, embedded

Single = NDArray[np.float32]
Integers = NDArray[np.int64]

# Points of the pattern that are worked on at a time: with what they need they stay in the first-level cache.
BLOCK = 1024


@compiled
def spread(bins: Single, rungs: Integers, shares: Single, sticks: Single) -> Single:
    """Turn the moments of binned reflections into cubic B-splines on the edges of the bins.

    A reflection at t between two points has the spline weights (1-t)^3/6, (4-6t^2+3t^3)/6, (1+3t+3t^2-3t^3)/6 and
    t^3/6 on the four points around it: linear in the moments. With a ladder of widths the weights are multiplied by the
    shares of four rungs, quadratics in t; moments above the third are left out, as shares hardly change within a bin.

    Parameters
    ----------
    bins
        Moments 0 to 3 of each bin, shape (n_bins + 2, 4); the first and last row are not used.
    rungs
        First of the four rungs that a bin uses, shape (n_bins,); not looked at for one width.
    shares
        Their coefficients, shape (n_bins, 4, 3); shape (0, 4, 3) for one width.
    sticks
        Array to write into, shape (n_rungs, n_bins + 3).

    Returns
    -------
    array
        `sticks`; stick i stands on the lower edge of bin i - 1.

    Examples
    --------
    >>> bins = np.zeros((3, 4), dtype=np.float32)
    >>> bins[1] = 6.0, 0.0, 0.0, 0.0
    >>> one_width = np.zeros((0, 4, 3), dtype=np.float32)
    >>> spread(bins, np.zeros(1, dtype=np.int64), one_width, np.empty((1, 4), dtype=np.float32))
    array([[1., 4., 1., 0.]], dtype=float32)
    """
    if len(shares) == 0:
        _spread_evenly(bins, sticks[0])
        return sticks
    sticks[:] = np.float32(0.0)
    three, four, sixth = np.float32(3.0), np.float32(4.0), np.float32(1.0 / 6.0)
    two = np.float32(2.0)
    for i in range(len(bins) - 2):
        a, b, c, d = bins[i + 1, 0], bins[i + 1, 1], bins[i + 1, 2], bins[i + 1, 3]
        if a == np.float32(0.0):
            continue
        for n in range(4):
            u, v, w = shares[i, n, 0] * sixth, shares[i, n, 1] * sixth, shares[i, n, 2] * sixth
            m0, m1, m2, m3 = u * a + v * b + w * c, u * b + v * c + w * d, u * c + v * d, u * d
            target = sticks[rungs[i] + n]
            target[i] += m0 - three * (m1 - m2) - m3
            target[i + 1] += four * m0 - three * (two * m2 - m3)
            target[i + 2] += m0 + three * (m1 + m2 - m3)
            target[i + 3] += m3
    return sticks


@embedded
def _spread_evenly(bins, sticks):  # type: ignore[no-untyped-def]
    """Spread for one width: each stick from the four bins around it.

    Without the question whether a bin is empty: at random half of them are, and the processor's wrong guesses cost
    more than the sums.
    """
    n_bins, three = len(bins) - 2, np.float32(3.0)
    four, six, sixth = np.float32(4.0), np.float32(6.0), np.float32(1.0 / 6.0)
    x, inner = bins.reshape(4 * n_bins + 8)[4:], sticks[3:]
    for i in range(n_bins - 3):
        inner[i] = sixth * (
            (x[4 * i + 12] - three * (x[4 * i + 13] - x[4 * i + 14]) - x[4 * i + 15])
            + (four * x[4 * i + 8] - six * x[4 * i + 10] + three * x[4 * i + 11])
            + (x[4 * i + 4] + three * (x[4 * i + 5] + x[4 * i + 6] - x[4 * i + 7]))
            + x[4 * i + 3]
        )
    sticks[:3], sticks[max(n_bins, 3) :] = np.float32(0.0), np.float32(0.0)
    for end in range(0, n_bins, max(n_bins - 3, 3)):  # the three sticks at each end, from three bins
        for i in range(end, min(end + 3, n_bins)):
            a, b, c, d = bins[i + 1, 0] * sixth, bins[i + 1, 1] * sixth, bins[i + 1, 2] * sixth, bins[i + 1, 3] * sixth
            weights = (a - three * (b - c) - d, four * a - six * c + three * d, a + three * (b + c - d), d)
            for m in range(4):
                if i + m < 3 or i + m >= n_bins:
                    sticks[i + m] += weights[m]


@compiled
def convolve(sticks: Single, taps: Single, first: int, oversampling: int, n_points: int, rows: Single) -> Single:
    """Convolve sticks with a short kernel, and keep every n-th point of the result.

    Sticks are dealt out to `oversampling` rows first, so that the points of the pattern that a tap touches are
    neighbours; eight taps at a time, for each point is loaded and stored once for all of them.

    Parameters
    ----------
    sticks
        On the fine grid, shape (n_sticks,).
    taps
        The kernel on the fine grid, odd in number with the centre in the middle, shape (n_taps,).
    first
        Stick at which the pattern starts.
    oversampling
        Sticks in a step of the pattern.
    n_points
        Points of the pattern.
    rows
        Working memory, shape (oversampling, n_points + n_taps / oversampling + 16 or more).

    Returns
    -------
    array
        The pattern, shape (n_points,).

    Examples
    --------
    >>> sticks, taps = np.array([0, 0, 1, 0, 0], dtype=np.float32), np.array([1, 2, 1], dtype=np.float32)
    >>> convolve(sticks, taps, 0, 1, 5, np.empty((1, 24), dtype=np.float32))
    array([0., 1., 2., 1., 0.], dtype=float32)
    """
    half = taps.size // 2
    each = (taps.size // oversampling + 8) // 8 * 8
    weights = np.zeros((oversampling, each), dtype=np.float32)
    for p in range(oversampling):
        start = first - half + p
        for i in range(n_points + each):
            at = start + i * oversampling
            rows[p, i] = sticks[at] if 0 <= at < sticks.size else np.float32(0.0)
        for m in range(p, taps.size, oversampling):
            weights[p, m // oversampling] = taps[taps.size - 1 - m]
    pattern = np.zeros(n_points, dtype=np.float32)
    for begin in range(0, n_points, BLOCK):
        out = pattern[begin : begin + BLOCK]
        for p in range(oversampling):
            for m in range(0, each, 8):
                x, w = rows[p, begin + m :], weights[p, m : m + 8]
                a, b, c, d, e, f, g, h = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
                for i in range(out.size):
                    out[i] += (
                        (a * x[i] + b * x[i + 1])
                        + (c * x[i + 2] + d * x[i + 3])
                        + (e * x[i + 4] + f * x[i + 5])
                        + (g * x[i + 6] + h * x[i + 7])
                    )
    return pattern


@compiled
def shape(spectrum, unit, fwhm, share, offset, n_points):  # type: ignore[no-untyped-def]
    """Multiply a spectrum of sticks by that of a pseudo-Voigt profile, and fold it to a coarser grid.

    With f = k unit, a Gaussian of unit area has the transform exp(-pi^2 fwhm^2 f^2 / (4 ln 2)), a Lorentzian
    exp(-pi fwhm f), and a shift exp(2 pi i f offset); all three go on from k to k + 1 by multiplication. To keep every
    n-th point of the result is to fold its spectrum.

    Parameters
    ----------
    spectrum
        Of the sticks, the spline's transform divided out; non-negative frequencies, shape (n_fft / 2 + 1,).
    unit
        Step of the frequencies, in 1/degree.
    fwhm, share, offset
        Width in degree, Lorentzian share, and angle in degree of the first point of the result.
    n_points
        Points of the result, even, a divisor of n_fft.

    Returns
    -------
    array
        Spectrum of the result, shape (n_points / 2 + 1,).

    Examples
    --------
    >>> abs(shape(np.ones(5, dtype=np.complex64), 1e-9, 1.0, 0.0, 0.0, 8)[:2]).tolist()
    [1.0, 1.0...]
    """
    half = n_points // 2
    result = np.zeros(half + 1, dtype=np.complex64)
    decay = np.exp(-np.pi * fwhm * unit)
    narrowing = np.exp(-2.0 * (np.pi * fwhm * unit) ** 2 / (4.0 * np.log(2.0)))
    step, turned = np.exp(2j * np.pi * unit * offset), 1.0 + 0.0j
    gaussian, ratio, lorentzian = 1.0, np.sqrt(narrowing), 1.0
    result[0] = spectrum[0]
    j = 0
    for k in range(1, spectrum.size - 1):
        gaussian *= ratio
        ratio *= narrowing
        lorentzian *= decay
        turned *= step
        j = j + 1 if j + 1 < n_points else 0
        height = (1.0 - share) * gaussian + share * lorentzian
        if height < 1e-7:
            break
        value = spectrum[k] * np.complex64(turned * height)
        if j == 0 or j == half:
            result[j] += 2.0 * value.real
        elif j < half:
            result[j] += value
        else:
            result[n_points - j] += np.conj(value)
    return result
