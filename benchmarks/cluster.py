"""Many spectra: rates of simulating, placing and finding components, one worker against two, and the peers.

    python -m benchmarks.cluster rates            # placing by map: patterns a second on one core
    python -m benchmarks.cluster growth           # time and memory of each step, one worker and two, and their growth
    python -m benchmarks.cluster peers            # components of 20,000 patterns: ours, scikit-learn's, Dask's
    python -m benchmarks.cluster placing          # new patterns on a UMAP map: ours, umap-learn's
    python -m benchmarks.cluster kills            # 50 workers killed at random moments, the same bits

Each prints a table with the limit beside: bytes over the rate of the disk, operations over that of the core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ase.build import bulk

import peakscape as ps
from peakscape import cluster, maps, spectra
from peakscape.cluster import connection
from peakscape.errors import PeakscapeError
from peakscape.preparation import Recipe
from peakscape.threads import one_thread

AXIS = {"wavelength": 1.5406, "two_theta": (20.0, 101.9, 0.02)}
N_POINTS = 4096
STEPS = {"simulate", "fit", "place", "place unstored", "index", "search"}
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
    """Time and memory of each step by the number of patterns and of workers, the limit beside, and how they grow.

    Each number of patterns and workers has a process of its own, for its memory, and a line in `--results` for each
    step that is done: the same command goes on where it was interrupted.
    """
    results = Path(options.results)
    for n, n_workers in product(options.sizes, options.workers):
        words = [sys.executable, "-m", "benchmarks.cluster", "steps", "--sizes", str(n), "--workers", str(n_workers)]
        words += ["--results", str(results), "--scratch", options.scratch or tempfile.gettempdir()]
        subprocess.run(words, check=True)
    table = pd.read_json(results, lines=True)
    table = table[table["n"].isin(options.sizes) & table["workers"].isin(options.workers)].reset_index(drop=True)
    for name, numbers in (("time ~ n^", "seconds"), ("MB ~ n^", "MB of a worker")):
        table[name] = np.nan
        for _, rows in table.groupby(["step", "workers"]):
            few = rows.sort_values("n")
            slopes = np.diff(np.log(few[numbers])) / np.diff(np.log(few["n"]))
            table.loc[few.index[1:], name] = slopes  # from the size before to this one
    return table


def steps(options: argparse.Namespace) -> pd.DataFrame:
    """Do what is not done yet of one number of patterns and workers; each step is a line of the results."""
    [n], [n_workers], results = options.sizes, options.workers, Path(options.results)
    done = pd.read_json(results, lines=True) if results.exists() else pd.DataFrame(columns=["n", "workers", "step"])
    done = set(done.loc[(done["n"] == n) & (done["workers"] == n_workers), "step"])
    if done >= STEPS:
        return pd.DataFrame()
    folder = Path(options.scratch) / f"growth-{n}-{n_workers}"
    folder.mkdir(exist_ok=True)
    core, disk = core_rate(), disk_rate(folder)
    with cluster.connect(f"local:{n_workers}") as client:
        for name, (step, flops, n_reads) in _steps(folder, n, client).items():
            if name in done:
                continue
            for half in folder.glob("*.unfinished"):  # of a step that was interrupted: its time would not be whole
                shutil.rmtree(half)
            seconds, more = timed(step)
            size = sum(file.stat().st_size for file in (folder / "a.zarr").rglob("*") if file.is_file())
            bound = max(n_reads * size / disk, n * flops / (core * n_workers))
            row = {"n": n, "workers": n_workers, "step": name, "seconds": seconds, "patterns/s": n / seconds}
            row |= {"limit s": bound or None, "MB of a worker": max(client.run(_peak).values()), "MB here": _peak()}
            row |= {"GB stored": size / 1e9} | (more if isinstance(more, dict) else {})
            with results.open("a") as file:
                print(json.dumps(row), file=file, flush=True)
            print(row, file=sys.stderr, flush=True)
    shutil.rmtree(folder)
    return pd.DataFrame()


def _steps(folder: Path, n: int, client: Any) -> dict[str, tuple[Callable[[], Any], float, int]]:
    """What each step does, its operations for a pattern, and how often it reads (or writes) the stored patterns.

    A sketch takes four products with 60 directions and a fifth with 30, placing by principal components one with two;
    what a simulation and an index's links take is not counted.
    """
    stored, saved, found = folder / "a.zarr", folder / "a.space", folder / "a.index"
    given: dict[str, Any] = {"client": client}
    quick = given | {"only": "coordinates"}

    def fit() -> None:
        space = ps.FeatureSpace("pca", novelty=False)
        cluster.fit(stored, saved, "zero_shift", space=space, n_landmarks=100, **given)

    sketches = 2.0 * N_POINTS * (4 * 60 + 30)
    return {
        "simulate": (lambda: cluster.simulate(variants(n), stored, **given), 0.0, 1),
        "fit": (fit, sketches, 2),
        "place": (lambda: cluster.place(saved, stored, folder / "b.zarr", **quick), 4.0 * N_POINTS, 1),
        "place unstored": (lambda: cluster.place(saved, variants(n), folder / "c.zarr", **quick), 4.0 * N_POINTS, 0),
        "index": (lambda: cluster.index(stored, found, **given), sketches, 2),
        "search": (lambda: _search(found), 0.0, 0),
    }


def _search(path: Path) -> dict[str, float]:
    """A thousand questions: the seconds of their own, and the share of the ten nearest that is found."""
    questions = cluster.SimulatedSpectra(CRYSTALS, n_variants=250, random_state=1, options=AXIS).read(0, 1000)
    cluster.neighbours(path, questions[{"sample": slice(1)}])
    seconds, (numbers, distances) = timed(lambda: cluster.neighbours(path, questions))
    places = np.load(path / "places.npy", mmap_mode="r")
    with np.load(path / "components.npz") as saved:
        recipe = Recipe.from_dict(json.loads(str(saved["recipe"])))
        asked = (recipe.apply(questions)["intensity"].values - saved["mean"]) @ saved["basis"].T
    nearest = np.full((len(asked), 0), np.inf)
    for first in range(0, len(places), 20_000):
        part = places[first : first + 20_000].astype(float)
        squares = (asked**2).sum(axis=1)[:, None] - 2.0 * asked @ part.T + (part**2).sum(axis=1)
        nearest = np.sort(np.hstack([nearest, squares]), axis=1)[:, : numbers.shape[1]]
    share = float(np.mean(distances <= np.sqrt(np.maximum(nearest[:, -1:], 0.0)) * (1 + 1e-4)))
    return {"questions/s": len(asked) / seconds, "nearest found": share}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def disk_rate(folder: Path) -> float:
    """Bytes a second that the disk gives, of half a gigabyte that is not in memory any more."""
    place, block = folder / "rate.bin", os.urandom(2**24)
    with place.open("wb") as file:
        for _ in range(32):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    started = time.perf_counter()
    with place.open("rb", buffering=0) as file:
        while file.read(2**24):
            pass
    seconds = time.perf_counter() - started
    place.unlink()
    return 32 * 2**24 / seconds


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


def placing(options: argparse.Namespace) -> pd.DataFrame:
    """New patterns on a map of 256 by UMAP, by our rule and by umap-learn's own transform, turn by turn.

    Seconds of the core's own time; the share of new patterns whose nearest known one is among the 15 nearest on the
    map; and how far eight patterns lie elsewhere alone than in the batch, in sizes of the map (root mean square).
    """
    import umap

    rows = variants(4096).read(0, 4096)["intensity"].values
    known, new = rows[::16], rows[8::16][: options.rows]
    squares = (new**2).sum(axis=1)[:, None] - 2.0 * new @ known.T + (known**2).sum(axis=1)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = maps.UMAP(random_state=0).fit(known)
        theirs = umap.UMAP(n_epochs=500, random_state=0, n_jobs=1).fit(known)
        ways = {"peakscape": (ours.transform, ours.embedding_), "umap-learn": (theirs.transform, theirs.embedding_)}
        table = {name: {"way": name, "seconds": np.inf} for name in ways}
        for _ in range(3):
            for name, (transform, points) in ways.items():
                seconds, placed = timed(partial(transform, new), time.process_time)
                row: dict[str, Any] = table[name]
                row["seconds"] = min(row["seconds"], seconds)
                row["patterns/s"] = len(new) / row["seconds"]
                apart = np.linalg.norm(placed[:, None] - points, axis=2)
                near = np.argsort(apart, axis=1)[:, :15]
                row["nearest kept"] = float(np.mean((near == squares.argmin(axis=1)[:, None]).any(axis=1)))
                alone = np.concatenate([transform(new[k : k + 1]) for k in range(8)])
                size = float(np.sqrt(np.mean((points - points.mean(axis=0)) ** 2)))
                row["elsewhere alone"] = float(np.sqrt(np.mean((alone - placed[:8]) ** 2))) / size
    return pd.DataFrame(table.values())


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
    parser.add_argument("what", choices=("rates", "growth", "steps", "peers", "placing", "kills"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000], help="numbers of patterns")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--results", default="growth.jsonl", help="where growth keeps a line for each step")
    parser.add_argument("--rows", type=int, default=240, help="new patterns that placing places, at most 256")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--scratch", help="a folder with room for the stores (16 GB for 10^6 patterns)")
    options = parser.parse_args()
    ways = {"rates": rates, "growth": growth, "steps": steps, "peers": peers, "placing": placing, "kills": kills}
    table = ways[options.what](options)
    if table.empty:
        return
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


if __name__ == "__main__":
    main()
