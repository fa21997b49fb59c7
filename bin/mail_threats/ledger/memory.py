"""Which events and blobs were delivered: a cache that may be lost, at the price of duplicates.

Event ids are kept as the 64 bits of their BLAKE2b: at forty million remembered ids, the chance that a new event is
taken for a known one is below one in 10^11. Nothing counts as delivered until `commit`, which is called after
stdout was flushed.
Source: Management Activity API, troubleshooting (duplicates are by design, the same event may come again days later).
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
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
# SQLite before 3.32 takes at most 999 parameters. A statement is known again by its text, so a few lengths are used,
# and shorter lists are filled with what they hold already.
_LENGTHS = (32, 128, 896)
_SELECT = {n: f"SELECT id FROM event WHERE id IN ({','.join('?' * n)})" for n in _LENGTHS}
_PAGE_CACHE_KB = 16_000
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
        self._waiting: set[int] = set()
        self.was_lost = False
        try:
            self._begin(keep_days, max_events)
        except Transient:
            self.was_lost = True
            self._begin(keep_days, max_events)

    def unseen(self, keys: Sequence[bytes]) -> list[bool]:
        """For each key, whether its event is new; new ones are remembered from now on, for good after `commit`.

        A key that occurs twice in `keys` is new the first time only.
        """
        numbers = struct.unpack(f"<{len(keys)}q", b"".join([blake2b(key, digest_size=8).digest() for key in keys]))
        waiting = self._waiting
        asked = [number for number in numbers if number not in waiting]
        with self._guarded():
            known = self._known(asked)
        if not known and len(asked) == len(numbers) and len(set(numbers)) == len(numbers):
            waiting.update(numbers)
            return [True] * len(numbers)
        new: list[bool] = []
        for number in numbers:
            is_new = number not in known and number not in waiting
            new.append(is_new)
            if is_new:
                waiting.add(number)
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

    def belong_to(self, mark: int) -> None:
        """Forget everything unless it was remembered under this mark: see ledger/again.py."""
        with self._guarded():
            if self._database.execute("PRAGMA user_version").fetchone() == (mark,):
                return
            known = self._database.execute("SELECT EXISTS (SELECT 1 FROM day) OR EXISTS (SELECT 1 FROM blob)")
            is_empty = known.fetchone() == (0,)
        if not is_empty:
            self._database.close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            self._waiting.clear()
            self._open()
        with self._guarded():
            self._database.execute(f"PRAGMA user_version = {mark:d}")
            self._database.commit()

    def commit(self) -> None:
        """Make everything remembered so far outlast the process."""
        with self._guarded():
            self._write_waiting()
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
            self._database.execute(f"PRAGMA cache_size = -{_PAGE_CACHE_KB}")
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
        for part in _parts(numbers):
            known.update(row[0] for row in self._database.execute(_SELECT[len(part)], part))
        return known

    def _write_waiting(self) -> None:
        """In order, so that neighbours in the file are written together."""
        if not self._waiting:
            return
        day = self._today
        for part in _parts(sorted(self._waiting)):
            rows = ",".join([f"(?,{day})"] * len(part))
            self._database.execute(f"INSERT OR IGNORE INTO event (id, day) VALUES {rows}", part)
        self._database.execute("INSERT OR IGNORE INTO day VALUES (?, 0)", (day,))
        self._database.execute("UPDATE day SET events = events + ? WHERE day = ?", (len(self._waiting), day))
        self._waiting.clear()

    def _forget_old(self, keep_days: int, max_events: int) -> None:
        total = 0
        for day, events in self._database.execute("SELECT day, events FROM day ORDER BY day DESC").fetchall():
            total += events
            if day <= self._today - keep_days or (total > max_events and day != self._today):
                self._database.execute("DELETE FROM event WHERE day = ?", (day,))
                self._database.execute("DELETE FROM day WHERE day = ?", (day,))
        self._database.commit()


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Parts of the lengths that there are statements for; the last is filled up with what it holds already."""
    longest = _LENGTHS[-1]
    for at in range(0, len(numbers), longest):
        part = numbers[at : at + longest]
        length = next(length for length in _LENGTHS if length >= len(part))
        yield part if len(part) == length else [*part, *[part[-1]] * (length - len(part))]
