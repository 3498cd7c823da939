"""Damage guided by coverage: what reaches new lines of a reader is damaged further, by atheris (libFuzzer).

``python -m tests.attack.guided [--minutes M] [--folder results/guided]``, with ``pip install atheris`` beside the
extra test. One process for each example whose reader is Python (HDF5 is read in C, where coverage says nothing),
in turn; half of the damage is libFuzzer's own, half that of `tests.attack.damage`. What breaks a promise is kept as
the campaign keeps it, and a file that takes five minutes or too much memory ends that process and is told.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

LONGEST = 40_000
"""Bytes of a file: what matters in these formats stands in the first few thousand."""
ALWAYS = ["-timeout=300", "-rss_limit_mb=2048", f"-max_len={LONGEST}", "-close_fd_mask=1", "-print_final_stats=1"]


def main() -> None:
    """Run all examples in turn, or (inwardly) one."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack.guided", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0, help="for all of them together")
    parser.add_argument("--folder", type=Path, default=Path("results/guided"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        guide(options.one, options.folder, options.minutes)
        return
    from tests.attack.files import EXAMPLES

    names = [name for name, raw in EXAMPLES.items() if raw[:4] != b"\x89HDF"]
    words = [sys.executable, "-m", "tests.attack.guided", "--minutes", str(options.minutes / len(names))]
    total: Counter[str] = Counter()
    for name in names:
        folder = options.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "log.txt").open("wb") as log:
            run = subprocess.run([*words, "--folder", str(folder), "--one", name], stderr=log, check=False)
        told = json.loads((folder / "counts.json").read_text())
        told["BAD end of the process"] = int(run.returncode != 0)
        total.update(told)
        print(f"{name}: {told}", flush=True)
    print(f"{sum(total.values()):,} files: {dict(total)}")


def guide(name: str, folder: Path, minutes: float) -> None:
    """Damage one example for so many minutes; libFuzzer ends the process itself."""
    import atheris

    with atheris.instrument_imports(include=["peakscape.formats"]):
        import peakscape.formats.registry  # noqa: F401

    from tests.attack import files
    from tests.attack.damage import damaged

    files.read_here()
    counts: Counter[str] = Counter()
    path = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)) / name
    start = folder / "corpus"
    start.mkdir(parents=True, exist_ok=True)
    for k, raw in enumerate(files.starting_corpus()[name]):
        (start / f"start-{k}").write_bytes(raw)

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        told, words = files.outcome(path)
        counts[told] += 1
        if told.startswith("BAD"):
            files.keep(folder, told, name, raw, words)
        if sum(counts.values()) % 500 == 1:
            (folder / "counts.json").write_text(json.dumps(counts))

    def mutate(raw: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        changed = damaged(raw, chance) if chance.random() < 0.5 else atheris.Mutate(raw, longest)
        return bytes(changed[:longest])

    (folder / "counts.json").write_text("{}")
    limits = [f"-max_total_time={int(60 * minutes)}", f"-artifact_prefix={folder}/", *ALWAYS]
    atheris.Setup([sys.argv[0], *limits, str(start)], read, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"
    main()
