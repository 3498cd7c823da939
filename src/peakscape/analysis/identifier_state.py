"""Keep a fitted `Identifier` as plain arrays, and bring it back without fitting."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.identification import Identifier, Search
from peakscape.errors import InputError


def identifier_state(finder: Identifier) -> dict[str, NDArray[np.float64]]:
    """Return the arrays that `restore_identifier` needs beside the names of the classes.

    Parameters
    ----------
    finder
        A fitted one.

    Returns
    -------
    dict
        ``known`` (n_samples, n_points), ``codes`` (n_samples,), ``axis`` (n_points,), ``unexplained`` (n_trials,),
        ``stretches`` and ``numbers``.

    Raises
    ------
    InputError
        If nothing was fitted.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 30)
    >>> known = [np.sin((3 + k) * axis) for k in range(4)]
    >>> finder = Identifier(axis=axis).fit(known, ["a", "a", "b", "b"])
    >>> again = restore_identifier(identifier_state(finder), ["a", "b"])
    >>> again.identify(known)["label"].tolist()
    ['a', 'a', 'b', 'b']
    """
    if not hasattr(finder, "temperature_"):
        raise InputError("this Identifier knows nothing yet; call fit(spectra, labels) first")
    search = finder.search or Search()
    step = np.nan if search.step is None else search.step
    pivot = np.nan if search.pivot is None else search.pivot
    return {
        "known": finder.known_.astype(np.float32),
        "codes": np.searchsorted(finder.classes_, finder.labels_).astype(np.float64),
        "axis": finder.points_.astype(np.float64),
        "unexplained": finder.left_out_["unexplained"].to_numpy(dtype=np.float64),
        "stretches": np.array(search.stretches, dtype=np.float64),
        "numbers": np.array([search.max_shift, step, pivot, finder.temperature_, finder.level], dtype=np.float64),
    }


def restore_identifier(state: Mapping[str, ArrayLike], classes: Sequence[str]) -> Identifier:
    """Bring back a fitted `Identifier`; of the left-out spectra only what was not explained is known.

    Parameters
    ----------
    state
        What `identifier_state` returned.
    classes
        Names of the classes, sorted.

    Raises
    ------
    InputError
        If a part is missing or does not fit.

    Examples
    --------
    >>> restore_identifier({}, ["a", "b"])
    Traceback (most recent call last):
    ...
    peakscape.errors.InputError: not the state of an Identifier: 'numbers'; fit it anew
    """
    try:
        shift, step, pivot, temperature, level = np.asarray(state["numbers"], dtype=np.float64)
        known, axis = np.asarray(state["known"], dtype=np.float64), np.asarray(state["axis"], dtype=np.float64)
        labels = np.array(classes, dtype=str)[np.asarray(state["codes"]).astype(int)]
        stretches = tuple(float(value) for value in np.asarray(state["stretches"], dtype=np.float64))
        unexplained = np.asarray(state["unexplained"], dtype=np.float64)
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"not the state of an Identifier: {error}; fit it anew") from error
    search = Search(
        max_shift=float(shift),
        step=None if np.isnan(step) else float(step),
        stretches=stretches,
        pivot=None if np.isnan(pivot) else float(pivot),
    )
    finder = Identifier(axis=axis, search=search, level=float(level))
    finder.know(known, labels, groups=np.arange(len(known)))
    finder.temperature_, finder.left_out_ = float(temperature), pd.DataFrame({"unexplained": unexplained})
    return finder
