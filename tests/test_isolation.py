"""The worker that reads files of strangers: its answers are those of this process, its limits hold, it comes back."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from peakscape import isolation
from peakscape.errors import FormatError, InputError, MissingExtra, PeakscapeWarning
from peakscape.isolation import call

HERE = "test_isolation"


@pytest.fixture(autouse=True)
def _this_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a new worker import this file."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(isolation, "_worker", None)


# What the worker is made to do.


def numbers(path: Path, n: int = 3):
    return {"pid": os.getpid(), "at": os.getcwd()}, [np.arange(n), np.full((2, 2), np.nan), np.zeros(0)]


def loop(path: Path):
    while True:
        sum(range(1000))


def sleep(path: Path):
    time.sleep(1000)


def crash(path: Path):
    os.kill(os.getpid(), signal.SIGSEGV)


def fill(path: Path):
    return None, [np.ones(10 * 2**30 // 8)]


def chatter(path: Path):
    print("a word between the answers")
    os.write(1, b"and another")
    return "said", []


def refuse(path: Path):
    raise InputError(f"{path} is refused")


def lack(path: Path):
    raise MissingExtra("a-package", "vendor")


def fail(path: Path):
    raise KeyError("of some library\nin two lines")


def warn(path: Path):
    import warnings

    warnings.warn("doubtful", PeakscapeWarning, stacklevel=1)
    warnings.warn("of a library", UserWarning, stacklevel=1)
    return None, []


def dig(path: Path):
    def deeper():
        return deeper()

    return deeper()


# Tests.


def test_arrays_and_texts_arrive_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told, arrays = call(f"{HERE}:numbers", "a", n=4)
    assert told["pid"] != os.getpid()
    assert told["at"] == str(tmp_path)
    assert [array.dtype for array in arrays] == [np.dtype(int), np.dtype(float), np.dtype(float)]
    assert arrays[0].tolist() == [0, 1, 2, 3]
    assert np.isnan(arrays[1]).all()
    assert arrays[1].shape == (2, 2)
    arrays[0][0] = 7  # can be written to
    assert call(f"{HERE}:numbers", "b")[0]["pid"] == told["pid"], "the worker is kept"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("loop", "takes more than 1 s to read"),
        ("sleep", "takes more than 1 s to read"),
        ("crash", "ends the program that reads it"),
        ("fill", "needs more than 2 GiB of memory"),
        ("dig", "is nested too deep"),
        ("refuse", "a.h5 is refused"),
        ("fail", "cannot be read \\(KeyError: 'of some library"),
    ],
)
def test_limits(name: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "SECONDS", 1.0)
    monkeypatch.setattr(isolation, "_PATIENCE", 10.0 if name == "loop" else 2.0)
    call(f"{HERE}:numbers", "a")  # the start is not measured
    with pytest.raises((FormatError, InputError), match=message) as caught:
        call(f"{HERE}:{name}", "a.h5")
    assert "\n" not in str(caught.value)
    assert call(f"{HERE}:numbers", "a")[1][0].tolist() == [0, 1, 2], "the next file is read as before"


def test_what_is_printed_and_warned() -> None:
    assert call(f"{HERE}:chatter", "a") == ("said", [])
    with pytest.warns(PeakscapeWarning, match="doubtful") as caught:
        call(f"{HERE}:warn", "a")
    assert len(caught) == 1
    with pytest.raises(MissingExtra, match=r"peakscape\[vendor\]"):
        call(f"{HERE}:lack", "a")


def test_threads_take_turns() -> None:
    found: list[int] = []

    def work(n: int) -> None:
        found.append(len(call(f"{HERE}:numbers", "a", n=n)[1][0]) - n)

    threads = [threading.Thread(target=work, args=(1000 * k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 8


def test_worker_ends_with_its_program(tmp_path: Path) -> None:
    """After an ordinary end, and after a kill."""
    code = (
        "import os, sys, test_isolation\nfrom peakscape.isolation import call\n"
        "print(call('test_isolation:numbers', 'a')[0]['pid'], flush=True)\n"
        "if sys.argv[1] == 'kill': os.kill(os.getpid(), 9)"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    for how in ("end", "kill"):
        done = subprocess.run(
            [sys.executable, "-c", code, how], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
        )
        pid = int(done.stdout)
        for _ in range(100):
            if not _is_running(pid):
                break
            time.sleep(0.1)
        assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_without_a_program_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    assert call(f"{HERE}:numbers", "a")[0]["pid"] == os.getpid()
