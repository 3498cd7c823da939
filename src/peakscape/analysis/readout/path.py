"""Series along one label: read from the path over the map, or from a plane."""

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError

Array = NDArray[np.float64]


class PathInterpolator:
    """Read one label from the nearest place on the path that the known samples take over the map as it grows.

    Known points of one label are averaged and neighbours in the label are joined by straight lines. The answer is the
    label at the foot of the nearest perpendicular, linear along each line: a principal curve (Hastie and Stuetzle, J.
    Am. Stat. Assoc. 84, 502 (1989), DOI 10.1080/01621459.1989.10478797) whose order is known. Distances are taken in
    standard deviations of the known points along each axis. Beyond an end the answer is the label there: a last line
    that went on would catch points of other parts of a path that bends back. It suits series that bend or jump, such as
    those through a phase transition. InputError if there is more than one label, or fewer than two values of it.
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        if values.shape[1] != 1:
            raise InputError(f"the readout 'path' follows one label, got {values.shape[1]}; choose another readout")
        self._levels, numbers = np.unique(np.round(values[:, 0], 12), return_inverse=True)
        if len(self._levels) < 2:
            raise InputError("the readout 'path' needs at least two different values of the label")
        spread = points.std(axis=0)
        self._unit = np.where(spread > 1e-12 * np.abs(points).max(), spread, 1.0)
        scaled = points / self._unit
        self._path = np.array([scaled[numbers == number].mean(axis=0) for number in range(len(self._levels))])

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the label at points (n_queries, 2), shape (n_queries, 1)."""
        places = queries / self._unit
        start, line = self._path[:-1], np.diff(self._path, axis=0)
        length = np.maximum((line**2).sum(axis=1), 1e-300)
        along = np.einsum("nlc,lc->nl", places[:, np.newaxis] - start, line) / length
        along = np.clip(along, 0.0, 1.0)
        feet = start + along[..., np.newaxis] * line
        nearest = np.argmin(((places[:, np.newaxis] - feet) ** 2).sum(axis=2), axis=1)
        share = along[np.arange(len(queries)), nearest]
        return np.asarray((self._levels[nearest] + share * np.diff(self._levels)[nearest])[:, np.newaxis])


class PlaneInterpolator:
    """Read labels from a straight plane through the known points: for few samples, and for reading beyond them.

    Ridge regression on the standardised coordinates with a penalty of a thousandth of a sample, which only decides
    where the points lie on a line.
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self._centre, spread = points.mean(axis=0), points.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._mean = values.mean(axis=0)
        known = (points - self._centre) / self._spread
        self._slope = np.linalg.solve(known.T @ known + 1e-3 * np.eye(known.shape[1]), known.T @ (values - self._mean))

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the labels at points (n_queries, 2), shape (n_queries, n_labels)."""
        return np.asarray((queries - self._centre) / self._spread @ self._slope + self._mean)
