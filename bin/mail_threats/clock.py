"""The one source of "now", and the one way to wait: a wait ends at once when the process is asked to stop."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from mail_threats.errors import Stopped

_PART_S = 0.25


class Clock(Protocol):
    """Time as the library sees it; tests bring their own."""

    def now(self) -> float:
        """Seconds since the epoch, by this host's clock."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""

    def wait(self, seconds: float) -> None:
        """Return after `seconds`; raise Stopped as soon as the process is asked to end."""

    def check(self) -> None:
        """Raise Stopped when the process was asked to end."""


class SystemClock:
    """The host's clock, with a stop signal that any thread may set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        # On Windows a signal does not end the wait for a lock; its handler runs when the main thread comes back.
        ends = time.monotonic() + seconds
        while (left_s := ends - time.monotonic()) > 0.0:
            if self._stop.wait(min(left_s, _PART_S)):
                raise Stopped
        self.check()

    def check(self) -> None:
        if self._stop.is_set():
            raise Stopped
