import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

OUTER = """
import sys
from peakscape.diffraction.compiled import compiled
from inner import factor

@compiled
def scaled(x):
    return factor(x) * 2.0

print(scaled(3.0))
"""
INNER = """
from peakscape.diffraction.compiled import inlined

@inlined
def factor(x):
    return x + {added}
"""


def _start(folder: Path, cache: Path) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {
        "XDG_CACHE_HOME": str(cache),
        "PYTHONPATH": str(folder),
    }
    words = [sys.executable, "-c", "import outer"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.slow
def test_processes_may_start_side_by_side_and_a_change_compiles_anew(tmp_path: Path) -> None:
    folder, cache = tmp_path / "code", tmp_path / "cache"
    folder.mkdir()
    (folder / "outer.py").write_text(OUTER)
    (folder / "inner.py").write_text(INNER.format(added="1.0"))
    started = [_start(folder, cache) for _ in range(3)]
    assert [(process.communicate()[0].strip(), process.returncode) for process in started] == [("8.0", 0)] * 3
    kept = cache / "peakscape" / "numba"
    assert len({file.relative_to(kept).parts[0] for file in kept.rglob("*.nbc")}) == 1
    # Another version of the file that is compiled in, the time stamps of both as they were: as an upgrade may do.
    stamp = (folder / "inner.py").stat()
    (folder / "inner.py").write_text(INNER.format(added="2.0"))
    os.utime(folder / "inner.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)  # Python itself goes by the time stamp
    again = _start(folder, cache)
    assert (again.communicate()[0].strip(), again.returncode) == ("10.0", 0)
