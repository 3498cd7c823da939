"""Readouts for a series along one label: its position on the path over the map, and a straight plane."""

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError


class PathInterpolator:
    """Read one label from the nearest place on the path that the known samples take over the map as it grows.

    Known points of one label are averaged and neighbours in the label are joined by straight lines. The answer is the
    label at the foot of the nearest perpendicular, linear along each line: a principal curve (Hastie and Stuetzle, J.
    Am. Stat. Assoc. 84, 502 (1989), DOI 10.1080/01621459.1989.10478797) whose order is known. Distances are taken in
    standard deviations of the known points along each axis. Beyond an end the answer is the label there: a last line
    that went on would catch points of other parts of a path that bends back.

    It suits series that bend or jump, such as those through a phase transition.

    Parameters
    ----------
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, 1).

    Raises
    ------
    InputError
        If there is more than one label, or fewer than two different values of it.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> readout = PathInterpolator(points, np.array([[10.0], [20.0], [30.0]]))
    >>> readout.predict(np.array([[0.4, 0.1], [1.1, 0.5], [1.0, 1.5]])).ravel().tolist()
    [14.0, 25.0, 30.0]
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
        """Read the label at points (n_queries, 2).

        Returns
        -------
        ndarray of shape (n_queries, 1)

        Examples
        --------
        >>> PathInterpolator(np.eye(2), np.array([[0.0], [1.0]])).predict(np.array([[0.5, 0.5]])).tolist()
        [[0.5]]
        """
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

    Parameters
    ----------
    points
        Known points, shape (n_samples, 2).
    values
        What is known there, shape (n_samples, n_labels).

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> PlaneInterpolator(points, points[:, :1] + 2).predict(np.array([[0.5, 3.0]])).round(2).tolist()
    [[2.5]]
    """

    def __init__(self, points: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        self._centre, spread = points.mean(axis=0), points.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)
        self._mean = values.mean(axis=0)
        known = (points - self._centre) / self._spread
        self._slope = np.linalg.solve(known.T @ known + 1e-3 * np.eye(known.shape[1]), known.T @ (values - self._mean))

    def predict(self, queries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Read the labels at points (n_queries, 2).

        Returns
        -------
        ndarray of shape (n_queries, n_labels)

        Examples
        --------
        >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> PlaneInterpolator(points, points).predict(points[:1]).round(2).tolist()
        [[0.0, 0.0]]
        """
        return np.asarray((queries - self._centre) / self._spread @ self._slope + self._mean)
