"""The times that Microsoft writes and reads, as UTC epoch seconds.

Three spellings arrive: `2015-06-29T20:03:19` (CreationTime: UTC, though no zone is written),
`2020-03-13T19:15:41.6195833Z` (Graph: up to seven fraction digits) and `2026-03-03T10:00:00+01:00` (what an admin
types). They are never compared as text: "Z" sorts after ".", so mixed precision would order them wrongly.
"""

from __future__ import annotations

import re
from calendar import timegm
from datetime import datetime, timezone
from functools import lru_cache

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?)?\s*(Z|z|[+-]\d\d:?\d\d)?\Z", re.ASCII
)


def parse(text: str) -> float:
    """Epoch seconds of an ISO 8601 date or time; without a zone it is UTC.

    Raises: ValueError with words, for anything else.
    """
    seconds, fraction = _split(text.strip())
    return seconds + (float(f"0.{fraction}") if fraction else 0.0)


def whole_seconds(text: str) -> int:
    """Epoch seconds without their fraction, which as a float may round up into the next second.

    Raises: ValueError as `parse`.
    """
    return _split(text.strip())[0]


@lru_cache(maxsize=4096)
def event_time(text: str) -> str:
    """The text of a modular input's `<time>`: epoch seconds, with at most six fraction digits.

    Digits are carried over, not calculated, so that no rounding moves an event. Empty when `text` is not a time.
    """
    try:
        seconds, fraction = _split(text)
    except ValueError:
        return ""
    fraction = fraction[:6].rstrip("0")
    return f"{seconds}.{fraction}" if fraction and seconds >= 0 else str(seconds)


def content_time(epoch_s: float) -> str:
    """A time as the content listing takes it: `YYYY-MM-DDTHH:MM:SS`, UTC, no zone.

    A zone written as +00:00 would reach the server as a space.
    Source: Management Activity API reference, startTime and endTime.
    """
    return datetime.fromtimestamp(int(epoch_s), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def zulu(epoch_s: float) -> str:
    """A time as Graph filters and our own records take it: `YYYY-MM-DDTHH:MM:SSZ`."""
    return content_time(epoch_s) + "Z"


def _split(text: str) -> tuple[int, str]:
    match = _TIME.match(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a time like 2026-03-01T00:00:00Z")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=timezone.utc
        )
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not a time: {error}") from None
    return timegm(moment.timetuple()) - _offset_s(zone), fraction or ""


def _offset_s(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)
