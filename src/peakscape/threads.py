"""One thread for linear algebra: the same bits on any number of cores, and no threads that wait for one another."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController


@lru_cache(maxsize=1)
def _libraries(n_modules: int) -> ThreadpoolController:
    """Find the libraries that have threads, anew where modules were loaded since: the search takes milliseconds."""
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra runs on one thread.

    Examples
    --------
    >>> with one_blas_thread():
    ...     total = 1 + 1
    """
    return _libraries(len(sys.modules)).limit(limits=1, user_api="blas")  # type: ignore[no-any-return]


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra and OpenMP run on one thread.

    Examples
    --------
    >>> with one_thread():
    ...     total = 1 + 1
    """
    return _libraries(len(sys.modules)).limit(limits=1)  # type: ignore[no-any-return]
