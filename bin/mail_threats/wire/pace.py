"""How fast one service may be asked: a limit that is known beforehand, and pauses that the service asks for.

All threads and streams of an account that talk to one service share one pace, since the service counts them together.
Source: Graph throttling limits, identity and access reports (5 requests in 10 seconds per app and tenant).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from mail_threats.clock import Clock


class Limit(NamedTuple):
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: float

    def shared(self, hosts: int) -> Limit:
        """The part of each of so many hosts that cannot see each other's requests; together they keep the limit, as
        long as there are no more hosts than requests."""
        return Limit(max(1, self.requests // hosts), self.seconds)


class Turns(Protocol):
    """What a request waits for before it is sent."""

    def turn(self) -> AbstractContextManager[None]: ...

    def hold(self, seconds: float) -> None: ...


class Pace:
    """Turns to send a request. Without a limit, only pauses hold requests back."""

    def __init__(self, clock: Clock, limit: Limit | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._answered: deque[float] = deque()
        self._open = 0
        self._closed_until = float("-inf")
        self._changed = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Entered when the next request may be sent; left when it is answered.

        A request counts from its answer on, since only then is it certain that the service has counted it.
        Raises: Stopped.
        """
        while True:
            wait_s = self._try()
            if wait_s <= 0:
                break
            self._clock.wait(wait_s)
        try:
            self._clock.check()
            yield
        finally:
            with self._changed:
                self._open -= 1
                self._answered.append(self._clock.monotonic())

    def hold(self, seconds: float) -> None:
        """Keep every further request back for `seconds` from now."""
        with self._changed:
            self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def _try(self) -> float:
        with self._changed:
            now = self._clock.monotonic()
            wait_s = self._closed_until - now
            if self._limit is not None:
                while self._answered and self._answered[0] <= now - self._limit.seconds:
                    self._answered.popleft()
                if len(self._answered) + self._open >= self._limit.requests:
                    oldest = self._answered[0] + self._limit.seconds - now if self._answered else 0.05
                    wait_s = max(wait_s, oldest)
            elif self._answered:
                self._answered.clear()
            if wait_s <= 0:
                self._open += 1
            return wait_s
