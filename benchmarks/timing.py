"""How times are taken: CPU seconds for one core, wall seconds for two, ratios in pairs.

One core is kept by binding the process to it, and its time is CPU time: what else runs on the machine adds little.
A ratio is taken in pairs (ours, peer, ours, peer ...), so that a slow spell of the machine meets both.
"""

import contextlib
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Work = Callable[[], Any]


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Bind this thread, and the threads that it starts, to the first core that the process may use."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def cpu_seconds(work: Work) -> float:
    """CPU time of the whole process, all its threads, while it does the work."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def wall_seconds(work: Work) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def median_seconds(work: Work, *, n_runs: int, clock: Callable[[Work], float] = cpu_seconds) -> dict[str, float]:
    """Median, least and largest time of a few runs."""
    return spread([clock(work) for _ in range(n_runs)])


def paired_ratio(
    ours: Work,
    peer: Work,
    *,
    n_pairs: int,
    our_units: float = 1.0,
    peer_units: float = 1.0,
    clock: Callable[[Work], float] = cpu_seconds,
) -> dict[str, Any]:
    """Time ours and the peer in turn; the ratio is of times per unit (a pattern, an epoch ...).

    `our_units` and `peer_units` say how many units one call of each does.
    """
    our_times, peer_times = [], []
    for _ in range(n_pairs):
        our_times.append(clock(ours) / our_units)
        peer_times.append(clock(peer) / peer_units)
    ratios = [b / a for a, b in zip(our_times, peer_times, strict=True)]
    return {
        **spread(ratios),
        "n_pairs": n_pairs,
        "ours_s": statistics.median(our_times),
        "peer_s": statistics.median(peer_times),
        "peer_units": peer_units,
    }


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def peak_memory_mib() -> float:
    """The most memory that this process has held, in MiB.

    On Linux getrusage also counts what the parent held when it started this process, so /proc is asked first.
    """
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else []:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
