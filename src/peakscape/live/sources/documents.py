"""Bluesky's documents: start, descriptor, event, stop, from a RunEngine in this process or from bluesky's 0MQ proxy.

Documents are plain dictionaries, so that bluesky itself is not needed here.
"""

import io
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from peakscape.errors import InputError, MissingExtra
from peakscape.live.ledger import ABORTED
from peakscape.live.measured import Measured, Sink
from peakscape.spectra.container import AXES

NAMES_OF_AXES = {
    "two_theta": ("two_theta", "twotheta", "tth", "2theta", "2_theta"),
    "q": ("q", "q_axis", "qvec"),
    "energy": ("energy", "en", "mono_energy"),
}
MOST_RUNS = 100
"""Runs whose start is remembered while they have not ended."""


def axis_of(name: str) -> str | None:
    """Return which axis a field is by its name, None for none.

    Examples
    --------
    >>> axis_of("det_tth"), axis_of("pe1_q"), axis_of("det_intensity")
    ('two_theta', 'q', None)
    """
    plain = name.lower().replace("-", "_")
    for axis, names in NAMES_OF_AXES.items():
        if any(plain == one or plain.endswith(f"_{one}") for one in names):
            return axis
    return None


class Documents:
    """From documents to spectra; call it with (name, document), as bluesky calls its callbacks.

    Parameters
    ----------
    sink
        What spectra are given to.
    intensity
        The field of events that holds the spectrum; None: the only array that is no axis.
    axis
        What the spectra are on, "two_theta", "q" or "energy", where the field of the axis does not tell it by its name.
    axis_field
        The field, in events or in the configuration of the detector, that holds the axis; None: found by its name.
    metadata
        What documents do not tell, such as ``{"wavelength": 0.1665}``.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        intensity: str | None = None,
        axis: str | None = None,
        axis_field: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        if axis is not None and axis not in AXES:
            raise InputError(f"expected an axis of {', '.join(AXES)}, got {axis!r}")
        self._sink = sink
        self._intensity, self._axis, self._axis_field = intensity, axis, axis_field
        self._metadata = dict(metadata or {})
        self._starts: dict[str, dict[str, Any]] = {}
        self._descriptors: dict[str, dict[str, Any]] = {}
        self._numbers: dict[tuple[str, str], dict[int, str]] = {}
        self._told: set[str] = set()

    def __call__(self, name: str, document: Mapping[str, Any]) -> None:
        """Take a document. Nothing is ever raised: an exception here would abort the scan."""
        try:
            self._take(str(getattr(name, "name", name)), document)
        except Exception as error:
            self._sink.note("document", f"a {name} document cannot be used: {type(error).__name__}: {error}")

    def _take(self, name: str, document: Mapping[str, Any]) -> None:
        if name == "start":
            self._starts[document["uid"]] = dict(document)
            while len(self._starts) > MOST_RUNS:  # runs whose stop never came
                self._forget(next(iter(self._starts)))
        elif name == "descriptor":
            self._descriptors[document["uid"]] = dict(document)
        elif name == "event":
            self._event(document)
        elif name in ("event_page", "bulk_events"):
            for event in _events_of(document):
                self._event(event)
        elif name == "stop":
            self._stop(document)
        elif name in ("stream_resource", "resource"):
            self._once(
                f"files {document.get('run_start', '')}",
                "data_in_files",
                "the detector writes its data to files and the documents only point to them; watch Tiled or the folder",
                str(document.get("run_start", "")),
            )

    def _event(self, event: Mapping[str, Any]) -> None:
        descriptor = self._descriptors.get(event["descriptor"])
        if descriptor is None:
            self._once(
                event["descriptor"],
                "no_descriptor",
                "events came whose description was sent before the watch began: that run is skipped",
            )
            return
        fields = self._fields(descriptor, event)
        if fields is None:
            return
        name, axis, points = fields
        uid, number, stream = (
            str(descriptor["run_start"]),
            int(event["seq_num"]),
            str(descriptor.get("name", "primary")),
        )
        start = self._starts.get(uid, {})
        told = {key: start[key] for key in ("wavelength", "element", "edge") if key in start}
        metadata = told | self._metadata | {
            "name": f"scan {start.get('scan_id', uid[:8])} #{number}",
            "source": f"{uid} {stream}",
            "time": float(event.get("time", time.time())),
        }  # fmt: skip
        own = str(event.get("uid", ""))
        first = self._numbers.setdefault((uid, stream), {}).setdefault(number, own)
        uid = uid if stream == "primary" else f"{uid}/{stream}"
        if own != first:  # after a pause the RunEngine measures anew from its checkpoint, under the same number
            self._sink.note("measured_again", f"{metadata['name']} was measured again after a pause", uid)
            uid = f"{uid}/{own[:8]}"
        intensity = np.asarray(event["data"][name], dtype=np.float64)
        self._sink.take(Measured(uid, number, axis, points, intensity.ravel(), metadata))

    def _fields(self, descriptor: dict[str, Any], event: Mapping[str, Any]) -> tuple[str, str, Any] | None:
        """The field of the spectrum, what its axis is, and its points; None where the stream holds no spectra."""
        data = event["data"]
        arrays = [name for name, value in data.items() if np.ndim(value) == 1 and np.size(value) > 1]
        arrays = [name for name in arrays if np.asarray(data[name]).dtype.kind in "iuf"]
        axes = [name for name in arrays if name == self._axis_field or axis_of(name)]
        values = [name for name in arrays if name not in axes]
        name = self._intensity
        if name is None and len(values) == 1:
            name = values[0]
        if name is None or name not in data:
            if values or self._intensity in descriptor.get("data_keys", {}):
                asked = "--field" if self._intensity is None else f"--field {self._intensity}"
                self._once(
                    descriptor["uid"],
                    "no_spectrum",
                    f"expected one spectrum an event ({asked}), the stream {descriptor.get('name')} holds"
                    f" {', '.join(values) or 'none'}",
                )
            return None
        found = self._points(descriptor, data, axes)
        if found is None:
            self._once(
                descriptor["uid"],
                "no_axis",
                f"the axis of {name} is not told: no field or configuration is named two_theta, q or energy; say which"
                " field holds it (--axis-field), and what it is (--axis)",
            )
            return None
        return name, *found

    def _points(self, descriptor: dict[str, Any], data: Mapping[str, Any], axes: list[str]) -> tuple[str, Any] | None:
        """The axis of a spectrum: a field of the event, or of the detector's configuration."""
        places: list[Mapping[str, Any]] = [{name: data[name] for name in axes}]
        places += [told.get("data", {}) for told in descriptor.get("configuration", {}).values()]
        for place in places:
            for name, value in place.items():
                axis = self._axis or axis_of(name)
                is_asked = name == self._axis_field if self._axis_field else axis_of(name) is not None
                if axis is not None and is_asked and np.ndim(value) == 1:
                    return axis, np.asarray(value, dtype=np.float64)
        return None

    def _stop(self, document: Mapping[str, Any]) -> None:
        uid = str(document["run_start"])
        status = document.get("exit_status", "success")
        if status != "success":
            why = " ".join(str(document.get("reason") or "no reason told").split())
            self._sink.note(ABORTED, f"run {uid[:8]} ended with {status}: {why}; its spectra are kept and flagged", uid)
        for stream, wanted in (document.get("num_events") or {}).items():
            came = len(self._numbers.get((uid, stream), ()))
            name = uid if stream == "primary" else f"{uid}/{stream}"
            if 0 < came < wanted:  # the others may have come before a restart
                came = sum(self._sink.is_known(name, number) for number in range(1, int(wanted) + 1))
            if 0 < came < wanted:
                self._sink.note("gap", f"run {uid[:8]}: {wanted - came} of {wanted} spectra did not come", uid)
        self._forget(uid)

    def _forget(self, uid: str) -> None:
        self._starts.pop(uid, None)
        for key in [key for key in self._numbers if key[0] == uid]:
            del self._numbers[key]
        for name in [name for name, told in self._descriptors.items() if told.get("run_start") == uid]:
            del self._descriptors[name]

    def _once(self, key: str, code: str, text: str, uid: str = "") -> None:
        """Note something once, not with every event."""
        if key + code not in self._told:
            self._told.add(key + code)
            self._sink.note(code, text, uid)


def _events_of(page: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of a page."""
    if "seq_num" not in page:  # bulk_events, of old: lists of events by descriptor
        for events in page.values():
            yield from events
        return
    for k, number in enumerate(page["seq_num"]):
        data = {name: values[k] for name, values in page["data"].items()}
        yield {"descriptor": page["descriptor"], "seq_num": number, "time": page["time"][k], "data": data}


class Subscription:
    """A RunEngine's documents, until `close`.

    bluesky holds callbacks weakly where they are methods, and lets them go silently: this object, which holds what it
    subscribed, is itself held until it is closed.
    """

    _open: ClassVar[set[Any]] = set()

    def __init__(self, engine: Any, call: Callable[..., None]) -> None:
        self._engine, self._call = engine, call
        self._token = engine.subscribe(call)
        Subscription._open.add(self)

    def close(self) -> None:
        """Let the RunEngine go on without us."""
        self._engine.unsubscribe(self._token)
        Subscription._open.discard(self)


class RunEngineSource:
    """Spectra from a RunEngine of this process.

    Parameters
    ----------
    engine
        A `bluesky.RunEngine`, or anything with its `subscribe` and `unsubscribe`.
    **fields
        As for `Documents`.
    """

    def __init__(self, engine: Any, **fields: Any) -> None:
        self.name = "RunEngine"
        self._engine, self._fields = engine, fields

    def check(self) -> None:
        """Raise InputError where there is nothing to subscribe to."""
        if not hasattr(self._engine, "subscribe"):
            raise InputError(f"expected a bluesky RunEngine, got {type(self._engine).__name__}")

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Be subscribed until `stop` is set; spectra are taken in the RunEngine's own thread."""
        subscription = Subscription(self._engine, Documents(sink, **self._fields))
        stop.wait()
        subscription.close()


class Proxy:
    """Spectra from bluesky's 0MQ proxy (`bluesky-0MQ-proxy`).

    What is published while nobody listens is gone: 0MQ stores nothing. Missing spectra are noted when a run ends
    (``gap``); where none may be lost, watch Tiled or the folder.

    Parameters
    ----------
    address
        Of the proxy's outgoing side, such as ``"localhost:5578"``.
    prefix
        Only messages that begin with it.
    **fields
        As for `Documents`.
    """

    def __init__(self, address: str, *, prefix: str = "", **fields: Any) -> None:
        self.address = address if "://" in address else f"tcp://{address}"
        self.name = f"0MQ proxy {self.address}"
        self._prefix, self._fields = prefix.encode(), fields

    def check(self) -> None:
        """Raise where pyzmq is not installed, or nobody listens at the address."""
        import socket

        _zmq()
        host, _, port = self.address.removeprefix("tcp://").rpartition(":")
        if not self.address.startswith("tcp://"):
            return
        if not port.isdecimal():
            raise InputError(f"expected the address of a 0MQ proxy as HOST:PORT, got {self.address}")
        try:
            socket.create_connection((host or "localhost", int(port)), timeout=3.0).close()
        except OSError as error:
            raise InputError(
                f"nobody listens at {self.address} ({error.strerror or error}); start bluesky-0MQ-proxy, and give its"
                " outgoing port"
            ) from error

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Receive documents until `stop` is set; 0MQ connects again by itself."""
        zmq = _zmq()
        documents = Documents(sink, **self._fields)
        with zmq.Context() as context, context.socket(zmq.SUB) as socket:
            socket.set_hwm(0)  # none is dropped here, however fast they come: they are taken at once
            socket.setsockopt(zmq.SUBSCRIBE, self._prefix)
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(self.address)
            while not stop.is_set():
                if socket.poll(200):
                    self._receive(socket.recv(), documents, sink)

    def _receive(self, message: bytes, documents: Documents, sink: Sink) -> None:
        parts = message.split(b" ", 2)
        if len(parts) != 3:
            sink.note("document", f"a message of {len(message)} bytes is no document of bluesky's 0MQ publisher")
            return
        if self._prefix and parts[0] != self._prefix:
            return
        try:
            document = unpickle(parts[2])
        except Exception as error:
            sink.note("document", f"a message cannot be read: {error}")
            return
        documents(parts[1].decode(errors="replace"), document)


def _zmq() -> Any:
    try:
        import zmq
    except ImportError as error:
        raise MissingExtra("pyzmq", "bluesky") from error
    return zmq


class _Plain(pickle.Unpickler):
    """Reads numbers, texts, lists, dictionaries and arrays, and refuses everything that could run code."""

    allowed = frozenset(
        {
            ("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"), ("numpy.core.multiarray", "scalar"),
            ("numpy._core.multiarray", "scalar"), ("numpy._core.numeric", "_frombuffer"),
            ("numpy.core.numeric", "_frombuffer"), ("_codecs", "encode"), ("builtins", "complex"),
            ("builtins", "set"), ("builtins", "frozenset"), ("builtins", "bytearray"),
            ("collections", "OrderedDict"), ("collections", "ChainMap"),
        }
    )  # fmt: skip

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.allowed:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no number, text or array")
        return super().find_class(module, name)


def unpickle(data: bytes) -> Any:
    """Read a document that bluesky's publisher pickled, without running anything that the sender chose.

    Raises
    ------
    pickle.UnpicklingError
        If it holds anything but numbers, texts, lists, dictionaries and arrays.

    Examples
    --------
    >>> unpickle(pickle.dumps({"seq_num": 1, "data": {"x": np.array([1.0])}}))
    {'seq_num': 1, 'data': {'x': array([1.])}}
    """
    return _Plain(io.BytesIO(data)).load()
