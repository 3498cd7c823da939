"""Compile functions with numba, and keep the machine code in the user's cache folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

from peakscape.files import machine_code_folder


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, and keep the result for later processes.

    The folder is that of `files.machine_code_folder`, or NUMBA_CACHE_DIR where it is set. numba looks it up when a
    function is declared, so it is set for that moment only: other packages keep theirs. Files are keyed by the
    processor and the types, and are replaced atomically: processes may start side by side. Whole functions run without
    Python's lock; sums may be taken in any order.

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
    return _cached(function)


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


def embedded(function: Callable[..., Any]) -> Any:
    """Compile a function that other compiled functions call: its machine code becomes a part of theirs.

    Otherwise the process that compiles calls the function that it compiled first, and later processes call the copy in
    the cached caller. Under fast-math the two may round unlike, and a user's first run would differ from the second.

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
    return _cached(function, forceinline=True)


def _cached(function: Callable[..., Any], **options: bool) -> Any:
    """Declare a compiled function while numba looks for its cache in the user's folder."""
    before = numba.config.CACHE_DIR
    if not before:
        numba.config.CACHE_DIR = str(machine_code_folder(Path(function.__code__.co_filename).parent))
    try:
        return numba.njit(cache=True, **options, nogil=True, fastmath=True, error_model="numpy")(function)
    finally:
        numba.config.CACHE_DIR = before
