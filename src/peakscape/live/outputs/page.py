"""The explorer's page, on which points appear as they are placed: a trail in time, the waterfall, the alarm."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from peakscape.live.engine import Placed
from peakscape.live.measured import dataset_of

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

DRAWN_A_SECOND = 20
"""Points drawn in a second; of more the new ones first. The ledger has all."""
MOST_WAITING = 200
"""Points that wait to be drawn; older ones are let go."""
CURVES_A_SECOND = 4
"""Of the drawn points, those whose curve is sent too: each must be prepared anew."""


class Page:
    """Serves the page and draws on it.

    Parameters
    ----------
    space
        Fitted.
    title
        Of the page.
    port
        0 takes a free one.
    every
        Seconds between spectra as expected, where that is known: the page says when none comes.
    ready
        Is given the address with its token.
    say
        Is told what fails.
    """

    def __init__(
        self,
        space: "FeatureSpace",
        *,
        title: str,
        port: int = 0,
        every: float | None = None,
        ready: Callable[[str], None] = print,
        say: Callable[[str], None] = print,
    ) -> None:
        from peakscape.explorer.feed import LivePoints

        self._space, self._say = space, say
        self.points = LivePoints(every=every)
        self.n_thinned = 0
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._waiting: queue.Queue[Placed | None] = queue.Queue(MOST_WAITING)
        told = threading.Event()

        def is_ready(address: str) -> None:
            ready(address)
            told.set()

        options: dict[str, Any] = {"title": title, "port": port, "live": self.points, "ready": is_ready}
        self._server = threading.Thread(target=self._serve, args=(options, told), daemon=True)
        self._drawer = threading.Thread(target=self._draw, daemon=True)
        self._server.start()
        told.wait()
        if self._error is not None:
            raise self._error
        self._drawer.start()

    def _serve(self, options: dict[str, Any], told: threading.Event) -> None:
        from peakscape.explorer import server

        try:
            server.serve([self._space], stop=self._stop, **options)
        except Exception as error:
            if told.is_set():
                self._say(f"the page is no longer served ({type(error).__name__}: {error}); the ledger goes on")
            self._error = error
        told.set()

    def show(self, placed: Sequence[Placed]) -> None:
        """Take points to be drawn; where too many wait, known ones are let go."""
        for one in placed:
            while True:
                try:
                    self._waiting.put_nowait(one)
                    break
                except queue.Full:
                    if not one.is_new:
                        self.n_thinned += 1
                        break
                    try:
                        self._waiting.get_nowait()
                        self.n_thinned += 1
                    except queue.Empty:
                        continue

    def _draw(self) -> None:
        drawn = curve = 0.0
        while (one := self._waiting.get()) is not None:
            now = time.monotonic()
            if now - drawn < 1.0 / DRAWN_A_SECOND:
                time.sleep(1.0 / DRAWN_A_SECOND - (now - drawn))
            drawn = time.monotonic()
            with_curve = one.is_new or drawn - curve > 1.0 / CURVES_A_SECOND
            try:
                row = one.answer | {"name": one.measured.name, "time": one.measured.metadata.get("time", one.received)}
                rows = self._space.prepared(dataset_of([one.measured])) if with_curve else None
                self.points.publish([row], spectra=rows)
                curve = drawn if with_curve else curve
            except Exception as error:
                self._say(f"{one.measured.name} is not drawn ({type(error).__name__}: {error})")

    def wait(self) -> None:
        """Wait until the server has ended."""
        self._server.join()

    def close(self) -> None:
        """End the server."""
        self._waiting.put(None)
        self._drawer.join(5.0)
        self._stop.set()
        self._server.join(10.0)
