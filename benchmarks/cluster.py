"""Many spectra: rates of simulating, placing and finding components, one worker against two, and the peers.

    python -m benchmarks.cluster rates            # placing by map: patterns a second on one core
    python -m benchmarks.cluster growth           # time and memory from 10^4 patterns on, one worker and two
    python -m benchmarks.cluster peers            # components of 20,000 patterns: ours, scikit-learn's, Dask's
    python -m benchmarks.cluster kills            # 50 workers killed at random moments, the same bits

Each prints a table with the limit beside: bytes over the rate of the disk, operations over that of the core.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ase.build import bulk

import peakscape as ps
from peakscape import cluster, maps, spectra
from peakscape.cluster import connection
from peakscape.errors import PeakscapeError
from peakscape.threads import one_thread

AXIS = {"wavelength": 1.5406, "two_theta": (20.0, 101.9, 0.02)}
CRYSTALS = [bulk("Cu"), bulk("Al"), bulk("NaCl", "rocksalt", a=5.64), bulk("Si")]


def variants(n: int) -> cluster.SimulatedSpectra:
    """`n` patterns of 4,096 points."""
    return cluster.SimulatedSpectra(CRYSTALS, n_variants=n // len(CRYSTALS), random_state=0, options=AXIS)


def timed(work: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """Seconds, and what came."""
    started = clock()
    with one_thread():
        got = work()
    return clock() - started, got


def core_rate() -> float:
    """Multiplications and additions a second of one core in double precision, by a large product."""
    one = np.random.default_rng(0).normal(size=(1500, 1500))
    seconds = min(timed(lambda: one @ one, time.process_time)[0] for _ in range(3))
    return 2 * 1500**3 / seconds


def rates(_: argparse.Namespace) -> pd.DataFrame:
    """Patterns placed in a second of a core's time by each kind of map, in regions as those of `place`."""
    rows = variants(4096).read(0, 4096)["intensity"].values
    flops, table = core_rate(), []
    kinds = {
        "pca": (maps.PCA(), 4096, 20_000),
        "autoencoder": (maps.Autoencoder(n_epochs=20, random_state=0), 4096, 20_000),  # placed as fast as of 1,000
        "shift": (maps.ShiftMap(), 2048, 5_000),
        "tsne": (maps.TSNE(random_state=0), 1024, 500),
        "umap": (maps.UMAP(random_state=0), 1024, 500),
    }
    for name, (space, n, goal) in kinds.items():
        with one_thread():
            space.fit(rows[::16])
            space.transform(rows[:64])
        regions = [rows[first : first + 1024] for first in range(0, n, 1024)]

        def place(space: Any = space, regions: list[np.ndarray] = regions) -> None:
            for one in regions:
                space.transform(one)

        best = min(timed(place, time.process_time)[0] for _ in range(3))
        table.append({"map": name, "patterns/s": n / best, "goal": goal, "product/s": flops / (2 * rows.shape[1] * 2)})
    return pd.DataFrame(table)


def growth(options: argparse.Namespace) -> pd.DataFrame:
    """Time and memory of simulating, fitting and placing, by the number of patterns and of workers."""
    table = []
    for n in options.sizes:
        for n_workers in (1, 2):
            with tempfile.TemporaryDirectory(dir=options.scratch) as folder, cluster.connect(f"local:{n_workers}") as c:
                row = {"n": n, "workers": n_workers} | _once(Path(folder), n, c)
                row["MB of a worker"] = max(c.run(_peak).values())
            table.append(row)
            print(row, file=sys.stderr, flush=True)
    return pd.DataFrame(table)


def _once(folder: Path, n: int, client: Any) -> dict[str, float]:
    """Seconds of each step."""
    stored, saved, space = folder / "a.zarr", folder / "a.space", ps.FeatureSpace("pca", novelty=False)
    given: dict[str, Any] = {"client": client}
    quick = given | {"only": "coordinates"}
    steps = {
        "simulate": lambda: cluster.simulate(variants(n), stored, **given),
        "fit": lambda: cluster.fit(stored, saved, "zero_shift", space=space, n_landmarks=100, **given),
        "place": lambda: cluster.place(saved, stored, folder / "b.zarr", **quick),
        "place unstored": lambda: cluster.place(saved, variants(n), folder / "c.zarr", **quick),
    }
    return {name: timed(step)[0] for name, step in steps.items()}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peers(options: argparse.Namespace) -> pd.DataFrame:
    """Thirty components of one set: seconds, and the share of the variance within them."""
    import dask.array
    from sklearn.decomposition import PCA, IncrementalPCA

    n = options.sizes[0]
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        path = cluster.simulate(variants(n), Path(folder) / "a.zarr")
        stored = spectra.open(path)["intensity"]
        blocks = [slice(first, first + 1024) for first in range(0, n, 1024)]

        def ours() -> np.ndarray:
            from peakscape.cluster.sketch import merged, sketch

            found = merged((sketch(stored[one].values.astype(float), 50) for one in blocks), 50)
            return np.asarray(found.axes[:30] / np.linalg.norm(found.axes[:30], axis=1, keepdims=True))

        def incremental() -> np.ndarray:
            learner = IncrementalPCA(30)
            for one in blocks:
                if one.start + 30 < n:
                    learner.partial_fit(stored[one].values.astype(float))
            return np.asarray(learner.components_)

        def compressed() -> np.ndarray:
            lazy = dask.array.from_zarr(str(path / "intensity")).rechunk((1024, -1)).astype(float)
            lazy = lazy - lazy.mean(axis=0)
            _, _, rows = dask.array.linalg.svd_compressed(lazy, 30, n_power_iter=1, seed=0)
            return np.asarray(rows.compute(scheduler="synchronous"))

        ways = {"peakscape (sketches, one pass)": ours, "IncrementalPCA": incremental, "svd_compressed": compressed}
        if n <= 20_000:
            ways["PCA (all in memory)"] = lambda: PCA(30).fit(stored.values.astype(float)).components_
        table = []
        for name, way in ways.items():
            seconds, axes = timed(way)
            table.append({"way": name, "seconds": seconds, "within": _within(stored, axes, blocks)})
    return pd.DataFrame(table)


def _within(stored: Any, axes: np.ndarray, blocks: list[slice]) -> float:
    mean = np.mean([stored[one].values.astype(float).mean(axis=0) for one in blocks], axis=0)
    inside = total = 0.0
    for one in blocks:
        rows = stored[one].values.astype(float) - mean
        inside, total = inside + float(np.sum((rows @ axes.T) ** 2)), total + float(np.sum(rows**2))
    return inside / total


def kills(options: argparse.Namespace) -> pd.DataFrame:
    """Kill workers at random moments while patterns are simulated; the bits must be those of one process at rest."""
    chance, n_killed, n_same, n_runs, n_again = random.Random(0), 0, 0, 0, 0
    connection.LONGEST_ALONE = 10.0
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        source = variants(12 * 1024)
        calm = spectra.open(cluster.simulate(source, Path(folder) / "calm.zarr")).load()
        while n_killed < options.kills:
            out = Path(folder) / "wild.zarr"
            while not out.exists():
                died, ended = _wild(source, out, chance, options.kills - n_killed)
                n_killed, n_again = n_killed + died, n_again + ended
                print(f"{n_killed} killed, {n_again} runs ended in one line", file=sys.stderr, flush=True)
            n_runs += 1
            n_same += spectra.open(out).load().equals(calm)
            subprocess.run(["rm", "-r", str(out)], check=True)
    return pd.DataFrame([{"killed": n_killed, "runs": n_runs, "ended in one line": n_again, "same bits": n_same}])


def _wild(source: Any, out: Path, chance: random.Random, most: int) -> tuple[int, int]:
    """Simulate while workers are killed; return how many were, and whether it ended because none was left."""
    killed: list[int] = []
    with cluster.connect("local:2") as client:
        over = threading.Event()

        def kill() -> None:
            while not over.wait(chance.uniform(1.0, 4.0)) and len(killed) < most:
                alive = [nanny.pid for nanny in list(client.cluster.workers.values()) if nanny.pid]
                if alive:
                    with suppress(ProcessLookupError):
                        os.kill(chance.choice(alive), signal.SIGKILL)
                        killed.append(1)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            cluster.simulate(source, out, client=client)
        except PeakscapeError as error:
            print(error, file=sys.stderr)
            return len(killed), 1
        finally:
            over.set()
            killer.join()
    return len(killed), 0


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rates", "growth", "peers", "kills"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000], help="numbers of patterns")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--scratch", help="a folder with room for the stores (16 GB for 10^6 patterns)")
    options = parser.parse_args()
    table = {"rates": rates, "growth": growth, "peers": peers, "kills": kills}[options.what](options)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


if __name__ == "__main__":
    main()
