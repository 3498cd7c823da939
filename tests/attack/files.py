"""Damaged files for every reader: finite curves or the package's own error in one line, soon; and never another file.

Files are made and read in a child process, some hundred a second, by the code that the package's second process runs
(`isolation.answer_to`). The parent only counts, and ends a child that takes too long with one file.
"""

import gzip
import hashlib
import json
import os
import random
import re
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from peakscape import isolation
from peakscape.errors import MissingExtra, PeakscapeError
from peakscape.formats import registry
from peakscape.formats.registry import scans_of

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))
from example_files import EXAMPLES

from tests.attack.damage import damaged

SLOW_SECONDS = 3.0
"""Of the processor's time for one small file; the second process allows 10 s."""
FOUND = Path(__file__).parent / "found"
"""What broke a promise once: every campaign begins with these, and adds what it finds."""
MOST_KEPT = 200
"""Files of one example that a campaign keeps to damage them further."""
NAMES = sorted(EXAMPLES)
Corpus = dict[str, list[bytes]]


def found_before() -> list[tuple[str, str, bytes]]:
    """Return what is kept in the project: a title, the name that the file had, and its bytes."""
    kept = sorted(FOUND.glob("*.gz"))
    return [(one.stem, one.stem.split("--", 1)[1], gzip.decompress(one.read_bytes())) for one in kept]


def starting_corpus() -> Corpus:
    """Return what is damaged, by name: the examples of all formats, and what was found before."""
    corpus = {name: [raw] for name, raw in EXAMPLES.items()}
    for _, name, raw in found_before():
        corpus.setdefault(name, []).append(raw)
    return corpus


def example(number: int, seed: int, corpus: Corpus) -> tuple[str, bytes]:
    """Return the damaged file of a number: its name, and bytes that depend on number, seed and corpus alone."""
    names = sorted(corpus)
    name = names[number % len(names)]
    chance = random.Random(f"{seed}/{number}")
    kept = corpus[name]
    raw = damaged(kept[0] if chance.random() < 0.5 else chance.choice(kept), chance)
    if chance.random() < 0.02:  # under the name of another kind
        name = chance.choice(names)
    return name, raw


def outcome(path: Path) -> tuple[str, str]:
    """Read a file: what becomes of it, and in which words; what begins with "BAD" breaks a promise."""
    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scans = scans_of(path)
    except MissingExtra as error:
        return "missing extra", str(error)
    except PeakscapeError as error:
        return _of_refusal(str(error), path)
    except Exception as error:
        return f"BAD {type(error).__name__}", f"{error}"
    if time.process_time() - started > SLOW_SECONDS:
        return "BAD slow", ""
    for scan in scans:
        numbers = np.concatenate([scan.points, scan.intensity])
        fine = len(scan.points) == len(scan.intensity) >= 2 and np.isfinite(numbers).all()
        if not (fine and (np.diff(scan.points) > 0).all()):
            return "BAD curve", ""
        if not all(isinstance(value, str) or np.isfinite(value) for value in scan.metadata.values()):
            return "BAD metadata", ""
    told = [[scan.axis, scan.wavelength is None, sorted(scan.metadata)] for scan in scans[:3]]
    return ("read" if scans else "BAD nothing"), f"{min(len(scans), 3)} {told}"


def _of_refusal(text: str, path: Path) -> tuple[str, str]:
    if "cannot be read (" in text:
        return "BAD another exception in the worker", text
    if "\n" in text or len(text) > 1000 + len(str(path)):
        return "BAD message", text[:300]
    if " s to read" in text or "ends the program" in text or "GiB of memory" in text:
        return "refused by a limit", text
    return "refused", text


def campaign(folder: Path, *, n_files: int, seconds: float, seed: int = 0) -> dict:
    """Go on with the campaign whose state lies in a folder, until so many files were read or the time is over."""
    folder.mkdir(parents=True, exist_ok=True)
    state_file = folder / "files.json"
    state = {"seed": seed, "done": 0, "seconds": 0.0, "outcomes": {}, "by_format": {}}
    if state_file.exists():
        state = json.loads(state_file.read_text())
    counts, by_format = Counter(state["outcomes"]), {k: Counter(v) for k, v in state["by_format"].items()}
    started, before = time.monotonic(), state["seconds"]
    last = n_files
    while state["done"] < last and time.monotonic() - started < seconds:
        child = _Child(folder, state["done"], last, state["seed"])
        for told, name in child.results(until=started + seconds):
            counts[told] += 1
            by_format.setdefault(name, Counter())[told] += 1
            state["done"] += 1
            if state["done"] % 2000 == 0:
                state |= {"seconds": before + time.monotonic() - started, "outcomes": counts, "by_format": by_format}
                _written_at_once(state_file, state)
    state |= {"seconds": before + time.monotonic() - started, "outcomes": counts, "by_format": by_format}
    _written_at_once(state_file, state)
    return state


def _written_at_once(place: Path, state: dict) -> None:
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(state, indent=1))
    fresh.replace(place)


class _Child:
    """A process that makes and reads the files from one number on, and says of each what became of it."""

    def __init__(self, folder: Path, first: int, last: int, seed: int) -> None:
        self.folder = folder
        self.pipe, write = os.pipe()
        sys.stdout.flush()
        self.place = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        self.process = os.fork()
        if self.process == 0:
            code = 1
            try:
                os.close(self.pipe)
                _work(folder, self.place, write, first, last, seed)
                code = 0
            except Exception:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        os.close(write)

    def results(self, *, until: float):
        """Give the outcome and the name of each file; of one that ends the child, or has to be ended, too."""
        rest, ended, used, slow = b"", False, self._cpu(), False
        while not ended:
            ready, _, _ = select.select([self.pipe], [], [], 0.5)
            if ready:
                got = os.read(self.pipe, 2**16)
                ended, used = not got, self._cpu()
                *lines, rest = (rest + got).split(b"\n")
                for line in lines:
                    told, name = line.decode().split("\t")
                    yield told, name
                if time.monotonic() > until:
                    break
            elif self._cpu() - used > SLOW_SECONDS:
                os.kill(self.process, signal.SIGSTOP)
                if select.select([self.pipe], [], [], 0.0)[0]:  # it has come to an end meanwhile
                    os.kill(self.process, signal.SIGCONT)
                    continue
                slow = True
                self._trace()
                break
        if not ended:
            os.kill(self.process, signal.SIGKILL)
        _, status = os.waitpid(self.process, 0)
        os.close(self.pipe)
        if slow or (ended and status != 0):
            yield self._of_last(slow, status)
        for one in self.place.iterdir():
            one.unlink()
        self.place.rmdir()

    def _of_last(self, slow: bool, status: int) -> tuple[str, str]:
        """Keep the file at which the child stopped; whether a limit of the second process would have refused it."""
        path = next((one for one in self.place.iterdir() if one.name != "trace"), None)
        if path is None and (status == signal.SIGSEGV or slow):  # h5py, while it damaged a damaged file once more
            return "not made", "-"
        if path is None:
            raise RuntimeError(f"the campaign itself went wrong ({status}); see {self.folder / 'errors.txt'}")
        why = "slow" if slow else f"ended by {status}"
        trace = self.place / "trace"
        isolated = registry.choose(path).isolated
        told = "refused by a limit" if isolated else f"BAD {why}"
        words = trace.read_text() if trace.exists() else ""
        keep(self.folder, told, path.name, path.read_bytes(), f"{why} {words}")
        return told, path.name

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _trace(self) -> None:
        """Write down where in C the child is, if gdb is here."""
        import shutil
        import subprocess

        if shutil.which("gdb"):
            words = ["gdb", "-p", str(self.process), "-batch", "-ex", "bt 12"]
            told = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False).stdout
            frames = re.findall(r"^#\d+ .*? in (\w+) ", told, re.MULTILINE)
            (self.place / "trace").write_text(" < ".join(frames[:8]))


def _work(folder: Path, place: Path, pipe: int, first: int, last: int, seed: int) -> None:
    """Make and read files in this process, with the limits of the second process; this is the child's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.dup2(os.open(folder / "errors.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    read_here()
    isolation._limit_memory()
    corpus, seen = starting_corpus(), set()
    for one in sorted((folder / "corpus").glob("*")):
        name = one.name.split("--", 1)[1]
        corpus.setdefault(name, []).append(one.read_bytes())
        seen.add(one.name.split("--", 1)[0])
    for number in range(first, last):
        name, raw = example(number, seed, corpus)
        path = place / name
        path.write_bytes(raw)
        told, words = outcome(path)
        path.unlink(missing_ok=True)
        key = _key(name, told, words, path)
        if key not in seen:
            seen.add(key)
            if told.startswith("BAD") or told == "refused by a limit":
                keep(folder, told, name, raw, words)
            elif len(corpus.setdefault(name, [])) < MOST_KEPT and len(raw) < 200_000:
                corpus[name].append(raw)
                (folder / "corpus").mkdir(exist_ok=True)
                (folder / "corpus" / f"{key}--{name}").write_bytes(raw)
        os.write(pipe, f"{told}\t{name}\n".encode())


def read_here() -> None:
    """Let what the second process would do be done in this one, by the same code."""

    def call(function: str, path: Path, **options: object):
        answer, arrays = isolation.answer_to(function, os.fspath(path), options)
        if "error" in answer:
            raise isolation._error(answer, os.fspath(path))
        return answer["told"], arrays

    registry.isolation = type("Here", (), {"call": staticmethod(call)})


def _key(name: str, told: str, words: str, path: Path) -> str:
    """Name a way in which reading can end: the words without numbers and quotations."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|\d+|[^\x20-\x7e]", "#", words.replace(str(path), ""))
    return hashlib.sha256(f"{name}/{told}/{plain}".encode()).hexdigest()[:12]


def keep(folder: Path, told: str, name: str, raw: bytes, words: str) -> None:
    """Keep a file that broke a promise, for all campaigns to come, or that met a limit, to be looked at."""
    bad = told.startswith("BAD")
    place = folder / ("found" if bad else "limits")
    place.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(raw).hexdigest()[:8]
    if len(list(place.iterdir())) < 500:
        (place / f"{digest}--{name}").write_bytes(raw)
        with (folder / "found.txt").open("a") as notes:
            notes.write(f"{digest} {name} {told}: {' '.join(words.split())[:500]}\n")
    if bad and folder.resolve().is_relative_to(Path(__file__).parents[2]):
        FOUND.mkdir(exist_ok=True)
        (FOUND / f"{digest}--{name}.gz").write_bytes(gzip.compress(raw, mtime=0))
