"""The rows of reflections that cross the sphere of reflection, of a lattice in its compact cell.

Numbers one by one, and neither matrix algebra nor sorting by numba: compiling those takes seconds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peakscape.diffraction.machine_code import embedded, inlined

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


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

    Parameters
    ----------
    cell
        Lattice vectors in angstrom as rows, shape (3, 3).
    places
        Fractional positions, shape (n_atoms, 3).

    Returns
    -------
    tuple of array
        Both in the compact cell.

    Examples
    --------
    >>> compact(np.array([[3.0, 0.0, 0.0], [9.0, 4.0, 0.0], [0.0, 0.0, 5.0]]), np.zeros((1, 3)))[0]
    array([[0., 4., 0.],
           [0., 0., 5.],
           [3., 0., 0.]])
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
    """Compute the reciprocal lattice vectors, without the factor 2 pi.

    Parameters
    ----------
    cell
        Lattice vectors in angstrom as rows, shape (3, 3).

    Returns
    -------
    array
        In 1/angstrom as rows, shape (3, 3).

    Examples
    --------
    >>> reciprocal(np.array([[2.0, 0.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 8.0]]))
    array([[ 0.5  , -0.25 ,  0.   ],
           [ 0.   ,  0.25 ,  0.   ],
           [ 0.   ,  0.   ,  0.125]])
    """
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

    Parameters
    ----------
    cell, inverse
        Lattice vectors in angstrom and reciprocal ones as rows, shape (3, 3).
    limit
        In 1/angstrom^2.

    Returns
    -------
    Rows
        Sorted by counting.

    Examples
    --------
    >>> rows = list_rows(4.0 * np.eye(3), np.eye(3) / 4.0, 0.07)
    >>> rows.h.tolist(), rows.l.tolist(), rows.reach.tolist(), rows.limits
    ([0, 1, 0], [0, 0, 1], [1, 0, 0], (1, 0, 1))
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
