"""Partial least squares and Gaussian processes from scalar products alone: hundreds of candidates cost seconds.

Every model here needs the matrix of scalar products of the known spectra (their Gram matrix) and nothing else, so one
matrix a preparation serves every number of components, every fold and every label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peakscape.signal import gaussian_process

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
NEGLIGIBLE = 1e-12
"""Share of the first component's size below which a further one is rounding error."""


def pls_answers(gram: Array, values: Array, train: NDArray[np.bool_], n_components: int) -> tuple[Array, Array]:
    """Answer for all samples by partial least squares on some of them, for every number of components.

    Partial least squares of one label is the method of conjugate gradients on the scalar products (A. Phatak and F. de
    Hoog, J. Chemometrics 16, 361 (2002), DOI 10.1002/cem.728); here with scores made orthogonal twice. All folds are
    done together.

    Parameters
    ----------
    gram
        Scalar products of all samples, (n_samples, n_samples).
    values
        Label, (n_samples,).
    train
        Which samples each fold learns from, (n_folds, n_samples).
    n_components
        Largest number of components.

    Returns
    -------
    answers : ndarray of shape (n_folds, n_components, n_samples)
    dual : ndarray of shape (n_folds, n_components, n_samples)
        What centred spectra are multiplied by and summed to give the direction of the model.

    Examples
    --------
    >>> rows, train = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 0.0], [3.0, 1.0]]), np.array([[True, True, False, True]])
    >>> pls_answers(rows @ rows.T, np.arange(4.0), train, 2)[0][0, 1].round(6).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    kernel = _centred(gram, train)
    share = train / train.sum(axis=1, keepdims=True)
    mean = share @ values
    left = np.where(train, values - mean[:, np.newaxis], 0.0)
    answers, dual = np.empty((2, len(train), n_components, len(values)))
    told, weight = np.repeat(mean[:, np.newaxis], len(values), axis=1), np.zeros_like(left)
    scores: list[Array] = []
    sources: list[Array] = []
    first = np.zeros(len(train))
    for number in range(n_components):
        source = left.copy()
        score = np.einsum("fij,fj->fi", kernel, source)
        for _ in range(2):
            for before, its_source in zip(scores, sources, strict=True):
                overlap = np.where(train, before * score, 0.0).sum(axis=1, keepdims=True)
                score, source = score - overlap * before, source - overlap * its_source
        size = np.sqrt(np.where(train, score**2, 0.0).sum(axis=1))
        first = size if number == 0 else first
        kept = size > NEGLIGIBLE * np.maximum(first, np.finfo(float).tiny)
        factor = np.where(kept, 1.0 / np.where(kept, size, 1.0), 0.0)[:, np.newaxis]
        score, source = score * factor, source * factor
        scores.append(score)
        sources.append(source)
        along = np.where(train, score * left, 0.0).sum(axis=1, keepdims=True)
        told, weight = told + along * score, weight + along * source
        left = np.where(train, left - along * score, 0.0)
        answers[:, number], dual[:, number] = told, weight
    return answers, dual


def _centred(gram: Array, train: NDArray[np.bool_]) -> Array:
    """Scalar products of all samples (rows) with those of a fold (columns, others zero), its mean taken off both."""
    share = train / train.sum(axis=1, keepdims=True)
    mean = share @ gram
    total = (mean * share).sum(axis=1)
    kernel = gram - mean[:, np.newaxis, :] - mean[:, :, np.newaxis] + total[:, np.newaxis, np.newaxis]
    return np.asarray(kernel * train[:, np.newaxis, :])


@dataclass(frozen=True)
class Scores:
    """Principal components of known samples from their scalar products.

    Attributes
    ----------
    points : ndarray of shape (n_samples, n_components)
        In units of the standard deviation of the first.
    back : ndarray of shape (n_samples, n_components)
        What scalar products with the centred known spectra are multiplied by to give these.
    """

    points: Array
    back: Array

    @classmethod
    def of(cls, gram: Array, n_components: int) -> "Scores":
        """Compute them; components that are rounding error are zero.

        Examples
        --------
        >>> Scores.of(np.array([[1.0, -1.0], [-1.0, 1.0]]), 2).points.round(6).tolist()
        [[1.0, 0.0], [-1.0, 0.0]]
        """
        n_samples = len(gram)
        everything = np.ones((1, n_samples), dtype=bool)
        sizes, vectors = np.linalg.eigh(_centred(gram, everything)[0])
        count = min(n_components, n_samples)
        sizes, vectors = sizes[::-1][:count], vectors[:, ::-1][:, :count]
        vectors = vectors * np.where(vectors[np.abs(vectors).argmax(axis=0), np.arange(count)] < 0, -1.0, 1.0)
        real = sizes > 1e-10 * max(float(sizes[0]), np.finfo(float).tiny)
        roots = np.sqrt(np.where(real, sizes, 1.0))
        unit = max(float(np.sqrt(max(sizes[0], 0.0) / n_samples)), np.finfo(float).tiny)
        points = np.where(real, vectors * roots, 0.0) / unit
        return cls(points, np.where(real, vectors / roots, 0.0) / unit)


def process_errors(points: Array, values: Array, groups: Indices, options: Sequence[tuple[int, float, float]]) -> Array:
    """Return the mean squared left-out error of Gaussian processes, one an option of (components, length, noise).

    As `signal.gaussian_process.left_out_residuals`, for all options at once.

    Parameters
    ----------
    points
        Of `Scores`.
    values
        Labels, standardised, (n_samples, n_labels).
    groups
        What is left out together, (n_samples,).
    options
        Number of components used, length and noise of `signal.gaussian_process`.

    Examples
    --------
    >>> points = np.linspace(-1.5, 1.5, 6)[:, np.newaxis]
    >>> bool(process_errors(points, points, np.arange(6), [(1, 2.0, 1e-2)])[0] < 1e-3)
    True
    """
    noises = np.array([noise for _, _, noise in options])[:, np.newaxis, np.newaxis]
    kernels = np.array([gaussian_process.kernel(points[:, :n], points[:, :n], length) for n, length, _ in options])
    inverse = np.linalg.inv(kernels + noises * np.eye(len(points)))
    table = inverse @ values
    if len(np.unique(groups)) == len(groups):
        residuals = table / np.diagonal(inverse, axis1=1, axis2=2)[..., np.newaxis]
        return np.asarray((residuals**2).mean(axis=(1, 2)))
    squares = np.zeros(len(options))
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        block = inverse[:, rows[:, np.newaxis], rows]
        squares += (np.linalg.solve(block, table[:, rows]) ** 2).sum(axis=(1, 2))
    return np.asarray(squares / values.size)
