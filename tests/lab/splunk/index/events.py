"""A stored event: what an index keeps, before any search-time knowledge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class StoredEvent:
    """One event of an index.

    time: epoch in seconds (int when whole); indextime: epoch in whole seconds; number: order of arrival in this index
    server. timestamp: (start, end) of the time stamp in raw, when it was read from there; zone: the offset from UTC
    that it was written with, in minutes, "local" when it named none, None when the time does not come from the text.
    """

    time: int | float
    indextime: int
    raw: str
    index: str
    host: str
    source: str
    sourcetype: str
    number: int
    timestamp: tuple[int, int] | None = None
    zone: int | str | None = None

    @property
    def order(self) -> tuple[float, int]:
        """Sorts events by time, then by arrival."""
        return self.time, self.number


@dataclass(frozen=True, slots=True)
class IndexMessage:
    """What splunkd would write to its own log about data on its way in. level: WARN or ERROR."""

    level: str
    text: str
