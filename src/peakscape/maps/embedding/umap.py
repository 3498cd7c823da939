"""UMAP: a map that keeps neighbours together, by umap-learn, with a placement that does not depend on the batch."""

import warnings
from typing import Any, Literal

import numpy as np
from sklearn.utils import check_random_state

from peakscape.errors import InputError, MissingExtra
from peakscape.maps.embedding.placed_map import PlacedMap, PointCost, Slopes, positive, width_of

N_REPULSIONS = 5
"""Known points that push a new one for each that pulls: umap-learn's negative_sample_rate."""

SOFTENINGS = (1.0, 0.1, 1e-2, 1e-3)
"""Added to squared distances: last what umap-learn adds where it divides by them; before it more, as the cost has a
peak at each known point, and between these many small valleys."""


class UMAP(PlacedMap):
    """Map of patterns by uniform manifold approximation and projection.

    L. McInnes, J. Healy, J. Melville, arXiv:1802.03426, by umap-learn (extra `umap`), on one thread. A fitted or loaded
    map does not need umap-learn.

    umap-learn's own `transform` samples at random and moves the patterns of a batch together, so that a pattern lies
    elsewhere alone than in a batch. By our own rule, a new pattern is tied to its nearest training patterns by UMAP's
    strengths, set out at their weighted mean, and moved to where the expectation of the cost that umap-learn samples
    is lowest (S. Damrich, F. Hamprecht, NeurIPS 2021, arXiv:2103.14608), the training points fixed. See `PlacedMap`
    for what is common to all such rules and for the decoder.

    Parameters
    ----------
    n_neighbors
        Neighbours to which a pattern is tied.
    min_dist
        How close points may lie, from 0 to 1.
    start
        "pca", "spectral" (umap-learn's default) or "random".
    n_epochs
        Passes of the descent.
    random_state
        Source of chance: an integer repeats the fit bit by bit.

    Attributes
    ----------
    n_neighbors_ : int
        Neighbours that were taken: no more than there are other patterns.
    curve_ : ndarray of shape (2,)
        a and b of the likeness on the map, 1 / (1 + a distance^(2b)).
    umap_version_ : str
        umap-learn's version.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> axis = np.linspace(0.0, 1.0, 40)
    >>> patterns = np.array([np.exp(-(((axis - 0.3 - 0.01 * k) / 0.05) ** 2)) for k in range(20)])
    >>> UMAP(n_epochs=20, random_state=0).fit_transform(patterns).shape if find_spec("umap") else (20, 2)
    (20, 2)
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 15,
        min_dist: float = 0.1,
        start: Literal["pca", "spectral", "random"] = "pca",
        n_epochs: int = 500,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.start = start
        self.n_epochs = n_epochs
        self.random_state = random_state

    def _check_parameters(self) -> None:
        self._check_positive("n_neighbors", least=1)
        self._check_positive("n_epochs")
        if not 0 <= self.min_dist <= 1:
            raise InputError(f"min_dist must be from 0 to 1, got {self.min_dist!r}")
        self._check_start("pca", "spectral", "random")

    def _arrange(self, known: np.ndarray) -> np.ndarray:
        package = _umap_learn()
        self.n_neighbors_ = int(min(self.n_neighbors, len(known) - 1))
        first: Any = self.start
        if self.start == "pca":
            leading = np.pad(known, ((0, 0), (0, 2)))[:, :2]
            first = (10.0 * leading / np.abs(leading).max()).astype(np.float32)  # umap-learn's own size of a start
        fitted = package.UMAP(
            n_neighbors=self.n_neighbors_,
            min_dist=self.min_dist,
            init=first,
            n_epochs=int(self.n_epochs),
            negative_sample_rate=N_REPULSIONS,
            random_state=int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max)),
            n_jobs=1,
        ).fit(known.astype(np.float32))
        self.curve_ = np.array([fitted._a, fitted._b], dtype=np.float64)
        self.umap_version_ = str(package.__version__)
        return np.asarray(fitted.embedding_)

    def _costs(self, squares: np.ndarray) -> tuple[list[PointCost], np.ndarray]:
        strengths = fuzzy_memberships(np.sqrt(squares), self.n_neighbors_)
        return [self._expectation(strengths, softening) for softening in SOFTENINGS], strengths

    def _expectation(self, strengths: np.ndarray, softening: float) -> PointCost:
        """Return the expected cost of new points tied to the known ones with these strengths (n_samples, n_known)."""
        push = N_REPULSIONS * strengths.sum(axis=1, keepdims=True) / strengths.shape[1]
        a, b = (float(value) for value in self.curve_)

        def expectation(on_map: np.ndarray, rows: np.ndarray) -> Slopes:
            soft = on_map + softening
            power = a * soft**b
            pull, repel = strengths[rows], push[rows]
            log = np.log1p(power)
            value = (pull * log + repel * (log - np.log(power))).sum(axis=1)
            # by the square, log1p(power) rises by b * power / (soft * (1 + power)), log(power) by b / soft
            share = power / (1.0 + power)
            slope = b * share / soft
            bend = b * share * (b / (1.0 + power) - 1.0) / soft**2
            first = pull * slope + repel * (slope - b / soft)
            return Slopes(value, first, pull * bend + repel * (bend + b / soft**2))

        return expectation


def _umap_learn() -> Any:
    """Import umap-learn, which warns that it has no Tensorflow."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import umap
    except ImportError as error:
        raise MissingExtra("umap-learn", "umap") from error
    return umap


def fuzzy_memberships(distances: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Return the strengths with which UMAP ties new patterns to known ones, shape (n_samples, n_known).

    exp(-distance / width), the width such that the strengths of the nearest sum to log2(n_neighbors), zero beyond:
    those of UMAP's own `transform` (umap-learn, local connectivity 0 for new patterns); L. McInnes, J. Healy, J.
    Melville, arXiv:1802.03426, section 3.1.
    """
    order = np.argsort(distances, axis=1, kind="stable")[:, :n_neighbors]
    near = np.take_along_axis(distances, order, axis=1)
    unit = near / positive(near.mean(axis=1, keepdims=True))
    width = width_of(lambda wide: np.exp(-unit / wide).sum(axis=1, keepdims=True), np.log2(n_neighbors), len(unit))
    strengths = np.zeros_like(distances)
    np.put_along_axis(strengths, order, np.exp(-unit / np.maximum(width, 1e-3)), axis=1)
    return strengths
