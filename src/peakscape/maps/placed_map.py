"""Maps whose method gives points for the training patterns only: our own placement of new ones, and a decoder."""

from abc import abstractmethod
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist
from threadpoolctl import threadpool_limits

from peakscape.errors import InputError
from peakscape.maps.mixing_map import MixingMap
from peakscape.maps.placement import PAIRS_PER_BLOCK, PointCost, place_among
from peakscape.maps.projections import with_fixed_signs


class PlacedMap(MixingMap):
    """Base of the maps made by a method that places its training patterns only.

    A new pattern is placed by a rule of this package: the training points stay where they are, and the new point goes
    to where its own part of the method's cost is lowest, by damped Newton steps from the nearest training point and
    from the weighted mean of the near ones, whichever ends lower. Distances are taken in the span of the training
    patterns: what a pattern has outside it, noise above all, does not move its point. Each pattern is placed on its
    own, without chance. Training patterns are placed by the same rule, so that a pattern and its copy with a little
    noise lie together; where the method itself put them is in `embedding_`.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, 2)
        Where the method put the training patterns, turned to their principal axes around their mean.
    scale_, mean_, basis_, known_, size_, n_features_in_
        As every `MixingMap` has them, with its decoder.
    """

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise InputError for a parameter out of range."""

    @abstractmethod
    def _arrange(self, known: np.ndarray) -> np.ndarray:
        """Return the method's points (n_samples, 2) of span coordinates (n_samples, rank)."""

    @abstractmethod
    def _costs(self, squares: np.ndarray) -> tuple[list[PointCost], np.ndarray]:
        """Return costs of new points by squared distances (n_samples, n_known) of patterns, and start weights."""

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Arrange the training patterns and learn the decoder.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same. More than 128 MiB of them
            are read by blocks of rows; their span keeps all but 1e-6 of the variance, by at most 512 directions.
        y
            Not used.

        Returns
        -------
        PlacedMap
            This map.

        Raises
        ------
        InputError
            If a parameter is out of range, there are fewer than three patterns or two points, a value is not finite, or
            all patterns are the same.
        """
        self._check_parameters()
        with threadpool_limits(limits=1):  # the same bits on any number of cores
            self.known_ = self._fit_span(X)
            points = np.asarray(self._arrange(self.known_.astype(np.float64)), dtype=np.float64)
            centered = points - points.mean(axis=0)
            self.embedding_ = _upright(centered)
            self._fit_decoder()
        return self

    def _place(self, span: np.ndarray) -> np.ndarray:
        points = np.empty((1, len(span), 2))
        known = self.known_.astype(np.float64)
        n_rows = max(1, PAIRS_PER_BLOCK // len(known))
        for first in range(0, len(span), n_rows):
            squares = cdist(span[first : first + n_rows], known, "sqeuclidean")
            costs, weights = self._costs(squares)
            points[0, first : first + n_rows] = place_among(costs, self.embedding_, squares, weights)
        return points

    def _check_positive(self, *names: str, least: float = 0.0) -> None:
        """Raise InputError unless the parameters of these names are numbers above `least`."""
        for name in names:
            value = getattr(self, name)
            if not (np.isfinite(value) and value > least):
                raise InputError(f"{name} must be more than {least:g}, got {value!r}")

    def _check_start(self, *starts: str) -> None:
        """Raise InputError unless the start is one of these."""
        start = getattr(self, "start", None)
        if start not in starts:
            raise InputError(f"start must be one of {', '.join(map(repr, starts))}, got {start!r}")


def _upright(points: np.ndarray) -> np.ndarray:
    """Turn points (n_samples, 2) around the origin to their principal axes, the entry of largest size positive.

    By sums and not by matrix products, whose last bits may depend on where in memory the points lie.
    """
    x, y = points[:, 0], points[:, 1]
    angle = 0.5 * np.arctan2(2.0 * np.sum(x * y), np.sum(x * x) - np.sum(y * y))
    turned = np.stack([np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x], axis=1)
    return with_fixed_signs(turned)
