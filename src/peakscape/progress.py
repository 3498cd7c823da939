"""What takes long says so on standard error: a bar on a terminal; elsewhere, as in a batch job, a line now and then."""

import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds after which a bar is shown on a terminal."""
EVERY, OFTEN, SELDOM = 10.0, 120.0, 60.0
"""Elsewhere a line is written every so many seconds, after `OFTEN` seconds every `SELDOM`; none before the first."""
_under_way: list[threading.Event] = []
_silences: list[None] = []


@contextmanager
def silent() -> Iterator[None]:
    """Write no lines now and then, for as long as the context lasts; a terminal shows what it would.

    Examples
    --------
    >>> with silent(), under_way("adding"):
    ...     total = 1 + 1
    """
    _silences.append(None)
    try:
        yield
    finally:
        _silences.pop()


@contextmanager
def under_way(words: str | Callable[[], str]) -> Iterator[None]:
    """Write a line now and then, on standard error, where that is no terminal: nothing within the first ten seconds.

    Of what is under way within something else only the innermost tells; in the processes of a pool nothing does.

    Parameters
    ----------
    words
        What is being done, such as ``"fitting the map"``, or what gives that when a line is due.

    Examples
    --------
    >>> with under_way("adding"):
    ...     total = 1 + 1
    """
    if _silences or _is_terminal() or multiprocessing.parent_process() is not None:
        yield
        return
    done = threading.Event()
    telling = threading.Thread(target=_tell, args=(words, done), daemon=True)
    _under_way.append(done)
    telling.start()
    try:
        yield
    finally:
        _under_way.remove(done)
        done.set()
        telling.join()


def _tell(words: str | Callable[[], str], done: threading.Event) -> None:
    started = time.monotonic()
    while not done.wait(EVERY if time.monotonic() - started < OFTEN else SELDOM):
        if _under_way[-1:] == [done]:
            text = words if isinstance(words, str) else words()
            with suppress(OSError, ValueError):  # a stream that is full or closed
                sys.stderr.write(f"peakscape: {text}: {time.monotonic() - started:.0f} s so far\n")
                sys.stderr.flush()


def _is_terminal() -> bool:
    return bool(getattr(sys.stderr, "isatty", bool)())


def _console() -> "Console":
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show that something is being done, on standard error: a spinner on a terminal, else `under_way`.

    Parameters
    ----------
    text
        What is being done, such as ``"fitting the map to 40 spectra"``.

    Examples
    --------
    >>> with working("adding"):
    ...     total = 1 + 1
    """
    with _console().status(text) if _is_terminal() else under_way(text):
        yield


def progress(items: Iterable[T], text: str, *, total: int | None = None) -> Iterator[T]:
    """Pass items through; on standard error a bar shows how many, if that is a terminal, else `under_way`.

    Parameters
    ----------
    items
        What is gone through.
    text
        What is being done with them.
    total
        Their number, where `items` does not tell it.

    Examples
    --------
    >>> list(progress([1, 2], "counting"))
    [1, 2]
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    return _with_bar(items, text, total) if _is_terminal() else _with_lines(items, text, total)


def _with_bar(items: Iterable[T], text: str, total: int | None) -> Iterator[T]:
    from rich.progress import Progress

    started = time.monotonic()
    with Progress(console=_console(), transient=True) as bar:
        task = bar.add_task(text, total=total, visible=False)
        for item in items:
            yield item
            bar.update(task, advance=1, visible=time.monotonic() - started > PATIENCE)


def _with_lines(items: Iterable[T], text: str, total: int | None) -> Iterator[T]:
    n_done = 0
    of_all = "" if total is None else f" of {total}"
    with under_way(lambda: f"{text}: {n_done}{of_all}"):
        for item in items:
            yield item
            n_done += 1


@contextmanager
def steps(total: int, text: str) -> Iterator[Callable[[str], None]]:
    """Show the steps of something long on standard error: a bar and the clock on a terminal, else a line a step.

    Parameters
    ----------
    total
        How many steps are expected; more or fewer may come.
    text
        What the steps are of.

    Yields
    ------
    callable
        Called with the words of each step when it begins.

    Examples
    --------
    >>> with steps(2, "demo") as tell:
    ...     tell("first")
    ...     tell("second")
    """
    if not _is_terminal():
        yield lambda line: print(f"peakscape: {text}: {line}", file=sys.stderr)
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[line]}"),
    )
    with Progress(*columns, console=_console()) as bar:
        task = bar.add_task(text, total=total, line="")
        begun = 0

        def tell(line: str) -> None:
            nonlocal begun
            bar.update(task, completed=min(begun, total - 1), line=line)
            begun += 1

        yield tell
        bar.update(task, completed=total, line="done")
