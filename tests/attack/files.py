"""Damaged files for every reader: finite curves or the package's own error in one line, soon; and never another file."""

import json
import random
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from peakscape import isolation
from peakscape.errors import MissingExtra, PeakscapeError
from peakscape.formats.registry import scans_of

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))
from example_files import EXAMPLES

from tests.attack.damage import damaged

SLOW_SECONDS = 10.0
NAMES = sorted(EXAMPLES)


def example(number: int, seed: int) -> tuple[str, bytes]:
    """Return the damaged file of a number: its name, and bytes that depend on the number and the seed alone."""
    name = NAMES[number % len(NAMES)]
    chance = random.Random(f"{seed}/{number}")
    raw = damaged(EXAMPLES[name], chance)
    if chance.random() < 0.02:  # under the name of another kind
        name = chance.choice(NAMES)
    return name, raw


def outcome(path: Path) -> str:
    """Read a file: what becomes of it; anything that begins with "BAD" breaks a promise."""
    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scans = scans_of(path)
    except MissingExtra:
        return "missing extra"
    except PeakscapeError as error:
        text = str(error)
        if "cannot be read (" in text:
            return f"BAD another exception in the worker: {text}"
        if "\n" in text or len(text) > 1000 + len(str(path)):
            return f"BAD message: {text[:300]!r}"
        if " s to read" in text or "ends the program" in text or "GiB of memory" in text:
            return "refused: worker ended or out of memory"
        return "refused"
    except Exception as error:
        return f"BAD {type(error).__name__}: {error}"
    if time.process_time() - started > SLOW_SECONDS:
        return "BAD slow"
    for scan in scans:
        numbers = np.concatenate([scan.points, scan.intensity])
        fine = len(scan.points) == len(scan.intensity) >= 2 and np.isfinite(numbers).all()
        if not (fine and (np.diff(scan.points) > 0).all()):
            return "BAD curve"
        if not all(isinstance(value, str) or np.isfinite(value) for value in scan.metadata.values()):
            return "BAD metadata"
    return "read" if scans else "BAD nothing"


def campaign(folder: Path, *, n_files: int, seconds: float, seed: int = 0) -> dict:
    """Go on with the campaign whose state lies in a folder, until so many files were read or the time is over."""
    folder.mkdir(parents=True, exist_ok=True)
    state_file = folder / "files.json"
    state = {"seed": seed, "done": 0, "seconds": 0.0, "outcomes": {}, "by_format": {}}
    if state_file.exists():
        state = json.loads(state_file.read_text())
    counts, by_format = Counter(state["outcomes"]), {k: Counter(v) for k, v in state["by_format"].items()}
    isolation.SECONDS = 3.0
    started, before = time.monotonic(), state["seconds"]
    work = folder / "work"
    work.mkdir(exist_ok=True)
    while state["done"] < n_files and time.monotonic() - started < seconds:
        name, raw = example(state["done"], state["seed"])
        path = work / name
        path.write_bytes(raw)
        told = outcome(path)
        if told.startswith("BAD"):
            keep = folder / "found" / f"{state['done']}-{name}"
            keep.parent.mkdir(exist_ok=True)
            keep.write_bytes(raw)
            print(state["done"], name, told[:300], flush=True)
            told = "BAD"
        counts[told] += 1
        by_format.setdefault(name, Counter())[told] += 1
        state["done"] += 1
        path.unlink()
        if state["done"] % 500 == 0 or time.monotonic() - started >= seconds:
            state |= {"outcomes": counts, "by_format": by_format, "seconds": before + time.monotonic() - started}
            state_file.write_text(json.dumps(state, indent=1))
    state |= {"outcomes": counts, "by_format": by_format, "seconds": before + time.monotonic() - started}
    state_file.write_text(json.dumps(state, indent=1))
    return state
