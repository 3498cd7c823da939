"""Loops compiled by numba, whose machine code later processes find in the user's cache."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numba

from peakscape.files import machine_code_folder


def compile_loops(function: Callable[..., Any], *, flags: Iterable[str] | bool = (), embedded: bool = False) -> Any:
    """Compile a function at its first call, and keep the result for later processes.

    The folder is that of `files.machine_code_folder`, or NUMBA_CACHE_DIR where it is set. numba looks it up when a
    function is declared, so it is set for that moment only: other packages keep theirs. Files are keyed by the
    processor and the types, and are replaced atomically: processes may start side by side. Whole functions run without
    Python's lock.

    Parameters
    ----------
    function
        In the part of Python that numba compiles.
    flags
        What arithmetic may do beyond IEEE 754, by LLVM's names; True for everything. With none the order of the sums is
        the one that is written, and the bits are the same on every processor.
    embedded
        Whether the machine code becomes a part of that of the functions that call it. Otherwise the process that
        compiles and later ones call different copies, which may round unlike where flags let them.
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = before or str(machine_code_folder(Path(function.__code__.co_filename).parent))
    options = {"fastmath": flags if isinstance(flags, bool) else set(flags), "forceinline": embedded}
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    finally:
        numba.config.CACHE_DIR = before
