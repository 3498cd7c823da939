"""What this machine can do, measured, and what the work needs, counted.

Rates: matrix products (GFLOP/s) in single and double precision, large and at the shapes that the three hot parts use,
and the memory bandwidth by a triad a = b + 3 c. The fraction of the limit is the time that the counted operations would
take at the measured rate, over the time taken.
"""

import time
from typing import Any

import numpy as np

from benchmarks.timing import one_core

LARGE = (2048, 2048, 2048)
SHAPES = {
    "simulate": (51, 52, 51),  # (h, atoms, k) of one plane of constant l, 52 atoms
    "train": (10, 135, 128),  # (batch, rank, first hidden layer)
    "relevance": (11_898, 128, 64),  # (windows, first hidden layer, second)
}
HIDDEN = (128, 64, 12)


def measure(*, quick: bool) -> dict[str, Any]:
    """Rates of one core: GFLOP/s by precision and shape, and GB/s of the triad."""
    seconds = 0.05 if quick else 0.6
    large = (512, 512, 512) if quick else LARGE
    rates: dict[str, Any] = {}
    with one_core():
        for precision in ("float32", "float64"):
            for name, shape in {"large": large, **SHAPES}.items():
                rates.setdefault(precision, {})[name] = gemm_rate(shape, precision, seconds)
        rates["triad_gb_per_s"] = triad_rate(1_000_000 if quick else 40_000_000)
    rates["shapes"] = {"large": large, **SHAPES}
    return rates


def gemm_rate(shape: tuple[int, int, int], precision: str, seconds: float) -> float:
    """GFLOP/s of (m, k) @ (k, n): the best of repetitions over the given time, in CPU time, 2 m k n operations each."""
    m, k, n = shape
    rng = np.random.default_rng(0)
    left, right = rng.random((m, k)).astype(precision), rng.random((k, n)).astype(precision)
    out = np.empty((m, n), dtype=precision)
    n_calls = max(1, int(2e7 / (m * k * n)))
    best, end = np.inf, time.process_time() + seconds
    while time.process_time() < end or best == np.inf:
        begin = time.process_time()
        for _ in range(n_calls):
            np.matmul(left, right, out=out)
        best = min(best, (time.process_time() - begin) / n_calls)
    return 2e-9 * m * k * n / best


def triad_rate(n: int) -> float:
    """GB/s of a = b + 3 c over arrays far larger than the caches, 32 bytes an element in two passes (numpy)."""
    b, c = np.ones(n), np.ones(n)
    a = np.empty(n)
    best = np.inf
    for _ in range(4):
        begin = time.process_time()
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)
        best = min(best, time.process_time() - begin)
    return 5 * 8e-9 * n / best


def simulate_operations(n_atoms: int, n_reflections: int, n_points: int) -> float:
    """4 N R for the amplitudes, 8 R for the deposit, 5 n log2(n) for the two transforms of 2 n_points numbers.

    R counts Friedel-unique reflections. For a fixed l, the products of the cosines and sines of h with those of k (four
    real multiply-adds an atom) give +h and -h together: 4 operations a reflection and atom.
    """
    fine = 2.0 * n_points
    return 4.0 * n_atoms * n_reflections + 8.0 * n_reflections + 5.0 * fine * np.log2(fine)


def train_operations(rank: int, n_samples: int, n_epochs: int, batch_size: int = 10) -> float:
    """Forward 2, backward 4 operations a weight and pattern (first layer: 2, no gradient of its input); Adam 12 a step.

    The network is that of the span: rank-128-64-12-2 and mirrored.
    """
    first = rank * HIDDEN[0]
    weights = 2 * (first + HIDDEN[0] * HIDDEN[1] + HIDDEN[1] * HIDDEN[2] + HIDDEN[2] * 2)
    n_steps = -(-n_samples // batch_size)
    return float(n_epochs * (n_samples * (6 * weights - 2 * first) + n_steps * 12 * weights))


def relevance_operations(n_windows: int) -> float:
    """Per pattern and network: 3 a hidden unit and window for the first layer, then the rest of the encoder."""
    rest = HIDDEN[0] * HIDDEN[1] + HIDDEN[1] * HIDDEN[2] + HIDDEN[2] * 2
    return float(n_windows * (3 * HIDDEN[0] + 2 * rest))


def seconds_at(operations: float, gflops: float) -> float:
    return operations / (1e9 * gflops)


def add_fractions(results: dict[str, Any]) -> None:
    """Write beside each time the least time that its operations need at this machine's measured rates.

    `limit_s` takes the best rate in single precision, large matrices; `limit_at_shape_s` the rate at the shape of the
    work. `fraction` and `fraction_at_shape` are these over the time taken.
    """
    if "limits" not in results:
        return
    rates = results["limits"]["float32"]
    rows = [(results.get("simulate", {}).get(size), "simulate") for size in ("52", "104")]
    rows += [(results.get(part), part) for part in ("train", "relevance")]
    for row, shape in rows:
        if row is not None:
            row["limit_s"] = seconds_at(row["operations"], max(rates.values()))
            row["limit_at_shape_s"] = seconds_at(row["operations"], rates[shape])
            row["fraction"] = row["limit_s"] / row["seconds"]
            row["fraction_at_shape"] = row["limit_at_shape_s"] / row["seconds"]
