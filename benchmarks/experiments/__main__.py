"""Run the bench: ``python -m benchmarks.experiments [--seeds 20] [--kinds ...]``; what was run is not repeated."""

import argparse
import json
import time
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from benchmarks.experiments.measure import measure
from benchmarks.experiments.report import markdown, novelty_markdown, summary
from peakscape.datasets import simulated_kinds


def main() -> None:
    """Measure what is missing, write runs.csv beside runs.jsonl, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.experiments", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="experiments of each kind (default: 20)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--kinds", nargs="+", default=simulated_kinds(), choices=simulated_kinds(), metavar="KIND")
    parser.add_argument("--out", type=Path, default=Path("bench_results"), help="folder of results")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--only-numbers", action="store_true", help="leave foreign spectra out: faster")
    parser.add_argument("--only-novelty", action="store_true", help="only whether foreign spectra are told: fast")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "runs.jsonl"
    done = {(run["kind"], run["seed"]) for run in _runs(path)}
    seeds = range(options.first, options.first + options.seeds)
    missing = [(kind, seed) for seed in seeds for kind in options.kinds if (kind, seed) not in done]
    start = time.perf_counter()
    work = (delayed(_one)(kind, seed, options.only_numbers, options.only_novelty) for kind, seed in missing)
    for number, run in enumerate(Parallel(options.jobs, return_as="generator_unordered")(work)):
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")
        passed = time.perf_counter() - start
        print(f"{number + 1}/{len(missing)} {run['kind']} {run['seed']} {passed:.0f} s", flush=True)
    wanted = [run for run in _runs(path) if run["seed"] in seeds and run["kind"] in options.kinds]
    runs = pd.DataFrame(wanted)
    runs["kind"] = pd.Categorical(runs["kind"], [kind for kind in simulated_kinds() if kind in set(runs["kind"])])
    runs = runs.sort_values(["kind", "seed"])
    runs.to_csv(options.out / "runs.csv", index=False)
    if options.only_novelty:
        print(novelty_markdown(runs))
        return
    print(markdown(runs))
    print(summary(runs))


def _one(kind: str, seed: int, only_numbers: bool, only_novelty: bool) -> dict[str, object]:
    with threadpool_limits(1):
        return measure(kind, seed, only_numbers=only_numbers, only_novelty=only_novelty)


def _runs(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
