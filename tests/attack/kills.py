"""Kills at random moments of every command that writes: the old output stays whole, and nothing is left over."""

import json
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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

Words = list[str]


@dataclass(frozen=True)
class Command:
    """A command that writes.

    `words` are run and killed, then `again`; `opened` opens what stands at `output`; `fresh` puts back, before each
    kill, what a command changes in its place.
    """

    words: Words
    output: Path
    opened: Callable[[Path], object]
    again: Words
    fresh: Callable[[], object] | None = None


def inputs(folder: Path) -> Path:
    """Raw files of a series, stored spectra, spectra of classes with repeats, a structure, and a space."""
    from ase.build import bulk

    from peakscape import formats, spectra
    from peakscape.feature_space import FeatureSpace

    raw = folder / "raw"
    raw.mkdir(parents=True)
    axis = np.linspace(10.0, 40.0, 150)
    for k in range(8):
        row = np.exp(-(((axis - 15 - k / 7) / 0.6) ** 2)) + np.exp(-(((axis - 30 - k / 3) / 0.6) ** 2))
        np.savetxt(raw / f"x{k}.xy", np.column_stack([axis, 1000 * row + 10]))
    (folder / "more").mkdir()
    shutil.copy(raw / "x3.xy", folder / "more" / "y3.xy")  # of a name that the space does not know
    read = formats.label_by_name(formats.read(raw, wavelength=1.5406), r"x(?P<x>\d)\.xy")
    spectra.save(read, folder / "all.zarr")
    chance = np.random.default_rng(0)
    rows = read["intensity"].values[np.repeat([0, 3, 7], 4)]
    named = spectra.make(
        rows + chance.normal(size=rows.shape), two_theta=axis, wavelength=1.5406, labels={"kind": list("aaaabbbbcccc")}
    )
    spectra.save(named, folder / "kinds.zarr")
    bulk("Si", cubic=True).write(folder / "si.cif")
    FeatureSpace("pca", preparation="normalize=norm").fit(read, label="x").save(folder / "one.space")
    return folder


def commands(given: Path, out: Path) -> dict[str, Command]:
    """Each command that writes; `test_every_command_that_writes_is_killed` compares them with the program."""
    from peakscape import formats, spectra
    from peakscape.feature_space import open_space

    raw, stored, space, kinds = (str(given / name) for name in ("raw", "all.zarr", "one.space", "kinds.zarr"))
    beam = ["--wavelength", "1.5406"]

    def study(folder: Path) -> object:
        stores = [spectra.open(one) for one in folder.glob("*.zarr")]
        spaces = [open_space(one) for one in folder.glob("*.space")]
        summary = folder / "summary.json"
        return stores, spaces, json.loads(summary.read_text()) if summary.exists() else None

    def writes(words: Words, name: str, opened: Callable[[Path], object], *, option: str = "-o") -> Command:
        given_words = [*words, option, str(out / name), "--force"]
        return Command(given_words, out / name, opened, given_words)

    def adds() -> Command:
        place = out / "a.space"
        more = [str(given / "more" / "y3.xy"), "--label", "x", "--pattern", r"y(\d)"]

        def fresh() -> None:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(space, place)

        words = ["add", str(place), *more, *beam]
        return Command(words, place, open_space, ["explain", str(place), *more[:1], *beam], fresh)

    def published(folder: Path) -> object:
        return formats.read(folder / "fapbi3-mapbbr3", resample=True)

    def demo() -> Command:
        words = ["demo-data", str(out / "demo")]  # which refuses files that are not whole
        return Command(words, out / "demo", published, words, lambda: shutil.rmtree(out / "demo", True))

    def answers(place: Path) -> object:
        return xr.open_zarr(place, consolidated=False).load()

    def parts() -> Command:
        place = out / "parts.zarr"
        words = ["unmix", stored, "--blind", "2", "--save-parts", str(place)]
        again = ["read", raw, *beam, "-o", str(place), "--force"]  # unmix replaces nothing
        return Command(words, place, spectra.open, again, lambda: shutil.rmtree(place, ignore_errors=True))

    def studies(words: Words) -> Command:
        return writes(["study", *words], "study", study, option="--out")

    return {
        "read zarr": writes(["read", raw, *beam], "a.zarr", spectra.open),
        "read nc": writes(["read", raw, *beam], "a.nc", spectra.open),
        "prepare": writes(["prepare", stored], "p.zarr", spectra.open),
        "simulate": writes(["simulate", str(given / "si.cif"), *beam], "s.zarr", spectra.open),
        "fit": writes(["fit", stored, "--map", "pca"], "a.space", open_space),
        "add": adds(),
        "place": writes(["place", space, stored], "placed.zarr", answers),
        "unmix": parts(),
        "generate": writes(["generate", space, "--value", "3"], "g.xy", formats.read),
        "between": writes(["generate", space, "--between", "x0", "x5"], "b.zarr", spectra.open),
        "export": writes(["export", space], "e.html", Path.read_bytes),
        "group": Command(
            ["group", space, "--figure", str(out / "f.png"), "--force"], out / "f.png", Path.read_bytes,
            ["group", space, "--figure", str(out / "f.png"), "--force"],
        ),
        "demo-data": demo(),
        "study series": studies(["series", stored, "--label", "x"]),
        "study library": studies(["library", kinds, "--label", "kind", "--groups", "scan", "--maps", "pca"]),
        "study mixture": studies(["mixture", stored, "--parts", kinds, "--label", "x"]),
        "study alloy": studies(["alloy", "--every", "10"]),
        "study nitride": studies(["nitride", "--every", "10"]),
    }  # fmt: skip


LONG = ("study series", "study library", "study mixture", "study alloy", "study nitride")
"""Killed once where others are killed five times, and late: for most of their time they write nothing."""


def forked(words: Words, *, kill_after: float | None = None, said: Path | None = None) -> tuple[int, float]:
    """Run a command in a child process that needs no start; return its status and the seconds it lived."""
    sys.stdout.flush()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere if said is None else os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.stdout, sys.stderr = (os.fdopen(one, "w", buffering=1, closefd=False) for one in (1, 2))  # not a test's
        from peakscape.cli import main

        warnings.simplefilter("ignore")
        os._exit(main(words))
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return status, time.monotonic() - started


def campaign(
    folder: Path, *, n_kills: int, seed: int = 0, only: tuple[str, ...] = (), seconds: float = float("inf")
) -> dict[str, int]:
    """Kill so often, over all commands in turn, going on where it stopped; before most kills a whole output is there.

    It ends early after so many seconds. The state lies in ``kills.json`` in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "kills.json"
    counts = Counter(json.loads(state.read_text()) if state.exists() else {})
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        given = inputs(Path(place) / "given")
        names = [name for name in commands(given, given) if not only or name in only]
        quick = [name for name in names if name not in LONG] or names
        lasting: dict[str, float] = {}
        for number in range(counts["kills"], n_kills):
            if time.monotonic() - started > seconds:
                break
            chance = random.Random(f"{seed}/{number}")
            name = names[number % len(names)]
            if name in LONG and number // len(names) % 5:
                name = quick[number % len(quick)]
            out = Path(place) / f"out-{name.replace(' ', '-')}"
            out.mkdir(exist_ok=True)
            command = commands(given, out)[name]
            if name not in lasting:
                lasting[name] = _first_run(command, name)
            elif chance.random() < 0.3:
                shutil.rmtree(out)
                out.mkdir()
            after = lasting[name] * chance.uniform(0.7 if name in LONG else 0.0, 1.05)
            told = _one_kill(command, after, before=command.output.exists() and command.fresh is None)
            counts.update([told, f"{name}: {told}", "kills"])
            state.write_text(json.dumps(counts, indent=1))
            if told.startswith("BAD"):
                print(number, name, told, flush=True)
    return dict(counts)


def _first_run(command: Command, name: str) -> float:
    """Run a command undisturbed, twice, for the first one compiles; return the seconds of the last."""
    seconds = 0.0
    for _ in range(1 if name in LONG else 2):
        if command.fresh is not None:
            command.fresh()
        status, seconds = forked(command.words)
        assert status == 0, (name, status)
    return seconds


def _one_kill(command: Command, after: float, *, before: bool) -> str:
    if command.fresh is not None:
        command.fresh()
    status, _ = forked(command.words, kill_after=after)
    whole = "killed" if status == signal.SIGKILL else "done before the kill"
    output = command.output
    if before or output.is_file() or (output.suffix in (".zarr", ".space") and output.exists()):
        try:
            command.opened(output)
        except Exception as error:
            return f"BAD {type(error).__name__}: {error}"
    said = output.parent / "errors.txt"
    status, _ = forked(command.again, said=said)
    if status != 0:
        return f"BAD the next run ends with {status}: {said.read_text()}"
    left = [path.name for path in output.parent.rglob(".*") if path.name != ".peakscape"]
    if left:
        return f"BAD left over: {left}"
    command.opened(output)
    return whole
