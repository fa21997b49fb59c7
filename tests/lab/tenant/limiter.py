"""A sliding-window request limiter, as the vendor's throttling behaves from outside."""

from __future__ import annotations

from collections import defaultdict, deque


class SlidingLimiter:
    """Accepts `requests` calls in any `seconds`, counted per key; a refused call does not count."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests = requests
        self.seconds = seconds
        self._accepted: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, key: str, now: float) -> float:
        """0.0 when the call at `now` is accepted (and counted), else the seconds until one would be."""
        accepted = self._accepted[key]
        while accepted and accepted[0] <= now - self.seconds:
            accepted.popleft()
        if len(accepted) < self.requests:
            accepted.append(now)
            return 0.0
        return accepted[0] + self.seconds - now
