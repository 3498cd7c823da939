"""Bluesky's documents, by hand and from the real RunEngine and proxy."""

import gc
import pickle
import threading
import time

import numpy as np
import pytest

from peakscape.errors import InputError
from peakscape.live.sources.documents import Documents, Proxy, RunEngineSource, Subscription, axis_of, unpickle
from peakscape.live.sources.simulated import Simulated
from tests.live.conftest import AXIS, pattern


def documents(uid="abcdef12-run", n_events=3, *, status="success", axis="det_tth"):
    """The documents of a run."""
    configuration = {"det": {"data": {axis: AXIS.tolist()}}}
    yield "start", {"uid": uid, "time": 1.0, "scan_id": 7, "wavelength": 1.5406}
    yield (
        "descriptor",
        {"uid": "d" + uid, "run_start": uid, "name": "primary", "configuration": configuration, "data_keys": {}},
    )
    for number in range(1, n_events + 1):
        data = {"det_counts": pattern(number / 10).tolist(), "motor": 1.0 * number}
        yield (
            "event",
            {
                "uid": f"e{number}",
                "descriptor": "d" + uid,
                "seq_num": number,
                "time": 2.0,
                "data": data,
                "timestamps": {},
            },
        )
    yield (
        "stop",
        {
            "uid": "s",
            "run_start": uid,
            "exit_status": status,
            "reason": "beam lost\nat 12:00",
            "num_events": {"primary": n_events},
        },
    )


def test_events_become_spectra(sink):
    take = Documents(sink)
    for name, document in documents():
        take(name, document)
    assert [found.number for found in sink.taken.values()] == [1, 2, 3]
    first = sink.taken["abcdef12-run", 1]
    assert (first.axis, first.name, first.metadata["wavelength"]) == ("two_theta", "scan 7 #1", 1.5406)
    np.testing.assert_array_equal(first.points, AXIS)
    np.testing.assert_array_equal(first.intensity, pattern(0.1))
    assert sink.notes == []


def test_pages_of_events_are_the_events(sink):
    every = list(documents())
    events = [document for name, document in every if name == "event"]
    page = {
        "descriptor": events[0]["descriptor"],
        "seq_num": [event["seq_num"] for event in events],
        "time": [event["time"] for event in events],
        "uid": [event["uid"] for event in events],
        "data": {name: [event["data"][name] for event in events] for name in events[0]["data"]},
    }
    take = Documents(sink)
    for name, document in [*every[:2], ("event_page", page), every[-1]]:
        take(name, document)
    assert [found.number for found in sink.taken.values()] == [1, 2, 3]
    assert sink.notes == []


def test_an_aborted_run_and_missing_events_are_told(sink):
    take = Documents(sink)
    for name, document in documents(status="abort"):
        if name != "event" or document["seq_num"] != 2:
            take(name, document)
    assert [code for code, _ in sink.notes] == ["run_aborted", "gap"]
    assert "beam lost at 12:00" in sink.notes[0][1]
    assert "1 of 3 spectra did not come" in sink.notes[1][1]


def test_what_is_measured_again_after_a_pause_is_kept_too(sink):
    take = Documents(sink)
    for name, document in documents(n_events=2):
        if name != "stop":
            take(name, document)
        if name == "event":
            take(name, document)  # the same event once more
            event = document
    take("event", event | {"seq_num": 1, "uid": "other", "data": {"det_counts": pattern(0.9).tolist()}})
    assert len(sink.taken) == 3
    assert [code for code, _ in sink.notes] == ["measured_again"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"det_counts": 3.0}, None),
        ({"other": [1.0, 2.0, 3.0]}, "no_spectrum"),
    ],
)
def test_streams_without_a_spectrum_are_told_where_there_is_something_to_choose(sink, change, told):
    take = Documents(sink)
    for name, document in documents():
        if name == "event":
            document = document | {"data": document["data"] | change}
        take(name, document)
    assert not sink.taken
    assert {code for code, _ in sink.notes} == ({told} if told else set())
    assert len(sink.notes) <= 1


def test_a_missing_axis_is_asked_for_once_and_can_be_said(sink):
    for options, count in (({}, 0), ({"axis_field": "pixels", "axis": "two_theta"}, 3)):
        sink.taken.clear()
        take = Documents(sink, **options)
        for name, document in documents(axis="pixels"):
            take(name, document)
        assert len(sink.taken) == count
    [(code, text)] = sink.notes
    assert code == "no_axis"
    assert "--axis-field" in text
    with pytest.raises(InputError, match="expected an axis of"):
        Documents(sink, axis="channels")


def test_a_broken_document_never_stops_the_scan(sink):
    take = Documents(sink)
    take("event", {"nothing": "here"})
    take("start", {})
    take("stream_resource", {"run_start": "r"})
    take("event", {"descriptor": "of before", "seq_num": 1, "data": {}})
    assert [code for code, _ in sink.notes] == ["document", "document", "data_in_files", "no_descriptor"]


def test_names_of_axes():
    assert [axis_of(name) for name in ("TTH", "pe1-two_theta", "mono_energy", "q", "sequence", "counts_q")] == [
        "two_theta", "two_theta", "energy", "q", None, "q",
    ]  # fmt: skip


def test_messages_run_no_code():
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print"):
        unpickle(pickle.dumps(Evil()))
    told = {"data": {"x": np.arange(3.0), "n": np.float64(2.0), "t": ("a", None, True)}}
    for protocol in (2, 4, 5):
        found = unpickle(pickle.dumps(told, protocol))
        np.testing.assert_array_equal(found["data"].pop("x"), np.arange(3.0))
        assert found["data"] == {"n": 2.0, "t": ("a", None, True)}


def series():
    import peakscape as ps

    return ps.spectra.make([pattern(k / 10) for k in range(4)], two_theta=AXIS, wavelength=1.5406)


def test_a_run_engine_is_followed_and_its_callbacks_are_held(sink):
    bluesky = pytest.importorskip("bluesky", reason="bluesky is not installed (extra bluesky)")
    from bluesky import plans

    from peakscape.live.sources.run_engine import Replay

    engine = bluesky.RunEngine({}, context_managers=[])
    subscription = Subscription(engine, Documents(sink))
    del subscription  # bluesky would let a method go here
    gc.collect()
    engine(plans.count([Replay(Simulated(series(), every=0.0))], 4))
    [uid] = {uid for uid, _ in sink.taken}
    assert [number for _, number in sink.taken] == [1, 2, 3, 4]
    np.testing.assert_array_equal(sink.taken[uid, 3].intensity, pattern(0.2))
    assert sink.notes == []
    [open_one] = Subscription._open
    open_one.close()
    engine(plans.count([Replay(Simulated(series(), every=0.0))], 1))
    assert len(sink.taken) == 4


def test_a_run_engine_source_checks_and_unsubscribes(sink):
    class Engine:
        def __init__(self):
            self.calls = {}

        def subscribe(self, call):
            self.calls[1] = call
            return 1

        def unsubscribe(self, token):
            del self.calls[token]

    engine = Engine()
    source, stop = RunEngineSource(engine), threading.Event()
    source.check()
    thread = threading.Thread(target=source.run, args=(sink, stop))
    thread.start()
    while not engine.calls:
        time.sleep(0.01)
    stop.set()
    thread.join()
    assert not engine.calls
    with pytest.raises(InputError, match="expected a bluesky RunEngine, got str"):
        RunEngineSource("engine").check()


def test_the_proxy_of_bluesky_is_followed(sink):
    zmq = pytest.importorskip("zmq", reason="pyzmq is not installed (extra bluesky)")
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        source, stop = Proxy(f"127.0.0.1:{port}"), threading.Event()
        source.check()
        thread = threading.Thread(target=source.run, args=(sink, stop))
        thread.start()
        end = time.monotonic() + 15
        while len(sink.taken) < 3 and time.monotonic() < end:  # PUB tells nobody whether someone listens
            for name, document in documents():
                socket.send(b" ".join([b"", name.encode(), pickle.dumps(document)]))
            socket.send(b"garbage")
            time.sleep(0.1)
        stop.set()
        thread.join()
    assert len(sink.taken) == 3
    assert {code for code, _ in sink.notes} <= {"document"}


def test_a_proxy_that_is_not_there_is_refused():
    pytest.importorskip("zmq", reason="pyzmq is not installed (extra bluesky)")
    with pytest.raises(InputError, match=r"nobody listens at tcp://127\.0\.0\.1:1 "):
        Proxy("127.0.0.1:1").check()
    with pytest.raises(InputError, match="HOST:PORT"):
        Proxy("somewhere").check()
