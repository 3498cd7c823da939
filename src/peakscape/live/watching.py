"""Watching a source with a feature space: everything put together, started and ended in the right order."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.errors import InputError, PeakscapeError
from peakscape.live.engine import Engine, Output, Placed, Status
from peakscape.live.ledger import Ledger
from peakscape.live.measured import LiveSource
from peakscape.live.placing import Here, Placer, Processes, digest_of
from peakscape.live.spool import Spool

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

PATIENCE = 30.0
"""Seconds that a source is given to end."""


@dataclass
class Watch:
    """A watch that is running; of `watching`.

    Attributes
    ----------
    engine : Engine
        With `take`, for spectra that no source brings, and `status`.
    space : FeatureSpace
    ledger : pathlib.Path
    """

    engine: Engine
    space: "FeatureSpace"
    ledger: Path
    _sources_ended: threading.Event

    @property
    def status(self) -> Status:
        """How far the stream is."""
        return self.engine.status

    def wait(self, stop: threading.Event) -> None:
        """Wait until `stop` is set, or all sources have ended and nothing waits."""
        while not stop.wait(0.1):
            if self._sources_ended.is_set() and not self.engine.spool.n_waiting:
                return


@contextmanager
def watching(
    space: "FeatureSpace | str | os.PathLike[str]",
    source: LiveSource,
    *,
    ledger: str | os.PathLike[str],
    on_new: str | Callable[[Placed], object] | None = None,
    outputs: Sequence[Callable[[Engine, "FeatureSpace"], Output]] = (),
    processes: int = 0,
    wavelength: float | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[Watch]:
    """Watch a source for as long as the block runs; at its end, what has come is answered, and all is closed.

    Parameters
    ----------
    space
        Fitted, or the path of a saved one.
    source
        Where spectra come from.
    ledger
        The file that answers are appended to; it may hold answers of this space, which are not given again.
    on_new
        A command, which is given the answer as JSON on its standard input, or a function, for each new spectrum.
    outputs
        Makers of further outputs, given the engine and the space.
    processes
        Other processes that ask the space; 0: this one does.
    wavelength
        In angstrom, of spectra that an earlier watch with this ledger kept because nobody had told it: they are placed.
    say
        Is given lines for people.

    Yields
    ------
    Watch

    Raises
    ------
    PeakscapeError
        Before anything is started: the space cannot be opened, the source is not there, or the ledger is of another
        space.

    Examples
    --------
    >>> import numpy as np, peakscape as ps
    >>> from peakscape.live.sources.simulated import Simulated
    >>> axis = np.linspace(10.0, 40.0, 400)
    >>> rows = [np.exp(-(((axis - 15 - 3 * k) / 0.3) ** 2)) for k in np.linspace(0.0, 1.0, 9)]
    >>> series = ps.spectra.make(rows, two_theta=axis, labels={"x": np.linspace(0.0, 1.0, 9)})
    >>> space = ps.FeatureSpace("pca", preparation="none").fit(series, label="x")
    >>> place = Path(tempfile.mkdtemp()) / "run.ledger"
    >>> with watching(space, Simulated(series, every=0.0), ledger=place, say=lambda line: None) as watch:
    ...     watch.wait(threading.Event())
    >>> from peakscape.live import read_ledger
    >>> bool((read_ledger(place).coordinates == space.place(series).coordinates.values).all())
    True
    """
    from peakscape.live.outputs.told import OnNew

    with ExitStack() as open_things:
        path, opened = _opened(space, open_things, say)
        source.check()
        book = Ledger(Path(ledger), space=digest_of(path), space_path=_named(space), source=source.name)
        open_things.callback(book.close)
        spool = _spool(Path(f"{os.fspath(ledger)}.spool"))
        open_things.callback(spool.close)
        _tell_kept(spool, wavelength, say)
        placer: Placer = Processes(path, processes) if processes else Here(opened)
        open_things.callback(placer.close)
        engine = Engine(placer, book, spool, say=say)
        for make in [*outputs, *([lambda *_: OnNew(on_new, say=say)] if on_new is not None else [])]:
            output = make(engine, opened)
            engine.outputs.append(output)
            open_things.callback(output.close)
        if spool.n_waiting:
            say(f"{spool.n_waiting} spectra waited since the last watch and are answered first")
        stop, ended, drained = threading.Event(), threading.Event(), threading.Event()
        sources = threading.Thread(target=_run_source, args=(source, engine, stop, ended), daemon=True)
        answers = threading.Thread(target=engine.run, args=(drained,), daemon=True)
        answers.start()
        sources.start()
        try:
            yield Watch(engine, opened, Path(ledger), ended)
        finally:
            stop.set()
            sources.join(PATIENCE)
            drained.set()
            answers.join()


def _tell_kept(spool: Spool, wavelength: float | None, say: Callable[[str], None]) -> None:
    """Let spectra wait that were kept until their wavelength is told, or say that there are some."""
    if wavelength is None and spool.n_kept:
        say(f"{spool.n_kept} spectra are kept until their wavelength is told (--wavelength)")
    elif wavelength is not None and (n_given := spool.give(wavelength)):
        say(f"{n_given} spectra that lacked a wavelength get {wavelength:g} angstrom and are placed")


def _opened(space: Any, open_things: ExitStack, say: Callable[[str], None]) -> "tuple[Path, FeatureSpace]":
    """The path of the saved space, and the space."""
    from peakscape.feature_space import open_space
    from peakscape.progress import working

    if not isinstance(space, str | os.PathLike):
        folder = open_things.enter_context(tempfile.TemporaryDirectory(prefix="peakscape-"))
        return Path(space.save(Path(folder) / "watched.space")), space
    start = time.monotonic()
    with working(f"opening {os.fspath(space)}"):
        opened = open_space(space)
    say(f"opened {os.fspath(space)} in {time.monotonic() - start:.1f} s")
    return Path(space), opened


def _named(space: Any) -> str:
    return os.fspath(Path(space).absolute()) if isinstance(space, str | os.PathLike) else "a space in memory"


def _spool(path: Path) -> Spool:
    import sqlite3

    try:
        return Spool(path)
    except sqlite3.Error as error:
        raise InputError(
            f"{path}, where spectra wait, cannot be used: {error}; give the ledger another path"
        ) from error


def _run_source(source: LiveSource, engine: Engine, stop: threading.Event, ended: threading.Event) -> None:
    """Run a source; what it raises is noted, and it is run again after a while."""
    delay = 1.0
    while not stop.is_set():
        try:
            source.run(engine, stop)
            break
        except Exception as error:
            kind = "" if isinstance(error, PeakscapeError) else f"{type(error).__name__}: "
            engine.note("source_failed", f"{source.name} failed ({kind}{error}); it is started again in {delay:.0f} s")
            stop.wait(delay)
            delay = min(30.0, 2 * delay)
    ended.set()
