"""What the wire did, for the health event."""

from __future__ import annotations

import threading


class Tally:
    """Counters by name, from several threads."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, name: str, amount: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + amount

    def take(self) -> dict[str, int]:
        """All counters since the last call; they start at zero again."""
        with self._lock:
            counts, self._counts = self._counts, {}
            return counts
