"""The trainer: ten members on one core and two, what the first fit costs more, and plain PyTorch."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

import peakscape as ps
from benchmarks import series, train_peers
from benchmarks.limits import train_operations
from benchmarks.timing import cpu_seconds, one_core, spread, wall_seconds

N_EPOCHS = 1000
# Epochs that stand for the 1,000 of each peer, after two for warming up.
PEER_EPOCHS = {"torch_eager": 20, "torch_fused": 20, "torch_compiled": 20, "torch_span": 60}


def measure(*, quick: bool) -> dict[str, Any]:
    patterns = series.training_patterns()
    n_epochs, n_rounds = (50, 1) if quick else (N_EPOCHS, 3)
    fit(patterns, n_members=2, n_epochs=1)  # compiles or loads what is compiled
    peers, compile_s, missing = prepare_peers(patterns, quick=quick)
    with one_core():
        rounds = [one_round(patterns, peers, n_epochs=n_epochs, quick=quick) for _ in range(n_rounds)]
        residual = cpu_seconds(lambda: fit(patterns, n_members=10, n_epochs=n_epochs, recipe="residual"))
    two = [wall_seconds(lambda: fit(patterns, n_members=10, n_epochs=n_epochs)) for _ in range(n_rounds)]
    ours = [times["ours"] for times in rounds]
    pairs = {name: spread([times[name] / times["ours"] for times in rounds]) for name in peers}
    return {
        "ten_members_s": statistics.median(ours),
        "ten_members_range": [min(ours), max(ours)],
        "ten_members_two_cores_s": statistics.median(two),
        "ten_members_two_cores_range": [min(two), max(two)],
        "ten_members_residual_s": residual,
        **first_fit(patterns),
        "ratio": {name: pair["median"] for name, pair in pairs.items()},
        "pairs": pairs,
        "peer_network_s": {name: statistics.median(times[name] for times in rounds) / 10 for name in peers},
        "peer_epochs": {name: 2 if quick else PEER_EPOCHS[name] for name in peers},
        "peer_compile_s": compile_s,
        "peers_missing": missing,
        "n_epochs": n_epochs,
        "operations": 10 * train_operations(len(patterns), len(patterns), n_epochs),
        "seconds": statistics.median(ours),
    }


def fit(patterns: np.ndarray, *, n_members: int, n_epochs: int, recipe: str = "paper") -> ps.maps.Autoencoder:
    """Fit without remarks: a collapsed member takes as long as another."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.errors.CollapseWarning)
        space = ps.maps.Autoencoder(recipe=recipe, n_members=n_members, n_epochs=n_epochs, random_state=0)
        return space.fit(patterns)


def prepare_peers(
    patterns: np.ndarray, *, quick: bool
) -> tuple[dict[str, train_peers.Epochs], float | None, dict[str, str]]:
    """The loops of the peers, warmed up; the seconds that torch.compile took; and why a peer is missing."""
    peers = {
        "torch_eager": train_peers.loop(patterns, fused=False),
        "torch_fused": train_peers.loop(patterns, fused=True),
        "torch_span": train_peers.on_span(patterns),
    }
    compile_s, missing = None, {}
    if quick:
        missing["torch_compiled"] = "left out of a quick run"
    else:
        peers["torch_compiled"] = train_peers.loop(patterns, fused=True, compiled=True)
        begin = time.perf_counter()
        try:
            peers["torch_compiled"](1)
            compile_s = time.perf_counter() - begin
        except Exception as error:  # any failure of its compiler is a result to report, not the end of the run
            missing["torch_compiled"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            del peers["torch_compiled"]
    for train in peers.values():
        train(1 if quick else 2)
    return peers, compile_s, missing


def one_round(
    patterns: np.ndarray, peers: dict[str, train_peers.Epochs], *, n_epochs: int, quick: bool
) -> dict[str, float]:
    """CPU seconds of ten networks: ours measured whole, each peer from some of its epochs."""
    times = {"ours": cpu_seconds(lambda: fit(patterns, n_members=10, n_epochs=n_epochs))}
    for name, train in peers.items():
        n_measured = 2 if quick else PEER_EPOCHS[name]
        begin = time.process_time()
        train(n_measured)
        times[name] = 10 * (time.process_time() - begin) / n_measured * n_epochs
    return times


def first_fit(patterns: np.ndarray) -> dict[str, float]:
    """What the first fit costs more than the second, in a fresh process: the cache empty, then filled."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "patterns.npy")
        np.save(path, patterns)
        environment = {**os.environ, "HOME": folder, "XDG_CACHE_HOME": os.path.join(folder, "cache")}
        command = [sys.executable, "-m", "benchmarks.train", path]
        cold, warm = (
            json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
            for _ in range(2)
        )
    return {"compile_s": cold, "compile_cached_s": warm}


def _first_minus_second(path: str) -> float:
    """Wall seconds of the first fit less those of the second; the compiler's own import is not counted."""
    import importlib.util

    for name in ("jax", "numba"):
        if importlib.util.find_spec(name):
            importlib.import_module(name)
    patterns = np.load(path)
    first, second = (wall_seconds(lambda: fit(patterns, n_members=1, n_epochs=1)) for _ in range(2))
    return first - second


if __name__ == "__main__":
    print(json.dumps(_first_minus_second(sys.argv[1])))
