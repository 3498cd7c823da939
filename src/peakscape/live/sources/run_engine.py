"""A simulated beamline of real parts: a bluesky RunEngine whose detector replays a series of spectra."""

import threading
import time
from collections import OrderedDict
from typing import Any

from peakscape.errors import MissingExtra
from peakscape.live.measured import Sink
from peakscape.live.sources.documents import Documents, Subscription
from peakscape.live.sources.simulated import Simulated


class Replay:
    """A detector, as bluesky wants one, that measures what a simulated beamline measures.

    Parameters
    ----------
    beamline
        Whose spectra are read.
    """

    name, parent = "detector", None

    def __init__(self, beamline: Simulated) -> None:
        self._beamline = beamline
        self._number = 0
        first = beamline.measure(1)
        self._axis, self._points = first.axis, first.points

    def read(self) -> dict[str, Any]:
        """Measure the next spectrum."""
        self._number += 1
        intensity = self._beamline.measure(self._number).intensity
        return OrderedDict(detector_intensity={"value": intensity.tolist(), "timestamp": time.time()})

    def describe(self) -> dict[str, Any]:
        """Say what is read."""
        told = {"source": "simulated", "dtype": "array", "shape": [len(self._points)], "dtype_numpy": "<f8"}
        return OrderedDict(detector_intensity=told)

    def read_configuration(self) -> dict[str, Any]:
        """Return the axis, which stays as it is."""
        value = {"value": self._points.tolist(), "timestamp": time.time()}
        return OrderedDict([(f"detector_{self._axis}", value)])

    def describe_configuration(self) -> dict[str, Any]:
        """Say what the axis is."""
        told = {"source": "simulated", "dtype": "array", "shape": [len(self._points)], "dtype_numpy": "<f8"}
        return OrderedDict([(f"detector_{self._axis}", told)])


class SimulatedRunEngine:
    """A RunEngine of its own that counts with a `Replay`, and our subscription to it.

    Parameters
    ----------
    beamline
        What is measured, and how often.
    """

    def __init__(self, beamline: Simulated) -> None:
        self.name = "simulated beamline (bluesky)"
        self._beamline = beamline

    def check(self) -> None:
        """Raise MissingExtra where bluesky is not installed."""
        try:
            import bluesky  # noqa: F401
        except ImportError as error:
            raise MissingExtra("bluesky", "bluesky") from error

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Measure all of the series, or until `stop` is set."""
        from bluesky import RunEngine
        from bluesky import plan_stubs as do

        engine = RunEngine({}, context_managers=[])  # no handlers of signals: this is not the main thread
        attributes = {key: value for key, value in self._beamline.attributes.items() if key != "kind"}
        detector, total = Replay(self._beamline), self._beamline.n_total

        def plan() -> Any:
            yield from do.open_run(md=attributes)
            start = time.monotonic()
            for number in range(1, total + 1):
                if stop.is_set():
                    break
                yield from do.sleep(max(0.0, start + number * self._beamline.every - time.monotonic()))
                yield from do.trigger_and_read([detector])
            yield from do.close_run()

        subscription = Subscription(engine, Documents(sink))
        try:
            engine(plan())
        finally:
            subscription.close()
