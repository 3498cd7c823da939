"""What the suite promises of itself: no test hangs, whatever hangs in it, and none goes by chance."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
# A function called through PyDLL keeps Python's lock, as a reader written in C may.
HANGING = """
import ctypes, time
import pytest

# The signal of the first limit would end this sleep, though no computation: it is told to wait for the second.
@pytest.mark.timeout(60)
def test_hangs_in_c():
    ctypes.PyDLL(None).sleep(100)

def test_hangs_in_python():
    time.sleep(100)

def test_comes_after():
    pass
"""


@pytest.mark.slow
def test_what_hangs_is_ended_and_named_and_the_others_run(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    (tmp_path / "test_hanging.py").write_text(HANGING)
    words = ["-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-p", "no:cacheprovider", "--numprocesses", "1"]
    limits = ["-o", "faulthandler_timeout=3", "-o", "timeout=1"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, words), *limits, str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "crashed while running 'test_hanging.py::test_hangs_in_c'" in done.stdout
    assert "FAILED test_hanging.py::test_hangs_in_python - Failed: Timeout" in done.stdout
    assert "2 failed, 1 passed" in done.stdout


def test_examples_are_the_same_every_time() -> None:
    assert settings().derandomize
    assert settings().deadline is None
