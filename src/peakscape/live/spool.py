"""Spectra that wait to be placed, on disk: what was taken outlives the process that took it.

Those whose wavelength nobody told are kept in a table of their own until a watch is started that tells it.

A SQLite file beside the ledger. Each spectrum is committed before the source goes on, without waiting for the disk
(write-ahead log, no fsync): a killed process loses none; a power failure may lose the last second's, which sources that
can replay give again. What is answered is removed after the ledger has it, never before.
"""

import contextlib
import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from peakscape.live.measured import Measured

SCHEMA = """
CREATE TABLE IF NOT EXISTS axes (digest TEXT PRIMARY KEY, points BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (
  place INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, number INTEGER NOT NULL, axis TEXT NOT NULL,
  points TEXT NOT NULL, intensity BLOB NOT NULL, metadata TEXT NOT NULL, received REAL NOT NULL, UNIQUE (uid, number));
CREATE TABLE IF NOT EXISTS kept (
  place INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, number INTEGER NOT NULL, axis TEXT NOT NULL,
  points TEXT NOT NULL, intensity BLOB NOT NULL, metadata TEXT NOT NULL, received REAL NOT NULL, UNIQUE (uid, number));
CREATE TABLE IF NOT EXISTS notes (
  place INTEGER PRIMARY KEY AUTOINCREMENT, told REAL NOT NULL, uid TEXT NOT NULL, code TEXT NOT NULL, text TEXT);
"""
COLUMNS = "uid, number, axis, points, intensity, metadata, received"
MOST_KEPT = 10_000
"""Spectra that are kept until their wavelength is told; of more, it is told that they cannot be placed."""
PATIENCE = 5.0
"""Seconds for which one thread waits for another's transaction."""
TIDY = 1.0
"""Seconds after which the write-ahead log goes into the file."""


class Spool:
    """The queue on disk between sources, which write, and the one engine, which reads and removes.

    Parameters
    ----------
    path
        The file; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer, self._reader = _open(path), _open(path)
        self._writer.executescript(SCHEMA)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._axes: dict[str, bytes] = dict(self._writer.execute("SELECT digest, points FROM axes"))
        self._last: tuple[Any, str] = (None, "")
        self._tidied = time.monotonic()
        self._n_waiting = int(self._writer.execute("SELECT count(*) FROM waiting").fetchone()[0])
        self._n_kept = int(self._writer.execute("SELECT count(*) FROM kept").fetchone()[0])

    def put(self, measured: Measured) -> bool:
        """Write a spectrum; False if it waits or is kept already."""
        metadata = json.dumps(dict(measured.metadata), default=str)
        intensity = np.ascontiguousarray(measured.intensity, dtype="<f8").tobytes()
        with self._writing:
            points = self._digest(np.asarray(measured.points, dtype="<f8"))
            row = (measured.uid, int(measured.number), measured.axis, points, intensity, metadata, time.time())
            done = self._writer.execute(
                f"INSERT OR IGNORE INTO waiting ({COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM kept WHERE uid = ? AND number = ?)", (*row, *row[:2])
            )  # fmt: skip
            self._n_waiting += done.rowcount
            return done.rowcount == 1

    def _digest(self, points: Any) -> str:
        """The name of an axis, which is written once."""
        last, name = self._last
        if last is not None and np.array_equal(last, points):
            return name
        data = np.ascontiguousarray(points).tobytes()
        name = hashlib.sha256(data).hexdigest()
        if name not in self._axes:
            self._writer.execute("INSERT OR IGNORE INTO axes VALUES (?, ?)", (name, data))
            self._axes[name] = data
        self._last = (np.array(points), name)
        return name

    def note(self, code: str, text: str, uid: str = "") -> None:
        """Write a note that the ledger is to have."""
        with self._writing:
            row = (time.time(), uid, code, text)
            self._writer.execute("INSERT INTO notes (told, uid, code, text) VALUES (?, ?, ?, ?)", row)

    def notes(self) -> list[tuple[int, float, str, str, str]]:
        """Return what was noted: place, time, uid, code, text."""
        with self._reading:
            return self._reader.execute("SELECT place, told, uid, code, text FROM notes ORDER BY place").fetchall()

    def remove_notes(self, last: int) -> None:
        """Remove notes up to a place, which the ledger has."""
        with self._reading:
            self._reader.execute("DELETE FROM notes WHERE place <= ?", (last,))

    def holds(self, uid: str, number: int) -> bool:
        """Say whether a spectrum waits or is kept."""
        asked = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE uid = ? AND number = ?" for table in ("waiting", "kept")
        )
        with self._reading:
            return self._reader.execute(asked, (uid, number) * 2).fetchone() is not None

    def first(self, most: int) -> list[tuple[int, Measured, float]]:
        """Return the spectra that have waited longest, with their places in the queue and when they were received."""
        with self._reading:
            rows = self._reader.execute(
                f"SELECT place, {COLUMNS} FROM waiting ORDER BY place LIMIT ?", (most,)
            ).fetchall()
        found = []
        for place, uid, number, axis, points, intensity, metadata, received in rows:
            grid = np.frombuffer(self._axes[points], dtype="<f8")
            one = Measured(uid, number, axis, grid, np.frombuffer(intensity, dtype="<f8"), json.loads(metadata))
            found.append((place, one, received))
        return found

    def remove(self, places: Sequence[int]) -> None:
        """Remove what the ledger has."""
        with self._reading:
            self._reader.execute("BEGIN IMMEDIATE")
            self._reader.executemany("DELETE FROM waiting WHERE place = ?", [(place,) for place in places])
            self._reader.execute("COMMIT")
            if time.monotonic() - self._tidied > TIDY:
                self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._tidied = time.monotonic()
        with self._writing:
            self._n_waiting -= len(places)

    def keep(self, places: Sequence[int]) -> None:
        """Keep spectra that wait for as long as nobody tells their wavelength."""
        with self._reading:
            self._reader.execute("BEGIN IMMEDIATE")
            for place in places:
                told = f"INSERT OR IGNORE INTO kept ({COLUMNS}) SELECT {COLUMNS} FROM waiting WHERE place = ?"
                self._reader.execute(told, (place,))
                self._reader.execute("DELETE FROM waiting WHERE place = ?", (place,))
            self._reader.execute("COMMIT")
        with self._writing:
            self._n_waiting -= len(places)
            self._n_kept += len(places)

    def give(self, wavelength: float) -> int:
        """Tell the wavelength of all spectra that are kept, which wait from now on, and of those that wait without one.

        Returns
        -------
        int
            How many were kept.
        """
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            for table in ("kept", "waiting"):
                rows = self._writer.execute(f"SELECT place, metadata FROM {table} WHERE axis = 'two_theta'").fetchall()
                for place, text in rows:
                    metadata = json.loads(text)
                    if metadata.get("wavelength") is None:
                        told = json.dumps(metadata | {"wavelength": wavelength})
                        self._writer.execute(f"UPDATE {table} SET metadata = ? WHERE place = ?", (told, place))
            moved = f"INSERT OR IGNORE INTO waiting ({COLUMNS}) SELECT {COLUMNS} FROM kept ORDER BY place"
            n_given = self._writer.execute(moved).rowcount
            self._writer.execute("DELETE FROM kept")
            self._writer.execute("COMMIT")
            self._n_waiting += n_given
            self._n_kept = 0
        return n_given

    @property
    def n_kept(self) -> int:
        """How many lack their wavelength."""
        return self._n_kept

    @property
    def n_waiting(self) -> int:
        """How many wait."""
        return self._n_waiting

    def close(self) -> None:
        """Close the file; it is removed where nothing waits and nothing is kept."""
        with self._writing, self._reading:
            asked = " + ".join(f"(SELECT count(*) FROM {table})" for table in ("waiting", "kept", "notes"))
            [[left]] = self._writer.execute(f"SELECT {asked}")
            self._reader.close()
            self._writer.close()
        if not left:
            for suffix in ("", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    """A connection in which each statement is a transaction, and which never waits for the disk to commit."""
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # the engine does it, so that no source waits for the disk
    return connection
