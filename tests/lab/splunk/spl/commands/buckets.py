"""Spans of bin and timechart: where the bucket of a value begins.

Search Reference, bin: spans of seconds, minutes and hours count from epoch 0 (UTC) or from aligntime; spans of days,
months, quarters and years follow the calendar of the user's zone and ignore aligntime. A span of weeks has to say on
which day a week begins: `1w@w1`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from ..times import UNITS, Span, add, parse_span, snap, time_of
from ..tokens import Kind, Token

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..search import Search

_SNAPPED = re.compile(r"(\d+[a-z]+)@([a-z]+?)([0-7]?)\Z")
#: How many of a unit may be one span (Search Reference, span length); they have to divide a year.
_MONTHS = {"mon": (1, 2, 3, 4, 6, 12), "q": (1, 2, 4), "y": (1,)}


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Buckets of one length. weekday: on which day weeks begin (0 is Sunday); align: epoch at which a bucket begins."""

    span: Span
    weekday: int = 0
    align: float = 0

    @property
    def calendar(self) -> bool:
        """Whether the buckets follow the calendar of a zone."""
        return self.span.unit in ("d", "w", "mon", "q", "y")

    def start(self, epoch: float, zone: tzinfo) -> float:
        """The beginning of the bucket that holds the epoch."""
        amount, unit = self.span.amount, self.span.unit
        seconds = self.span.seconds
        if not self.calendar and seconds is not None:
            if seconds < 1:
                per_second = round(1 / seconds)
                return math.floor(round((epoch - self.align) * per_second, 6)) / per_second + self.align
            return math.floor((epoch - self.align) / seconds) * int(seconds) + self.align
        start = snap(epoch, unit, zone, self.weekday)
        if amount == 1:
            return start
        local = datetime.fromtimestamp(start, zone)
        if unit == "d":
            past = (local.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days % amount
        else:
            past = (local.month - 1) // {"mon": 1, "q": 3}[unit] % amount
        return add(start, -past, unit, zone)

    def next(self, start: float, zone: tzinfo) -> float:
        """The beginning of the bucket behind the one that begins at `start`."""
        if self.calendar:
            return add(start, self.span.amount, self.span.unit, zone)
        return start + (self.span.seconds or 0)

    def length(self, start: float, zone: tzinfo) -> float:
        """How many seconds the bucket that begins at `start` has."""
        return self.next(start, zone) - start

    def aligned(self, epoch: float) -> TimeSpan:
        return self if self.calendar else replace(self, align=epoch)


def parse_time_span(args: Arguments, token: Token) -> TimeSpan:
    """An option kind: `5m`, `1d`, `1w@w1`. Raises for spans whose buckets Splunk does not define."""
    if token.kind not in (Kind.WORD, Kind.STRING):
        raise args.error("expected a time span such as 5m", token)
    written = token.text
    if "log" in written:
        raise args.unsupported("logarithmic spans", token)
    snapped = _SNAPPED.match(written)
    span = parse_span(snapped[1] if snapped else written + "s" if written.isdigit() else written)
    if span is None:
        raise args.error(f"{written!r} is not a time span such as 5m, 1h or 1d", token)
    if snapped and (UNITS.get(snapped[2]) != span.unit or (snapped[3] and span.unit != "w")):
        raise args.unsupported(f"a span that snaps to another unit ({written})", token)
    if span.unit == "w" and (span.amount != 1 or not snapped):
        raise args.unsupported("spans of weeks other than 1w@w0 to 1w@w7", token)
    if span.unit in _MONTHS and span.amount not in _MONTHS[span.unit]:
        raise args.unsupported(f"the span {written}: a year is not made of whole ones", token)
    if span.seconds is not None and span.seconds < 1 and round(1 / span.seconds, 6) % 1:
        raise args.error(f"the span {written} does not divide a second evenly", token)
    return TimeSpan(span, int(snapped[3] or 0) % 7 if snapped else 0)


def align_time(text: str, search: Search) -> float | None:
    """The epoch that aligntime means: earliest, latest, an epoch, or a time modifier; None when it is none of them."""
    if text == "earliest":
        return search.earliest
    if text == "latest":
        return search.latest
    return time_of(text, search.now, search.tz)
