"""The door back into a saved feature space."""

import os
from pathlib import Path

from peakscape.feature_space import saved
from peakscape.feature_space.space import FeatureSpace


def open_space(path: str | os.PathLike[str]) -> FeatureSpace:
    """Open a saved feature space; it answers as the one that was saved, bit by bit.

    Maps saved by `peakscape fit` of versions before feature spaces (a folder with ``map.json``) are opened too: they
    place spectra at the same points, and what they did not keep is learned when they are opened.

    Parameters
    ----------
    path
        The folder that `FeatureSpace.save` wrote.

    Returns
    -------
    FeatureSpace

    Raises
    ------
    MapError
        If the folder is not a saved space, a part is missing or was changed, or its format is newer than this program.

    Warns
    -----
    DriftWarning
        If the map places the pattern that was saved with it elsewhere than it lay.

    Examples
    --------
    >>> open_space("nowhere.space")
    Traceback (most recent call last):
    peakscape.errors.MapError: nowhere.space is not a saved space: it has no space.json; give a folder that ...
    """
    return saved.opened(Path(path), FeatureSpace)
