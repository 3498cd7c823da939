"""Procrustes: one set of points laid on another by turning, mirroring, stretching and moving."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def similarity(source: Array, target: Array) -> tuple[Array, Array]:
    """Find the rotation or reflection, scale and shift that bring one set of points closest to another.

    Orthogonal Procrustes analysis with scale: P. H. Schoenemann and R. M. Carroll, Psychometrika 35, 245 (1970),
    doi:10.1007/BF02291266.

    Parameters
    ----------
    source, target
        Points, shape (n_samples, n_axes) each, in the same order.

    Returns
    -------
    matrix : ndarray
        Rotation or reflection times scale, shape (n_axes, n_axes).
    shift : ndarray
        Shape (n_axes,). Points laid on the others are ``source @ matrix + shift``. Where either set is a single point,
        the scale is 1.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    >>> matrix, shift = similarity(points, 3.0 * points[:, ::-1] + 1.0)
    >>> np.allclose(points @ matrix + shift, 3.0 * points[:, ::-1] + 1.0)
    True
    """
    from_center, to_center = source.mean(axis=0), target.mean(axis=0)
    centered, wanted = source - from_center, target - to_center
    left, values, right = np.linalg.svd(centered.T @ wanted)
    size, reach = np.sum(centered**2), float(values.sum())
    scale = reach / size if reach > 1e-12 * size > 0 else 1.0
    matrix = scale * (left @ right)
    return matrix, to_center - from_center @ matrix
