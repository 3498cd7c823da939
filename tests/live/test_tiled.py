"""What the source Tiled asks of a server and in which order, with nodes that only hold what a server would tell."""

import threading
import time

import numpy as np
import pytest

from peakscape.live.sources import tiled
from peakscape.live.sources.tiled import Tiled
from tests.live.conftest import AXIS, pattern


class Array:
    def __init__(self):
        self.rows = []

    @property
    def shape(self):
        return len(self.rows), len(AXIS)

    def __getitem__(self, rows):
        return np.array(self.rows[rows])


class Table:
    def __init__(self):
        self.times = []

    def read(self, columns):
        return {"time": list(self.times)}


class Names(list):
    def tail(self, n):
        return self[-n:]


class Node:
    """A container that counts how often it is listed."""

    def __init__(self, metadata=None, **held):
        self.metadata, self.held, self.n_listed = metadata or {}, held, 0

    def items(self):
        self.n_listed += 1
        return list(self.held.items())

    def keys(self):
        return Names(self.held)

    def __getitem__(self, name):
        return self.held[name]


class Run:
    """A run with one stream, as TiledWriter leaves it after each step."""

    def __init__(self, **metadata):
        self.array, self.table = Array(), Table()
        axis = {"det": {"data": {"det_two_theta": AXIS}}}
        self.stream = Node({"configuration": axis}, det_intensity=self.array, internal=self.table)
        self.node = Node({"start": {"scan_id": 1} | metadata}, primary=self.stream)

    def measure(self, x, *, timed=True):
        if timed:  # first here, so that no look falls in between
            self.table.times.append(1000.0 + len(self.table.times))
        self.array.rows.append(pattern(x))

    def end(self):
        self.node.metadata = self.node.metadata | {"stop": {"exit_status": "success"}}


@pytest.fixture
def follow(monkeypatch, sink):
    """Follow a catalog until something holds; once more where it is called again."""
    monkeypatch.setattr(tiled, "LOOK", 0.02)
    monkeypatch.setattr(tiled, "GLANCE", 0.01)

    def until(catalog, wanted, source):
        monkeypatch.setattr(tiled, "connect", lambda address, key, plain: catalog)
        stop = threading.Event()
        thread = threading.Thread(target=source.run, args=(sink, stop))
        thread.start()
        end = time.monotonic() + 20
        while not wanted() and time.monotonic() < end:
            time.sleep(0.005)
        stop.set()
        thread.join()
        assert wanted()

    return until


def test_a_spectrum_waits_for_its_time_but_not_for_ever(follow, sink, monkeypatch):
    run = Run()
    run.measure(0.1)
    run.measure(0.2, timed=False)
    source, catalog = Tiled("http://a"), Node(r=run.node)
    follow(catalog, lambda: run.stream.n_listed > 3, source)
    assert sorted(sink.taken) == [("r", 1)]
    run.table.times.append(1001.0)
    follow(catalog, lambda: ("r", 2) in sink.taken, source)
    assert [one.metadata["time"] for one in sink.taken.values()] == [1000.0, 1001.0]
    monkeypatch.setattr(tiled, "PATIENCE", 0.05)
    run.measure(0.3, timed=False)
    follow(catalog, lambda: ("r", 3) in sink.taken, source)
    assert sink.taken["r", 3].metadata["time"] == pytest.approx(time.time(), abs=60)


def test_a_run_that_has_ended_is_given_whole_and_never_asked_for_again(follow, sink):
    run = Run()
    for k in range(3):
        run.measure(k / 10, timed=k < 2)
    run.end()
    source, catalog = Tiled("http://a"), Node(r=run.node, table=Node({"written_by": "us"}))
    follow(catalog, lambda: len(sink.marks) == 1, source)
    assert sorted(sink.taken) == [("r", 1), ("r", 2), ("r", 3)]
    n_listed = run.node.n_listed
    other = Run()
    other.measure(0.5)
    catalog.held["s"] = other.node
    follow(catalog, lambda: ("s", 1) in sink.taken, source)
    follow(catalog, lambda: other.stream.n_listed > 5, Tiled("http://a"))  # started again
    assert run.node.n_listed == n_listed
    assert len(sink.taken) == 4


def test_streams_of_earlier_writers_lie_deeper_and_a_removed_run_is_passed_over(follow, sink):
    run = Run()
    run.measure(0.1)
    run.node.held = {"streams": Node(primary=run.stream), "views": Array()}
    catalog = Node(r=run.node)
    names = catalog.keys
    catalog.keys = lambda: Names(["removed", *names()])
    follow(catalog, lambda: ("r", 1) in sink.taken, Tiled("http://a"))
    assert sink.notes == []


def test_between_looks_a_growing_stream_is_only_asked_for_its_length(follow, sink, monkeypatch):
    run = Run()
    run.measure(0.1)
    source, catalog = Tiled("http://a"), Node(r=run.node)
    monkeypatch.setattr(tiled, "LOOK", 60.0)
    thread = threading.Thread(target=lambda: (_until(lambda: run.stream.n_listed > 3), run.measure(0.2)))
    thread.start()
    follow(catalog, lambda: ("r", 2) in sink.taken, source)
    thread.join()
    assert run.node.n_listed == 2  # once for each spectrum


def _until(wanted):
    end = time.monotonic() + 20
    while not wanted() and time.monotonic() < end:
        time.sleep(0.002)
