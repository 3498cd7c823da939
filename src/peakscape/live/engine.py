"""The engine: takes spectra from sources, has them placed, writes the ledger, and only then shows them.

A spectrum is on disk (`Spool`) before its source goes on. One thread takes what waits, in batches as large as the queue
is long, asks the space once for each batch, appends to the ledger and removes from the spool. A process that is killed
anywhere in between finds in its spool what the ledger may lack, and the ledger takes each spectrum once.
"""

import contextlib
import sqlite3
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from peakscape.live.ledger import MARK, Entry, Ledger
from peakscape.live.measured import Measured
from peakscape.live.placing import Lacking, Placer
from peakscape.live.spool import MOST_KEPT, Spool

MOST_AT_ONCE = 64
"""Spectra in one question to the space."""
MOST_HELD = 2_000
"""Spectra kept in memory while the disk takes none."""
NO_WAVELENGTH = "no_wavelength"
"""Code of the note of a spectrum that is kept until its wavelength is told."""
MOST_DELAY = 30.0
"""Seconds between two attempts, at most, where something fails."""


@dataclass(frozen=True)
class Placed:
    """A spectrum that was placed: what outputs are given.

    Attributes
    ----------
    measured : Measured
    answer : dict
        As of `peakscape.feature_space.records`.
    received, answered : float
        Seconds since 1970 at which it came and stood in the ledger.
    """

    measured: Measured
    answer: dict[str, Any]
    received: float
    answered: float

    @property
    def is_new(self) -> bool:
        """Whether it is unlike all that the space knows."""
        return bool(self.answer.get("foreign"))


class Output(Protocol):
    """What is shown or told of placed spectra; called by the engine's thread, so it returns soon."""

    def show(self, placed: Sequence[Placed]) -> None:
        """Show spectra that stand in the ledger."""

    def close(self) -> None:
        """Finish; nothing more comes."""


@dataclass
class Status:
    """How far the stream is.

    Attributes
    ----------
    n_placed, n_new, n_flagged : int
        Since the start of this session.
    n_kept : int
        Those of the flagged that are kept until their wavelength is told.
    n_waiting : int
        In the spool.
    lag : float
        Seconds for which the last answered spectrum had waited.
    """

    n_placed: int = 0
    n_new: int = 0
    n_flagged: int = 0
    n_kept: int = 0
    n_waiting: int = 0
    lag: float = 0.0


class Engine:
    """Answers about a stream, each spectrum once.

    Parameters
    ----------
    placer
        Who asks the space.
    ledger, spool
        Where answers go and where spectra wait.
    outputs
        Shown what stands in the ledger.
    say
        Is given lines for people: what is flagged, what fails.
    """

    def __init__(
        self,
        placer: Placer,
        ledger: Ledger,
        spool: Spool,
        *,
        outputs: Sequence[Output] = (),
        say: Callable[[str], None] = print,
    ) -> None:
        self._placer, self.ledger, self.spool = placer, ledger, spool
        self.outputs, self.say = list(outputs), say
        self.status = Status()
        self._held: deque[Measured] = deque(maxlen=MOST_HELD)
        self._marks: set[str] = set()
        self._wake = threading.Event()
        self._pass_notes()

    # what sources call

    def take(self, measured: Measured) -> None:
        """Take a spectrum: it is on disk once this returns, or held in memory and said aloud where the disk fails."""
        try:
            self.spool.put(measured)
        except (sqlite3.Error, OSError, TypeError, ValueError) as error:
            if not self._held:
                self.say(f"the spool {self.spool.path} takes nothing ({error}); spectra are held in memory")
            self._held.append(measured)
        self._wake.set()

    def note(self, code: str, text: str, uid: str = "") -> None:
        """Take a remark about the stream, and say it."""
        line = " ".join(text.split())
        try:
            self.spool.note(code, line, uid)
        except (sqlite3.Error, OSError) as error:
            line = f"{line} (not noted: {error})"
        self.say(line)
        self._wake.set()

    def is_known(self, uid: str, number: int) -> bool:
        """Say whether a spectrum was taken."""
        return self.spool.holds(uid, number) or self.ledger.holds(uid, number)

    def remember(self, key: str) -> None:
        """Keep a mark of a source."""
        self._marks.add(key)
        with contextlib.suppress(sqlite3.Error, OSError):  # a mark only saves reading again
            self.spool.note(MARK, key)

    def remembers(self, key: str) -> bool:
        """Say whether a mark was kept."""
        if key in self._marks:
            return True
        found = self.ledger.marked(key)
        if found:
            self._marks.add(key)
        return found

    # what the engine's thread does

    def run(self, stop: threading.Event) -> None:
        """Answer until `stop` is set and nothing waits."""
        delay = 0.0
        while True:
            try:
                done = self.answer_waiting()
                delay = 0.0
                if not done and stop.is_set():
                    return
            except Exception as error:
                delay = min(MOST_DELAY, 2 * delay or 1.0)
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{type(error).__name__} in {last.name}, line {last.lineno} of {last.filename}"
                self.say(
                    f"nothing could be answered ({error}; {where}); next attempt in {delay:.0f} s, nothing is lost"
                )
                if stop.wait(delay):
                    return
                continue
            if not done:
                self._wake.wait(0.5)
                self._wake.clear()

    def answer_waiting(self) -> int:
        """Answer one batch of what waits; return how many were taken from the queue."""
        self._pass_notes()
        self._unhold()
        waiting = self.spool.first(MOST_AT_ONCE)
        if not waiting:
            self.status.n_waiting = 0
            return 0
        fresh = [(one, received) for _, one, received in waiting if not self.ledger.holds(*one.key)]
        entries, layout = self._answers(fresh)
        kept = self._keep(entries, waiting)
        added = {(entry.uid, entry.number) for entry in self.ledger.append(entries, layout)}
        self.spool.remove([place for place, one, _ in waiting if one.key not in kept])
        self._tell([entry for entry in entries if (entry.uid, entry.number) in added], fresh)
        return len(waiting)

    def _keep(self, entries: list[Entry], waiting: Sequence[tuple[int, Measured, float]]) -> set[tuple[str, int]]:
        """Take out what lacks its wavelength and keep it in the spool; the ledger has a note of each."""
        room = MOST_KEPT - self.spool.n_kept
        lacking = [entry for entry in entries if isinstance(entry.reason, Lacking)][: max(room, 0)]
        keys = {(entry.uid, entry.number) for entry in lacking}
        if not keys:
            return keys
        entries[:] = [entry for entry in entries if (entry.uid, entry.number) not in keys]
        lines = [f"{one.name}: not placed: {one.reason}; it is kept until then" for one in lacking]
        told = zip(lacking, lines, strict=True)
        self.ledger.note((one.received, one.uid, NO_WAVELENGTH, line) for one, line in told)
        self.spool.keep([place for place, one, _ in waiting if one.key in keys])
        self.status.n_flagged += len(keys)
        self.status.n_kept += len(keys)
        for line in lines:
            self.say(line)
        return keys

    def _pass_notes(self) -> None:
        """Move notes from the spool to the ledger."""
        notes = self.spool.notes()
        if notes:
            self.ledger.note(note[1:] for note in notes)
            self.spool.remove_notes(notes[-1][0])

    def _unhold(self) -> None:
        """Write what is held in memory to the spool, once it takes something again."""
        while self._held:
            self.spool.put(self._held[0])
            self._held.popleft()

    def _answers(self, fresh: Sequence[tuple[Measured, float]]) -> tuple[list[Entry], dict[str, list[str]] | None]:
        """Have spectra placed, in the order in which they came."""
        told = self._placer.place([one for one, _ in fresh])
        entries = []
        for (one, received), found in zip(fresh, told.answers, strict=True):
            measured = float(one.metadata.get("time", float("nan")))
            answer, reason = (None, found) if isinstance(found, str) else (found, "")
            entries.append(Entry(one.uid, one.number, one.name, measured, received, answer, reason))
        return entries, told.layout

    def _tell(self, entries: Sequence[Entry], fresh: Sequence[tuple[Measured, float]]) -> None:
        """Say what was flagged and show what was placed; what fails there never touches the ledger."""
        now, of = time.time(), {one.key: one for one, _ in fresh}
        placed = []
        for entry in entries:
            if entry.answer is None:
                self.status.n_flagged += 1
                self.say(f"{entry.name}: not placed: {entry.reason}")
            else:
                placed.append(Placed(of[entry.uid, entry.number], entry.answer, entry.received, now))
        self.status.n_placed += len(placed)
        self.status.n_new += sum(one.is_new for one in placed)
        self.status.n_waiting = self.spool.n_waiting
        if entries:
            self.status.lag = now - entries[-1].received
        for output in self.outputs if placed else ():
            try:
                output.show(placed)
            except Exception as error:
                self.say(f"{type(output).__name__} failed ({type(error).__name__}: {error}); the ledger goes on")
