"""EPICS PVAccess: an array that an instrument publishes.

PVAccess keeps no past: while nobody listens, or faster than a client takes them, values are replaced by newer ones. A
deep queue is asked for, and each value is identified by its number (NTNDArray) or its time stamp, so that the last
value, which is sent anew at each connection, is not taken twice.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from peakscape.errors import InputError, MissingExtra
from peakscape.live.measured import Measured, Sink
from peakscape.spectra.container import AXES

QUEUE = 1_000
"""Values that the server keeps for us while we are busy; EPICS' own default is 4."""
PATIENCE = 5.0
"""Seconds for which the names are searched at the start."""


class PVAccess:
    """Spectra of an EPICS process variable, by PVAccess.

    Parameters
    ----------
    name
        Of the variable: NTScalarArray, one-dimensional NTNDArray, or NTTable with a column of the axis.
    axis
        "two_theta", "q" or "energy".
    axis_name
        The variable, or the column of the table, that holds the axis; None: a column named as the axis.
    column
        Of a table: which holds the spectrum; None: the only other one.
    metadata
        What the variable does not tell, such as ``{"wavelength": 0.1665}``.
    """

    def __init__(
        self,
        name: str,
        *,
        axis: str,
        axis_name: str | None = None,
        column: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        if axis not in AXES:
            raise InputError(f"expected an axis of {', '.join(AXES)} (--axis), got {axis!r}")
        self.variable, self.axis, self.axis_name, self.column = name, axis, axis_name, column
        self.name = f"PVAccess {name}"
        self._metadata = dict(metadata or {})
        self._points: Any = None

    def check(self) -> None:
        """Raise where p4p is not installed, a variable is not found, or no axis is told."""
        with _context() as context:
            value = self._get(context, self.variable)
            if _columns(value) is None and self.axis_name is None:
                raise InputError(f"{self.variable} holds no axis; say which variable does (--axis-field)")
            if _columns(value) is None:
                self._get(context, str(self.axis_name))

    def _get(self, context: Any, name: str) -> Any:
        try:
            return context.get(name, timeout=PATIENCE)
        except Exception as error:
            raise InputError(
                f"no EPICS variable {name} was found within {PATIENCE:.0f} s ({type(error).__name__}); is its server"
                " running, and EPICS_PVA_ADDR_LIST set?"
            ) from None

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Give each value until `stop` is set; p4p connects again by itself."""
        from p4p.client.thread import Disconnected

        away = threading.Event()

        def call(value: Any) -> None:
            if isinstance(value, Disconnected):
                if not away.is_set() and started.is_set():
                    sink.note("source_away", f"{self.name} is away; waiting for it to come back")
                    away.set()
            elif isinstance(value, Exception):
                sink.note("source_away", f"{self.name}: {type(value).__name__}: {value}")
            else:
                if away.is_set():
                    sink.note("source_back", f"{self.name} is back; what it measured meanwhile was not kept by EPICS")
                    away.clear()
                self._take(value, sink)

        started = threading.Event()
        with _context() as context:
            if self.axis_name is not None and _columns(self._get(context, self.variable)) is None:
                self._points = np.asarray(_plain(self._get(context, self.axis_name)), dtype=np.float64)
            request = f"field()record[queueSize={QUEUE}]"
            with context.monitor(self.variable, call, request=request, notify_disconnect=True):
                started.set()
                stop.wait()

    def _take(self, value: Any, sink: Sink) -> None:
        try:
            measured = self._measured(value)
        except Exception as error:
            sink.note("document", f"{self.variable}: a value cannot be used: {type(error).__name__}: {error}")
            return
        sink.take(measured)

    def _measured(self, value: Any) -> Measured:
        columns = _columns(value)
        points, intensity = self._points, None
        if columns is None:
            intensity = np.asarray(_plain(value), dtype=np.float64).ravel()
        else:
            name = self.axis_name or self.axis
            others = [column for column in columns if column != name]
            column = self.column or (others[0] if len(others) == 1 else None)
            if name not in columns or column not in columns:
                raise InputError(f"expected columns {name} and one spectrum (--field), got {', '.join(columns)}")
            points, intensity = np.asarray(columns[name], dtype=float), np.asarray(columns[column], dtype=float)
        seconds, nanoseconds = _stamp(value)
        number = _unique(value)
        if number is None:
            number = seconds * 1_000_000_000 + nanoseconds
        when = seconds + nanoseconds / 1e9 if seconds else time.time()
        metadata = {"name": f"{self.variable} {number}", "source": self.name, "time": when}
        return Measured(f"pva:{self.variable}", number, self.axis, points, intensity, metadata | self._metadata)


def _context() -> Any:
    try:
        from p4p.client.thread import Context
    except ImportError as error:
        raise MissingExtra("p4p", "epics") from error
    return Context("pva")


def _raw(value: Any) -> Any:
    return getattr(value, "raw", value)


def _plain(value: Any) -> Any:
    """The array of a value, unwrapped or not."""
    raw = _raw(value)
    return raw["value"] if hasattr(raw, "getID") and not isinstance(value, np.ndarray) else value


def _columns(value: Any) -> dict[str, Any] | None:
    """The columns of a table, by name; None for other types."""
    raw = _raw(value)
    if not hasattr(raw, "getID") or not raw.getID().startswith("epics:nt/NTTable"):
        return None
    return dict(raw["value"].items())


def _stamp(value: Any) -> tuple[int, int]:
    raw = _raw(value)
    try:
        return int(raw["timeStamp.secondsPastEpoch"]), int(raw["timeStamp.nanoseconds"])
    except (KeyError, TypeError):
        return 0, 0


def _unique(value: Any) -> int | None:
    """The number that an area detector gives; None for other types."""
    raw = _raw(value)
    try:
        return int(raw["uniqueId"])
    except (KeyError, TypeError):
        return None
