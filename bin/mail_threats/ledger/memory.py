"""Which events and blobs were delivered: a cache that may be lost, at the price of duplicates.

Event ids are kept as 63-bit numbers cut from their SHA-256: at forty million remembered ids, the chance that a new
event is taken for a known one is below one in 10^11. Nothing counts as delivered until `commit`, which is called after
stdout was flushed.
Source: Management Activity API, troubleshooting (duplicates are by design, the same event may come again days later).
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mail_threats.errors import ConfigError, MailThreatsError, Transient

_DAY_S = 86400.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, day INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS day (day INTEGER PRIMARY KEY, events INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS blob (
    stream TEXT NOT NULL, window_start REAL NOT NULL, content_id TEXT NOT NULL,
    PRIMARY KEY (stream, window_start, content_id)) WITHOUT ROWID;
"""
_PARAMETERS = 900  # SQLite before 3.32 takes at most 999
_ENVIRONMENT = ("unable to open", "disk is full", "locked", "readonly", "disk I/O")


class Memory:
    """The ids of one input, in one SQLite file. Used by one thread.

    `keep_days`: how long an event id is remembered. `max_events`: how many at most; the oldest days go first.
    `was_lost` tells that a damaged file was set aside, so duplicates may follow.
    Every method raises ConfigError when the file cannot be written, and Transient when it turns out to be damaged: then
    it is set aside, and the next run begins a new one.
    """

    def __init__(self, path: Path, now: float, *, keep_days: int = 8, max_events: int = 50_000_000) -> None:
        self._path = path
        self._today = int(now // _DAY_S)
        self.was_lost = False
        try:
            self._begin(keep_days, max_events)
        except Transient:
            self.was_lost = True
            self._begin(keep_days, max_events)

    def unseen(self, keys: Sequence[str]) -> list[bool]:
        """For each key, whether its event is new; new ones are remembered from now on, for good after `commit`.

        A key that occurs twice in `keys` is new the first time only.
        """
        numbers = [_number(key) for key in keys]
        with self._guarded():
            known = self._known(numbers)
            new: list[bool] = []
            added = []
            for number in numbers:
                is_new = number not in known
                new.append(is_new)
                if is_new:
                    known.add(number)
                    added.append((number, self._today))
            self._database.executemany("INSERT OR IGNORE INTO event (id, day) VALUES (?, ?)", added)
            self._database.execute("INSERT OR IGNORE INTO day VALUES (?, 0)", (self._today,))
            self._database.execute("UPDATE day SET events = events + ? WHERE day = ?", (len(added), self._today))
        return new

    def blobs_done(self, stream: str, window_start: float) -> set[str]:
        """The content ids of a window that were delivered whole."""
        with self._guarded():
            rows = self._database.execute(
                "SELECT content_id FROM blob WHERE stream = ? AND window_start = ?", (stream, window_start)
            )
            return {str(row[0]) for row in rows}

    def blob_done(self, stream: str, window_start: float, content_id: str) -> None:
        """Remember, for good after `commit`, that a blob's events were delivered."""
        with self._guarded():
            self._database.execute("INSERT OR IGNORE INTO blob VALUES (?, ?, ?)", (stream, window_start, content_id))

    def forget_blobs(self, stream: str, before: float) -> None:
        """Drop the blobs of windows that the low-water mark passed."""
        with self._guarded():
            self._database.execute("DELETE FROM blob WHERE stream = ? AND window_start < ?", (stream, before))

    def commit(self) -> None:
        """Make everything remembered so far outlast the process."""
        with self._guarded():
            self._database.commit()

    def close(self) -> None:
        """Forget what was not committed."""
        self._database.close()

    def _begin(self, keep_days: int, max_events: int) -> None:
        self._open()
        with self._guarded():
            self._forget_old(keep_days, max_events)

    def _open(self) -> None:
        try:
            self._database = sqlite3.connect(str(self._path), timeout=30.0)
        except sqlite3.Error as fault:
            raise self._failed(fault) from None
        with self._guarded():
            # A lost transaction costs duplicates only, so commits do not wait for the disk.
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_SCHEMA)
            self._database.commit()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            self._database.close()
            raise self._failed(fault) from None

    def _failed(self, fault: sqlite3.Error) -> MailThreatsError:
        if isinstance(fault, sqlite3.OperationalError) and any(text in str(fault) for text in _ENVIRONMENT):
            return ConfigError(
                f"The id memory {self._path} cannot be used ({fault}).",
                advice="Free space on the volume, or give the user that runs Splunk write access to it.",
            )
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{self._path}{suffix}")
            if path.exists():
                os.replace(path, f"{path}.damaged")
        return Transient(
            f"The id memory {self._path} is damaged ({fault}) and was set aside.",
            advice="Nothing is lost; events of the last days may be collected twice.",
        )

    def _known(self, numbers: Sequence[int]) -> set[int]:
        known: set[int] = set()
        for at in range(0, len(numbers), _PARAMETERS):
            part = numbers[at : at + _PARAMETERS]
            marks = ",".join("?" * len(part))
            known.update(row[0] for row in self._database.execute(f"SELECT id FROM event WHERE id IN ({marks})", part))
        return known

    def _forget_old(self, keep_days: int, max_events: int) -> None:
        total = 0
        for day, events in self._database.execute("SELECT day, events FROM day ORDER BY day DESC").fetchall():
            total += events
            if day <= self._today - keep_days or (total > max_events and day != self._today):
                self._database.execute("DELETE FROM event WHERE day = ?", (day,))
                self._database.execute("DELETE FROM day WHERE day = ?", (day,))
        self._database.commit()


def _number(key: str) -> int:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
