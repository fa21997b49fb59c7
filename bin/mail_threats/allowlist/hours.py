"""Times of day at which an entry holds, in a time zone with its changes of the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)
_UTC_NAMES = ("", "utc", "z")


class HoursError(ValueError):
    """Hours or a zone that cannot be read; the message tells what to write."""


@dataclass(frozen=True)
class Hours:
    """From `start` to `end`, minutes since midnight on the clock of `zone`; an end before the start is on the next day.

    The start belongs to the window, the end does not. A start or end that the clock skips is the moment of the skip; of
    one that the clock shows twice, a start is the first and an end the second.
    """

    start: int
    end: int
    zone: tzinfo
    text: str

    def hold(self, first: float, last: float) -> bool:
        """Whether one and the same window holds all of the time from `first` to `last` (epoch seconds)."""
        day = datetime.fromtimestamp(first, self.zone).date()
        for start_day in (day - timedelta(days=1), day):
            opens, closes = self._window(start_day)
            if opens <= first and last < closes:
                return True
        return False

    def _window(self, day: date) -> tuple[float, float]:
        end_day = day + timedelta(days=1 if self.end <= self.start else 0)
        return self._moment(day, self.start, 0), self._moment(end_day, self.end, 1)

    def _moment(self, day: date, minute: int, fold: int) -> float:
        midnight = datetime(day.year, day.month, day.day)
        wall = (midnight + timedelta(minutes=minute)).replace(tzinfo=self.zone, fold=fold)
        if _skipped(wall):
            return _jump(wall)
        return wall.timestamp()


def _skipped(wall: datetime) -> bool:
    back = datetime.fromtimestamp(wall.timestamp(), wall.tzinfo)
    return (back.hour, back.minute, back.date()) != (wall.hour, wall.minute, wall.date())


def _jump(wall: datetime) -> float:
    """The moment at which the clock jumps over `wall`, to the second."""
    # A skipped time read with the offset of either side lies on either side of the jump.
    low, high = sorted(wall.replace(fold=fold).timestamp() for fold in (0, 1))
    before = datetime.fromtimestamp(low, wall.tzinfo).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, wall.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=4096)
def read_hours(text: str, zone_name: str) -> Hours:
    """`HH:MM-HH:MM` in a zone of the IANA database (UTC when empty); the end may be 24:00.

    Raises: HoursError.
    """
    found = _HOURS.fullmatch(text)
    if not found:
        raise HoursError(f"hours is {text!r}: expected HH:MM-HH:MM, such as 22:00-06:00")
    start_h, start_m, end_h, end_m = (int(part) for part in found.groups() if part is not None)
    start, end = start_h * 60 + start_m, end_h * 60 + end_m
    if start == end:
        raise HoursError(f"hours is {text!r}: it ends when it starts; leave hours empty for the whole day")
    shown = f"{text} {zone_name or 'UTC'}"
    return Hours(start, end, _zone(zone_name), shown)


def _zone(name: str) -> tzinfo:
    if name.lower() in _UTC_NAMES:
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise HoursError(f"timezone is {name[:80]!r}: expected a name such as Europe/Amsterdam") from None
