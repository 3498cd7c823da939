"""Whether two classes together explain a spectrum that no one class explains: a mixture is suspected."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Texts = NDArray[np.str_]
LEAST_SHARE = 0.05
"""Of the smaller part, below which no mixture is suspected."""
_EACH = 2  # known spectra of each class, those most alike, that are tried
_TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class TwoClasses:
    """The best explanation of a spectrum by two classes.

    Attributes
    ----------
    classes : tuple of str
        The larger part first.
    shares : tuple of float
        Of the two, sum 1.
    numbers : tuple of int
        The known spectra.
    unexplained, alone : float
        Share of the variance that remains; that remains of the best two known spectra of one class.
    """

    classes: tuple[str, str]
    shares: tuple[float, float]
    numbers: tuple[int, int]
    unexplained: float
    alone: float

    @property
    def words(self) -> str:
        """Both parts with their shares."""
        return " and ".join(f"{name} {share:.2f}" for name, share in zip(self.classes, self.shares, strict=True))

    @property
    def name(self) -> str:
        """What stands in the place of a class."""
        return " + ".join(self.classes)


def explain_by_two(row: Array, known: Array, classes: Texts, sizes: Array | None = None) -> TwoClasses | None:
    """Explain a spectrum by amounts of zero or more of two known ones, of one class and of two.

    Parameters
    ----------
    row
        Shape (n_points,), centred or without background.
    known
        Likewise, aligned with it, shape (n_known, n_points).
    classes
        What each is of, shape (n_known,).
    sizes
        What one unit of each amounts to, shape (n_known,), such as the area of its peaks; None: 1.

    Returns
    -------
    TwoClasses or None
        None where no two classes have a part each.

    Examples
    --------
    >>> known = np.array([[1.0, 0.0, 0.1, 0.0], [0.0, 1.0, 0.0, 0.2], [0.0, 0.0, 1.0, 0.0]])
    >>> found = explain_by_two(0.3 * known[0] + 0.7 * known[1], known, np.array(["a", "b", "c"]))
    >>> found.words, round(found.alone, 2), found.unexplained < 1e-9
    ('b 0.70 and a 0.30', 0.15, True)
    """
    norms = np.maximum(np.linalg.norm(known, axis=1), _TINY)
    fits = (known @ row) / (norms * max(float(np.linalg.norm(row)), _TINY))
    kept = np.concatenate([_most_alike(fits, classes == one) for one in np.unique(classes)])
    fit, kinds = np.maximum(fits[kept], 0.0), classes[kept]
    alike = (known[kept] @ known[kept].T) / np.outer(norms[kept], norms[kept])
    apart = np.maximum(1.0 - alike**2, 1e-12)
    amounts = (fits[kept][:, np.newaxis] - alike * fits[kept]) / apart
    left = 1.0 - amounts * fits[kept][:, np.newaxis] - amounts.T * fits[kept]
    allowed = (amounts > 0) & (amounts.T > 0) & (apart > 1e-9)
    same = kinds[:, np.newaxis] == kinds
    alone = min(1.0 - float(fit.max()) ** 2, float(np.where(allowed & same, left, 1.0).min()))
    pairs = np.where(allowed & ~same, left, np.inf)
    first, second = np.unravel_index(int(pairs.argmin()), pairs.shape)
    if not np.isfinite(pairs[first, second]):
        return None
    unit = np.ones(len(known)) if sizes is None else sizes
    parts = np.array([amounts[first, second], amounts[second, first]])
    parts = parts * unit[kept[[first, second]]] / norms[kept[[first, second]]]
    order = np.argsort(-parts, kind="stable")
    chosen = np.array([first, second])[order]
    shares = parts[order] / max(float(parts.sum()), _TINY)
    return TwoClasses(
        classes=(str(kinds[chosen[0]]), str(kinds[chosen[1]])),
        shares=(float(shares[0]), float(shares[1])),
        numbers=(int(kept[chosen[0]]), int(kept[chosen[1]])),
        unexplained=max(float(pairs[first, second]), 0.0),
        alone=max(alone, 0.0),
    )


def _most_alike(fits: Array, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    numbers = np.flatnonzero(allowed)
    return np.asarray(numbers[np.argsort(-fits[numbers], kind="stable")[:_EACH]])
