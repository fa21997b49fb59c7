"""Where on the time line there are events at all, so that runs over empty stretches can be left out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import islice


class Occupancy:
    """The minutes that hold events. ``times()`` gives the event times; it is asked again when ``count()`` has grown."""

    _MINUTE = 60

    def __init__(self, count: Callable[[], int], times: Callable[[], Iterable[float]]) -> None:
        self._count = count
        self._times = times
        self._seen = -1
        self._minutes: list[int] = []

    def between(self, earliest: float, latest: float) -> bool:
        """Whether an event lies in [earliest, latest); may say yes for a neighbour within the same minute."""
        if self._count() != self._seen:
            self._seen = self._count()
            self._minutes = sorted({int(time // self._MINUTE) for time in self._times()})
        first = -float("inf") if earliest == -float("inf") else earliest // self._MINUTE
        at = bisect_left(self._minutes, first)
        return any(minute * self._MINUTE < latest for minute in islice(self._minutes, at, at + 1))
