"""The compiled sum over reflections: from a crystal to binned intensities, and from bins to a pattern.

For the atoms j of element e, at fractional positions (x_j, y_j, z_j), the geometric structure factor is

    G_e(hkl) = sum_j exp[2 pi i (h x_j + k y_j + l z_j)],

and the powder intensity, with f_e = p_e(s) + i q_e(s), s = sin(theta)/wavelength, is

    I(hkl) = LP(theta) (|sum_e p_e G_e|^2 + |sum_e q_e G_e|^2),      the mean over hkl and its Friedel mate.

`diffraction.kernel` says the same in plain numpy, for lists of reflections. What this file does for speed:

1. Half of the reflections: l > 0, or l = 0 and h > 0, or h = l = 0 and k > 0; the Friedel mates are the other half.
2. exp is separable. With a = 2 pi (h x + l z) and b = 2 pi k y, the four real matrix products cos a cos b, sin a cos b,
   cos a sin b and sin a sin b, summed over atoms, give +k and -k together: two multiply-adds an atom and reflection,
   which is the least that a sum over atoms can cost. Single precision, by the BLAS.
3. Rows (h, l) with chords of like length in k go together in blocks of 128: no product is wasted on the corners of a
   box, and every loop over the rows of a block has a length that the compiler knows and makes vectors of.
4. Scattering factors are Chebyshev series in 1/sqrt(s^2 + 0.1). Angles are theta = arccos(c) = sqrt(1 - c) times a
   power series in c, in double precision: the only part that needs it, as single precision would move a peak by 1e-4
   of its width.
5. A reflection at x = (bin + t) steps adds I, I t, I t^2 and I t^3 to its bin: four numbers side by side, and nothing
   else that depends on the profile. As cubic B-splines are cubic in t, these moments hold the exact spline weights
   (`spread`); see `broadening` for what the splines are good for.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peakscape.diffraction.machine_code import compiled

Array = NDArray[np.float64]
Single = NDArray[np.float32]

ROWS = 128
N_FIT = 20
N_ANGLE = 14
# Offset of the variable of the Chebyshev series: with it, 20 terms hold every element's form factor to 1e-6 f(0).
FIT_OFFSET = 0.1
_ZERO, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)


class Beam(NamedTuple):
    """What the sum needs to know besides the crystal.

    `sine` is sin(theta) of the last reflections. `angle` holds the series of the angle in units of a bin, `lowest` the
    lower edge of the first bin in that unit. The Chebyshev variable is slope / sqrt(s^2 + FIT_OFFSET) - shift.
    LP = (1 + polarization cos^2 2theta) / (sin^2 theta cos theta), and 1 for a negative `polarization`. The texture
    of March and Dollase has its axis along `axis` (Cartesian, length 1) and the coefficient `march`, 1 for none.
    """

    wavelength: float
    sine: float
    slope: float
    shift: float
    lowest: float
    n_bins: int
    polarization: float
    march: float
    axis: Array
    angle: Array


class Rows(NamedTuple):
    """Rows (h, l) of reflections: 1/d^2 = base + k linear + k^2 M_kk for |k| <= k_max; longest first."""

    h: NDArray[np.int64]
    l: NDArray[np.int64]  # noqa: E741
    k_max: NDArray[np.int64]
    base: Array
    linear: Array


@compiled
def powder_bins(cell: Array, places: Array, bounds: NDArray[np.int64], fits: Single, beam: Beam) -> Single:
    """Bin the intensities of all Friedel-unique reflections.

    Parameters
    ----------
    cell
        Lattice vectors in angstrom as rows, shape (3, 3).
    places
        Fractional positions, element by element, shape (n_atoms, 3).
    bounds
        Where each element's atoms start, and n_atoms, shape (n_elements + 1,).
    fits
        Series of p_e and q_e, shape (n_elements, 2, N_FIT).
    beam
        Wavelength, bins and angular factors.

    Returns
    -------
    array
        Moments 0 to 3 of the intensities in each bin, shape (n_bins + 2, 4); first and last row hold what lies outside.

    """
    cell, places = _compact(cell, places)
    metric = np.linalg.inv(cell @ cell.T)
    rows = _rows(cell, metric, (2.0 * beam.sine / beam.wavelength) ** 2)
    texture = np.linalg.inv(cell).T @ beam.axis
    n_k, n_atoms, n_elements = rows.k_max[0] + 1, len(places), len(bounds) - 1
    tables = _phases(places[:, 0], np.abs(rows.h).max()), _phases(places[:, 2], rows.l.max())
    right = _right(places[:, 1], bounds, n_k)
    left = np.zeros(2 * ROWS * n_atoms, dtype=np.float32)
    products = np.empty((n_elements, 2 * n_k, 2 * ROWS), dtype=np.float32)
    base, linear, along = np.zeros(ROWS), np.zeros(ROWS), np.zeros(ROWS)
    single = np.empty((3, ROWS), dtype=np.float32)
    pairs = np.empty((2, 2, ROWS), dtype=np.float32)
    work = (np.empty(ROWS, dtype=np.int32), single[0], single[1], single[2], pairs[0], pairs[1])
    bins = np.zeros((beam.n_bins + 2, 4), dtype=np.float32)
    for first in range(0, rows.h.size, ROWS):
        last, origin = min(first + ROWS, rows.h.size), -1
        base[last - first :] = 1e9  # rows that are not there: beyond every angle
        for i in range(last - first):
            h, l = rows.h[first + i], rows.l[first + i]  # noqa: E741
            base[i], linear[i] = rows.base[first + i], rows.linear[first + i]
            along[i] = h * texture[0] + l * texture[2]
            if h == 0 and l == 0:
                origin = i
        _left(left, bounds, rows.h[first:last], rows.l[first:last], tables)
        used = rows.k_max[first] + 1
        for e in range(n_elements):
            a, b = bounds[e], bounds[e + 1]
            phases_k = right[2 * n_k * a :][: 2 * used * (b - a)].reshape((2 * used, b - a))
            phases_hl = left[2 * ROWS * a : 2 * ROWS * b].reshape((2 * ROWS, b - a))
            np.dot(phases_k, phases_hl.T, products[e, : 2 * used])
        block = (base, linear, along, metric[1, 1], texture[1], origin)
        for k in range(used):
            _bin_rows(k, 1.0, block, products, fits, beam, work, bins)
            if k > 0:
                _bin_rows(k, -1.0, block, products, fits, beam, work, bins)
    return bins


@compiled
def _bin_rows(k, sign, rows, products, fits, beam, work, bins):  # type: ignore[no-untyped-def]
    """Bin the reflections (h, sign k, l) of one block of rows."""
    base, linear, _, metric_kk, _, origin = rows
    place, part, y, weight, real, imaginary = work
    _angles(k, sign, base, linear, metric_kk, beam, place, part, y, weight)
    if beam.march != 1.0:
        _orient(k, sign, rows, beam.march, weight)
    real[:], imaginary[:] = _ZERO, _ZERO
    side = np.float32(sign)
    for e in range(len(fits)):  # written out here: as a function of its own it costs a third more
        cosine, sine = products[e, 2 * k], products[e, 2 * k + 1]
        for n in range(2):
            c, re, im = fits[e, n], real[n], imaginary[n]
            if c[1] != _ZERO:
                for i in range(ROWS):
                    twice, older, newer = _TWO * y[i], _ZERO, _ZERO
                    for m in range(N_FIT - 1, 0, -1):  # Clenshaw's recurrence
                        older, newer = newer, twice * newer - older + c[m]
                    f = y[i] * newer - older + c[0]
                    re[i] += f * (cosine[i] - side * sine[ROWS + i])
                    im[i] += f * (cosine[ROWS + i] + side * sine[i])
            elif c[0] != _ZERO:  # f'' without thermal motion does not depend on s
                for i in range(ROWS):
                    re[i] += c[0] * (cosine[i] - side * sine[ROWS + i])
                    im[i] += c[0] * (cosine[ROWS + i] + side * sine[i])
    for i in range(ROWS):
        weight[i] *= real[0, i] ** 2 + imaginary[0, i] ** 2 + real[1, i] ** 2 + imaginary[1, i] ** 2
    if origin >= 0 and (sign < 0 or k == 0):  # 000, and the Friedel mates of 0k0
        weight[origin] = _ZERO
    for i in range(ROWS):
        value, t = weight[i], part[i]
        for m in range(4):
            bins[place[i], m] += value
            value *= t


@compiled
def _orient(k, sign, rows, march, weight):  # type: ignore[no-untyped-def]
    """Multiply by the texture factor of March and Dollase; see `variation`."""
    base, linear, along, metric_kk, texture_k, _ = rows
    for i in range(ROWS):
        squared = max(base[i] + k * (k * metric_kk + sign * linear[i]), 1e-9)
        cosine = min((along[i] + sign * k * texture_k) ** 2 / squared, 1.0)
        mixed = march**2 * cosine + (1.0 - cosine) / march
        weight[i] *= np.float32(1.0 / (mixed * np.sqrt(mixed)))


@compiled
def _angles(k, sign, base, linear, metric_kk, beam, place, part, y, weight):  # type: ignore[no-untyped-def]
    """Bin, place within it, variable of the series and LP of each row's reflection."""
    quarter, top = 0.25 * beam.wavelength**2, beam.sine**2 + 1e-9
    slope, shift, per_square = np.float32(beam.slope), np.float32(beam.shift), 1.0 / beam.wavelength**2
    share, angle = np.float32(beam.polarization), beam.angle
    for i in range(ROWS):
        sine_squared = min(max(quarter * (base[i] + k * (k * metric_kk + sign * linear[i])), 1e-12), top)
        cosine = np.sqrt(1.0 - sine_squared)
        series = 0.0
        for m in range(N_ANGLE - 1, -1, -1):
            series = series * cosine + angle[m]
        x = np.sqrt(1.0 - cosine) * series - beam.lowest
        whole = np.floor(x)
        part[i] = np.float32(x - whole)
        place[i] = np.int32(min(max(whole, -1.0), np.float64(beam.n_bins))) + np.int32(1)
        y[i] = slope / np.sqrt(np.float32(sine_squared * per_square + FIT_OFFSET)) - shift
        doubled = _ONE - _TWO * np.float32(sine_squared)
        lorentz = (_ONE + share * doubled * doubled) / (np.float32(sine_squared) * np.float32(cosine))
        weight[i] = lorentz if share >= _ZERO else _ONE


@compiled
def _compact(cell, places):  # type: ignore[no-untyped-def]
    """Shorten the lattice vectors by one another, and put them in the order middle, longest, shortest.

    In a compact cell the chords in k are centred near k = 0; a long k axis leaves few rows.
    """
    cell, places, change = cell.copy(), places.copy(), True
    while change:
        change = False
        for i in range(3):
            for j in range(3):
                n = np.rint(np.dot(cell[i], cell[j]) / np.dot(cell[j], cell[j])) if i != j else 0.0
                shorter = cell[i] - n * cell[j]
                if n != 0.0 and np.dot(shorter, shorter) < (1.0 - 1e-9) * np.dot(cell[i], cell[i]):
                    cell[i] = shorter
                    places[:, j] += n * places[:, i]
                    change = True
    order = np.argsort(np.array([np.dot(cell[i], cell[i]) for i in range(3)]))[np.array([1, 2, 0])]
    return cell[order], np.ascontiguousarray(places[:, order])


@compiled
def _rows(cell, metric, limit):  # type: ignore[no-untyped-def]
    """List the rows (h, l) that cross the sphere 1/d^2 <= limit, by descending reach in k (counting sort)."""
    lengths = np.array([np.sqrt(limit * np.dot(cell[i], cell[i])) for i in range(3)])
    n_h, n_l = int(lengths[0]), int(lengths[2])
    found = np.empty(((2 * n_h + 1) * (n_l + 1), 5))
    counts = np.zeros(int(lengths[1]) + 4, dtype=np.int64)
    n = 0
    for l in range(n_l + 1):  # noqa: E741
        for h in range(-n_h if l else 0, n_h + 1):
            base = metric[0, 0] * h * h + 2.0 * metric[0, 2] * h * l + metric[2, 2] * l * l
            linear = 2.0 * (metric[0, 1] * h + metric[1, 2] * l)
            centre = -0.5 * linear / metric[1, 1]
            squared = centre * centre - (base - limit) / metric[1, 1]
            if squared >= 0.0:
                k_max = int(abs(centre) + np.sqrt(squared))
                found[n] = np.array([h, l, k_max, base, linear])
                counts[k_max] += 1
                n += 1
    after = np.cumsum(counts[::-1])[::-1]
    order = np.empty(n, dtype=np.int64)
    for i in range(n - 1, -1, -1):
        k_max = int(found[i, 2])
        after[k_max] -= 1
        order[after[k_max]] = i
    found = found[order]
    whole = found[:, :3].astype(np.int64)
    return Rows(whole[:, 0].copy(), whole[:, 1].copy(), whole[:, 2].copy(), found[:, 3].copy(), found[:, 4].copy())


@compiled
def _phases(x, n):  # type: ignore[no-untyped-def]
    """cos and sin of 2 pi m x for m = -n ... n by repeated rotation, each of shape (2 n + 1, n_atoms)."""
    cosines, sines = np.empty((2 * n + 1, x.size), dtype=np.float32), np.empty((2 * n + 1, x.size), dtype=np.float32)
    step, turned = np.exp(2j * np.pi * x), np.ones(x.size, dtype=np.complex128)
    for m in range(n + 1):
        for j in range(x.size):
            cosines[n + m, j] = cosines[n - m, j] = np.float32(turned[j].real)
            sines[n + m, j], sines[n - m, j] = np.float32(turned[j].imag), np.float32(-turned[j].imag)
            turned[j] *= step[j]
    return cosines, sines


@compiled
def _right(y, bounds, n_k):  # type: ignore[no-untyped-def]
    """cos and sin of 2 pi k y in turn for each k, element by element."""
    tables = _phases(y, n_k - 1)
    right = np.empty(2 * n_k * y.size, dtype=np.float32)
    n = 0
    for e in range(bounds.size - 1):
        for k in range(n_k):
            for table in tables:
                for j in range(bounds[e], bounds[e + 1]):
                    right[n] = table[n_k - 1 + k, j]
                    n += 1
    return right


@compiled
def _left(left, bounds, h, l, tables):  # type: ignore[no-untyped-def]  # noqa: E741
    """cos of 2 pi (h x + l z) for each row and atom, and then sin, element by element."""
    (cos_h, sin_h), (cos_l, sin_l) = tables
    n_h, n_l = len(cos_h) // 2, len(cos_l) // 2
    for e in range(bounds.size - 1):
        a, b = bounds[e], bounds[e + 1]
        part = left[2 * ROWS * a : 2 * ROWS * b].reshape((2 * ROWS, b - a))
        for i in range(h.size):
            c, s, d, t = cos_h[h[i] + n_h, a:b], sin_h[h[i] + n_h, a:b], cos_l[l[i] + n_l, a:b], sin_l[l[i] + n_l, a:b]
            cosines, sines = part[i], part[ROWS + i]
            for j in range(b - a):
                cosines[j] = c[j] * d[j] - s[j] * t[j]
                sines[j] = s[j] * d[j] + c[j] * t[j]
