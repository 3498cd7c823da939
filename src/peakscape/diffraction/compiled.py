"""The compiled arithmetic, by numba: from a crystal to binned intensities, and from bins to a pattern.

For the atoms j of element e, at fractional positions (x_j, y_j, z_j), the geometric structure factor is

    G_e(hkl) = sum_j exp[2 pi i (h x_j + k y_j + l z_j)],

and the powder intensity, with f_e = p_e(s) + i q_e(s), s = sin(theta)/wavelength, is

    I(hkl) = LP(theta) (|sum_e p_e G_e|^2 + |sum_e q_e G_e|^2),      the mean over hkl and its Friedel mate.

`diffraction.reflections` says the same in plain numpy, for lists of reflections. What this file does for speed:

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
6. Lattices are worked on number by number: numba takes seconds to compile matrix algebra or sorting.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from peakscape.machine_code import compile_loops

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Single = NDArray[np.float32]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function as `compile_loops` does; sums may be taken in any order."""
    return compile_loops(function, flags=True)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function as a part of each compiled function that calls it, for which it must be small.

    numba counts the references to every array that is handed over, also where nothing comes of it; in the innermost
    loops that is a good part of the time.
    """
    return numba.njit(inline="always", nogil=True, fastmath=True, error_model="numpy")(function)


def embedded(function: Callable[..., Any]) -> Any:
    """Compile a function that other compiled functions call: its machine code becomes a part of theirs.

    Otherwise the process that compiles calls the function that it compiled first, and later processes call the copy in
    the cached caller. Under fast-math the two may round differently, so that a first run would differ from the second.
    """
    return compile_loops(function, flags=True, embedded=True)


class Rows(NamedTuple):
    """Rows (h, l) of reflections, by descending reach.

    Each holds the reflections (h, centre + n, l) with |n| <= reach, at 1/d^2 = base + n linear + n^2 square. Counted
    from the middle of the chord that the row cuts from the sphere, +n and -n lie about equally deep in it. `limits` are
    the largest |h|, |centre| and l.
    """

    h: Integers
    l: Integers  # noqa: E741
    centre: Integers
    reach: Integers
    base: Array
    linear: Array
    square: float
    limits: tuple[int, int, int]


@embedded
def compact(cell: Array, places: Array) -> tuple[Array, Array]:
    """Shorten the lattice vectors by one another, and put them in the order middle, longest, shortest.

    A long k axis leaves few rows, and in a compact cell the indices are small.
    """
    cell, places, change = cell.copy(), places.copy(), True
    while change:
        change = False
        for i in range(3):
            for j in range(3):
                n = np.rint(_dot(cell, i, j) / _dot(cell, j, j)) if i != j else 0.0
                # |a - n b|^2, and a change worth while only beyond rounding
                change_of_square = n * (n * _dot(cell, j, j) - 2.0 * _dot(cell, i, j))
                if change_of_square < -1e-9 * _dot(cell, i, i):
                    change = True
                    for m in range(3):
                        cell[i, m] -= n * cell[j, m]
                    for m in range(len(places)):
                        places[m, j] += n * places[m, i]
    squares = (_dot(cell, 0, 0), _dot(cell, 1, 1), _dot(cell, 2, 2))
    shortest, longest = 0, 0
    for i in range(1, 3):
        shortest = i if squares[i] < squares[shortest] else shortest
        longest = i if squares[i] >= squares[longest] else longest
    order = (3 - shortest - longest, longest, shortest)
    new_cell, new_places = np.empty_like(cell), np.empty_like(places)
    for i in range(3):
        for m in range(3):
            new_cell[i, m] = cell[order[i], m]
        for m in range(len(places)):
            new_places[m, i] = places[m, order[i]]
    return new_cell, new_places


@embedded
def reciprocal(cell: Array) -> Array:
    """Compute the reciprocal lattice vectors as rows, without the factor 2 pi."""
    result, volume = np.empty_like(cell), 0.0
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        for m in range(3):
            p, q = (m + 1) % 3, (m + 2) % 3
            result[i, m] = cell[j, p] * cell[k, q] - cell[j, q] * cell[k, p]
    for m in range(3):
        volume += cell[0, m] * result[0, m]
    for i in range(3):
        for m in range(3):
            result[i, m] /= volume
    return result


@embedded
def list_rows(cell: Array, inverse: Array, limit: float) -> Rows:
    """List the rows (h, l) that cross the sphere 1/d^2 <= limit: of each pair (h, l) and (-h, -l) one.

    Sorted by counting; `cell` and `inverse` hold the lattice vectors and the reciprocal ones as rows.
    """
    n_h, n_k = int(np.sqrt(limit * _dot(cell, 0, 0))), int(np.sqrt(limit * _dot(cell, 1, 1)))
    n_l = int(np.sqrt(limit * _dot(cell, 2, 2)))
    hh, kk, ll = _dot(inverse, 0, 0), _dot(inverse, 1, 1), _dot(inverse, 2, 2)
    hk, hl, kl = _dot(inverse, 0, 1), _dot(inverse, 0, 2), _dot(inverse, 1, 2)
    found = np.empty(((2 * n_h + 1) * (n_l + 1), 6))
    after = np.zeros(n_k + 4, dtype=np.int64)
    n, largest = 0, 0.0
    for l in range(n_l + 1):  # noqa: E741
        for h in range(-n_h if l else 0, n_h + 1):
            base, linear = hh * h * h + 2.0 * hl * h * l + ll * l * l, 2.0 * (hk * h + kl * l)
            middle = -0.5 * linear / kk
            squared = middle * middle - (base - limit) / kk
            if squared >= 0.0:
                k = np.rint(middle)
                reach = int(abs(middle - k) + np.sqrt(squared))
                found[n, 0], found[n, 1], found[n, 2], found[n, 3] = h, l, k, reach
                found[n, 4], found[n, 5] = base + k * (linear + k * kk), linear + 2.0 * k * kk
                after[reach] += 1
                largest = max(largest, abs(k))
                n += 1
    for reach in range(n_k + 2, -1, -1):
        after[reach] += after[reach + 1]
    whole, real = np.empty((4, n), dtype=np.int64), np.empty((2, n))
    for i in range(n - 1, -1, -1):
        reach = int(found[i, 3])
        after[reach] -= 1
        for m in range(4):
            whole[m, after[reach]] = int(found[i, m])
        for m in range(2):
            real[m, after[reach]] = found[i, 4 + m]
    return Rows(whole[0], whole[1], whole[2], whole[3], real[0], real[1], kk, (n_h, int(largest), n_l))


@inlined
def _dot(vectors, i, j):  # type: ignore[no-untyped-def]
    return vectors[i, 0] * vectors[j, 0] + vectors[i, 1] * vectors[j, 1] + vectors[i, 2] * vectors[j, 2]


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

    `places` are fractional positions, element by element, (n_atoms, 3); `weights` (n_atoms,) are 1 for an atom and 0
    for what fills up an element to a multiple of LANES; `bounds` (n_elements + 1,) tell where each element's atoms
    start, in units of LANES; `fits` (n_elements, 2, N_FIT) are the series of p_e and q_e. The moments 0 to 3 of the
    intensities in each bin come into `desk.bins`, whose first and last row take what lies outside.
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


# Points of the pattern that are worked on at a time: with what they need they stay in the first-level cache.
BLOCK = 1024


@compiled
def spread(bins: Single, rungs: Integers, shares: Single, sticks: Single) -> Single:
    """Turn the moments of binned reflections into cubic B-splines on the edges of the bins.

    A reflection at t between two points has the spline weights (1-t)^3/6, (4-6t^2+3t^3)/6, (1+3t+3t^2-3t^3)/6 and
    t^3/6 on the four points around it: linear in the moments. With a ladder of widths the weights are multiplied by the
    shares of four rungs, quadratics in t; moments above the third are left out, as shares hardly change within a bin.

    `bins` (n_bins + 2, 4) hold the moments 0 to 3, `rungs` (n_bins,) the first of a bin's four rungs, `shares`
    (n_bins, 4, 3) their coefficients, (0, 4, 3) for one width. Stick i of `sticks` (n_rungs, n_bins + 3), which is
    written and returned, stands on the lower edge of bin i - 1.
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
    neighbours; eight taps at a time, for each point is loaded and stored once for all of them. `taps` are odd in number
    with the centre in the middle, `first` is the stick at which the pattern starts, and `rows` is working memory of
    shape (oversampling, n_points + n_taps / oversampling + 16 or more).
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

    `spectrum` (n_fft / 2 + 1,) has the spline's transform divided out; `unit` is the step of the frequencies in
    1/degree, `offset` the angle in degree of the first point, and `n_points` an even divisor of n_fft.
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
