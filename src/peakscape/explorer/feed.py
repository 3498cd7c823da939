"""Points that arrive while the page is open: published from any thread, drawn by every page that is open."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from peakscape.errors import InputError
from peakscape.explorer.packing import pack

MOST_KEPT = 1_000
"""Points that a page which is opened late is given."""
MOST_AT_ONCE = 50
"""Points in one message."""
HEARTBEAT = 2.0
"""Seconds after which a page is told that the server lives, where nothing has come."""


class LivePoints:
    """Points of an instrument that is running, as the page is shown them: a trail, the newest ringed, and its alarms.

    Hand it to `peakscape.explorer.server.serve`, and call `publish` from any thread, before or after: it returns at
    once, however slow a page is and whether or not one is open. A page that opens late, or loses its connection and
    finds it again, is given the last `MOST_KEPT` points. The page counts the points from 1 in the order of publishing.

    Parameters
    ----------
    every : float, optional
        Seconds between two points as expected; after three missed ones the page says "no data since". None: the page
        takes the median of the gaps that it has seen.

    Examples
    --------
    A folder that is watched, and a page that shows what comes::

        feed = LivePoints(every=2.0)
        stop = threading.Event()
        threading.Thread(target=watch, args=(space, feed, stop), daemon=True).start()
        serve([space], title="beamtime", live=feed, stop=stop)  # returns on Ctrl-C, or once `stop` is set

        def watch(space, feed, stop):  # for each new file:
            dataset = reading.read(path)
            feed.publish(answers.records(space.place(dataset)), spectra=space.prepared(dataset))

    >>> feed = LivePoints()
    >>> feed.publish([{"name": "scan 1", "coordinates": [0.1, 0.2], "foreign": False}])
    >>> feed.n_published
    1
    """

    def __init__(self, *, every: float | None = None) -> None:
        self.every = every
        self.n_published = 0
        self._kept: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)
        self._lock = threading.Lock()
        self._calls: set[Callable[[], None]] = set()

    def publish(self, rows: Sequence[Mapping[str, Any]], spectra: ArrayLike | None = None) -> None:
        """Show points on every open page.

        Parameters
        ----------
        rows
            One mapping a spectrum, as `peakscape.feature_space.answers.records` makes them of what `FeatureSpace.place`
            answers. Needed: ``name``, ``coordinates`` (two numbers). What else of an answer is there is shown: labels
            with their ends, classes, ``nearest``, ``unexplained``, ``novelty_p``, ``remarks``. ``foreign`` true raises
            the alarm, which stays until it is read. Further: ``time`` (seconds since 1970; else now), ``alarm`` (a line
            of your own that raises the alarm, whatever ``foreign`` says), ``unexplained_at`` (position on the space's
            axis where most is unexplained) and ``usual`` (what is not explained of known samples, a share).
        spectra
            Their prepared spectra on the space's axis, of shape (n_rows, n_points), for the curve and the waterfall.

        Raises
        ------
        InputError
            If a row has no name or no two finite coordinates, or the number of spectra is another.
        """
        curves = [None] * len(rows) if spectra is None else list(np.atleast_2d(np.asarray(spectra, dtype=np.float32)))
        if len(curves) != len(rows):
            raise InputError(f"expected as many spectra as rows, {len(rows)}, got {len(curves)}")
        for row in rows:
            place = np.asarray(row.get("coordinates", ()), dtype=np.float64)
            if "name" not in row or place.shape != (2,) or not np.isfinite(place).all():
                raise InputError(
                    f"expected a row with a name and two finite coordinates, got {row.get('name')!r}, {place}"
                )
        now = time.time()
        with self._lock:
            for row, curve in zip(rows, curves, strict=True):
                self.n_published += 1
                self._kept.append({"time": now} | dict(row) | {"number": self.n_published, "spectrum": curve})
            calls = list(self._calls)
        for call in calls:
            call()

    def since(self, number: int) -> list[dict[str, Any]]:
        """Return the points after a number, oldest first, at most `MOST_AT_ONCE` of those that are kept."""
        with self._lock:
            return [row for row in self._kept if row["number"] > number][:MOST_AT_ONCE]

    async def stream(self, send: Callable[[bytes], Any], after: int = 0) -> None:
        """Send every point to one page as it comes, and a heartbeat in between, until sending fails or it is ended."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def call() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended with the server
                loop.call_soon_threadsafe(news.set)

        with self._lock:
            self._calls.add(call)
        try:
            await send(self._message([]))
            while True:
                news.clear()
                while rows := self.since(after):
                    await send(self._message(rows))
                    after = rows[-1]["number"]
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), HEARTBEAT)
                    continue
                await send(self._message([]))
        finally:
            with self._lock:
                self._calls.discard(call)

    def _message(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        return pack({"now": time.time(), "every": self.every, "count": self.n_published, "rows": rows})
