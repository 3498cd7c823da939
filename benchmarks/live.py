"""How quick and how safe watching is, with the real parts: `python -m benchmarks.live WHAT ... [--json FILE]`.

WHAT is latency, rate, kills, away, or all. Needs the extras live, bluesky, epics and tiled with its server
(`pip install 'tiled[all]' bluesky-tiled-plugins`); what is not installed is left out and told.
"""

import argparse
import json
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from peakscape import FeatureSpace, datasets, open_space, spectra
from peakscape.live import Measured, read_ledger, watching
from peakscape.live.measured import dataset_of
from peakscape.live.sources.simulated import Simulated

AXIS = np.linspace(10.0, 40.0, 1000)


def pattern(x: float) -> np.ndarray:
    """Two peaks of which one moves."""
    return np.exp(-(((AXIS - 15 - 2 * x) / 0.4) ** 2)) + 0.6 * np.exp(-(((AXIS - 30) / 0.4) ** 2))


def measured(number: int) -> Measured:
    """The spectrum of a number, always the same."""
    row = pattern((number % 50) / 50) + np.random.default_rng(number).normal(0.0, 0.005, len(AXIS))
    return Measured("run", number, "two_theta", AXIS, row, {"wavelength": 1.5406, "time": time.time()})


def plain_space(folder: Path, *, novelty: bool = False) -> Path:
    """A PCA space that tells coordinates only, or what is new too."""
    rows = [pattern(x) for x in np.linspace(0.0, 1.0, 20)]
    known = spectra.make(rows, two_theta=AXIS, wavelength=1.5406)
    space = FeatureSpace("pca", preparation="none", novelty=novelty).fit(known)
    return space.save(folder / f"plain{int(novelty)}.space")


def ramp_space(folder: Path) -> Path:
    """The space of the demonstration: shift map, temperature with its interval, novelty."""
    from peakscape.live.demonstration import space_of_demonstration

    return space_of_demonstration().save(folder / "ramp.space")


class Times:
    """An output that notes how long after its measurement each point is shown."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    def show(self, placed: Any) -> None:
        now = time.time()
        self.delays += [now - one.measured.metadata["time"] for one in placed]

    def close(self) -> None:
        pass


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until(wanted: Any, limit: float = 240.0) -> bool:
    end = time.monotonic() + limit
    while not wanted() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(wanted())


def watched(space: Path, source: Any, n_wanted: int, start: Any, folder: Path, limit: float = 120.0) -> dict[str, Any]:
    """Watch a source while `start` makes it measure; the delays from measurement to shown point."""
    times = Times()
    ledger = folder / f"{time.time_ns()}.ledger"
    with watching(space, source, ledger=ledger, outputs=[lambda *_: times], say=lambda line: None) as watch:
        time.sleep(1.0)
        start()
        done = until(lambda: watch.status.n_placed + watch.status.n_flagged >= n_wanted, limit)
    delays = np.array(times.delays)
    told = {"n": len(delays), "complete": done}
    return told | {f"p{p}": float(np.percentile(delays, p)) for p in (50, 95, 100)} if len(delays) else told


def ramp(n: int = 60) -> Any:
    series = datasets.load_measured("batio3-ramp")
    return Simulated(series.isel(sample=slice(0, n)), every=0.5, noise=0.002)


CONFIGURED = """
trees: [{{path: /, tree: catalog, args: {{uri: "sqlite:///{folder}/catalog.db", init_if_not_exists: true,
  writable_storage: ["{folder}/data", "duckdb:///{folder}/tables.duckdb"]}}}}]
authentication: {{single_user_api_key: secret}}
streaming_cache: {{uri: memory}}
"""
"""Of a server that tells of news; `tiled serve catalog --cache memory` of Tiled 0.2.20 does not start."""


class Server:
    """`tiled serve catalog` with a token, which tells nobody of news; or a server that does."""

    def __init__(self, folder: Path, *, tells: bool = False) -> None:
        self.folder, self.port, self.tells = folder, free_port(), tells
        self.address = f"http://127.0.0.1:{self.port}"
        self.start("--init")

    def start(self, *more: str) -> None:
        if self.tells:
            config = self.folder / "config.yml"
            config.write_text(CONFIGURED.format(folder=self.folder))
            words = ["config", str(config)]
        else:
            place = ["-w", str(self.folder / "data"), "-w", f"duckdb:///{self.folder}/tables.duckdb"]
            words = ["catalog", str(self.folder / "catalog.db"), *more, *place, "--api-key", "secret"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tiled", "serve", *words, "--port", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def scan(beamline: Simulated, subscriber: Any, n_events: int) -> list[float]:
    """Let a RunEngine measure; how long each event took beyond its time, seconds."""
    from bluesky import RunEngine
    from bluesky import plan_stubs as do

    from peakscape.live.sources.run_engine import Replay

    engine, detector, late = RunEngine({}, context_managers=[]), Replay(beamline), []
    engine.subscribe(subscriber)

    def plan() -> Any:
        yield from do.open_run(md={"wavelength": 1.5406} if "wavelength" in beamline.attributes else {})
        for _ in range(n_events):
            yield from do.sleep(beamline.every)
            start = time.monotonic()
            yield from do.trigger_and_read([detector])
            late.append(time.monotonic() - start)
        yield from do.close_run()

    engine(plan())
    return late


def latency(folder: Path, only: Sequence[str] = ()) -> dict[str, Any]:
    """From an event to its point, two a second, by source, with the full answer of the demonstration's space."""
    space, found = ramp_space(folder), {}
    sources: dict[str, tuple[str, Any]] = {
        "engine": ("bluesky", _latency_engine),
        "proxy": ("zmq", _latency_proxy),
        "folder": ("peakscape", lambda *places: _latency_folder(*places, None)),
        "polled": ("peakscape", lambda *places: _latency_folder(*places, True)),
        "pvaccess": ("p4p", _latency_variable),
        "tiled": ("bluesky_tiled_plugins", _latency_tiled),
        "tiled_told": ("bluesky_tiled_plugins", lambda *places: _latency_tiled(*places, tells=True)),
    }
    for name, (part, measure) in sources.items():
        if (not only or name in only) and find_spec(part):
            load = os.getloadavg()[0]
            found[name] = measure(space, folder) | {"load_before": load, "load_after": os.getloadavg()[0]}
            print(json.dumps({name: found[name]}), flush=True)
    return found


def _latency_engine(space: Path, folder: Path) -> dict[str, Any]:
    from peakscape.live.sources.run_engine import SimulatedRunEngine

    return watched(space, SimulatedRunEngine(ramp()), 60, lambda: None, folder)


def _latency_proxy(space: Path, folder: Path) -> dict[str, Any]:
    from bluesky.callbacks.zmq import Publisher

    from peakscape.live.sources.documents import Proxy

    inward, outward = free_port(), free_port()
    program = f"from bluesky.callbacks.zmq import Proxy; Proxy('127.0.0.1:{inward}', '127.0.0.1:{outward}').start()"
    proxy = subprocess.Popen([sys.executable, "-c", program])
    until(lambda: socket.socket().connect_ex(("127.0.0.1", outward)) == 0)
    publisher = Publisher(f"127.0.0.1:{inward}")
    time.sleep(1.0)
    try:
        return watched(space, Proxy(f"127.0.0.1:{outward}"), 60, lambda: scan(ramp(), publisher, 60), folder)
    finally:
        publisher.close()
        proxy.kill()
        proxy.wait()


def _latency_folder(space: Path, folder: Path, polling: bool | None) -> dict[str, Any]:
    from peakscape import read
    from peakscape.live.sources.folder import Folder

    place = Path(tempfile.mkdtemp(dir=folder))
    files = datasets.write_measured("batio3-ramp", Path(tempfile.mkdtemp(dir=folder)))

    def write() -> None:
        for file in files:
            time.sleep(0.5)
            (place / file.name).write_bytes(file.read_bytes())

    source = Folder(place, read=lambda path: read([path], axis="q").load(), pattern="*.IoQ", polling=polling)
    return watched(space, source, len(files), write, folder)


def _latency_variable(space: Path, folder: Path) -> dict[str, Any]:
    from p4p.nt import NTScalar
    from p4p.server import Server as Pvas
    from p4p.server.thread import SharedPV

    from peakscape.live.sources.pvaccess import PVAccess

    os.environ["EPICS_PVA_ADDR_LIST"] = "127.0.0.1"
    beamline = ramp()
    first = beamline.measure(1)
    axis = SharedPV(nt=NTScalar("ad"), initial=first.points)
    value = SharedPV(nt=NTScalar("ad"), initial=first.intensity, timestamp=time.time() + 1.0)

    def post() -> None:
        for number in range(2, 61):
            time.sleep(0.5)
            value.post(beamline.measure(number).intensity, timestamp=time.time())

    with Pvas(providers=[{"BENCH:I": value, "BENCH:Q": axis}]):
        return watched(space, PVAccess("BENCH:I", axis="q", axis_name="BENCH:Q"), 60, post, folder)


def _latency_tiled(space: Path, folder: Path, *, tells: bool = False) -> dict[str, Any]:
    from bluesky_tiled_plugins import TiledWriter
    from tiled.client import from_uri

    from peakscape.live.sources.tiled import Tiled

    server = Server(Path(tempfile.mkdtemp(dir=folder)), tells=tells)
    try:
        writer = TiledWriter(from_uri(server.address, api_key="secret"), batch_size=1)
        writes: list[float] = []

        def start() -> None:
            writes.extend(scan(ramp(), writer, 60))

        found = watched(space, Tiled(server.address, key="secret"), 60, start, folder)
        return found | {f"event_written_p{p}": float(np.percentile(writes, p)) for p in (50, 95)}
    finally:
        server.kill()


def memory() -> float:
    """MB that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def rate(folder: Path, *, seconds: float, per_second: float, processes: int, novelty: bool) -> dict[str, Any]:
    """Many spectra a second: memory, lag, what waits, and how long the source is held up."""
    space = plain_space(folder, novelty=novelty)
    made = [measured(number) for number in range(1, 201)]
    taken: list[float] = []
    rows: list[dict[str, float]] = []

    class Source:
        name = "fast"

        def check(self) -> None:
            pass

        def run(self, sink: Any, stop: threading.Event) -> None:
            start = time.monotonic()
            for number in range(1, int(seconds * per_second) + 1):
                time.sleep(max(0.0, start + number / per_second - time.monotonic()))
                one = made[number % 200]
                metadata = {"wavelength": 1.5406, "time": time.time()}
                before = time.monotonic()
                sink.take(Measured("run", number, one.axis, one.points, one.intensity, metadata))
                taken.append(time.monotonic() - before)

    times = Times()
    with watching(
        space, Source(), ledger=folder / "rate.ledger", outputs=[lambda *_: times], processes=processes,
        say=lambda line: None,
    ) as watch:  # fmt: skip
        start, ended = time.monotonic(), 0.0
        while watch.status.n_placed < int(seconds * per_second) and ended < 3 * seconds:
            time.sleep(5.0)
            now = time.monotonic() - start
            status = watch.status
            rows.append({"s": now, "MB": memory(), "lag": status.lag, "waiting": watch.engine.spool.n_waiting})
            ended = now
    stream = [row for row in rows if row["s"] <= seconds]
    half = len(stream) // 2
    n_placed = read_ledger(folder / "rate.ledger").sizes["sample"]
    return {
        "n": int(seconds * per_second), "n_in_ledger": n_placed, "processes": processes, "novelty": novelty,
        "all_answered_after_s": ended, "MB_first_half": max(row["MB"] for row in stream[2:half]),
        "MB_second_half": max(row["MB"] for row in stream[half:]), "largest_lag_s": max(row["lag"] for row in rows),
        "most_waiting": max(row["waiting"] for row in rows), "take_p50_ms": 1e3 * float(np.median(taken)),
        "take_p99_ms": 1e3 * float(np.percentile(taken, 99)), "take_max_ms": 1e3 * max(taken),
        "point_p95_s": float(np.percentile(times.delays, 95)),
    }  # fmt: skip


class _Shuffled:
    """Spectra 1 to n in another order each session; one in ten that were taken before is given again."""

    name = "shuffled"

    def __init__(self, n_events: int, session: int) -> None:
        self.n_events, self.session = n_events, session

    def check(self) -> None:
        pass

    def run(self, sink: Any, stop: threading.Event) -> None:
        for number in (np.random.default_rng(self.session).permutation(self.n_events) + 1).tolist():
            if stop.is_set():
                return
            is_known = sink.is_known("run", number)
            if not is_known or number % 10 == 0:
                sink.take(measured(number))
            if not is_known:
                time.sleep(0.004)


def _watch_shuffled(space: Path, ledger: Path, n_events: int, session: int, going: Any) -> None:
    """Watch, in a process that is killed."""
    with watching(space, _Shuffled(n_events, session), ledger=ledger, say=lambda line: None) as watch:
        going.set()
        watch.wait(threading.Event())


def kills(folder: Path, *, n_kills: int, n_events: int = 10_000) -> dict[str, Any]:
    """Kill a watch at random moments and start it again each time; compare with `place` of the ordered spectra.

    About 250 spectra a second come, so that at each kill some are arriving, some are being answered and some written.
    Each session gives them in another order, and one in ten of those that were taken before again.
    """
    space, random = plain_space(folder), np.random.default_rng(0)
    ledger, fork = folder / "kills.ledger", multiprocessing.get_context("fork")  # each start costs no import
    reached: list[int] = []
    while True:
        going = fork.Event()
        process = fork.Process(target=_watch_shuffled, args=(space, ledger, n_events, len(reached), going))
        process.start()
        if len(reached) == n_kills:
            process.join()
            break
        going.wait()
        time.sleep(random.uniform(0.0, 1.2))
        if not process.is_alive():
            return {"error": "it ended before it was killed often enough", "reached": reached}
        process.kill()
        process.join()
        reached.append(read_ledger(ledger).sizes["sample"])
    found = read_ledger(ledger)
    numbers = found.number.values
    wanted = open_space(space).place(dataset_of([measured(number) for number in range(1, n_events + 1)])).coordinates
    return {
        "n_kills": len(reached), "rows": len(numbers), "lost": len(set(range(1, n_events + 1)) - set(numbers.tolist())),
        "twice": len(numbers) - len(set(numbers.tolist())),
        "same_bits": bool(np.array_equal(found.coordinates.values, wanted.values)),
        "rows_at_kills": reached[:: max(1, len(reached) // 10)], "exit_code": process.exitcode,
    }  # fmt: skip


def away(folder: Path, *, seconds: float) -> dict[str, Any]:
    """Kill the Tiled server of the table of answers while a scan runs: does the scan wait, is all there after?"""
    from tiled.client import from_uri

    from peakscape.live.outputs.table import TiledTable
    from peakscape.live.sources.documents import Documents

    space, server = plain_space(folder), Server(Path(tempfile.mkdtemp(dir=folder)))
    series = spectra.make([pattern(k / 20) for k in range(20)], two_theta=AXIS, wavelength=1.5406)
    n_events = int((seconds + 20) / 0.1)
    late: list[float] = []

    class Source:
        name = "scan"

        def check(self) -> None:
            pass

        def run(self, sink: Any, stop: threading.Event) -> None:
            late.extend(scan(Simulated(series, every=0.1), Documents(sink), n_events))

    def table(engine: Any, space: Any) -> Any:
        return TiledTable(server.address, engine.ledger, name="answers", key="secret", say=print)

    with watching(space, Source(), ledger=folder / "away.ledger", outputs=[table], say=lambda line: None) as watch:
        time.sleep(5.0)
        server.kill()
        time.sleep(seconds)
        server.start()
        back = time.monotonic()
        watch.wait(threading.Event())
        client = from_uri(server.address, api_key="secret")
        until(lambda: len(client["answers"].read(["number"])) == n_events, 120)
        caught_up = time.monotonic() - back
        numbers = client["answers"].read(["number"])["number"].tolist()
    server.kill()
    return {
        "server_away_s": seconds, "n_events": n_events, "rows_in_table": len(numbers),
        "twice": len(numbers) - len(set(numbers)), "event_p99_ms": 1e3 * float(np.percentile(late, 99)),
        "event_max_ms": 1e3 * max(late), "table_complete_s_after_return": caught_up,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", choices=["latency", "rate", "kills", "away", "all"])
    parser.add_argument("--seconds", type=float, default=600.0, help="of rate")
    parser.add_argument("--per-second", type=float, default=100.0)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--novelty", action="store_true", help="of rate: tell what is new too")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--events", type=int, default=10_000, help="of kills")
    parser.add_argument("--away", type=float, default=60.0, help="seconds")
    parser.add_argument(
        "--only", nargs="+", default=(), help="of latency: engine proxy folder polled pvaccess tiled tiled_told"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    what = ["latency", "rate", "kills", "away"] if "all" in options.what else options.what
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        calls: dict[str, Any] = {
            "latency": lambda: latency(folder, options.only),
            "rate": lambda: rate(
                folder, seconds=options.seconds, per_second=options.per_second, processes=options.processes,
                novelty=options.novelty,
            ),
            "kills": lambda: kills(folder, n_kills=options.kills, n_events=options.events),
            "away": lambda: away(folder, seconds=options.away),
        }  # fmt: skip
        for name in what:
            found[name] = calls[name]()
            print(json.dumps({name: found[name]}, indent=1), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
