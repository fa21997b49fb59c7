"""Subscriptions, and records grouped into content blobs."""

from __future__ import annotations

import random
import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from lab.tenant.activity.errors import ActivityError, StartedTooOften
from lab.tenant.records import CONTENT_TYPES, Record
from lab.tenant.vendor_time import DAY

START_INTERVAL_S = 900.0
CONTENT_ID = re.compile(r"\d{23}\$\d{23}\$[a-z_]+\$[A-Za-z_]+\$[a-z]{2,4}\d{4}")


@dataclass
class Subscription:
    """One content type's subscription.

    spans: the [from, until) stretches of content time a client may read; the last one is open while it is enabled.
    """

    content_type: str
    enabled: bool = False
    spans: list[tuple[float, float]] = field(default_factory=list)
    last_start: float | None = None

    def start(self, now: float, backfill_s: float) -> None:
        """Enable it. The first start reaches back, a later one does not.

        Raises: StartedTooOften within 15 minutes of the last start, ActivityError AF20024 when it is enabled already.
        """
        if self.last_start is not None and now - self.last_start < START_INTERVAL_S:
            raise StartedTooOften(self.last_start + START_INTERVAL_S - now)
        self.last_start = now
        if self.enabled:
            raise ActivityError("AF20024")
        self.enabled = True
        self.spans.append((now if self.spans else now - backfill_s, float("inf")))

    def stop(self, now: float) -> None:
        if self.enabled:
            self.enabled = False
            self.spans[-1] = (self.spans[-1][0], now)

    def reads(self, created: float) -> bool:
        return any(start <= created < until for start, until in self.spans)


@dataclass
class Blob:
    """One content blob.

    created: contentCreated, epoch seconds (milliseconds kept). listings: the instants at which it enters the content
    listing; normally one, its creation.
    """

    id: str
    content_type: str
    created: float
    records: list[Record]
    listings: list[float]

    def body(self) -> bytes:
        return b"[" + b",".join([record.body() for record in self.records]) + b"]"


class Entry(NamedTuple):
    """One line of the content listing, in the order in which aggregations become available."""

    listed_at: float
    number: int
    blob: Blob

    @property
    def key(self) -> tuple[float, int]:
        return (self.listed_at, self.number)


class BlobStore:
    """All blobs of a tenant.

    blob_events: records a blob holds at most. blob_span_s: seconds of visible_at that one blob aggregates at most.
    """

    def __init__(self, seed: int, blob_events: int, blob_span_s: float) -> None:
        self.rng = random.Random(f"blobs {seed}")
        self.blob_events = blob_events
        self.blob_span_s = blob_span_s
        self.blobs: dict[str, Blob] = {}
        self._entries: dict[str, list[Entry]] = {content_type: [] for content_type in CONTENT_TYPES}
        self._numbers = 0

    def group(self, records: Iterable[Record]) -> list[Blob]:
        """Audit records as blobs: by content type, in order of visibility, cut by size and by span."""
        ordered = sorted(records, key=lambda record: (str(record.content_type), record.visible_at, record.id))
        return [
            self.new_blob(str(content_type), chunk)
            for content_type, group in groupby(ordered, key=lambda record: record.content_type)
            for chunk in self._chunks(group)
        ]

    def _chunks(self, records: Iterator[Record]) -> Iterator[list[Record]]:
        chunk: list[Record] = []
        for record in records:
            if chunk and (len(chunk) == self.blob_events or record.visible_at - chunk[0].visible_at > self.blob_span_s):
                yield chunk
                chunk = []
            chunk.append(record)
        if chunk:
            yield chunk

    def new_blob(self, content_type: str, records: list[Record], created: float | None = None) -> Blob:
        """A blob, not yet stored, that became available when its last record did unless told otherwise."""
        if created is None:
            created = max(record.visible_at for record in records)
        created = round(created, 3)
        stamps = [self._stamp(min(record.time for record in records)), self._stamp(created)]
        flat = content_type.replace(".", "_")
        region = f"emea{self.rng.randint(1, 40):04}"
        id = f"{stamps[0]}${stamps[1]}${flat.lower()}${flat}${region}"
        return Blob(id, content_type, created, records, [created])

    def _stamp(self, epoch: float) -> str:
        moment = datetime.fromtimestamp(epoch, UTC)
        return moment.strftime("%Y%m%d%H%M%S") + f"{self.rng.randrange(10**9):09}"

    def store(self, blobs: Iterable[Blob]) -> None:
        for blob in blobs:
            self.blobs[blob.id] = blob
            for listed_at in blob.listings:
                self._numbers += 1
                insort(self._entries[blob.content_type], Entry(listed_at, self._numbers, blob), key=lambda e: e.key)

    def window(self, content_type: str, start: float, end: float, now: float) -> list[Entry]:
        """Entries listed by now whose contentCreated is in [start, end), in the order they became available."""
        entries = self._entries[content_type]
        first = bisect_left(entries, (start, 0), key=lambda entry: entry.key)
        return [e for e in entries[first:] if e.listed_at <= now and start <= e.blob.created < end]


class Window(NamedTuple):
    """A content listing window in content time, [start, end), epoch seconds."""

    start: float
    end: float

    @classmethod
    def last_day(cls, now: float) -> Window:
        return cls(now - DAY, now)

    def same_as(self, other: Window) -> bool:
        """Equal to the millisecond, which is all that survives the text form."""
        return abs(self.start - other.start) < 0.001 and abs(self.end - other.end) < 0.001
