"""A training set of 10,000 patterns of 4,096 points: from an array in memory, and streamed from a Zarr store."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from benchmarks import series, train
from benchmarks.timing import peak_memory_mib

SHAPE = (10_000, 4_096)
N_MEMBERS, N_EPOCHS = 2, 20


def measure(*, quick: bool) -> dict[str, Any]:
    n_samples, n_points = (300, 512) if quick else SHAPE
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), (2 * n_samples, n_points))
        found = {kind: _in_a_process(kind, folder, n_samples) for kind in ("memory", "zarr")}
        twice = _in_a_process("memory", folder, 2 * n_samples)
    set_mib = n_samples * n_points * 4 / 2**20
    return {
        "n_samples": n_samples,
        "n_points": n_points,
        "n_members": N_MEMBERS,
        "n_epochs": N_EPOCHS,
        "set_mib": set_mib,
        **found,
        # What training holds beside the set, per size of the set: from a set twice as large, so fixed costs drop out.
        "copies_in_memory": (twice["more_mib"] - found["memory"]["more_mib"]) / set_mib,
    }


def write(folder: Path, shape: tuple[int, int]) -> None:
    """Write the set in single precision, as an array file and as a Zarr store, block by block."""
    patterns = np.lib.format.open_memmap(folder / "patterns.npy", mode="w+", dtype=np.float32, shape=shape)
    store = zarr.create_array(folder / "patterns.zarr", shape=shape, chunks=(250, shape[1]), dtype="f4")
    for first in range(0, shape[0], 250):
        block = series.random_unlike(min(250, shape[0] - first), shape[1], seed=first).astype(np.float32)
        patterns[first : first + len(block)] = block
        store[first : first + len(block)] = block
    patterns.flush()


def _in_a_process(kind: str, folder: str, n_samples: int) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.large", kind, folder, str(n_samples)]
    found: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return found


def fit(kind: str, folder: Path, n_samples: int) -> dict[str, float]:
    train.fit(series.random_unlike(20, 64), n_members=1, n_epochs=1)  # loads what is compiled
    on_disk = zarr.open_array(folder / "patterns.zarr")
    patterns: Any = on_disk[:n_samples] if kind == "memory" else _FirstRows(on_disk, n_samples)
    before, begin = peak_memory_mib(), time.perf_counter()
    train.fit(patterns, n_members=N_MEMBERS, n_epochs=N_EPOCHS)
    return {"seconds": time.perf_counter() - begin, "before_mib": before, "more_mib": peak_memory_mib() - before}


class _FirstRows:
    """The first rows of an array on disk, read when they are sliced."""

    def __init__(self, rows: Any, n_samples: int) -> None:
        self.rows, self.shape = rows, (n_samples, rows.shape[1])

    def __getitem__(self, rows: slice) -> Any:
        return self.rows[rows]


if __name__ == "__main__":
    print(json.dumps(fit(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
