"""Least squares with amounts that are not negative, whatever the solver makes of the problem."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear, nnls

from peakscape.errors import PeakscapeError

Array = NDArray[np.float64]


def nonnegative_least_squares(columns: Array, wanted: Array) -> Array:
    """Solve for the amounts, none negative, whose sum of columns comes nearest to what is wanted.

    C. L. Lawson and R. J. Hanson, Solving Least Squares Problems, SIAM (1995), doi:10.1137/1.9781611971217, chapter
    23. Where that gives up, as scipy 1.14 often does on columns that are nearly sums of others, the method of P. B.
    Stark and R. L. Parker, Comput. Stat. 10, 129 (1995), solves the same problem.

    Parameters
    ----------
    columns
        Shape (n_points, n_parts).
    wanted
        Shape (n_points,).

    Returns
    -------
    ndarray of shape (n_parts,)

    Raises
    ------
    PeakscapeError
        If neither method ends.

    Examples
    --------
    >>> nonnegative_least_squares(np.eye(2), np.array([2.0, -1.0])).tolist()
    [2.0, 0.0]
    """
    try:
        return np.asarray(nnls(columns, wanted)[0])
    except (RuntimeError, np.linalg.LinAlgError):  # its iterations are used up; a singular matrix
        return _by_bounds(columns, wanted)


def _by_bounds(columns: Array, wanted: Array) -> Array:
    """Solve by bounded-variable least squares, which takes dependent columns."""
    n_parts = columns.shape[1]
    try:
        found = lsq_linear(columns, wanted, (0.0, np.inf), method="bvls", tol=1e-14, max_iter=100 * n_parts)
    except np.linalg.LinAlgError:
        found = None
    if found is None or found.status == 0:
        raise PeakscapeError(
            f"no amounts of {n_parts} parts were found that fit {len(wanted)} points best, none of them negative; "
            "leave out parts that are nearly sums of others"
        )
    return np.asarray(np.maximum(found.x, 0.0))  # a bound is met but for a rounding
