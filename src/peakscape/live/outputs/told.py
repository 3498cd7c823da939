"""What is said of placed spectra: lines for people, and a command that is run for what is new."""

import json
import queue
import shlex
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from peakscape.errors import InputError
from peakscape.live.engine import Placed, Status

LINES_A_SECOND = 5
"""More spectra than these are told together, once a second; new ones are told one by one up to the same number."""
MOST_COMMANDS = 100
"""Commands that wait to be run."""
LONGEST = 60.0
"""Seconds that a command may take."""


class Lines:
    """Says of each spectrum whether it is known, and what was read of it.

    Parameters
    ----------
    say
        Is given each line.
    status
        Of the engine, for the summary under load.
    """

    def __init__(self, say: Callable[[str], None], status: Status) -> None:
        self._say, self._status = say, status
        self._recent: deque[float] = deque(maxlen=LINES_A_SECOND)
        self._silent = 0
        self._summed = 0.0

    def show(self, placed: Sequence[Placed]) -> None:
        """Say what was placed; under load a sum of it."""
        for one in placed:
            now = time.monotonic()
            if len(self._recent) < LINES_A_SECOND or now - self._recent[0] > 1.0:
                self._recent.append(now)
                self._say(line_of(one))
            else:
                self._silent += 1
        self._sum()

    def _sum(self, *, at_once: bool = False) -> None:
        if self._silent and (at_once or time.monotonic() - self._summed > 1.0):
            status = self._status
            self._say(
                f"{self._silent} more; so far {status.n_placed} placed, {status.n_new} new, {status.n_flagged} not"
                f" placed; {status.n_waiting} wait, {status.lag:.1f} s behind"
            )
            self._silent, self._summed = 0, time.monotonic()

    def close(self) -> None:
        """Say what was not yet said."""
        self._sum(at_once=True)


def line_of(one: Placed) -> str:
    """Return what a person reads of a placed spectrum.

    Examples
    --------
    >>> import numpy as np
    >>> from peakscape.live.measured import Measured
    >>> measured = Measured("run", 1, "q", np.array([1.0, 2.0]), np.array([0.5, 0.7]), {"name": "a"})
    >>> answer = {"foreign": False, "x": 0.5, "x_lower": 0.4, "x_upper": 0.6, "x_method": "pls", "nearest": "b"}
    >>> line_of(Placed(measured, answer, 0.0, 0.1))
    'known  a: x 0.5 (0.4 to 0.6), nearest b'
    """
    answer = one.answer
    told = {None: "placed", True: "NEW", False: "known"}[answer.get("foreign")]
    labels = [
        name.removesuffix("_method")
        for name in answer
        if name.endswith("_method") and name.removesuffix("_method") in answer
    ]
    words = [_number(answer, name) for name in labels if answer.get(name) is None or isinstance(answer[name], float)]
    words += [str(answer["formula"])] if "formula" in answer else []
    classes = [name.removesuffix("_probability") for name in answer if name.endswith("_probability")]
    words += [f"{name} {answer[name]}" for name in classes]
    words.append(f"nearest {answer.get('nearest')}")
    return f"{told:<6} {one.measured.name}: {', '.join(words)}"


def _number(answer: dict[str, Any], name: str) -> str:
    if answer.get(name) is None:
        return f"{name} not told"
    ends = [answer.get(f"{name}_{end}") for end in ("lower", "upper")]
    interval = "" if None in ends else f" ({ends[0]:.4g} to {ends[1]:.4g})"
    return f"{name} {answer[name]:.4g}{interval}"


class OnNew:
    """Runs something for each new spectrum, in a thread of its own, one after another.

    Parameters
    ----------
    act
        A command line, which finds the answer as JSON on its standard input; or a function, which is given the
        spectrum and its answer.
    say
        Is told what fails.
    """

    def __init__(self, act: str | Callable[[Placed], object], *, say: Callable[[str], None]) -> None:
        self._act, self._say = act, say
        if isinstance(act, str) and not shlex.split(act):
            raise InputError("expected a command to run for what is new, got an empty one")
        self._waiting: queue.Queue[Placed | None] = queue.Queue(MOST_COMMANDS)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def show(self, placed: Sequence[Placed]) -> None:
        """Take the new ones."""
        for one in placed:
            if one.is_new:
                try:
                    self._waiting.put_nowait(one)
                except queue.Full:
                    self._say(f"{one.measured.name} is new, and {MOST_COMMANDS} commands wait already: it has none")

    def close(self) -> None:
        """Finish what waits, within the time of one command."""
        self._waiting.put(None)
        self._thread.join(LONGEST)

    def _run(self) -> None:
        while (one := self._waiting.get()) is not None:
            try:
                self._do(one)
            except Exception as error:
                self._say(f"what is to be done for new spectra failed ({type(error).__name__}: {error})")

    def _do(self, one: Placed) -> None:
        if not isinstance(self._act, str):
            self._act(one)
            return
        told = json.dumps({"uid": one.measured.uid, "number": one.measured.number} | one.answer)
        done = subprocess.run(
            shlex.split(self._act), input=told, text=True, capture_output=True, timeout=LONGEST, check=False
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
            self._say(f"the command for new spectra ended with {done.returncode}: {last[0]}")
