"""The order that makes delivery safe: write, flush, and only then remember.

A crash before the flush leaves events unwritten and unremembered; a crash between flush and commit sends one batch
again. No order of these steps can lose an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import compress, islice

from mail_threats.feeds.raw_event import Outlet, RawEvent, RawEvents
from mail_threats.ledger.memory import Memory
from mail_threats.wire.tally import Tally

_CHUNK_EVENTS = 500
# What is pushed is written while the next events are worked on. What is settled had to be waited for, and costs a
# transaction.
_PUSH_BYTES = 64 * 1024
_SETTLE_BYTES = 16 * 1024 * 1024
_SETTLE_EVENTS = 10_000


class Delivery:
    """Hands new events to `outlet`; counts events, bytes, duplicates and events without a readable time in `tally`."""

    def __init__(self, outlet: Outlet, memory: Memory, tally: Tally) -> None:
        self._outlet = outlet
        self._memory = memory
        self._tally = tally
        self._held_bytes = 0
        self._open_bytes = 0
        self._open_events = 0

    def deliver(self, events: Iterable[RawEvent]) -> int:
        """Write those events that were never delivered; returns how many."""
        delivered = 0
        for chunk in _chunks(iter(events)):
            keys = [event.dedup_key.encode("utf-8", "surrogatepass") for event in chunk]
            new = list(compress(chunk, self._memory.unseen(keys)))
            self._tally.add("duplicates", len(chunk) - len(new))
            if new:
                without_time = sum(1 for event in new if not event.time)
                self._count(self._outlet.write(new), len(new), without_time)
            delivered += len(new)
        return delivered

    def deliver_raw(self, events: RawEvents) -> int:
        """Write those events that were never delivered; returns how many."""
        if not events.raws:
            return 0
        is_new = self._memory.unseen(events.keys)
        if not all(is_new):
            self._tally.add("duplicates", is_new.count(False))
            events = events.only(is_new)
            if not events.raws:
                return 0
        self._count(self._outlet.write_raw(events), len(events.raws), events.times.count(b""))
        return len(events.raws)

    def _count(self, size: int, events: int, without_time: int) -> None:
        self._tally.add("events", events)
        self._tally.add("bytes", size)
        if without_time:
            self._tally.add("events_without_time", without_time)
        self._held_bytes += size
        self._open_bytes += size
        self._open_events += events
        if self._open_bytes >= _SETTLE_BYTES or self._open_events >= _SETTLE_EVENTS:
            self.settle()
        elif self._held_bytes >= _PUSH_BYTES:
            self._outlet.push()
            self._held_bytes = 0

    def settle(self) -> None:
        """Return when everything delivered so far is with splunkd, and remembered as such."""
        self._outlet.flush()
        self._memory.commit()
        self._held_bytes = self._open_bytes = self._open_events = 0


def _chunks(events: Iterator[RawEvent]) -> Iterator[list[RawEvent]]:
    while True:
        chunk = list(islice(events, _CHUNK_EVENTS))
        if not chunk:
            return
        yield chunk
