"""A request limit that several processes keep together: Graph counts the requests of an app in a tenant, whichever
stanza sends them.

The turns are rows of a SQLite file that the processes of one host share, since SQLite locks alike on every system that
Splunk runs on. Times are those of the monotonic clock, which is the same for all processes of a host until it restarts.
Source: Graph throttling limits, identity and access reports.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mail_threats.clock import Clock
from mail_threats.errors import ConfigError
from mail_threats.wire.pace import Limit

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS turn (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, began REAL NOT NULL, answered REAL)",
    "CREATE TABLE IF NOT EXISTS hold (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), until REAL NOT NULL)",
)
# Longer than any request lives: what is still open then belongs to a process that was killed.
_ABANDONED_S = 300.0
_LONGEST_HOLD_S = 3600.0
_POLL_S = 0.1


class SharedPace:
    """Turns to send a request, at most `limit` among all processes that name the same file; as `Pace` otherwise.

    `owner` names the stanza, of which one process runs at a time. Safe for several threads.
    Raises: ConfigError from every method when the file cannot be used.
    """

    def __init__(self, clock: Clock, limit: Limit, path: Path, owner: str) -> None:
        self._clock = clock
        self._whole = self._limit = limit
        self._path = path
        self._owner = owner
        self._lock = threading.Lock()
        self._set_aside_damage()
        self._prepare()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Entered when the next request may be sent; left when it is answered.

        A request counts from its answer on, since only then is it certain that the service has counted it.
        Raises: Stopped.
        """
        while True:
            with self._record() as record:
                number, wait_s = self._try(record)
            if number is not None:
                break
            self._clock.wait(wait_s)
        try:
            self._clock.check()
            yield
        finally:
            with self._record() as record:
                record.execute("UPDATE turn SET answered = ? WHERE id = ?", (self._clock.monotonic(), number))

    def share(self, hosts: int) -> None:
        """Keep to the part of one host, of so many that use the same app registration; for the requests to come."""
        self._limit = self._whole.shared(hosts)

    def hold(self, seconds: float) -> None:
        """Keep every further request of all processes back for `seconds` from now."""
        until = self._clock.monotonic() + min(seconds, _LONGEST_HOLD_S)
        with self._record() as record:
            record.execute("INSERT OR REPLACE INTO hold SELECT 1, max(?, ?)", (until, self._held(record)))

    def _try(self, record: sqlite3.Connection) -> tuple[int | None, float]:
        """The number of the turn, or None and how long to wait before asking again."""
        now = self._clock.monotonic()
        # Times to come are from before the host restarted.
        record.execute(
            "DELETE FROM turn WHERE answered <= ? OR answered > ? OR began > ? OR (answered IS NULL AND began <= ?)",
            (now - self._limit.seconds, now, now, now - _ABANDONED_S),
        )
        wait_s = self._held(record) - now
        count, oldest = record.execute("SELECT count(*), min(answered) FROM turn").fetchone()
        if count >= self._limit.requests:
            wait_s = max(wait_s, _POLL_S if oldest is None else oldest + self._limit.seconds - now)
        if wait_s > 0:
            return None, wait_s
        return record.execute("INSERT INTO turn (owner, began) VALUES (?, ?)", (self._owner, now)).lastrowid, 0.0

    def _held(self, record: sqlite3.Connection) -> float:
        row = record.execute("SELECT until FROM hold").fetchone()
        until = float(row[0]) if row else 0.0
        return until if until <= self._clock.monotonic() + _LONGEST_HOLD_S else 0.0

    @contextmanager
    def _record(self) -> Iterator[sqlite3.Connection]:
        """The file, which nobody else changes meanwhile; opened each time, which is nothing beside a request."""
        with self._lock:
            try:
                with closing(sqlite3.connect(str(self._path), timeout=30.0, isolation_level=None)) as record:
                    # Whatever a crash loses is over in seconds: nothing waits for the disk.
                    record.execute("PRAGMA synchronous = OFF")
                    record.execute("BEGIN IMMEDIATE")
                    yield record
                    record.execute("COMMIT")
            except sqlite3.Error as fault:
                raise ConfigError(
                    f"The record of requests {self._path}, which all inputs of an account share, cannot be used"
                    f" ({fault}).",
                    advice="Free space on the volume, give the user that runs Splunk write access to it, or delete it.",
                ) from None

    def _set_aside_damage(self) -> None:
        """A damaged file held the last seconds only: without them, the service itself says when it is too much."""
        try:
            with closing(sqlite3.connect(str(self._path), timeout=30.0)) as record:
                record.execute("PRAGMA schema_version")
        except sqlite3.OperationalError:
            return
        except sqlite3.DatabaseError:
            self._path.unlink()

    def _prepare(self) -> None:
        with self._record() as record:
            for statement in _SCHEMA:
                record.execute(statement)
            # A killed process leaves its request open; the service may have counted it just now.
            now = self._clock.monotonic()
            record.execute("UPDATE turn SET answered = ? WHERE owner = ? AND answered IS NULL", (now, self._owner))
