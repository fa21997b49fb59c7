"""What an input leaves out by the admin's choice, since licence volume is what admins pay for.

A record that is left out is not remembered as delivered: without the filter it would be collected when it is read
again. It is remembered as left out, so that a window that is read again does not count it twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.raw_event import Outlet, RawEvent, RawEvents
from mail_threats.ledger.memory import Memory
from mail_threats.wildcards import Patterns
from mail_threats.wire.tally import Tally

_LEFT_OUT = b"left out\0"
_CHUNK = 500
_decode = json.JSONDecoder(strict=False, parse_int=str, parse_float=str).decode


class Filter(NamedTuple):
    """`name` is the input's setting; `paths` lead to the values that are compared, the first that is there counts."""

    name: str
    paths: tuple[tuple[str, ...], ...]
    patterns: Patterns


class FilteredDelivery(Delivery):
    """A delivery that leaves out what a filter matches, and counts it in `tally` under `dropped:<filter>`."""

    def __init__(self, outlet: Outlet, memory: Memory, tally: Tally, filters: Iterable[Filter]) -> None:
        super().__init__(outlet, memory, tally)
        self._filters = tuple(filters)
        self._left_out: list[tuple[str, bytes]] = []

    def deliver(self, events: Iterable[RawEvent]) -> int:
        try:
            return super().deliver(self._kept(events))
        finally:
            self._count_left_out()

    def deliver_raw(self, events: RawEvents) -> int:
        wanted = [self._wants(raw, key) for raw, key in zip(events.raws, events.keys)]
        self._count_left_out()
        return super().deliver_raw(events if all(wanted) else events.only(wanted))

    def _kept(self, events: Iterable[RawEvent]) -> Iterator[RawEvent]:
        for event in events:
            key = event.dedup_key.encode("utf-8", "surrogatepass")
            if self._wants(event.raw.encode("utf-8", "surrogatepass"), key):
                yield event

    def _wants(self, raw: bytes, key: bytes) -> bool:
        try:
            record = _decode(raw.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return True
        for each in self._filters:
            if each.patterns.match(_value(record, each.paths)):
                self._left_out.append((each.name, _LEFT_OUT + key))
                return False
        return True

    def _count_left_out(self) -> None:
        left_out, self._left_out = self._left_out, []
        for at in range(0, len(left_out), _CHUNK):
            chunk = left_out[at : at + _CHUNK]
            for (name, _), is_new in zip(chunk, self._memory.unseen([key for _, key in chunk])):
                if is_new:
                    self._tally.add(f"dropped:{name}")


def _value(record: Any, paths: tuple[tuple[str, ...], ...]) -> str:
    for path in paths:
        found = record
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, str) and found:
            return found
    return ""
