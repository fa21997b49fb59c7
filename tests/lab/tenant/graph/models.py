"""The reports: records by time, and the page chains that queries over them make."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lab.tenant.graph.odata import ReportFilter
from lab.tenant.records import SIGN_IN_KINDS, Record
from lab.tenant.vendor_time import DAY, TICKS, parse_offset_time

CHAINS_KEPT = 512
"""Query results remembered for their next pages; older ones answer as an invalid skip token does."""

_TIME_FIELDS = {"sign_in": "createdDateTime", "directory_audit": "activityDateTime"}


class Row(NamedTuple):
    """A record at its report time, in ticks."""

    ticks: int
    id: str
    record: Record


def row(record: Record) -> Row:
    """The record at the time its own payload shows, so that a filter judges what a client reads.

    Raises: ValueError when that time is unreadable or not within a second of the record's event time.
    """
    ticks: int | None = round(record.time * TICKS)
    if isinstance(record.payload, dict):
        field = _TIME_FIELDS[record.kind]
        shown = record.payload.get(field)
        if shown is not None:
            ticks = parse_offset_time(shown)
        if ticks is None or abs(ticks - record.time * TICKS) > TICKS:
            raise ValueError(f"record {record.id!r}: {field} {shown!r} is not its event time {record.time}")
    return Row(int(ticks or 0), record.id, record)


class Reports:
    """Sign-ins by kind and directory audits, each in order of time. retention_days: older records are not found."""

    def __init__(self, retention_days: float) -> None:
        self.retention_days = retention_days
        self._rows: dict[str, list[Row]] = {stream: [] for stream in (*SIGN_IN_KINDS, "directory_audit")}

    def add(self, records: Iterable[Record]) -> None:
        grown = set()
        for record in records:
            self._rows[record.stream].append(row(record))
            grown.add(record.stream)
        for stream in grown:
            self._rows[stream].sort(key=lambda found: (found.ticks, found.id))

    def find(self, streams: Iterable[str], wanted: ReportFilter, now: float) -> list[Row]:
        """Rows visible at `now` that match, oldest first."""
        low = max(wanted.low, round((now - self.retention_days * DAY) * TICKS))
        found: list[Row] = []
        for stream in streams:
            rows = self._rows[stream]
            first = bisect_left(rows, low, key=lambda at: at.ticks)
            last = bisect_right(rows, wanted.high, key=lambda at: at.ticks)
            found += [
                at for at in rows[first:last] if at.record.visible_at <= now and wanted.matches(at.record, at.ticks)
            ]
        found.sort(key=lambda at: (at.ticks, at.id))
        return found


@dataclass
class Chain:
    """The result of one query, handed out in pages. options: its query options, which a continuation must repeat."""

    rows: list[Row]
    options: dict[str, str]
    page_size: int


class ChainStore:
    """Skip tokens and where they continue."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"skip tokens {seed}")
        self._chains: OrderedDict[str, Chain] = OrderedDict()

    def keep(self, chain: Chain) -> str:
        """Remember a chain; the id is the stem of its skip tokens."""
        stem = f"{self._rng.getrandbits(128):032x}"
        self._chains[stem] = chain
        if len(self._chains) > CHAINS_KEPT:
            self._chains.popitem(last=False)
        return stem

    def resume(self, token: str) -> tuple[str, Chain, int] | None:
        """(stem, chain, offset of the page's first row) of a skip token, None when it is not valid."""
        stem, _, place = token.partition("_")
        offset = place.partition("_")[0]
        chain = self._chains.get(stem)
        if chain is None or not offset.isdecimal() or int(offset) > len(chain.rows):
            return None
        return stem, chain, int(offset)
