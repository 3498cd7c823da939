"""Kills at random moments of every command that writes: the old output stays whole, and nothing is left over."""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

Words = list[str]


def inputs(folder: Path) -> Path:
    """Raw files of a series, stored spectra, and a space."""
    from peakscape import formats, spectra
    from peakscape.feature_space import FeatureSpace

    raw = folder / "raw"
    raw.mkdir(parents=True)
    axis = np.linspace(10.0, 40.0, 150)
    for k in range(8):
        row = np.exp(-(((axis - 15 - k / 7) / 0.6) ** 2)) + np.exp(-(((axis - 30 - k / 3) / 0.6) ** 2))
        np.savetxt(raw / f"x{k}.xy", np.column_stack([axis, 1000 * row + 10]))
    read = formats.label_by_name(formats.read(raw, wavelength=1.5406), r"x(?P<x>\d)\.xy")
    spectra.save(read, folder / "all.zarr")
    FeatureSpace("pca", preparation="normalize=norm").fit(read, label="x").save(folder / "one.space")
    return folder


def commands(given: Path, out: Path) -> dict[str, tuple[Words, Path, Callable[[Path], object]]]:
    """Each writing command, its output, and what opens that."""
    from peakscape import formats, spectra
    from peakscape.feature_space import open_space

    raw, stored, space = str(given / "raw"), str(given / "all.zarr"), str(given / "one.space")
    beam = ["--wavelength", "1.5406"]

    def study(folder: Path) -> object:
        summary = folder / "summary.json"
        return summary.read_bytes() if summary.exists() else spectra.open(folder / "spectra.zarr")

    return {
        "read zarr": (["read", raw, *beam, "-o", str(out / "a.zarr")], out / "a.zarr", spectra.open),
        "read nc": (["read", raw, *beam, "-o", str(out / "a.nc")], out / "a.nc", spectra.open),
        "prepare": (["prepare", stored, "-o", str(out / "p.zarr")], out / "p.zarr", spectra.open),
        "fit": (["fit", stored, "--map", "pca", "-o", str(out / "a.space")], out / "a.space", open_space),
        "generate": (["generate", space, "--value", "3", "-o", str(out / "g.xy")], out / "g.xy", formats.read),
        "between": (
            ["generate", space, "--between", "x0", "x5", "-o", str(out / "b.zarr")], out / "b.zarr", spectra.open,
        ),
        "figure": (["group", space, "--figure", str(out / "f.png")], out / "f.png", Path.read_bytes),
        "study series": (
            ["study", "series", stored, "--label", "x", "--out", str(out / "study")], out / "study", study,
        ),
    }  # fmt: skip


def forked(words: Words, *, kill_after: float | None = None, said: Path | None = None) -> tuple[int, float]:
    """Run a command in a child process that needs no start; return its status and the seconds it lived."""
    sys.stdout.flush()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere if said is None else os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        from peakscape.cli import main

        warnings.simplefilter("ignore")
        os._exit(main(words))
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status, time.monotonic() - started


def campaign(folder: Path, *, n_kills: int, seed: int = 0, only: tuple[str, ...] = ()) -> dict[str, int]:
    """Kill so often, over all commands in turn; half of the times a whole output stands there before."""
    counts: Counter[str] = Counter()
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        given = inputs(Path(place) / "given")
        names = [name for name in commands(given, given) if not only or name in only]
        lasting: dict[str, float] = {}
        for number in range(n_kills):
            name = names[number % len(names)]
            out = Path(place) / f"out-{name.replace(' ', '-')}"
            out.mkdir(exist_ok=True)
            words, output, opened = commands(given, out)[name]
            if name not in lasting:
                status, lasting[name] = forked(words)
                assert status == 0, (name, status)
            if chance.random() < 0.3:
                shutil.rmtree(out)
                out.mkdir()
            before = output.exists()
            told = _one_kill(words, output, opened, lasting[name] * chance.uniform(0.0, 1.05), before=before)
            counts[told] += 1
            counts[f"{name}: kills"] += 1
            if told.startswith("BAD"):
                print(number, name, told, flush=True)
    return dict(counts)


def _one_kill(words: Words, output: Path, opened: Callable, after: float, *, before: bool) -> str:
    words = [*words, "--force"]
    status, _ = forked(words, kill_after=after)
    whole = "killed" if status == signal.SIGKILL else "done before the kill"
    if before or output.is_file() or (output.suffix in (".zarr", ".space") and output.exists()):
        try:
            opened(output)
        except Exception as error:
            return f"BAD {type(error).__name__}: {error}"
    said = output.parent / "errors.txt"
    status, _ = forked(words, said=said)
    if status != 0:
        return f"BAD the next run ends with {status}: {said.read_text()}"
    left = [path.name for path in output.parent.rglob(".*") if path.name != ".peakscape"]
    if left:
        return f"BAD left over: {left}"
    opened(output)
    return whole
