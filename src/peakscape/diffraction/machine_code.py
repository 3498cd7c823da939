"""Compile functions with numba, and keep the machine code in the user's cache folder."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, and keep the result for later processes.

    The folder is ``peakscape/numba`` in XDG_CACHE_HOME or ~/.cache, or NUMBA_CACHE_DIR where it is set. numba looks it
    up when a function is declared, so it is set for that moment only: other packages keep theirs. Files are keyed by
    the processor, the types and the time stamp of the source, and are replaced atomically: processes may start side by
    side, and an upgrade compiles anew. Whole functions run without Python's lock; sums may be taken in any order.

    Parameters
    ----------
    function
        A function in numba's part of Python.

    Returns
    -------
    function
        The compiled one.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    before = numba.config.CACHE_DIR
    if not before:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        numba.config.CACHE_DIR = str(Path(home) / "peakscape" / "numba")
    try:
        return numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(function)
    finally:
        numba.config.CACHE_DIR = before


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function as a part of each compiled function that calls it, for which it must be small.

    numba counts the references to every array that is handed over, also where nothing comes of it; in the innermost
    loops that is a good part of the time.

    Parameters
    ----------
    function
        A function in numba's part of Python.

    Returns
    -------
    function
        The one to call from compiled functions.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> double(3)
    6
    """
    return numba.njit(inline="always", nogil=True, fastmath=True, error_model="numpy")(function)
