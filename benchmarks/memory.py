"""Peak memory of each task, in a process of its own, and what the process held before the task (imports and inputs)."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import peakscape as ps
from benchmarks import series, train
from benchmarks.timing import peak_memory_mib


def measure(*, quick: bool) -> dict[str, Any]:
    tasks = ["simulate_52"] if quick else list(TASKS)
    with tempfile.TemporaryDirectory() as folder:
        if not quick:  # made here, so that making them is not counted as memory of the tasks
            patterns = series.training_patterns()
            np.save(Path(folder) / "patterns.npy", patterns)
            ps.maps.save(train.fit(patterns, n_members=10, n_epochs=2), Path(folder) / "ten.map")
        return {task: _in_a_process(task, folder) for task in tasks}


def _in_a_process(task: str, folder: str) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.memory", task, folder]
    found: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found


def simulate(n_atoms: int, folder: Path) -> Callable[[], object]:
    batch = series.structures(n_atoms)[:10] if n_atoms in series.SUPERCELL else [series.random_cell(n_atoms)] * 3
    return partial(series.simulate, batch)


def fit(folder: Path) -> Callable[[], object]:
    return partial(train.fit, np.load(folder / "patterns.npy"), n_members=10, n_epochs=100)


def scan(folder: Path) -> Callable[[], object]:
    pattern, space = np.load(folder / "patterns.npy")[0], ps.maps.load(folder / "ten.map")
    starts = np.arange(len(pattern) - 2)
    return partial(space.transform_masked, pattern, starts, starts + 3)


TASKS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "simulate_52": partial(simulate, 52),
    "simulate_104": partial(simulate, 104),
    "simulate_500": partial(simulate, 500),
    "train_ten_members": fit,
    "relevance_ten_members": scan,
}

if __name__ == "__main__":
    work = TASKS[sys.argv[1]](Path(sys.argv[2]))
    before = peak_memory_mib()
    work()
    print(json.dumps({"before_mib": before, "peak_mib": peak_memory_mib()}))
