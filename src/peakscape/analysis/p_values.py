"""How rare a score is among known ones."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def conformal_p_value(scores: ArrayLike, known: ArrayLike) -> NDArray[np.float64]:
    """Return the share of known scores that are at least as large, corrected for their finite number.

    (1 + number of known scores >= score) / (1 + number of known scores): among exchangeable samples at most a share p
    has a value of p or less.

    Parameters
    ----------
    scores
        Shape (n_samples,).
    known
        Shape (n_known,).

    Examples
    --------
    >>> conformal_p_value([0.5, 9.0], [0.1, 0.2, 0.6]).tolist()
    [0.5, 0.25]
    """
    new, old = np.asarray(scores, dtype=np.float64), np.sort(np.asarray(known, dtype=np.float64))
    n_above = len(old) - np.searchsorted(old, new, side="left")
    return np.asarray((1.0 + n_above) / (1.0 + len(old)))
