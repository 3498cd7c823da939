"""Run every part of the benchmark in one go and write the results, the page and its pictures.

Each part runs in a process of its own, with one thread for linear algebra; the parts run one after another.

    python -m benchmarks.run                           all, into benchmarks/results.json and docs/
    PEAKSCAPE_BENCH_EVALUATION=1 python -m benchmarks.run   the full evaluation of the alloy study too
    python -m benchmarks.run --quick --out FOLDER      tiny sizes: shows that it works, times nothing well
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from benchmarks.limits import add_fractions
from benchmarks.targets import judge

PARTS = ("limits", "startup", "simulate", "train", "relevance", "memory", "large", "growth", "study")
PACKAGES = (
    "peakscape", "numpy", "scipy", "numba", "jax",
    "torch", "pymatgen-core", "xrayutilities", "gemmi", "Dans-Diffraction",
)  # fmt: skip
ROOT = Path(__file__).parents[1]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> int:
    options = parser().parse_args()
    if options.part:
        print(json.dumps(import_module(f"benchmarks.{options.part}").measure(quick=options.quick)))
        return 0
    results = run_all(options.parts, quick=options.quick)
    results_folder, docs = (options.out, options.out) if options.out else (ROOT / "benchmarks", ROOT / "docs")
    results_folder.mkdir(parents=True, exist_ok=True)
    (results_folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    if set(options.parts) == set(PARTS):
        from benchmarks import report

        report.write(results, docs)
    return 0


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="python -m benchmarks.run", description="The benchmark suite of peakscape.")
    words.add_argument("--quick", action="store_true", help="tiny sizes: seconds instead of minutes")
    words.add_argument("--out", type=Path, help="folder for everything, instead of benchmarks/ and docs/")
    words.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these (no page is written)")
    words.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)  # one part, in this process
    return words


def run_all(parts: list[str], *, quick: bool) -> dict[str, Any]:
    results: dict[str, Any] = {"machine": machine(), "quick": quick}
    begin = time.perf_counter()
    for part in parts:
        started = time.perf_counter()
        words = [sys.executable, "-m", "benchmarks.run", "--part", part, *(["--quick"] if quick else [])]
        done = subprocess.run(words, cwd=ROOT, env={**os.environ, **ONE_THREAD}, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"benchmark: the part '{part}' failed (see above); nothing was written")
        results[part] = json.loads(done.stdout.splitlines()[-1])
        print(f"benchmark: {part} took {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    results["machine"]["load_average"]["end"] = os.getloadavg()[0]
    results["machine"]["run_s"] = time.perf_counter() - begin
    add_fractions(results)
    results["targets"] = judge(results)
    return results


def machine() -> dict[str, Any]:
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "load_average": {"begin": os.getloadavg()[0]},
        "versions": {name: version(name) for name in PACKAGES},
    }


def processor() -> str:
    """The processor's name, with family and model where the system tells them (a name may be no more than a brand)."""
    found = {}
    path = Path("/proc/cpuinfo")
    for line in path.read_text().splitlines() if path.exists() else []:
        key, _, value = line.partition(":")
        found.setdefault(key.strip(), value.strip())
    if "model name" not in found:
        return platform.processor()
    return f"{found['model name']}, family {found.get('cpu family')}, model {found.get('model')}"


def commit() -> str | None:
    """The commit that was measured, with a plus sign if files were changed since; None outside a repository."""
    words = ["git", "describe", "--always", "--abbrev=7", "--dirty=+", "--exclude=*"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or None


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    raise SystemExit(main())
