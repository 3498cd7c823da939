"""The compiled sum over reflections: from a crystal to binned intensities, and from bins to a pattern.

For the atoms j of element e, at fractional positions (x_j, y_j, z_j), the geometric structure factor is

    G_e(hkl) = sum_j exp[2 pi i (h x_j + k y_j + l z_j)],

and the powder intensity, with f_e = p_e(s) + i q_e(s), s = sin(theta)/wavelength, is

    I(hkl) = LP(theta) (|sum_e p_e G_e|^2 + |sum_e q_e G_e|^2),      the mean over hkl and its Friedel mate.

`diffraction.kernel` says the same in plain numpy, for lists of reflections. What this file does for speed:

1. Half of the reflections: l > 0, or l = 0 and h > 0, or h = l = 0 and k > 0; the Friedel mates are the other half.
2. exp is separable. With a = 2 pi (h x + centre y + l z) and b = 2 pi n y, four real matrix products, cos a cos b,
   sin a cos b, cos a sin b and sin a sin b summed over atoms, give +n and -n together: two multiply-adds an atom and
   reflection, which is the least that a sum over atoms can cost. Single precision, in a loop that the compiler makes
   the widest vectors of: as fast as a tuned BLAS, and the products of two n stay in the first-level cache until used.
3. Rows (h, l) with chords of like length in k go together in blocks of 64: no product is wasted on the corners of a
   box, and every loop over the rows of a block has a length that the compiler knows. n counts from the middle of the
   chord, k = centre + n, so that +n and -n are both inside: with n = k a fifth of the work was for nothing.
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

from peakscape.diffraction.machine_code import compiled, embedded, inlined
from peakscape.diffraction.rows import compact, list_rows, reciprocal

Array = NDArray[np.float64]
Single = NDArray[np.float32]

ROWS = 64
# Atoms of an element are added up so many at a time; places left over are filled with atoms of weight 0.
LANES = 4
N_FIT = 18
N_ANGLE = 12
# Offset of the variable of the Chebyshev series: with it, 18 terms hold every element's form factor to 2e-6 f(0).
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


class Desk(NamedTuple):
    """Arrays that are used again for crystal after crystal, each at an address that a vector register can load from.

    Fresh memory for every crystal would cost as much time as the products do, and vectors across two cache lines cost
    twice as much as others. What is one number a row of the block lies flat in one array: at distances that the
    compiler knows it sees that nothing overlaps. The functions below take whole arrays, as numba counts the references
    to every part that is taken of one.
    """

    bins: Single  # (n_bins + 2, 4)
    left: Single  # (n_atoms / LANES or more, 2 ROWS LANES)
    turned: Single  # (2 ROWS, n_atoms or more)
    products: Single  # (n_elements or more, 2, 4 ROWS)
    amplitudes: Single  # (2, 2 ROWS): real and imaginary part of sum p G, and of sum q G
    real: Array  # (3 ROWS,): base and linear of each row, and its component along the axis of the texture
    single: Single  # (4 ROWS,): bin, place in it, variable of the series, intensity


@compiled
def powder_bins(
    cell: Array, places: Array, weights: Single, bounds: NDArray[np.int64], fits: Single, beam: Beam, desk: Desk
) -> None:
    """Bin the intensities of all Friedel-unique reflections.

    Parameters
    ----------
    cell
        Lattice vectors in angstrom as rows, shape (3, 3).
    places
        Fractional positions, element by element, shape (n_atoms, 3).
    weights
        1 for an atom and 0 for what fills up an element to a multiple of LANES, shape (n_atoms,).
    bounds
        Where each element's atoms start, and n_atoms, all in units of LANES, shape (n_elements + 1,).
    fits
        Series of p_e and q_e, shape (n_elements, 2, N_FIT).
    beam
        Wavelength, bins and angular factors.
    desk
        Working memory; `bins` takes the moments 0 to 3 of the intensities in each bin, first and last row those of what
        lies outside.

    """
    cell, places = compact(cell, places)
    inverse = reciprocal(cell)
    rows = list_rows(cell, inverse, (2.0 * beam.sine / beam.wavelength) ** 2)
    tables = _phases(places, 0, rows.limits[0]), _phases(places, 1, rows.limits[1]), _phases(places, 2, rows.limits[2])
    right = _right(places, weights, rows.reach[0] + 1)
    texture = np.zeros(3)
    for i in range(3):
        for m in range(3):
            texture[i] += inverse[i, m] * beam.axis[m]
    bins, left, turned, products, amplitudes, real, single = desk
    bins[:] = _ZERO
    for first in range(0, rows.h.size, ROWS):
        last, origin = min(first + ROWS, rows.h.size), -1
        real[:ROWS] = 1e9  # rows that are not there: beyond every angle
        for i in range(last - first):
            h, k, l = rows.h[first + i], rows.centre[first + i], rows.l[first + i]  # noqa: E741
            real[i], real[ROWS + i] = rows.base[first + i], rows.linear[first + i]
            real[2 * ROWS + i] = h * texture[0] + k * texture[1] + l * texture[2]
            if h == 0 and l == 0:
                origin = i
        _left(left, turned, first, last, rows, tables)
        for n in range(rows.reach[first] + 1):
            if n % 2 == 0:
                _multiply(n // 2, right, left, bounds, products)
            for signed in range(-n, n + 1, max(2 * n, 1)):  # -n and n, or 0
                block = (signed, rows.square, texture[1], origin)
                _bin_rows(block, fits, beam, products, amplitudes, real, single, bins)


@inlined
def _multiply(pair, right, left, bounds, products):  # type: ignore[no-untyped-def]
    """Sum cos a cos b, sin a cos b, cos a sin b and sin a sin b over each element's atoms, for all rows and two b.

    Sixteen factors stay in registers while the rows pass: for each load of the left side there are four multiply-adds.
    """
    for e in range(bounds.size - 1):
        out = products[e].reshape(8 * ROWS)
        out[:] = _ZERO
        for j in range(bounds[e], bounds[e + 1]):
            f, x = right[pair, j], left[j]
            a, b = (f[0], f[1], f[2], f[3]), (f[4], f[5], f[6], f[7])
            c, d = (f[8], f[9], f[10], f[11]), (f[12], f[13], f[14], f[15])
            for i in range(2 * ROWS):
                x_0, x_1, x_2, x_3 = x[i], x[2 * ROWS + i], x[4 * ROWS + i], x[6 * ROWS + i]
                out[i] += (a[0] * x_0 + a[1] * x_1) + (a[2] * x_2 + a[3] * x_3)
                out[2 * ROWS + i] += (b[0] * x_0 + b[1] * x_1) + (b[2] * x_2 + b[3] * x_3)
                out[4 * ROWS + i] += (c[0] * x_0 + c[1] * x_1) + (c[2] * x_2 + c[3] * x_3)
                out[6 * ROWS + i] += (d[0] * x_0 + d[1] * x_1) + (d[2] * x_2 + d[3] * x_3)


@inlined
def _bin_rows(block, fits, beam, g, amplitudes, real, single, bins):  # type: ignore[no-untyped-def]
    """Bin the reflections number n, counted from the middle, of one block of rows."""
    n, metric_kk, texture_k, origin = block
    _angles(n, metric_kk, beam, real, single)
    if beam.march != 1.0:
        _orient(n, metric_kk, texture_k, beam.march, real, single)
    amplitudes[:] = _ZERO
    side, half = np.float32(-1.0 if n < 0 else 1.0), abs(n) % 2
    for e in range(len(fits)):  # written out here: as a function of its own it costs a third more
        for m in range(2):
            if fits[e, m, 1] != _ZERO:
                for i in range(ROWS):
                    y, older, newer = single[2 * ROWS + i], _ZERO, _ZERO
                    for term in range(N_FIT - 1, 0, -1):  # Clenshaw's recurrence
                        older, newer = newer, _TWO * y * newer - older + fits[e, m, term]
                    f = y * newer - older + fits[e, m, 0]
                    amplitudes[m, i] += f * (g[e, half, i] - side * g[e, half, 3 * ROWS + i])
                    amplitudes[m, ROWS + i] += f * (g[e, half, ROWS + i] + side * g[e, half, 2 * ROWS + i])
            elif fits[e, m, 0] != _ZERO:  # f'' without thermal motion does not depend on s
                f = fits[e, m, 0]
                for i in range(ROWS):
                    amplitudes[m, i] += f * (g[e, half, i] - side * g[e, half, 3 * ROWS + i])
                    amplitudes[m, ROWS + i] += f * (g[e, half, ROWS + i] + side * g[e, half, 2 * ROWS + i])
    for i in range(ROWS):
        single[3 * ROWS + i] *= (
            amplitudes[0, i] ** 2 + amplitudes[0, ROWS + i] ** 2 + amplitudes[1, i] ** 2 + amplitudes[1, ROWS + i] ** 2
        )
    if origin >= 0 and n <= 0:  # 000, and the Friedel mates of 0k0
        single[3 * ROWS + origin] = _ZERO
    for i in range(ROWS):
        place, t, value = np.uint32(np.int32(single[i])), single[ROWS + i], single[3 * ROWS + i]
        for m in range(4):
            bins[place, m] += value
            value *= t


@inlined
def _orient(n, metric_kk, texture_k, march, real, single):  # type: ignore[no-untyped-def]
    """Multiply by the texture factor of March and Dollase; see `variation`."""
    for i in range(ROWS):
        squared = max(real[i] + n * (n * metric_kk + real[ROWS + i]), 1e-9)
        cosine = min((real[2 * ROWS + i] + n * texture_k) ** 2 / squared, 1.0)
        mixed = march**2 * cosine + (1.0 - cosine) / march
        single[3 * ROWS + i] *= np.float32(1.0 / (mixed * np.sqrt(mixed)))


@inlined
def _angles(n, metric_kk, beam, real, single):  # type: ignore[no-untyped-def]
    """Bin, place within it, variable of the series and LP of each row's reflection.

    Two loops, as double precision fills a vector register with half as many numbers.
    """
    quarter, top, steps = 0.25 * beam.wavelength**2, beam.sine**2 + 1e-9, np.float64(n)
    lowest, n_bins, angle = beam.lowest, np.float64(beam.n_bins), beam.angle
    for i in range(ROWS):
        sine_squared = min(max(quarter * (real[i] + steps * (steps * metric_kk + real[ROWS + i])), 1e-12), top)
        cosine_squared = 1.0 - sine_squared
        cosine = np.sqrt(cosine_squared)
        even, odd = 0.0, 0.0  # two short chains: one of all terms would wait for its own results
        for m in range(N_ANGLE - 2, -1, -2):
            even, odd = even * cosine_squared + angle[m], odd * cosine_squared + angle[m + 1]
        x = min(max(np.sqrt(1.0 - cosine) * (even + cosine * odd) - lowest, -1.0), n_bins)
        whole = np.floor(x)
        single[i], single[ROWS + i] = np.float32(whole + 1.0), np.float32(x - whole)
        single[2 * ROWS + i], single[3 * ROWS + i] = np.float32(sine_squared), np.float32(cosine)
    slope, shift, share = np.float32(beam.slope), np.float32(beam.shift), np.float32(beam.polarization)
    per_square, offset = np.float32(1.0 / beam.wavelength**2), np.float32(FIT_OFFSET)
    for i in range(ROWS):
        squared = single[2 * ROWS + i]
        doubled = _ONE - _TWO * squared
        lorentz = (_ONE + share * doubled * doubled) / (squared * single[3 * ROWS + i])
        single[3 * ROWS + i] = lorentz if share >= _ZERO else _ONE
        single[2 * ROWS + i] = slope / np.sqrt(squared * per_square + offset) - shift


@embedded
def _phases(places, axis, n):  # type: ignore[no-untyped-def]
    """cos and sin of 2 pi m x for m = -n ... n by repeated rotation, each of shape (2 n + 1, n_atoms)."""
    n_atoms = len(places)
    cosines, sines = np.empty((2 * n + 1, n_atoms), dtype=np.float32), np.empty((2 * n + 1, n_atoms), dtype=np.float32)
    for j in range(n_atoms):
        x = 2.0 * np.pi * places[j, axis]
        c, s, real, imaginary = np.cos(x), np.sin(x), 1.0, 0.0
        for m in range(n + 1):
            cosines[n + m, j] = cosines[n - m, j] = np.float32(real)
            sines[n + m, j], sines[n - m, j] = np.float32(imaginary), np.float32(-imaginary)
            real, imaginary = real * c - imaginary * s, imaginary * c + real * s
    return cosines, sines


@embedded
def _right(places, weights, n):  # type: ignore[no-untyped-def]
    """cos and sin of 2 pi m y and 2 pi (m + 1) y, four atoms together: shape (n or n + 1 over 2, n_atoms / 4, 16)."""
    n_pairs = (n + 1) // 2
    cosines, sines = _phases(places, 1, 2 * n_pairs - 1)
    right = np.empty((n_pairs, len(places) // LANES, 4 * LANES), dtype=np.float32)
    for m in range(2 * n_pairs):
        first, at = m % 2 * 2 * LANES, 2 * n_pairs - 1 + m
        for j in range(len(places)):
            right[m // 2, j // LANES, first + j % LANES] = weights[j] * cosines[at, j]
            right[m // 2, j // LANES, first + LANES + j % LANES] = weights[j] * sines[at, j]
    return right


@embedded
def _left(left, turned, first, last, rows, tables):  # type: ignore[no-untyped-def]
    """cos and sin of 2 pi (h x + k y + l z) of each atom for some rows, k in their middle.

    Computed atom after atom, and then turned round: vectors run over the rows.
    """
    (cos_h, sin_h), (cos_k, sin_k), (cos_l, sin_l) = tables
    n_h, n_k, n_l, n_atoms = len(cos_h) // 2, len(cos_k) // 2, len(cos_l) // 2, cos_h.shape[1]
    for i in range(last - first):
        h, k, l = rows.h[first + i] + n_h, rows.centre[first + i] + n_k, rows.l[first + i] + n_l  # noqa: E741
        for j in range(n_atoms):
            real = cos_h[h, j] * cos_l[l, j] - sin_h[h, j] * sin_l[l, j]
            imaginary = sin_h[h, j] * cos_l[l, j] + cos_h[h, j] * sin_l[l, j]
            turned[i, j] = real * cos_k[k, j] - imaginary * sin_k[k, j]
            turned[ROWS + i, j] = imaginary * cos_k[k, j] + real * sin_k[k, j]
    for j in range(n_atoms):
        for i in range(2 * ROWS):
            left[j // LANES, j % LANES * 2 * ROWS + i] = turned[i, j]
