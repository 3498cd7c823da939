"""Real servers: Tiled with a token, and EPICS PVAccess."""

import gc
import os
import socket
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

import peakscape as ps
from peakscape import open_space
from peakscape.errors import InputError
from peakscape.live import read_ledger, watching
from peakscape.live.ledger import Ledger
from peakscape.live.measured import dataset_of
from peakscape.live.outputs.table import TiledTable
from peakscape.live.sources.simulated import Simulated
from peakscape.live.sources.tiled import Tiled
from tests.live.conftest import AXIS, measured, pattern
from tests.live.test_engine import watched


@pytest.fixture(autouse=True)
def _collect():
    """Sockets that Tiled's client leaves to the garbage collector are no failure of the next test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def until(wanted, *, limit=30.0):
    end = time.monotonic() + limit
    while not wanted() and time.monotonic() < end:
        time.sleep(0.05)
    assert wanted()


CONFIGURED = """
trees: [{{path: /, tree: catalog, args: {{uri: "sqlite:///{folder}/catalog.db", init_if_not_exists: true,
  writable_storage: ["{folder}/data", "duckdb:///{folder}/tables.duckdb"]}}}}]
authentication: {{single_user_api_key: secret, allow_anonymous_access: true}}
streaming_cache: {{uri: memory}}
"""


class Server:
    """`tiled serve catalog` with a token, which tells nobody of news, or one that does; can be killed and started again."""

    def __init__(self, folder, *, tells=False):
        self.folder, self.tells = folder, tells
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.start("--init")

    def start(self, *more):
        table = f"duckdb:///{self.folder}/tables.duckdb"
        words = ["catalog", str(self.folder / "catalog.db"), *more, "-w", str(self.folder / "data"), "-w", table]
        words += ["--api-key", "secret", "--public"]
        if self.tells:
            config = self.folder / "config.yml"
            config.write_text(CONFIGURED.format(folder=self.folder))
            words = ["config", str(config)]
        program = [sys.executable, "-m", "tiled", "serve", *words, "--port", str(self.port)]
        self.process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.listens, limit=240.0)

    def listens(self):
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()


def served(folder, **options):
    pytest.importorskip("tiled.server.app", reason="tiled's server is not installed: the source Tiled is not tested")
    pytest.importorskip("bluesky_tiled_plugins", reason="bluesky-tiled-plugins is not installed: not tested")
    running = Server(folder, **options)
    yield running
    running.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    yield from served(tmp_path_factory.mktemp("tiled"))


@pytest.fixture(scope="module")
def telling(tmp_path_factory):
    """A server that tells of news."""
    yield from served(tmp_path_factory.mktemp("telling"), tells=True)


def series():
    rows = [pattern(k / 10) for k in range(6)]
    return ps.spectra.make(rows, two_theta=AXIS, wavelength=1.5406)


def measure(server, n_events=6):
    """Let a RunEngine measure into the server, and return the uid."""
    from bluesky import RunEngine, plans
    from bluesky_tiled_plugins import TiledWriter
    from tiled.client import from_uri

    from peakscape.live.sources.run_engine import Replay

    engine = RunEngine({}, context_managers=[])
    writer = TiledWriter(from_uri(server.address, api_key="secret"), batch_size=1)
    engine.subscribe(writer)
    return engine(plans.count([Replay(Simulated(series(), every=0.0))], n_events), wavelength=1.5406)[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["server", "telling"])
def test_runs_in_tiled_are_followed_through_a_restart_of_the_server(kind, light, tmp_path, request):
    server = request.getfixturevalue(kind)
    measure(server, 2)
    lines = []
    with watching(light, Tiled(server.address, key="secret"), ledger=tmp_path / "a.ledger", say=lines.append) as watch:
        until(lambda: watch.status.n_placed == 2)
        measure(server)
        until(lambda: watch.status.n_placed == 8)
        server.kill()
        until(lambda: any("is away" in line for line in lines))
        server.start()
        measure(server, 3)
        until(lambda: watch.status.n_placed == 11)
    found = read_ledger(tmp_path / "a.ledger")
    wanted = open_space(light).place(series()).coordinates.values
    for _, run in found.groupby("uid"):
        np.testing.assert_array_equal(run.coordinates.values, wanted[: run.sizes["sample"]])
    assert sorted(found.number.values.tolist()) == [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6]
    with watching(light, Tiled(server.address, key="secret"), ledger=tmp_path / "a.ledger", say=lines.append) as watch:
        time.sleep(1.5)
        assert watch.status.n_placed == 0


@pytest.mark.filterwarnings("ignore")
def test_where_the_server_tells_of_news_no_look_is_needed(telling, light, tmp_path, monkeypatch):
    from tiled.client import from_uri

    from peakscape.live.sources import tiled

    n_before = len(from_uri(telling.address, api_key="secret"))
    source = Tiled(telling.address, key="secret")
    with watching(light, source, ledger=tmp_path / "a.ledger", say=lambda line: None):
        until(lambda: len(source._done) == n_before and source._subscriptions[""][0]._connected_event.is_set())
        monkeypatch.setattr(tiled, "LOOK", 3600.0)
        time.sleep(0.6)  # the last of the looks before
        uid = measure(telling, 4)
        until(lambda: uid in source._done)
    found = read_ledger(tmp_path / "a.ledger")
    assert found.number.values[found.uid.values == uid].tolist() == [1, 2, 3, 4]


@pytest.mark.filterwarnings("ignore")
def test_a_wrong_token_and_no_server_are_one_line(server, light, tmp_path):
    with pytest.raises(InputError, match="refuses the token; give a valid one in the environment, as TILED_API_KEY"):
        Tiled(server.address, key="wrong").check()
    with pytest.raises(InputError, match=r"no Tiled server answers at http://127\.0\.0\.1:1 "):
        Tiled("http://127.0.0.1:1").check()
    ledger = Ledger(tmp_path / "a.ledger", space="s")
    with pytest.raises(InputError, match="may only read"):
        TiledTable(server.address, ledger, name="t", key=None)


@pytest.mark.filterwarnings("ignore")
def test_the_table_beside_the_data_is_the_ledger(server, light, tmp_path):
    from tiled.client import from_uri

    def table(engine, space):
        return TiledTable(server.address, engine.ledger, name="answers", key="secret", say=lambda line: None)

    path = tmp_path / "a.ledger"
    watched(light, [measured(number) for number in range(1, 5)], path, outputs=[table])
    server.kill()
    watched(light, [measured(number) for number in range(5, 8)], path)  # no table: the rows wait in the ledger
    server.start()
    watched(light, [measured(number) for number in range(8, 10)], path, outputs=[table])
    told = from_uri(server.address, api_key="secret")["answers"].read()
    assert told["number"].tolist() == list(range(1, 10))
    wanted = open_space(light).place(dataset_of([measured(number) for number in range(1, 10)])).coordinates.values
    np.testing.assert_array_equal(told[["axis_1", "axis_2"]].values, wanted)


def test_an_epics_variable_is_followed(light, tmp_path):
    pytest.importorskip("p4p", reason="p4p is not installed (extra epics): the source PVAccess is not tested")
    from p4p.nt import NTScalar
    from p4p.server import Server as Pvas
    from p4p.server.thread import SharedPV

    from peakscape.live.sources.pvaccess import PVAccess

    axis = SharedPV(nt=NTScalar("ad"), initial=AXIS)
    spectrum = SharedPV(nt=NTScalar("ad"), initial=pattern(0.0), timestamp=1000.0)
    source = PVAccess("PKS:I", axis="two_theta", axis_name="PKS:TTH", metadata={"wavelength": 1.5406})
    os.environ["EPICS_PVA_ADDR_LIST"] = "127.0.0.1"
    with Pvas(providers=[{"PKS:I": spectrum, "PKS:TTH": axis}], isolate=False):
        with watching(light, source, ledger=tmp_path / "a.ledger", say=lambda line: None) as watch:
            until(lambda: watch.status.n_placed == 1)
            for k in range(1, 6):
                spectrum.post(pattern(k / 10), timestamp=1000.0 + k)
            until(lambda: watch.status.n_placed == 6)
        with watching(light, source, ledger=tmp_path / "a.ledger", say=lambda line: None) as watch:
            time.sleep(1.0)  # the last value comes anew
            assert watch.status.n_placed == 0
    found = read_ledger(tmp_path / "a.ledger")
    np.testing.assert_array_equal(found.coordinates.values, open_space(light).place(series()).coordinates.values)


def test_an_epics_variable_that_is_not_there_is_one_line(monkeypatch):
    pytest.importorskip("p4p", reason="p4p is not installed (extra epics): the source PVAccess is not tested")
    from peakscape.live.sources import pvaccess

    monkeypatch.setattr(pvaccess, "PATIENCE", 0.5)
    with pytest.raises(InputError, match="no EPICS variable PKS:NONE was found"):
        pvaccess.PVAccess("PKS:NONE", axis="q").check()


def test_the_page_shows_points_and_only_to_who_has_the_token(space, tmp_path):
    websockets = pytest.importorskip("websockets.sync.client", reason="websockets is not installed (extra live)")
    from peakscape.explorer.packing import unpack
    from peakscape.live.outputs.page import Page

    addresses, pages = [], []

    def page(engine, space):
        pages.append(Page(space, title="t", ready=addresses.append, say=addresses.append))
        return pages[0]

    ready, done = threading.Event(), threading.Event()

    class Source:
        name = "s"

        def check(self):
            pass

        def run(self, sink, stop):
            for number in (1, 2, 3):
                sink.take(measured(number))
            ready.set()
            done.wait(30)

    with watching(space, Source(), ledger=tmp_path / "a.ledger", outputs=[page], say=lambda line: None):
        ready.wait(30)
        address, token = addresses[0].split("/?token=")
        socket_address = address.replace("http", "ws") + "/live"
        until(lambda: pages[0].points.n_published == 3)
        for origin, key in ((address, "wrong"), ("http://evil.example", token)):
            with pytest.raises(Exception, match="403"):
                websockets.connect(socket_address, origin=origin, subprotocols=["peakscape", key])
        from peakscape.explorer import server as explorer_server

        with websockets.connect(socket_address, origin=address, subprotocols=[explorer_server.SOCKET, token]) as live:
            rows = []
            while len(rows) < 3:
                rows += unpack(live.recv(timeout=10))["rows"]
        done.set()
    assert [row["name"] for row in rows] == ["n1", "n2", "n3"]
    assert rows[0]["coordinates"] == pytest.approx(read_ledger(tmp_path / "a.ledger").coordinates.values[0].tolist())
    assert len(addresses) == 1
