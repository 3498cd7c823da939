"""How near known patterns are to new ones, in the terms of t-SNE and of UMAP."""

from collections.abc import Callable

import numpy as np

N_HALVINGS = 60
"""Halvings of the interval of widths: down to rounding."""


def gaussian_shares(squares: np.ndarray, perplexity: float) -> np.ndarray:
    """Return the conditional probabilities of t-SNE: Gaussian, of the width that gives the perplexity.

    L. van der Maaten, G. Hinton, J. Mach. Learn. Res. 9 (2008) 2579, eq. (1).

    Parameters
    ----------
    squares
        Squared distances between new and known patterns, shape (n_samples, n_known).
    perplexity
        Effective number of neighbours, less than n_known.

    Returns
    -------
    ndarray of shape (n_samples, n_known)
        Each row sums to 1.

    Examples
    --------
    >>> shares = gaussian_shares(np.array([[0.0, 1.0, 4.0, 9.0]]), 2.0)
    >>> np.exp(-np.sum(shares * np.log(shares))).round(6)
    np.float64(2.0)
    """
    above = squares - squares.min(axis=1, keepdims=True)
    unit = above / _positive(above.mean(axis=1, keepdims=True))

    def entropy(rate: np.ndarray) -> np.ndarray:
        sizes = np.exp(-rate * unit)
        total = sizes.sum(axis=1, keepdims=True)
        return np.asarray(np.log(total) + rate * (sizes * unit).sum(axis=1, keepdims=True) / total)

    rate = 1.0 / _width(lambda width: entropy(1.0 / width), np.log(perplexity), len(squares))
    sizes = np.exp(-rate * unit)
    return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))


def fuzzy_memberships(distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Return the strengths with which UMAP ties a new pattern to its nearest known ones.

    exp(-distance / width), the width such that the strengths sum to log2(n_neighbors): the strengths of UMAP's own
    `transform` (umap-learn, local connectivity 0 for new patterns); L. McInnes, J. Healy, J. Melville,
    arXiv:1802.03426, section 3.1.

    Parameters
    ----------
    distances
        Between new and known patterns, shape (n_samples, n_known).
    n_neighbors
        How many are tied, n_known at most.

    Returns
    -------
    ndarray of shape (n_samples, n_known)
        Zero beyond the nearest.

    Examples
    --------
    >>> fuzzy_memberships(np.array([[0.0, 1.0, 2.0, 9.0, 9.0]]), 4).sum().round(6)
    np.float64(2.0)
    """
    order = np.argsort(distances, axis=1, kind="stable")[:, :n_neighbors]
    near = np.take_along_axis(distances, order, axis=1)
    unit = near / _positive(near.mean(axis=1, keepdims=True))
    width = _width(lambda wide: np.exp(-unit / wide).sum(axis=1, keepdims=True), np.log2(n_neighbors), len(unit))
    strengths = np.zeros_like(distances)
    np.put_along_axis(strengths, order, np.exp(-unit / np.maximum(width, 1e-3)), axis=1)
    return strengths


def _width(measure: Callable[[np.ndarray], np.ndarray], wanted: float, n_rows: int) -> np.ndarray:
    """Find for each row the width, shape (n_rows, 1), at which a rising measure has the wanted value."""
    low, high = np.full((n_rows, 1), -14.0), np.full((n_rows, 1), 14.0)  # natural logarithms
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2.0
        below = measure(np.exp(middle)) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(np.exp((low + high) / 2.0))


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, 1.0)
