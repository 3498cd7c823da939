"""What takes long says so where standard error is no terminal, and what is short, nested or asked to be silent not."""

import itertools
import multiprocessing
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from peakscape import progress
from peakscape.cli import program

LONGEST = 30.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line every hundredth of a second."""
    monkeypatch.setattr(progress, "EVERY", 0.01)
    monkeypatch.setattr(progress, "SELDOM", 0.01)


def told(capsys: pytest.CaptureFixture[str], wanted: str) -> str:
    """Wait until something is told on standard error; all that was."""
    text = ""
    for _ in range(round(LONGEST / 0.01)):
        text += capsys.readouterr().err
        if re.search(wanted, text):
            return text
        time.sleep(0.01)
    pytest.fail(f"{wanted!r} was not told: {text!r}")


def test_what_takes_long_is_told_now_and_then(impatient, capsys):
    with progress.working("fitting"):
        text = told(capsys, r"(peakscape: fitting: \d+ s so far\n){2}")
    assert set(re.sub(r"\d+", "0", text).splitlines()) == {"peakscape: fitting: 0 s so far"}


@pytest.mark.parametrize(("total", "words"), [(None, "of 3: "), (7, "of 7: ")])
def test_things_are_counted(impatient, capsys, total, words):
    counted = progress.progress(["a", "b", "c"], "placing", total=total)
    assert next(counted) == "a"
    told(capsys, f"peakscape: placing: 0 {words}")
    assert next(counted) == "b"
    told(capsys, f"peakscape: placing: 1 {words}")
    assert list(counted) == ["c"]
    assert not threads()


def test_the_number_of_an_iterator_is_not_made_up(impatient, capsys):
    counted = progress.progress(itertools.count(), "reading")
    next(counted)
    told(capsys, r"peakscape: reading: 0: \d+ s so far")
    counted.close()
    assert not threads()


def test_short_work_is_silent(capsys):
    with progress.working("fitting"):
        assert list(progress.progress([1, 2], "counting")) == [1, 2]
    assert capsys.readouterr() == ("", "")
    assert progress.EVERY >= 10.0


class Ticks:
    """In place of the event that ends the telling: two waits, and it is done."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return len(self.waited) > 2


def test_of_what_is_nested_the_innermost_tells(monkeypatch, capsys):
    outer, inner = Ticks(), Ticks()
    monkeypatch.setattr(progress, "_under_way", [outer, inner])
    progress._tell("study", outer)
    assert capsys.readouterr().err == ""
    progress._tell("fitting", inner)
    assert capsys.readouterr().err == 2 * "peakscape: fitting: 0 s so far\n"
    assert outer.waited == inner.waited == 3 * [progress.EVERY]


def test_a_long_job_fills_no_log(monkeypatch):
    monkeypatch.setattr(progress, "OFTEN", 0.0)
    ticks = Ticks()
    progress._tell("placing", ticks)
    assert ticks.waited == 3 * [progress.SELDOM]


def test_an_error_ends_it(impatient):
    with pytest.raises(ZeroDivisionError), progress.working("dividing"):
        _ = 1 / 0
    assert not threads()


def test_a_closed_stream_stops_nothing(impatient, monkeypatch):
    class Closed:
        n_written = 0

        def write(self, _: str) -> None:
            self.n_written += 1
            raise OSError

    stream = Closed()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.working("fitting"):
        started = time.monotonic()
        while stream.n_written < 2:
            assert time.monotonic() - started < LONGEST
            time.sleep(0.01)


def test_a_pool_and_who_asks_for_silence_tell_nothing(monkeypatch):
    with progress.silent(), progress.under_way("fitting"):
        assert not threads()
    with progress.under_way("fitting"):
        assert threads()
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: SimpleNamespace())
    with progress.under_way("fitting"):
        assert not threads()


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if getattr(one, "_target", None) is progress._tell]


@pytest.mark.parametrize(
    ("words", "is_told"),
    [(["formats"], True), (["formats", "--json"], False), (["watch", "x"], False)],
)
def test_a_command_tells_that_it_still_runs(impatient, monkeypatch, capsys, words, is_told):
    """With --json nothing, and nothing that would run for ever."""
    running: list[list[threading.Thread]] = []

    def run(_: object) -> None:
        running.append(threads())

    for name in ("make.run_formats", "watch.run_watch"):
        room, function = name.split(".")
        monkeypatch.setattr(getattr(program, room), function, run)
    assert program.run(words) == 0
    assert [bool(one) for one in running] == [is_told]


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def test_a_terminal_shows_a_bar(terminal):
    ours, theirs = terminal
    code = (
        "import peakscape.progress as p; p.PATIENCE = -1.0; p.EVERY = 0.001\n"
        "for k in p.progress(range(3), 'counting'): __import__('time').sleep(0.2)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while b"67%" not in shown:
        shown += os.read(ours, 4096)  # OSError where the child has ended without
    assert b"counting" in shown
    assert b"so far" not in shown
    try:
        while os.read(ours, 4096):
            pass
    except OSError:  # the child has ended
        assert child.wait() == 0
