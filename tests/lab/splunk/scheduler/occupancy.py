"""Where on the time line there are events at all, so that runs over empty stretches can be left out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from ..spl.wildcards import pattern


class Occupancy:
    """The minutes that hold events, for each sourcetype. ``events()`` gives (sourcetype, time) of all events; it is
    asked again when ``count()`` has changed.
    """

    _MINUTE = 60

    def __init__(self, count: Callable[[], int], events: Callable[[], Iterable[tuple[str, float]]]) -> None:
        self._count = count
        self._events = events
        self._seen = -1
        self._minutes: dict[str, list[int]] = {}

    def between(self, earliest: float, latest: float, sourcetypes: frozenset[str] | None = None) -> bool:
        """Whether an event of the sourcetypes (patterns; None: any) lies in [earliest, latest); may say yes for a
        neighbour within the same minute.
        """
        if self._count() != self._seen:
            self._seen = self._count()
            minutes: dict[str, set[int]] = {}
            for sourcetype, time in self._events():
                minutes.setdefault(sourcetype, set()).add(int(time // self._MINUTE))
            self._minutes = {sourcetype: sorted(found) for sourcetype, found in minutes.items()}
        first = -float("inf") if earliest == -float("inf") else earliest // self._MINUTE
        return any(
            self._holds(minutes, first, latest)
            for sourcetype, minutes in self._minutes.items()
            if sourcetypes is None or any(pattern(text, ignore_case=True).fullmatch(sourcetype) for text in sourcetypes)
        )

    def _holds(self, minutes: list[int], first: float, latest: float) -> bool:
        at = bisect_left(minutes, first)
        return at < len(minutes) and minutes[at] * self._MINUTE < latest
