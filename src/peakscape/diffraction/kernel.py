"""Structure factors of every reflection up to a resolution, by separable phase factors.

For one element e with atoms at fractional positions (x_j, y_j, z_j) the geometric part of the structure factor is

    G_e(hkl) = sum_j exp[2 pi i (h x_j + k y_j + l z_j)] = sum_j A[h, j] B[k, j] C[l, j]

so that for a fixed l all (h, k) together are one matrix product, (A * C[l]) @ B.T. With the atoms' scattering factors
f_e = p_e + i q_e (p = f0 + f', q = f'') the structure factor is F(hkl) = sum_e (p_e + i q_e) G_e(hkl) = P + i Q.
A reflection and its Friedel mate have |F|^2 = |P +- i Q|^2 and the same angle: a powder shows their mean,
|P|^2 + |Q|^2, so that one of the two is enough.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from ase.geometry import minkowski_reduce
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Lattice(NamedTuple):
    """A reduced cell, and the way to it.

    Examples
    --------
    >>> reduce_cell(np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]])).cell.shape
    (3, 3)
    """

    cell: Array
    to_reduced: Integers


class GeometricFactors(NamedTuple):
    """Friedel-unique reflections and their geometric structure factors.

    Attributes are `hkl` of shape (n_reflections, 3) in the cell that was given, `s` = sin(theta)/wavelength of shape
    (n_reflections,) in 1/angstrom and `factors`, complex, of shape (n_elements, n_reflections).

    Examples
    --------
    >>> geometric_factors(np.eye(3) * 4.0, np.zeros((1, 3)), np.array([0]), s_max=0.13).hkl.tolist()
    [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    """

    hkl: Integers
    s: Array
    factors: NDArray[np.complex128]


def geometric_factors(cell: Array, fractional: Array, species: Integers, s_max: float) -> GeometricFactors:
    """Compute the geometric structure factors G_e(hkl) of all Friedel-unique reflections up to `s_max`.

    Parameters
    ----------
    cell
        Lattice vectors in angstrom as rows, shape (3, 3).
    fractional
        Fractional positions, shape (n_atoms, 3).
    species
        Number of each atom's element, 0 to n_elements - 1, shape (n_atoms,).
    s_max
        Largest sin(theta)/wavelength = 1/(2 d) in 1/angstrom.

    Returns
    -------
    GeometricFactors
        All hkl but 000 with s <= s_max, one of each Friedel pair.

    Examples
    --------
    Body centring extinguishes odd h+k+l:

    >>> body_centred = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    >>> result = geometric_factors(np.eye(3) * 3.0, body_centred, np.array([0, 0]), s_max=0.24)
    >>> for hkl, factor in zip(result.hkl.tolist(), abs(result.factors[0]).round(6)): print(hkl, factor)
    [0, 1, 0] 0.0
    [1, -1, 0] 2.0
    [1, 0, 0] 0.0
    [1, 1, 0] 2.0
    [-1, 0, 1] 2.0
    [0, -1, 1] 2.0
    [0, 0, 1] 0.0
    [0, 1, 1] 2.0
    [1, 0, 1] 2.0
    """
    lattice = reduce_cell(cell)
    from_reduced = np.rint(np.linalg.inv(lattice.to_reduced)).astype(np.int64)
    order = np.argsort(species, kind="stable")
    positions = (fractional @ from_reduced)[order]
    limits = np.floor(2.0 * s_max * np.linalg.norm(lattice.cell, axis=1)).astype(np.int64)
    phases_h, phases_k, phases_l = (
        np.exp(2j * np.pi * np.outer(np.arange(-n, n + 1), x)) for n, x in zip(limits, positions.T, strict=True)
    )
    bounds = np.searchsorted(species[order], np.arange(species.max() + 2))
    hkl, s, factors = [], [], []
    for h, k, l, squared in _slices(lattice.cell, s_max):  # noqa: E741 (the index's name)
        inside = np.flatnonzero(squared <= (2.0 * s_max) ** 2)
        if l == 0:  # half of the plane: of +hk0 and -hk0 only the one that stands later, and not 000
            inside = inside[inside > squared.size // 2]
        left = phases_h[h + limits[0]] * phases_l[l + limits[2]]
        right = phases_k[k + limits[1]].T
        factors.append([(left[:, a:b] @ right[a:b]).ravel()[inside] for a, b in pairwise(bounds)])
        hkl.append(np.stack([h[inside // k.size], k[inside % k.size], np.full(inside.size, l)], axis=1))
        s.append(np.sqrt(squared.ravel()[inside]) / 2.0)
    return GeometricFactors(
        np.concatenate(hkl) @ from_reduced.T, np.concatenate(s), np.concatenate(factors, axis=1, dtype=np.complex128)
    )


def powder_structure_factor(factors: NDArray[np.complex128], real: Array, imaginary: Array) -> Array:
    """Combine geometric factors and scattering factors to the amplitude that a powder shows.

    |F|^2 = |P|^2 + |Q|^2, the mean over the Friedel pair, with P = sum_e p_e G_e and Q = sum_e q_e G_e.

    Parameters
    ----------
    factors
        Geometric factors, shape (n_elements, n_reflections).
    real, imaginary
        Scattering factors p_e(s) and q_e(s) in electrons, each of shape (n_elements, n_reflections).

    Returns
    -------
    array
        |F|^2 in electrons squared, shape (n_reflections,).

    Examples
    --------
    >>> powder_structure_factor(np.array([[2.0 + 0j]]), np.array([[10.0]]), np.array([[1.0]]))
    array([404.])
    """
    p = np.einsum("er,er->r", real, factors)
    q = np.einsum("er,er->r", imaginary, factors)
    return np.asarray(p.real**2 + p.imag**2 + q.real**2 + q.imag**2, dtype=np.float64)


def reduce_cell(cell: Array) -> Lattice:
    """Find the most compact cell of a lattice, with its shortest vector last.

    In a compact cell the indices fill their ranges, and a short last vector leaves few values of l to loop over.

    Parameters
    ----------
    cell
        Lattice vectors in angstrom as rows, shape (3, 3).

    Returns
    -------
    Lattice
        The reduced cell and the integer matrix with ``reduced = to_reduced @ cell``; indices go by the same matrix.

    Examples
    --------
    >>> reduce_cell(np.array([[3.0, 0.0, 0.0], [9.0, 4.0, 0.0], [0.0, 0.0, 5.0]])).cell
    array([[0., 0., 5.],
           [0., 4., 0.],
           [3., 0., 0.]])
    """
    reduced, operation = minkowski_reduce(cell)
    order = np.argsort(-np.linalg.norm(reduced, axis=1), kind="stable")
    return Lattice(reduced[order], np.asarray(operation, dtype=np.int64)[order])


def _slices(cell: Array, s_max: float) -> Iterator[tuple[Integers, Integers, int, Array]]:
    """Cut the sphere of reflections into planes of constant l, and frame each by a box in h and k.

    With the reciprocal metric M, |G|^2 = (h, k, l) M (h, k, l)^T. At fixed l it is smallest, l^2 / c^2, at the real
    (h, k) = -l M_2^-1 M_l, and grows from there with the upper left block M_2: an ellipse.
    """
    metric = np.linalg.inv(cell @ cell.T)
    block = np.linalg.inv(metric[:2, :2])
    c = np.linalg.norm(cell[2])
    for l in range(int(2.0 * s_max * c) + 1):  # noqa: E741
        centre = -l * block @ metric[:2, 2]
        half_axes = np.sqrt(((2.0 * s_max) ** 2 - (l / c) ** 2) * np.diag(block))
        h, k = (
            np.arange(np.ceil(m - r), np.floor(m + r) + 1).astype(np.int64)
            for m, r in zip(centre, half_axes, strict=True)
        )
        cross = 2.0 * metric[0, 1] * np.multiply.outer(h, k)
        h_part = metric[0, 0] * h**2 + 2.0 * metric[0, 2] * l * h
        k_part = metric[1, 1] * k**2 + 2.0 * metric[1, 2] * l * k
        yield h, k, l, h_part[:, None] + k_part + cross + metric[2, 2] * l**2
