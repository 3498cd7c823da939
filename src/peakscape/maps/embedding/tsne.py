"""t-SNE: a map that keeps neighbours together."""

from typing import Literal

import numpy as np
from sklearn.manifold import TSNE as ReferenceTSNE  # noqa: N811
from sklearn.utils import check_random_state

from peakscape.maps.embedding.placed_map import PlacedMap, PointCost, Slopes, positive, width_of


class TSNE(PlacedMap):
    """Map of patterns by t-distributed stochastic neighbour embedding.

    L. van der Maaten, G. Hinton, J. Mach. Learn. Res. 9 (2008) 2579, by scikit-learn on one thread, so that a fit
    repeats bit by bit. It starts at the two leading principal components, which keeps the coarse order of the patterns
    (D. Kobak, G. Linderman, Nat. Biotechnol. 39 (2021) 156, DOI 10.1038/s41587-020-00809-z); chance then plays no
    part. Distances between groups mean little.

    A new pattern, by our own rule, is placed where its own cost, the Kullback-Leibler divergence between its
    neighbours among the training patterns and those on the map, is lowest with the training points fixed: the cost of
    openTSNE's placement, taken to its minimum. See `PlacedMap` for what is common to all such rules and for the
    decoder.

    Parameters
    ----------
    perplexity
        Effective number of neighbours; a third of the other training patterns at most is taken, and one at least.
    start
        "pca" or "random".
    n_iterations
        Steps of the descent, 250 at least.
    random_state
        Source of chance for a random start: an integer repeats the fit bit by bit.

    Attributes
    ----------
    perplexity_ : float
        The perplexity that was taken.
    divergence_ : float
        Kullback-Leibler divergence of the training points at the end.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 40)
    >>> patterns = np.array([np.exp(-(((axis - 0.3 - 0.01 * k) / 0.05) ** 2)) for k in range(20)])
    >>> space = TSNE(n_iterations=250).fit(patterns)
    >>> space.transform(patterns).shape, round(space.perplexity_, 2)
    ((20, 2), 6.33)
    """

    def __init__(
        self,
        *,
        perplexity: float = 30.0,
        start: Literal["pca", "random"] = "pca",
        n_iterations: int = 1000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.perplexity = perplexity
        self.start = start
        self.n_iterations = n_iterations
        self.random_state = random_state

    def _check_parameters(self) -> None:
        self._check_positive("perplexity")
        self._check_positive("n_iterations", least=249)
        self._check_start("pca", "random")

    def _arrange(self, known: np.ndarray) -> np.ndarray:
        self.perplexity_ = float(max(min(self.perplexity, (len(known) - 1) / 3.0), 1.0 + 1e-3))
        rng = check_random_state(self.random_state)
        first = np.pad(known, ((0, 0), (0, 2)))[:, :2] if self.start == "pca" else rng.normal(size=(len(known), 2))
        fitted = ReferenceTSNE(
            perplexity=self.perplexity_,
            init=(1e-4 * first / first[:, 0].std()).astype(np.float32),
            learning_rate="auto",
            max_iter=int(self.n_iterations),
            n_jobs=1,
            random_state=0,
        )
        points = fitted.fit_transform(known.astype(np.float32))
        self.divergence_ = float(fitted.kl_divergence_)
        return np.asarray(points)

    def _costs(self, squares: np.ndarray) -> tuple[list[PointCost], np.ndarray]:
        shares = gaussian_shares(squares, self.perplexity_)

        def divergence(on_map: np.ndarray, rows: np.ndarray) -> Slopes:
            likeness = 1.0 / (1.0 + on_map)
            found = likeness / likeness.sum(axis=1, keepdims=True)
            value = (shares[rows] * np.log1p(on_map)).sum(axis=1) + np.log(likeness.sum(axis=1))
            first = (shares[rows] - found) * likeness
            second = (2.0 * found - shares[rows]) * likeness**2
            return Slopes(value, first, second, found * likeness)

        return [divergence], shares


def gaussian_shares(squares: np.ndarray, perplexity: float) -> np.ndarray:
    """Return the conditional probabilities of t-SNE, each row summing to 1, shape (n_samples, n_known).

    Gaussian of the squared distances between new and known patterns, of the width that gives the perplexity: L. van der
    Maaten, G. Hinton, J. Mach. Learn. Res. 9 (2008) 2579, eq. (1).
    """
    above = squares - squares.min(axis=1, keepdims=True)
    unit = above / positive(above.mean(axis=1, keepdims=True))

    def entropy(rate: np.ndarray) -> np.ndarray:
        sizes = np.exp(-rate * unit)
        total = sizes.sum(axis=1, keepdims=True)
        return np.asarray(np.log(total) + rate * (sizes * unit).sum(axis=1, keepdims=True) / total)

    rate = 1.0 / width_of(lambda width: entropy(1.0 / width), np.log(perplexity), len(squares))
    sizes = np.exp(-rate * unit)
    return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))
