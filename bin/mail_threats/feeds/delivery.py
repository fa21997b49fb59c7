"""The order that makes delivery safe: write, flush, and only then remember.

A crash before the flush leaves events unwritten and unremembered; a crash between flush and commit sends one batch
again. No order of these steps can lose an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from mail_threats.feeds.raw_event import Outlet, RawEvent
from mail_threats.ledger.memory import Memory
from mail_threats.wire.tally import Tally

_CHUNK_EVENTS = 500
_SETTLE_BYTES = 4 * 1024 * 1024
_SETTLE_EVENTS = 5000


class Delivery:
    """Hands new events to `outlet`; counts events, bytes, duplicates and events without a readable time in `tally`."""

    def __init__(self, outlet: Outlet, memory: Memory, tally: Tally) -> None:
        self._outlet = outlet
        self._memory = memory
        self._tally = tally
        self._open_bytes = 0
        self._open_events = 0

    def deliver(self, events: Iterable[RawEvent]) -> int:
        """Write those events that were never delivered; returns how many."""
        delivered = 0
        for chunk in _chunks(iter(events)):
            new = [event for event, is_new in zip(chunk, self._memory.unseen([e.dedup_key for e in chunk])) if is_new]
            self._tally.add("duplicates", len(chunk) - len(new))
            if not new:
                continue
            size = self._outlet.write(new)
            self._tally.add("events", len(new))
            self._tally.add("bytes", size)
            self._tally.add("events_without_time", sum(1 for event in new if not event.time))
            self._open_bytes += size
            self._open_events += len(new)
            delivered += len(new)
            if self._open_bytes >= _SETTLE_BYTES or self._open_events >= _SETTLE_EVENTS:
                self.settle()
        return delivered

    def settle(self) -> None:
        """Return when everything delivered so far is with splunkd, and remembered as such."""
        self._outlet.flush()
        self._memory.commit()
        self._open_bytes = self._open_events = 0


def _chunks(events: Iterator[RawEvent]) -> Iterator[list[RawEvent]]:
    while True:
        chunk = list(islice(events, _CHUNK_EVENTS))
        if not chunk:
            return
        yield chunk
