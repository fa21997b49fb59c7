"""How many requests for content are under way at a time: as many as the service takes.

The number grows with every answer, quickly until the first refusal and slowly from then on, and is halved by what
tells of too much: throttling, time-outs, server errors, broken connections. Requests that were under way when it was
halved do not halve it again, since the service had not seen the new number when it answered them.
Source: RFC 5681, 3.1 (slow start and congestion avoidance), which this follows.
"""

from __future__ import annotations

import threading

FIRST = 8


class Concurrency:
    """Shared by all streams of an account. Safe for several threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._limit = float(min(FIRST, most))
        self._halvings = 0
        self._in_use = False
        self._lock = threading.Lock()
        self._lowest = self._limit

    @property
    def limit(self) -> int:
        """Requests that may be under way now, from 1 to `most`."""
        return int(self._limit)

    def sent(self) -> int:
        """Note a request; its answer is told with what this returns."""
        self._in_use = True
        return self._halvings

    def succeeded(self, sent: int) -> None:
        with self._lock:
            if sent == self._halvings:
                step = 1.0 if self._halvings == 0 else 1.0 / self._limit
                self._limit = min(float(self.most), self._limit + step)

    def failed(self, sent: int) -> None:
        """Throttled, silent, broken off or answered with a server error."""
        with self._lock:
            if sent == self._halvings:
                self._halvings += 1
                self._limit = max(1.0, self._limit / 2)
                self._lowest = min(self._lowest, self._limit)

    def take(self) -> dict[str, int]:
        """For the health event: the limit, and the lowest since the last call; empty before the first request."""
        with self._lock:
            lowest, self._lowest = self._lowest, self._limit
            return {"concurrency": self.limit, "concurrency_lowest": int(lowest)} if self._in_use else {}
