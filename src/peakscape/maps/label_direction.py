"""The direction in shift-corrected patterns that says most about labels, once the shift has said its part."""

import warnings

import numpy as np
from sklearn.cross_decomposition import PLSRegression

from peakscape.errors import InputError

MOST_COMPONENTS = 8
"""Components of partial least squares at most: a usual number, no more than a fourth of the samples."""


def check_labels(labels: object, n_samples: int) -> np.ndarray:
    """Return labels as a float array of shape (n_samples, n_labels).

    Raises
    ------
    InputError
        If there are none, they are not finite numbers, or not one row a pattern.

    Examples
    --------
    >>> check_labels([0.0, 0.5, 1.0], 3).shape
    (3, 1)
    """
    if labels is None:
        raise InputError(
            "component='labels' requires y to be passed, but the target y is None: expected a label or a row of"
            " amounts for each pattern, fit(X, y)"
        )
    try:
        table = np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected labels that are numbers: {error}") from error
    if table.ndim not in (1, 2) or len(table) != n_samples or not np.isfinite(table).all():
        raise InputError(
            f"expected finite labels of shape ({n_samples},) or ({n_samples}, n_labels), got shape {table.shape}"
        )
    return table.reshape(n_samples, -1)


def label_direction(shifts: np.ndarray, remainder: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Find the direction.

    The labels, each in its standard deviations, less what is linear in the shift, are regressed on the remainder by
    partial least squares (Wold, Sjostrom and Eriksson 2001, doi:10.1016/S0169-7439(01)00155-1); of several labels the
    leading principal direction of the fitted values is followed.

    Parameters
    ----------
    shifts
        Shape (n_samples,).
    remainder
        Shift-corrected patterns, centred, shape (n_samples, n_points).
    labels
        Shape (n_samples, n_labels).

    Returns
    -------
    ndarray
        Shape (n_points,), of norm 1; zeros where nothing is left to explain.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> amount, remainder = rng.standard_normal(40), 0.01 * rng.standard_normal((40, 5))
    >>> remainder[:, 2] += amount
    >>> direction = label_direction(rng.standard_normal(40), remainder - remainder.mean(axis=0), amount[:, None])
    >>> int(np.argmax(np.abs(direction)))
    2
    """
    known = np.column_stack([np.ones(len(shifts)), shifts])
    left = labels - known @ np.linalg.lstsq(known, labels, rcond=None)[0]
    spread = labels.std(axis=0)
    left = left[:, spread > 0] / spread[spread > 0]
    if not left.size or np.abs(left).max() < 1e-9 or np.abs(remainder).max() == 0.0:
        return np.zeros(remainder.shape[1])
    n_components = max(1, min(MOST_COMPONENTS, len(labels) // 4, remainder.shape[1]))
    regression = PLSRegression(n_components=n_components, scale=False)
    with warnings.catch_warnings():
        # Labels explained in full before the last component: nothing is left to fit.
        warnings.filterwarnings("ignore", message=".*[Rr]esidual is constant", category=UserWarning)
        fitted = regression.fit(remainder, left).predict(remainder).reshape(left.shape)
    turn = np.linalg.svd(fitted - fitted.mean(axis=0), full_matrices=False)[2][0]
    direction = np.asarray(regression.coef_).T @ (turn * np.sign(turn[np.argmax(np.abs(turn))]))
    size = float(np.linalg.norm(direction))
    return np.asarray(direction / size) if size > 0 else np.zeros(remainder.shape[1])
