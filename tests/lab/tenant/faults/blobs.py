"""What is wrong with content blobs and with the instants at which they are listed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lab.tenant.activity.models import Blob, Entry
from lab.tenant.exchange import Call
from lab.tenant.faults.fault import Fault
from lab.tenant.vendor_time import DAY, parse_listing_time

if TYPE_CHECKING:
    from lab.tenant.tenant import Tenant


class LateBlob(Fault):
    """A blob enters the listing `delay_s` seconds after its contentCreated, behind instants already listed."""

    name = "late_blob"

    def __init__(self, *, delay_s: float = 1800.0, **limits: Any) -> None:
        super().__init__(**limits)
        self.delay_s = delay_s

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        return [
            replace(blob, listings=[listed + self.delay_s for listed in blob.listings])
            if self.due(blob.content_type)
            else blob
            for blob in blobs
        ]


class DuplicateListing(Fault):
    """The same blob is listed again `delay_s` seconds after it was listed first; 0.0 puts both lines side by side."""

    name = "duplicate_listing"

    def __init__(self, *, delay_s: float = 0.0, **limits: Any) -> None:
        super().__init__(**limits)
        self.delay_s = delay_s

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        return [
            replace(blob, listings=[*blob.listings, blob.listings[0] + self.delay_s])
            if self.due(blob.content_type)
            else blob
            for blob in blobs
        ]


class EventsInNewBlob(Fault):
    """The events of a blob come again in a new blob with a new id, `delay_s` seconds later (days, in the field)."""

    name = "events_in_new_blob"

    def __init__(self, *, delay_s: float = 5 * DAY, **limits: Any) -> None:
        super().__init__(**limits)
        self.delay_s = delay_s

    def prepare(self, tenant: Tenant) -> None:
        self._store = tenant.store

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        return blobs + [
            self._store.new_blob(blob.content_type, list(blob.records), blob.created + self.delay_s)
            for blob in blobs
            if self.due(blob.content_type)
        ]


class DuplicatesInBlob(Fault):
    """Every record of a blob is in it twice."""

    name = "duplicates_in_blob"

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        return [
            replace(blob, records=[record for record in blob.records for _ in range(2)])
            if self.due(blob.content_type)
            else blob
            for blob in blobs
        ]


class OutOfOrder(Fault):
    """Records of a blob are shuffled, and its oldest one moves into the next blob of its content type."""

    name = "out_of_order"

    def arrange(self, blobs: list[Blob], rng: random.Random) -> list[Blob]:
        for blob, following in zip(blobs, [*blobs[1:], None], strict=True):
            if not self.due(blob.content_type):
                continue
            oldest = min(blob.records, key=lambda record: record.time)
            if following and following.content_type == blob.content_type and len(blob.records) > 1:
                blob.records.remove(oldest)
                following.records.append(oldest)
            rng.shuffle(blob.records)
        return blobs


class PartialBlob(Fault):
    """A window that starts exactly at a blob's contentCreated lists a part of it under a new id instead of the blob."""

    name = "partial_blob"
    acts_on = ("content",)

    def prepare(self, tenant: Tenant) -> None:
        self._store = tenant.store

    def entries(self, call: Call, entries: list[Entry]) -> list[Entry]:
        start = parse_listing_time(call.arguments().get("starttime", ""))
        return [
            self._part(entry) if entry.blob.created == start and self.acts_for(call) else entry for entry in entries
        ]

    def _part(self, entry: Entry) -> Entry:
        blob = entry.blob
        part = self._store.new_blob(blob.content_type, blob.records[len(blob.records) // 2 :], blob.created)
        self._store.blobs[part.id] = part
        return entry._replace(blob=part)


FAULTS: list[type[Fault]] = [
    LateBlob,
    DuplicateListing,
    EventsInNewBlob,
    DuplicatesInBlob,
    OutOfOrder,
    PartialBlob,
]
