"""Start-up: what a user waits for in a fresh process."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.timing import wall_seconds

FIRST_PATTERN = (
    "from ase.build import bulk; import peakscape as ps; ps.diffraction.simulate(bulk('Fe'), wavelength=0.496)"
)


def measure(*, quick: bool) -> dict[str, Any]:
    n_runs = 2 if quick else 9
    program = str(Path(sys.executable).with_name("peakscape"))
    run([sys.executable, "-c", FIRST_PATTERN])  # fills the caches of files and of compiled code
    seconds = {
        "python_s": [sys.executable, "-c", "pass"],
        "numpy_s": [sys.executable, "-c", "import numpy"],
        "import_s": [sys.executable, "-c", "import peakscape"],
        "help_s": [program, "--help"],
        "first_pattern_s": [sys.executable, "-c", FIRST_PATTERN],
    }
    results: dict[str, Any] = {name: statistics.median(times(words, n_runs)) for name, words in seconds.items()}
    with tempfile.TemporaryDirectory() as folder:
        fresh = {} if quick else {"HOME": folder, "XDG_CACHE_HOME": folder}  # a quick run compiles nothing
        environment = {**os.environ, **fresh}
        results["first_pattern_ever_s"] = times([sys.executable, "-c", FIRST_PATTERN], 1, environment)[0]
    return results


def times(words: list[str], n_runs: int, environment: dict[str, str] | None = None) -> list[float]:
    return [wall_seconds(lambda: run(words, environment)) for _ in range(n_runs)]


def run(words: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(words, check=True, capture_output=True, env=environment)
