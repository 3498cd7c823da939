"""Runs in a Tiled server, written by bluesky's TiledWriter.

What there is, is read from the store; the subscription only says that there is something, and a look every half second
says it again. So a message that was lost, was too large (one of over 1 MB ends a subscription of Tiled for ever) or
came while the server was away costs half a second at most, and nothing can pile up: the callback sets one flag.
"""

import contextlib
import os
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from peakscape.errors import InputError, MissingExtra
from peakscape.live.measured import Sink
from peakscape.live.sources.documents import Documents

MOST_RUNS = 50
"""Runs, the newest, that are looked at; older ones are taken as done."""
MOST_ROWS = 100
"""Spectra in one request."""
LOOK = 0.5
"""Seconds between two looks where the subscription tells of nothing."""
LARGEST = 2**28
"""Bytes of a message of the subscription: Tiled's own limit, 1 MB, disconnects for ever."""
KEY = "TILED_API_KEY"


def connect(address: str, key: str | None) -> Any:
    """Return a client of a Tiled server; without a key the environment's is taken.

    Raises
    ------
    MissingExtra
        If Tiled's client is not installed.
    InputError
        If nobody listens at the address, or the token is wrong: one line.
    """
    try:
        from tiled.client import from_uri
    except ImportError as error:
        raise MissingExtra("tiled", "tiled") from error
    parts = urllib.parse.urlsplit(address)
    try:  # before Tiled's client, which tries for a minute
        socket.create_connection((parts.hostname or "", parts.port or _port(parts.scheme)), timeout=3.0).close()
    except (OSError, ValueError) as error:
        raise InputError(
            f"no Tiled server answers at {address} ({error}); is the address right, does it run?"
        ) from None
    try:
        return from_uri(address, api_key=os.environ.get(KEY) if key is None else key)
    except Exception as error:
        text = " ".join(str(error).split())
        if "401" in text or "403" in text or "requires API key" in text or "credentials" in text:
            raise InputError(
                f"the Tiled server at {address} refuses the token; give a valid one in the environment, as {KEY}"
            ) from None
        raise InputError(f"the Tiled server at {address} cannot be used: {text[:200]}") from None


def close(client: Any) -> None:
    """Close the connections of a client."""
    with contextlib.suppress(Exception):
        client.context.http_client.close()


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


class Tiled:
    """Spectra of the runs in a Tiled server, those that lie there and those that come.

    Parameters
    ----------
    address
        Of the catalog, such as ``"http://localhost:8000"``, or of a node in it that holds runs.
    key
        Token; None takes the environment's ``TILED_API_KEY``.
    **fields
        As for `Documents`.
    """

    def __init__(self, address: str, *, key: str | None = None, **fields: Any) -> None:
        self.address, self._fields = address, fields
        self.name = f"Tiled {address}"
        self._key = key
        self._news = threading.Event()
        self._subscriptions: dict[str, Any] = {}
        self._had: dict[tuple[str, str], int] = {}
        self._done: set[str] = set()

    def check(self) -> None:
        """Raise InputError where the server is not there, the token is wrong, or the node holds nothing to list."""
        client = connect(self.address, self._key)
        close(client)
        if not hasattr(client, "items"):
            raise InputError(f"{self.address}: expected a catalog of runs, got {type(client).__name__}")

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Give the spectra of runs until `stop` is set; while the server is away, wait and catch up after."""
        documents = Documents(sink, **self._fields)
        is_away, delay, client = False, 1.0, None
        while not stop.is_set():
            try:
                client = connect(self.address, self._key)
                if is_away:
                    sink.note("source_back", f"{self.name} is back")
                is_away, delay = False, 1.0
                self._follow(client, documents, sink, stop)
            except Exception as error:
                if not is_away:
                    line = " ".join(str(error).split())[:300]
                    sink.note("source_away", f"{self.name} is away ({type(error).__name__}: {line}); it is tried again")
                is_away, delay = True, min(5.0, 1.5 * delay)
                stop.wait(delay)
            finally:
                self._unsubscribe()
                close(client)

    def _follow(self, client: Any, documents: Documents, sink: Sink, stop: threading.Event) -> None:
        """Read what there is, each time something is told or time has passed; raise where the server is away."""
        self._subscribe("", client, "child_created")
        while not stop.is_set():
            self._news.clear()
            found = False
            for uid, run in _newest(client):
                if uid in self._done:
                    continue
                found = self._read_run(uid, run, documents, sink, stop) or found
            if not found:
                self._news.wait(LOOK)

    def _read_run(self, uid: str, run: Any, documents: Documents, sink: Sink, stop: threading.Event) -> bool:
        """Give what is new of a run; True if there was something."""
        metadata = run.metadata
        start, ended = metadata.get("start"), metadata.get("stop")
        mark = f"tiled {self.address} {uid}"
        if start is None or sink.remembers(mark):
            self._done.add(uid)
            return False
        documents("start", {**start, "uid": uid})
        found = False
        for stream in _streams(run):
            found = self._read_stream(uid, stream, run, documents, sink, stop) or found
        if ended is not None and not stop.is_set():  # it had ended before its streams were read, so that they are whole
            documents("stop", {**ended, "run_start": uid})
            self._done.add(uid)
            self._forget(uid)
            sink.remember(mark)
        return found

    def _read_stream(
        self, uid: str, stream: str, run: Any, documents: Documents, sink: Sink, stop: threading.Event
    ) -> bool:
        node = _node(run, stream)
        arrays = {name: node[name] for name in node if name != "internal"}
        arrays = {name: array for name, array in arrays.items() if len(getattr(array, "shape", ())) == 2}
        if not arrays:
            return False
        for name, array in arrays.items():
            self._subscribe(f"{uid}/{stream}/{name}", array, "new_data")
        n_rows = min(array.shape[0] for array in arrays.values())
        had = self._had.get((uid, stream))
        if had is None:
            had = _first_unknown(sink, uid if stream == "primary" else f"{uid}/{stream}", n_rows)
        if had >= n_rows:
            return False
        self._describe(uid, stream, node, arrays, documents)
        times = _times(node)
        while had < n_rows and not stop.is_set():
            end = min(n_rows, had + MOST_ROWS)
            rows = {name: np.asarray(array[had:end]) for name, array in arrays.items()}
            for k in range(end - had):
                when = times[had + k] if had + k < len(times) else time.time()
                data = {name: values[k] for name, values in rows.items()}
                told = {"descriptor": f"{uid}/{stream}", "seq_num": had + k + 1, "time": when, "data": data}
                documents("event", told)
            had = end
            self._had[uid, stream] = had
        return True

    def _describe(self, uid: str, stream: str, node: Any, arrays: dict[str, Any], documents: Documents) -> None:
        told = {"uid": f"{uid}/{stream}", "run_start": uid, "name": stream, "data_keys": dict.fromkeys(arrays)}
        documents("descriptor", told | {"configuration": dict(node.metadata.get("configuration") or {})})

    def _subscribe(self, key: str, node: Any, event: str) -> None:
        """Be told of news of a node, where the server tells them."""
        if key in self._subscriptions:
            return
        call: Callable[[Any], None] = lambda update: self._news.set()  # noqa: E731  # held below: Tiled holds it weakly
        self._subscriptions[key] = (None, call)
        with contextlib.suppress(Exception):  # servers without streaming: the looks remain
            subscription = node.subscribe()
            getattr(subscription, event).add_callback(call)
            self._subscriptions[key] = (subscription, call)
            # not start_in_thread, which waits for ever where the server takes no socket
            threading.Thread(target=_listen, args=(subscription,), daemon=True).start()

    def _forget(self, uid: str) -> None:
        for key in [key for key in self._subscriptions if key.startswith(uid)]:
            _end(self._subscriptions.pop(key)[0])
        for one in [one for one in self._had if one[0] == uid]:
            del self._had[one]

    def _unsubscribe(self) -> None:
        while self._subscriptions:
            _end(self._subscriptions.popitem()[1][0])


def _listen(subscription: Any) -> None:
    """Listen until the subscription is ended, from the next message on: what was before is read from the store."""
    with contextlib.suppress(Exception):  # the looks remain
        subscription.start(max_size=LARGEST)


def _end(subscription: Any) -> None:
    if subscription is not None:
        threading.Thread(target=_disconnect, args=(subscription,), daemon=True).start()


def _disconnect(subscription: Any) -> None:
    with contextlib.suppress(Exception):
        subscription.disconnect()


def _newest(client: Any) -> Iterator[tuple[str, Any]]:
    """The newest runs, oldest first."""
    n_runs = len(client)
    yield from list(client.items()[max(0, n_runs - MOST_RUNS) :])


def _streams(run: Any) -> list[str]:
    """Names of the streams; runs of earlier writers keep them one level deeper."""
    return [name for name in run if name != "streams"] + (list(run["streams"]) if "streams" in run else [])


def _node(run: Any, stream: str) -> Any:
    node = run[stream] if stream in run else run["streams"][stream]
    return getattr(node, "base", node)


def _first_unknown(sink: Sink, uid: str, n_rows: int) -> int:
    """How many rows, from the first on, were taken before a restart."""
    for number in range(n_rows):
        if not sink.is_known(uid, number + 1):
            return number
    return n_rows


def _times(node: Any) -> list[float]:
    """When the events were, seconds since 1970, where the stream has a table of them."""
    with contextlib.suppress(Exception):  # a table that is not there yet: times are those of reading
        return [float(one) for one in node["internal"].read(["time"])["time"]]
    return []
