"""The ledger: what a space answered about every spectrum that came, appended and never changed.

One SQLite file in write-ahead mode. Each commit waits for the disk: what stands in the ledger survives a killed process
and a power failure. Triggers refuse to change or remove a row. Tables:

``about(key, value)``
    ``schema``, ``space`` (digest of the saved space), ``space_path``, ``layout`` (JSON: dimensions of each answer).
``sessions(session, started, source, versions, process)``
    Each start of a watch: seconds since 1970, name of the source, versions (JSON) that answers depend on.
``answers(place, uid, number, session, name, status, reason, measured, received, answered, axis_1, axis_2, is_foreign,
novelty_p, answer)``
    One row a spectrum, (uid, number) only once; `place` is the order in which they were answered. Status "placed" or
    "flagged", then with the reason in one line. Times in seconds since 1970. Doubles are kept bit by bit; `answer` is
    what `records` makes of `FeatureSpace.place`, as JSON, whose numbers read back as the same bits.
``notes(place, told, uid, code, text)``
    What else happened: ``run_started``, ``run_ended``, ``run_aborted``, ``gap``, ``source_away``, ``source_back`` ...
``marks(key)``
    Marks of sources: files that were read.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakscape.errors import InputError
from peakscape.feature_space.display import versions

SCHEMA = "peakscape.ledger/1"
TABLES = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sessions (session INTEGER PRIMARY KEY, started REAL, source TEXT, versions TEXT, process INTEGER);
CREATE TABLE answers (
  place INTEGER PRIMARY KEY, uid TEXT NOT NULL, number INTEGER NOT NULL, session INTEGER NOT NULL, name TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, measured REAL, received REAL NOT NULL, answered REAL NOT NULL,
  axis_1 REAL, axis_2 REAL, is_foreign INTEGER, novelty_p REAL, answer TEXT NOT NULL, UNIQUE (uid, number));
CREATE TABLE notes (
  place INTEGER PRIMARY KEY, told REAL NOT NULL, uid TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
  UNIQUE (told, uid, code, text));
CREATE TABLE marks (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""
FROZEN = "CREATE TRIGGER {0}_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
COLUMNS = (
    "uid", "number", "session", "name", "status", "reason", "measured", "received", "answered", "axis_1", "axis_2",
    "is_foreign", "novelty_p", "answer",
)  # fmt: skip
PLACED, FLAGGED = "placed", "flagged"
ABORTED, MARK = "run_aborted", "mark"


@dataclass(frozen=True)
class Entry:
    """One row of the ledger.

    Attributes
    ----------
    uid, number, name
        Which spectrum.
    measured, received : float
        Seconds since 1970 at which it was measured (NaN: not told) and came.
    answer : dict or None
        As of `records`; None where it is flagged.
    reason : str
        Why it is flagged, in one line.
    """

    uid: str
    number: int
    name: str
    measured: float
    received: float
    answer: dict[str, Any] | None
    reason: str = ""

    @property
    def status(self) -> str:
        """`PLACED` or `FLAGGED`."""
        return FLAGGED if self.answer is None else PLACED

    @property
    def head(self) -> tuple[float | None, float | None, bool | None, float | None]:
        """What stands in columns of its own: both coordinates, whether it is foreign, and the p-value of that."""
        told = self.answer or {}
        first, second = told.get("coordinates", (None, None))
        return first, second, told.get("foreign"), told.get("novelty_p")


class Ledger:
    """The ledger of one space, open for appending.

    Parameters
    ----------
    path
        The file; made where it is missing.
    space
        Digest of the space whose answers it holds.
    space_path
        Where the space lies, for people.
    source
        Name of the source of this session.

    Raises
    ------
    InputError
        If the file is no ledger, holds the answers of another space, or cannot be written.
    """

    def __init__(self, path: Path, *, space: str, space_path: str = "", source: str = "") -> None:
        self.path = path
        self._lock = threading.Lock()
        self._layout: dict[str, list[str]] | None = None
        try:
            self._connection = _connect(path)
            self._asked, self._asking = _connect(path), threading.Lock()
            self._prepare(space, space_path)
            with self._transaction():
                row = (time.time(), source, json.dumps(versions()), os.getpid())
                found = self._connection.execute(
                    "INSERT INTO sessions (started, source, versions, process) VALUES (?, ?, ?, ?)", row
                )
            self.session = int(found.lastrowid or 0)
        except sqlite3.Error as error:
            raise InputError(f"{path} cannot be used as a ledger: {error}; give another path") from error

    def _prepare(self, space: str, space_path: str) -> None:
        """Make the tables, or check that they are ours and of this space."""
        connection = self._connection
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            frozen = "".join(
                FROZEN.format(table, act) for table in ("answers", "sessions", "notes") for act in ("UPDATE", "DELETE")
            )
            connection.executescript(f"BEGIN; {TABLES} {frozen} COMMIT;")
            told = {"schema": SCHEMA, "space": space, "space_path": space_path}
            connection.executemany("INSERT INTO about VALUES (?, ?)", told.items())
            return
        about = dict(connection.execute("SELECT key, value FROM about")) if "about" in names else {}
        _check_schema(self.path, about)
        if about["space"] != space:
            raise InputError(
                f"{self.path} holds answers of another space ({about['space_path'] or about['space'][:12]}); give"
                f" --ledger another path, or watch with that space"
            )

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection, self._lock)

    def append(self, entries: Sequence[Entry], layout: dict[str, list[str]] | None = None) -> list[Entry]:
        """Append rows in one transaction; what stands there already is left as it is.

        Parameters
        ----------
        entries
            In the order in which they came.
        layout
            Dimensions of the answers, by name.

        Returns
        -------
        list of Entry
            Those that were not there before.
        """
        fresh = []
        columns, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
        with self._transaction():
            if layout is not None and layout != self._layout:
                text = json.dumps(layout)
                self._connection.execute("INSERT OR REPLACE INTO about VALUES ('layout', ?)", (text,))
                self._layout = layout
            for entry in entries:
                row = _row(entry, self.session)
                done = self._connection.execute(f"INSERT OR IGNORE INTO answers ({columns}) VALUES ({marks})", row)
                fresh += [entry] * done.rowcount
        return fresh

    def note(self, notes: Iterable[tuple[float, str, str, str]]) -> None:
        """Append notes: time, uid, code, text; those of the code `MARK` are kept as marks."""
        with self._transaction():
            for told, uid, code, text in notes:
                if code == MARK:
                    self._connection.execute("INSERT OR IGNORE INTO marks VALUES (?)", (text,))
                else:
                    row = (told, uid, code, text)
                    self._connection.execute(
                        "INSERT OR IGNORE INTO notes (told, uid, code, text) VALUES (?, ?, ?, ?)", row
                    )

    def marked(self, key: str) -> bool:
        """Say whether a mark was kept."""
        with self._asking:
            return self._asked.execute("SELECT 1 FROM marks WHERE key = ?", (key,)).fetchone() is not None

    def holds(self, uid: str, number: int) -> bool:
        """Say whether a spectrum stands in the ledger."""
        with self._asking:
            found = self._asked.execute("SELECT 1 FROM answers WHERE uid = ? AND number = ?", (uid, number))
            return found.fetchone() is not None

    def after(self, place: int, most: int) -> list[tuple[int, Entry]]:
        """Return rows after a place, oldest first: for outputs that must have every one."""
        columns = "place, uid, number, name, measured, received, answer, reason"
        with self._asking:
            rows = self._asked.execute(
                f"SELECT {columns} FROM answers WHERE place > ? ORDER BY place LIMIT ?", (place, most)
            ).fetchall()
        return [
            (at, Entry(uid, number, name, measured, received, json.loads(answer), reason))
            for at, uid, number, name, measured, received, answer, reason in rows
        ]

    def nth(self, count: int) -> int:
        """Return the place of the row that `count` rows, itself included, lead up to; 0 for none."""
        with self._asking:
            row = self._asked.execute("SELECT place FROM answers ORDER BY place LIMIT 1 OFFSET ?", (count - 1,))
            found = row.fetchone() if count > 0 else None
        return int(found[0]) if found else 0

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each status."""
        with self._asking:
            return dict(self._asked.execute("SELECT status, count(*) FROM answers GROUP BY status"))

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._asking:
            self._asked.close()
            self._connection.close()


class _Transaction:
    """All or nothing, one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.Lock) -> None:
        self.connection, self.lock = connection, lock

    def __enter__(self) -> None:
        self.lock.acquire()
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self.lock.release()
            raise

    def __exit__(self, kind: object, *rest: object) -> None:
        try:
            self.connection.execute("COMMIT" if kind is None else "ROLLBACK")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        finally:
            self.lock.release()


def _connect(path: Path, *, reading: bool = False) -> sqlite3.Connection:
    if reading:
        connection = sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True, timeout=10.0)
    else:
        connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _check_schema(path: Path, about: dict[str, str]) -> None:
    if about.get("schema") != SCHEMA:
        found = about.get("schema", "another file")
        raise InputError(f"{path}: expected a ledger ({SCHEMA}), got {found}; give another path")


def _row(entry: Entry, session: int) -> tuple[Any, ...]:
    return (
        entry.uid, entry.number, session, entry.name, entry.status, entry.reason, entry.measured, entry.received,
        time.time(), *entry.head, json.dumps(entry.answer),
    )  # fmt: skip


def read_ledger(path: str | os.PathLike[str], *, flagged: bool = False) -> Any:
    """Read a ledger, also while a watch is writing it.

    Parameters
    ----------
    path
        The file.
    flagged
        Return a table of what was not placed and of what else happened instead.

    Returns
    -------
    xarray.Dataset or pandas.DataFrame
        The answers as `FeatureSpace.place` gives them, one row a spectrum, by run and number whatever the order in
        which they came; further coordinates on ``sample``: ``uid``, ``number``, ``measured``, ``received``,
        ``answered`` (UTC), ``aborted`` (whether its run ended badly). Attributes: ``space`` (its digest), ``schema``.
        With `flagged`: ``time``, ``uid``, ``number``, ``name``, ``code``, ``text``, in the order of time.

    Raises
    ------
    InputError
        If there is no such file, or it is no ledger.

    Examples
    --------
    >>> read_ledger("nowhere.ledger")
    Traceback (most recent call last):
    peakscape.errors.InputError: nowhere.ledger: there is no such ledger
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"{place}: there is no such ledger")
    try:
        connection = _connect(place, reading=True)
        try:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            about = dict(connection.execute("SELECT key, value FROM about")) if "about" in tables else {}
            _check_schema(place, about)
            return _read_flagged(connection) if flagged else _read_placed(connection, about)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"{place} is no ledger: {error}") from error


def _read_flagged(connection: sqlite3.Connection) -> pd.DataFrame:
    rows = connection.execute(
        "SELECT received, uid, number, name, 'flagged', reason FROM answers WHERE status = 'flagged'"
        " UNION ALL SELECT told, uid, NULL, '', code, text FROM notes ORDER BY 1"
    ).fetchall()
    table = pd.DataFrame(rows, columns=["time", "uid", "number", "name", "code", "text"])
    return table.assign(time=pd.to_datetime(table["time"], unit="s"), number=table["number"].astype("Int64"))


def _read_placed(connection: sqlite3.Connection, about: dict[str, str]) -> xr.Dataset:
    rows = connection.execute(
        "SELECT uid, number, measured, received, answered, answer FROM answers WHERE status = 'placed'"
        " ORDER BY uid, number"
    ).fetchall()
    layout = json.loads(about.get("layout", "{}"))
    aborted = {uid for (uid,) in connection.execute("SELECT uid FROM notes WHERE code = ?", (ABORTED,))}
    answers = [json.loads(row[5]) for row in rows]
    uids = [row[0] for row in rows]
    coordinates: dict[str, Any] = {
        "uid": ("sample", np.array(uids, dtype=str)),
        "number": ("sample", np.array([row[1] for row in rows], dtype=np.int64)),
        "aborted": ("sample", np.array([uid in aborted for uid in uids], dtype=bool)),
    }
    for k, name in ((2, "measured"), (3, "received"), (4, "answered")):
        values = [np.nan if row[k] is None else row[k] for row in rows]
        coordinates[name] = ("sample", pd.to_datetime(values, unit="s").as_unit("ns").values)
    found = xr.Dataset(coords=coordinates)
    for name, dims in layout.items():
        _restore(found, name, dims, [answer.get(name) for answer in answers])
    if answers and "remarks" in answers[0]:
        for name, key in (("remark_codes", "code"), ("remarks", "text")):
            texts = [(" " if key == "code" else "\n").join(one[key] for one in answer["remarks"]) for answer in answers]
            found[name] = ("sample", np.array(texts, dtype=str))
    return found.assign_attrs(schema=about["schema"], space=about["space"])


def _restore(found: xr.Dataset, name: str, dims: list[str], values: list[Any]) -> None:
    """Put one answer back into the dataset, with its dimensions."""
    if name in ("name", "source"):
        found.coords[name] = ("sample", np.array(values, dtype=str))
        return
    inner = next((value for value in values if value is not None), None)
    keys: list[list[str]] = []
    while isinstance(inner, dict):
        keys.append(list(inner))
        inner = next(iter(inner.values()), None)
    if dims[1:] == ["map_axis"]:
        found.coords["map_axis"] = ("map_axis", ["axis_1", "axis_2"])
    for dim, names in zip(dims[1:], keys, strict=False):
        found.coords[dim] = (dim, names)
    listed = [_listed(value) for value in values]
    is_text = isinstance(inner, str)
    array = np.array(listed, dtype=str if is_text else bool if isinstance(inner, bool) else np.float64)
    found[name] = (tuple(dims), array)


def _listed(value: Any) -> Any:
    return [_listed(one) for one in (value.values() if isinstance(value, dict) else value)] if isinstance(
        value, dict | list
    ) else value  # fmt: skip


def layout_of(found: xr.Dataset) -> dict[str, list[str]]:
    """Return the dimensions of each answer, for `read_ledger`.

    Examples
    --------
    >>> layout_of(xr.Dataset({"x": ("sample", [0.5])}, coords={"name": ("sample", ["a"])}))
    {'name': ['sample'], 'x': ['sample']}
    """
    told = {name: ["sample"] for name in ("name", "source") if name in found.coords}
    names = [name for name in found.data_vars if name not in ("remarks", "remark_codes")]
    return told | {str(name): [str(dim) for dim in found[name].dims] for name in names}
