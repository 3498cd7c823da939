"""A table of the answers in a Tiled server, beside the data.

Rows are taken from the ledger, in its order, and never from memory: the table holds the first so many rows of the
ledger, and how many it holds says where to go on. So nothing is lost or written twice while the server is away, or
when either process is killed.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from peakscape.errors import InputError
from peakscape.live.engine import Placed
from peakscape.live.ledger import Entry, Ledger
from peakscape.live.sources.tiled import close, connect

MOST_ROWS = 500
"""Rows in one request."""
DELAY = 2.0
"""Seconds between two attempts while the server is away."""
COLUMNS = (
    ("uid", "U"), ("number", "i8"), ("name", "U"), ("status", "U"), ("reason", "U"), ("measured", "f8"),
    ("axis_1", "f8"), ("axis_2", "f8"), ("is_foreign", "i8"), ("novelty_p", "f8"), ("nearest", "U"), ("answer", "U"),
)  # fmt: skip


class TiledTable:
    """Writes the ledger into a table of a Tiled server.

    Parameters
    ----------
    address
        Of the node that is to hold the table.
    ledger
        Whose rows are written.
    name
        Of the table.
    key
        Token, which must allow writing; None takes the environment's ``TILED_API_KEY``.
    say
        Is told when the server is away.
    """

    def __init__(
        self, address: str, ledger: Ledger, *, name: str, key: str | None = None, say: Callable[[str], None] = print
    ) -> None:
        self.address, self._ledger, self._name, self._key, self._say = address, ledger, name, key, say
        self._news, self._stop = threading.Event(), threading.Event()
        self._table: Any = self._opened()
        self._count = _rows_of(self._table)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _opened(self) -> Any:
        """The table; made where it is missing."""
        import pyarrow as pa

        client = connect(self.address, self._key)
        if self._name in client:
            return client[self._name]
        types = {"U": pa.string(), "i8": pa.int64(), "f8": pa.float64()}
        schema = pa.schema([(name, types[kind]) for name, kind in COLUMNS])
        try:
            client.create_appendable_table(schema, key=self._name, metadata={"written_by": "peakscape"})
        except Exception as error:
            text = " ".join(str(error).split())
            if any(code in text for code in ("401", "403", "405")):
                raise InputError(
                    f"the token for {self.address} may only read; a table of answers needs one that may write"
                ) from None
            raise InputError(f"no table can be made in {self.address}: {text[:200]}") from None
        return client[self._name]

    def show(self, placed: Sequence[Placed]) -> None:
        """Be told that the ledger has grown."""
        self._news.set()

    def _run(self) -> None:
        is_away = False
        place = self._ledger.nth(self._count)
        while not (self._stop.is_set() and not self._news.is_set()):
            self._news.wait(1.0)
            self._news.clear()
            try:
                if is_away:  # what the last attempt wrote may have arrived
                    close(self._table)
                    self._table = self._opened()
                    self._count = _rows_of(self._table)
                    place = self._ledger.nth(self._count)
                    self._say(f"Tiled {self.address} is back; the table goes on at row {self._count + 1}")
                    is_away = False
                while rows := self._ledger.after(place, MOST_ROWS):
                    self._table.append_partition(0, _table_of([entry for _, entry in rows]))
                    place, self._count = rows[-1][0], self._count + len(rows)
            except Exception as error:
                if not is_away:
                    line = " ".join(str(error).split())[:200]
                    self._say(f"Tiled {self.address} takes no rows ({type(error).__name__}: {line}); they are kept")
                is_away = True
                if self._stop.wait(DELAY):
                    return
                self._news.set()

    def close(self) -> None:
        """Write what the ledger has, once more, if the server answers."""
        self._news.set()
        self._stop.set()
        self._thread.join(20.0)
        close(self._table)


def _rows_of(table: Any) -> int:
    try:
        return len(table.read(["number"]))
    except Exception as error:
        if "404" in str(error) or "empty" in str(error).lower():
            return 0
        raise


def _table_of(entries: Sequence[Entry]) -> Any:
    import json

    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [] for name, _ in COLUMNS}
    for one in entries:
        first, second, foreign, p_value = one.head
        row = (
            one.uid, one.number, one.name, one.status, one.reason, one.measured, _real(first), _real(second),
            -1 if foreign is None else int(foreign), _real(p_value), str((one.answer or {}).get("nearest", "")),
            json.dumps(one.answer),
        )  # fmt: skip
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    types = {"U": pa.string(), "i8": pa.int64(), "f8": pa.float64()}
    return pa.table({name: pa.array(columns[name], types[kind]) for name, kind in COLUMNS})


def _real(value: Any) -> float:
    return np.nan if value is None else float(value)
