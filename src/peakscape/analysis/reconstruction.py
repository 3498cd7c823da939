"""How well a map brings spectra back."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.members import trusted_members
from peakscape.errors import InputError


def r2_per_spectrum(true: ArrayLike, rebuilt: ArrayLike, *, about: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the share of each spectrum's variation that the rebuilt one has.

    R2 = 1 - sum (true - rebuilt)^2 / sum (true - about)^2 over the points of one spectrum.

    Parameters
    ----------
    true, rebuilt
        Shape (n_samples, n_points), or (n_points,) for one spectrum.
    about
        What a rebuilt spectrum is compared with: by default the mean of the spectrum's own points (the usual R2); the
        mean training spectrum, shape (n_points,), gives the stricter share of what tells spectra apart.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    InputError
        If the shapes differ or a spectrum is the same as `about` at all points.

    Examples
    --------
    >>> r2_per_spectrum([[0, 2, 0, 0]], [[0, 1.5, 0, 0]]).round(3).tolist()
    [0.917]
    """
    first = np.atleast_2d(np.asarray(true, dtype=np.float64))
    second = np.atleast_2d(np.asarray(rebuilt, dtype=np.float64))
    if first.shape != second.shape:
        raise InputError(f"expected rebuilt spectra of shape {first.shape}, got {second.shape}")
    centre = first.mean(axis=1, keepdims=True) if about is None else np.asarray(about, dtype=np.float64)
    total = ((first - centre) ** 2).sum(axis=1)
    if (total <= 0).any():
        raise InputError("a spectrum without variation has no R2; leave constant spectra out")
    return np.asarray(1.0 - ((first - second) ** 2).sum(axis=1) / total)


def reconstruct(space: Any, spectra: ArrayLike) -> NDArray[np.float64]:
    """Place spectra on the map and bring them back: each member its own point, median over the uncollapsed members.

    Parameters
    ----------
    space
        A fitted map with ``inverse_transform``; members are used where it has them.
    spectra
        Shape (n_samples, n_points).

    Returns
    -------
    ndarray of shape (n_samples, n_points)

    Raises
    ------
    InputError
        If the map cannot bring points back.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 1.0]])
    >>> bool(np.allclose(reconstruct(PCA(2).fit(spectra), spectra), spectra))
    True
    """
    if not hasattr(space, "inverse_transform"):
        raise InputError(f"{type(space).__name__} cannot bring points of the map back to spectra")
    values = np.asarray(spectra, dtype=np.float64)
    if hasattr(space, "transform_members"):
        rebuilt = space.inverse_transform_members(space.transform_members(values))
        return np.asarray(np.median(rebuilt[trusted_members(space, len(rebuilt))], axis=0))
    return np.asarray(space.inverse_transform(space.transform(values)))
