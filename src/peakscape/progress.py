"""What takes over two seconds says so: a line while something is done, a bar while steps or things are counted."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds after which a line is written where standard error is no terminal."""


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show that something is being done, on standard error: a spinner on a terminal, else one line if it took long.

    Parameters
    ----------
    text
        What is being done, such as ``"fitting the map to 40 spectra"``.

    Examples
    --------
    >>> with working("adding"):
    ...     total = 1 + 1
    """
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(text):
            yield
        return
    started = time.monotonic()
    yield
    taken = time.monotonic() - started
    if taken > PATIENCE:
        print(f"peakscape: {text}: {taken:.0f} s", file=sys.stderr)


def progress(items: Iterable[T], text: str, *, total: int | None = None) -> Iterator[T]:
    """Pass items through, with a bar on standard error if that is a terminal.

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
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(
        track(items, description=text, total=total, console=console, transient=True, disable=not console.is_terminal)
    )


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
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
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
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(text, total=total, line="")
        begun = 0

        def tell(line: str) -> None:
            nonlocal begun
            bar.update(task, completed=min(begun, total - 1), line=line)
            begun += 1

        yield tell
        bar.update(task, completed=total, line="done")
