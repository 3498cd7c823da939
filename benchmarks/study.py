"""The study of the alloy series as a user runs it, on all cores; with its full evaluation only where asked."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FULL = "PEAKSCAPE_BENCH_EVALUATION"
"""Set this variable to 1 to time the full evaluation too (ten minutes more)."""


def measure(*, quick: bool) -> dict[str, Any]:
    if quick:
        return {"alloy_s": None, "evaluation_s": None}
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        _study(Path(folder) / "plain")
        found: dict[str, Any] = {"alloy_s": time.perf_counter() - begin, "evaluation_s": None}
        summary = json.loads((Path(folder) / "plain" / "summary.json").read_text())
        found["alloy_reported_s"] = summary.get("seconds")
        if os.environ.get(FULL) == "1":
            begin = time.perf_counter()
            _study(Path(folder) / "full", "--evaluate")
            found["evaluation_s"] = time.perf_counter() - begin
    return found


def _study(folder: Path, *options: str) -> None:
    program = str(Path(sys.executable).with_name("peakscape"))
    # The suite gives every part one thread for linear algebra; a user has no such limit.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    words = [program, "study", "alloy", "--out", str(folder), *options]
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
