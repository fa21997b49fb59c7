"""A clock that only moves when somebody waits."""

from __future__ import annotations

from mail_threats.errors import Stopped


class FakeClock:
    """`waits` are the waits so far; with `stop_after` waits the process is asked to end."""

    def __init__(self, now: float = 1_772_532_000.0, stop_after: int | None = None) -> None:
        self.time = now
        self.waits: list[float] = []
        self._stop_after = stop_after

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        if self._stop_after is not None and len(self.waits) >= self._stop_after:
            raise Stopped
        self.waits.append(seconds)
        self.time += seconds

    def check(self) -> None:
        if self._stop_after is not None and len(self.waits) > self._stop_after:
            raise Stopped
