"""Scores of estimated compositions, and the readouts side by side."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.interpolators import PLANAR, Method
from peakscape.analysis.readout import CompositionReadout
from peakscape.composition import squared_error
from peakscape.errors import InputError

# The paper calls errors below 0.5 % "fairly well": section III A, DOI 10.1002/adts.202200613.
THRESHOLD = 5e-3


def composition_errors(
    estimated: ArrayLike,
    true: ArrayLike | xr.DataArray,
    *,
    elements: Sequence[str] | None = None,
    threshold: float = THRESHOLD,
) -> dict[str, float]:
    """Score estimated compositions by the paper's error, eq. (3), and element by element.

    Parameters
    ----------
    estimated, true
        Shape (n_samples, n_elements), atoms per formula unit, or (n_samples,) for one label.
    elements
        Names of the elements; by default those of a DataArray, else numbers.
    threshold
        Error above which a sample counts as missed.

    Returns
    -------
    dict
        ``worst``, ``mean`` and ``median`` of eq. (3), ``share_above`` the threshold, and ``rmse_<element>`` of each
        element in atoms per formula unit.

    Raises
    ------
    InputError
        If shapes differ, there are no samples or values are not finite.

    Examples
    --------
    >>> scores = composition_errors([[11.0, 1.0], [10.733, 1.267]], [[11, 1], [11, 1]], elements=["Fe", "Ti"])
    >>> {name: round(score, 3) for name, score in scores.items()}
    {'worst': 0.143, 'mean': 0.071, 'median': 0.071, 'share_above': 0.5, 'rmse_Fe': 0.189, 'rmse_Ti': 0.189}
    """
    if elements is None and isinstance(true, xr.DataArray) and "element" in true.coords:
        elements = [str(name) for name in np.atleast_1d(true["element"].values)]
    first, second = _table(estimated), _table(true)
    if first.shape != second.shape or not len(first):
        raise InputError(f"expected estimates and truth of one shape, got {first.shape} and {second.shape}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError("the compositions hold values that are not finite; leave those samples out")
    names = [str(number) for number in range(first.shape[1])] if elements is None else elements
    if len(names) != first.shape[1]:
        raise InputError(f"expected names for {first.shape[1]} elements, got {len(names)}")
    error = squared_error(first, second)
    rmse = np.sqrt(((first - second) ** 2).mean(axis=0))
    return {
        "worst": float(error.max()),
        "mean": float(error.mean()),
        "median": float(np.median(error)),
        "share_above": float((error > threshold).mean()),
        **{f"rmse_{name}": float(value) for name, value in zip(names, rmse, strict=True)},
    }


def compare_readouts(
    coordinates_train: ArrayLike,
    composition_train: ArrayLike | xr.DataArray,
    coordinates_test: ArrayLike,
    composition_test: ArrayLike | xr.DataArray,
    *,
    methods: Sequence[Method] = PLANAR,
    n_neighbors: int = 6,
) -> pd.DataFrame:
    """Score all readouts on the same map and the same test samples.

    Parameters
    ----------
    coordinates_train, coordinates_test
        Shape (n_samples, 2), or (n_members, n_samples, 2) for an ensemble.
    composition_train, composition_test
        Shape (n_samples, n_elements) or (n_samples,).
    methods
        Names of readouts (see `CompositionReadout`).
    n_neighbors
        Nearest points taken by ``"triangle"`` and ``"neighbors"``.

    Returns
    -------
    pandas.DataFrame
        One row a method, with the columns of `composition_errors` and ``share_outside``: test samples that lie in no
        triangle of known points.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite or a method is unknown.

    Examples
    --------
    >>> points = np.random.default_rng(0).uniform(size=(40, 2))
    >>> table = compare_readouts(points, points.sum(axis=1), [[0.5, 0.5]], [1.0], methods=("triangle", "delaunay"))
    >>> table["worst"].round(9).tolist()
    [0.0, 0.0]
    """
    rows = []
    for method in methods:
        readout = CompositionReadout(method=method, n_neighbors=n_neighbors)
        readout.fit(coordinates_train, composition_train)
        estimated = np.median(readout.predict_members(coordinates_test), axis=0)
        scores = composition_errors(estimated, composition_test, elements=readout.elements_)
        rows.append(scores | {"share_outside": float(readout.outside(coordinates_test).mean())})
    return pd.DataFrame(rows, index=pd.Index(list(methods), name="method"))


def _table(composition: ArrayLike) -> NDArray[np.float64]:
    """Compositions as (n_samples, n_labels)."""
    values = np.asarray(composition, dtype=np.float64)
    if values.ndim not in (1, 2):
        raise InputError(f"expected compositions of shape (n_samples, n_elements), got {values.shape}")
    return values[:, np.newaxis] if values.ndim == 1 else values
