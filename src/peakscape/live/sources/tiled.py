"""Runs in a Tiled server, written by bluesky's TiledWriter.

What there is, is read from the store; subscriptions only say which run has news, and a look every half second says it
again. So a message that was lost, was too large (one of over 1 MB ends a subscription of Tiled for ever) or came while
the server was away costs half a second at most, and nothing can pile up: a callback writes down the name of a run.

The server is asked little, as it writes the scan meanwhile: a look is one request for the names of the newest runs, and
three for each run that has not ended: its metadata, its streams, and the lengths of what a stream holds. Where no
subscription says anything (`tiled serve catalog` tells nobody of news, only a server with a ``streaming_cache`` in its
configuration does), streams that grow are asked for their lengths in between, one request each.
"""

import contextlib
import os
import socket
import threading
import time
import urllib.parse
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
"""Seconds between two looks at a run of which the subscriptions tell nothing."""
GLANCE, FRESH = 0.15, 30.0
"""Seconds between two questions for the length of a stream, and after its last spectrum for which it is so asked."""
PATIENCE = 2.0
"""Seconds for which a spectrum waits for its time, which TiledWriter writes after it."""
LARGEST = 2**28
"""Bytes of a message of the subscription: Tiled's own limit, 1 MB, disconnects for ever."""
KEY = "TILED_API_KEY"
TABLES = ("internal", "internal_0")
"""Where TiledWriter puts numbers and times of events; the second where there are very many columns."""


def connect(address: str, key: str | None, *, plain: bool = False) -> Any:
    """Return a client of a Tiled server; without a key the environment's is taken.

    With `plain`, nodes are containers, arrays and tables only: the classes that packages add for runs and streams ask
    the server several times where once is enough.

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
    kinds = {"structure_clients": _plain_clients()} if plain else {}
    try:
        return from_uri(address, api_key=os.environ.get(KEY) if key is None else key, **kinds)
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
        self._news, self._told = threading.Event(), set[str]()
        self._subscriptions: dict[str, Any] = {}
        self._had: dict[tuple[str, str], int] = {}
        self._waits: dict[tuple[str, str], float] = {}
        self._grew: dict[tuple[str, str], tuple[Any, float]] = {}
        self._hears = False
        self._looked: dict[str, float] = {}
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
                client = connect(self.address, self._key, plain=True)
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
        self._subscribe("", client, ("child_created", "child_metadata_updated"), None)
        next_look = 0.0
        while not stop.is_set():
            self._news.clear()
            self._read_told(client, documents, sink, stop)
            if time.monotonic() >= next_look:
                for uid in client.keys().tail(MOST_RUNS):  # Tiled's own list of names
                    if time.monotonic() - self._looked.get(uid, 0.0) >= LOOK:
                        self._read_run(uid, client, documents, sink, stop)
                    self._read_told(client, documents, sink, stop)
                next_look = time.monotonic() + LOOK
            elif not self._hears:
                self._glance()
            pause = LOOK if self._hears or not self._grew else GLANCE
            self._news.wait(max(0.0, min(pause, next_look - time.monotonic())))

    def _glance(self) -> None:
        """See which streams have grown that grew a while ago."""
        for (uid, stream), (node, when) in list(self._grew.items()):
            if time.monotonic() - when > FRESH:
                del self._grew[uid, stream]
            elif _n_rows(_arrays(dict(node.items()))) > self._had[uid, stream]:
                self._told.add(uid)
                self._news.set()

    def _read_told(self, client: Any, documents: Documents, sink: Sink, stop: threading.Event) -> None:
        """Read the runs of which the subscriptions told something."""
        while self._told and not stop.is_set():
            self._read_run(self._told.pop(), client, documents, sink, stop)

    def _read_run(self, uid: str, client: Any, documents: Documents, sink: Sink, stop: threading.Event) -> None:
        """Give what is new of a run."""
        mark = f"tiled {self.address} {uid}"
        if uid in self._done or stop.is_set():
            return
        if sink.remembers(mark):
            self._done.add(uid)
            return
        try:
            run = client[uid]
        except KeyError:  # removed since it was listed
            return
        start, ended = run.metadata.get("start"), run.metadata.get("stop")
        if start is None:
            self._done.add(uid)
            return
        self._subscribe(uid, run, ("child_created",), uid)
        documents("start", {**start, "uid": uid})
        for stream, node in _streams(run).items():
            self._read_stream(uid, stream, node, documents, sink, stop, has_ended=ended is not None)
        self._looked[uid] = time.monotonic()
        if ended is not None and not stop.is_set():  # it had ended before its streams were read, so that they are whole
            documents("stop", {**ended, "run_start": uid})
            self._done.add(uid)
            self._forget(uid)
            sink.remember(mark)

    def _read_stream(
        self,
        uid: str,
        stream: str,
        node: Any,
        documents: Documents,
        sink: Sink,
        stop: threading.Event,
        *,
        has_ended: bool,
    ) -> None:
        held = dict(node.items())
        table = next((held[name] for name in TABLES if name in held), None)
        arrays = _arrays(held)
        self._subscribe(f"{uid}/{stream}", node, ("child_created",), uid)
        if table is not None:
            self._subscribe(f"{uid}/{stream}/", table, ("new_data",), uid)
        n_rows = _n_rows(arrays)
        had = self._had.get((uid, stream))
        if had is None:
            had = _first_unknown(sink, uid if stream == "primary" else f"{uid}/{stream}", n_rows)
        if had >= n_rows:
            return
        times = _times(table)
        n_rows = n_rows if has_ended else self._n_whole(uid, stream, n_rows, len(times))
        self._describe(uid, stream, node, arrays, documents)
        while had < n_rows and not stop.is_set():
            end = min(n_rows, had + MOST_ROWS)
            rows = {name: np.asarray(array[had:end]) for name, array in arrays.items()}
            for k in range(end - had):
                when = times[had + k] if had + k < len(times) else time.time()
                data = {name: values[k] for name, values in rows.items()}
                told = {"descriptor": f"{uid}/{stream}", "seq_num": had + k + 1, "time": when, "data": data}
                documents("event", told)
            had = self._had[uid, stream] = end
            self._grew[uid, stream] = node, time.monotonic()

    def _n_whole(self, uid: str, stream: str, n_rows: int, n_times: int) -> int:
        """How many spectra have their times, which are written last; they are waited for, but not for ever."""
        if n_times >= n_rows:
            self._waits.pop((uid, stream), None)
            return n_rows
        since = self._waits.setdefault((uid, stream), time.monotonic())
        return n_rows if time.monotonic() - since > PATIENCE else n_times

    def _describe(self, uid: str, stream: str, node: Any, arrays: dict[str, Any], documents: Documents) -> None:
        told = {"uid": f"{uid}/{stream}", "run_start": uid, "name": stream, "data_keys": dict.fromkeys(arrays)}
        documents("descriptor", told | {"configuration": dict(node.metadata.get("configuration") or {})})

    def _subscribe(self, key: str, node: Any, events: tuple[str, ...], uid: str | None) -> None:
        """Be told of news of a node, where the server tells them: of a run, or with None of the run that they name."""
        if key in self._subscriptions:
            return

        def call(update: Any) -> None:  # held below: Tiled holds it weakly
            self._told.add(str(update.key) if uid is None else uid)
            self._hears = True
            self._news.set()

        self._subscriptions[key] = (None, call)
        with contextlib.suppress(Exception):  # servers without streaming: the looks remain
            subscription = node.subscribe()
            for event in events:
                getattr(subscription, event).add_callback(call)
            self._subscriptions[key] = (subscription, call)
            # not start_in_thread, which waits for ever where the server takes no socket
            threading.Thread(target=_listen, args=(subscription,), daemon=True).start()

    def _forget(self, uid: str) -> None:
        for key in [key for key in self._subscriptions if key.startswith(uid)]:
            _end(self._subscriptions.pop(key)[0])
        self._looked.pop(uid, None)
        for one in [one for one in {*self._had, *self._waits, *self._grew} if one[0] == uid]:
            for known in (self._had, self._waits, self._grew):
                known.pop(one, None)

    def _unsubscribe(self) -> None:
        self._hears = False
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


def _plain_clients() -> Any:
    """Classes for nodes by their structure alone."""
    from tiled.client.array import ArrayClient
    from tiled.client.base import BaseClient
    from tiled.client.container import Container
    from tiled.client.dataframe import DataFrameClient

    class Plain(dict[str, Any]):
        """What is neither of these is only listed."""

        def __missing__(self, family: str) -> Any:
            return BaseClient

    return Plain(container=Container, composite=Container, array=ArrayClient, table=DataFrameClient)


def _streams(run: Any) -> dict[str, Any]:
    """Streams by name; runs of earlier writers keep them one level deeper."""
    held = dict(run.items())
    deeper = held.pop("streams", None)
    found = held | (dict(deeper.items()) if deeper is not None else {})
    return {name: node for name, node in found.items() if hasattr(node, "items")}


def _arrays(held: dict[str, Any]) -> dict[str, Any]:
    """What a stream holds with a row for each event."""
    return {name: one for name, one in held.items() if len(getattr(one, "shape", ())) == 2}


def _n_rows(arrays: dict[str, Any]) -> int:
    return min((one.shape[0] for one in arrays.values()), default=0)


def _first_unknown(sink: Sink, uid: str, n_rows: int) -> int:
    """How many rows, from the first on, were taken before a restart."""
    for number in range(n_rows):
        if not sink.is_known(uid, number + 1):
            return number
    return n_rows


def _times(table: Any) -> list[float]:
    """When the events were, seconds since 1970, where the stream has a table of them."""
    with contextlib.suppress(Exception):  # a table that is not there yet, or not yet filled
        return [float(one) for one in table.read(["time"])["time"]]
    return []
