"""The point of a map where samples of a wanted composition are to be expected."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.gaussian_process import GaussianProcessInterpolator
from peakscape.analysis.readout import CompositionReadout
from peakscape.errors import InputError

LENGTH = 2.0
"""Of the Gaussian process over compositions, in standard deviations of the known ones."""


def typical_point(readout: CompositionReadout, wanted: ArrayLike) -> NDArray[np.float64]:
    """Find where on the map samples of a composition lie on average, by a Gaussian process from composition to map.

    The other way round than `contour_points`, which looks for all points that read as the composition: known points of
    one composition are averaged, and the process (RBF of length 2 plus a linear kernel) goes through these means.

    Parameters
    ----------
    readout
        Fitted.
    wanted
        Shape (n_labels,).

    Returns
    -------
    ndarray of shape (1, 2)

    Raises
    ------
    InputError
        If the wanted composition has another number of labels.

    Examples
    --------
    >>> readout = CompositionReadout().fit([[0, 0], [1, 0], [2, 0], [2, 1]], [0.0, 1.0, 2.0, 2.0])
    >>> typical_point(readout, [1.5]).round(1).tolist()
    [[1.5, 0.2]]
    """
    target = np.atleast_1d(np.asarray(wanted, dtype=np.float64))
    if target.shape != readout.composition_.shape[1:]:
        raise InputError(f"expected {readout.composition_.shape[1]} wanted amounts, got shape {target.shape}")
    points, groups = np.median(readout.coordinates_, axis=0), readout.groups_
    chosen = np.unique(groups)
    places = np.array([points[groups == group].mean(axis=0) for group in chosen])
    amounts = np.array([readout.composition_[groups == group].mean(axis=0) for group in chosen])
    process = GaussianProcessInterpolator(amounts, places, np.arange(len(chosen)), length=LENGTH)
    return process.predict(target[np.newaxis])
