"""Cron expressions as savedsearches.conf takes them: five fields of ``*``, numbers, ranges, steps and lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_MINUTE = 60


class CronError(ValueError):
    """An expression that the scheduler would not take."""


@dataclass(frozen=True)
class Cron:
    """When a search is due. Sunday is 0 or 7; names of months and days are not supported, as in Splunk."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Raises CronError with the field that is wrong."""
        parts = text.split()
        if len(parts) != len(_FIELDS):
            raise CronError(
                f"cron_schedule {text!r} has {len(parts)} fields; it needs 5 (minute hour day month weekday)"
            )
        values = [_field(part, text, *field) for part, field in zip(parts, _FIELDS, strict=True)]
        minutes, hours, days, months, weekdays = values
        return cls(
            text=text,
            minutes=minutes,
            hours=hours,
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            any_day=parts[2].startswith("*"),
            any_weekday=parts[4].startswith("*"),
        )

    def times(self, start: float, end: float, tz: tzinfo) -> Iterator[int]:
        """Due times as epochs: ``start`` <= time < ``end``, by the wall clock of ``tz``."""
        first = -(-int(start) // _MINUTE) * _MINUTE
        for epoch in range(first, int(-(-end // 1)), _MINUTE):
            # Most minutes fall out here, before a date is worked out; every zone's offset is in whole minutes.
            if self._due(datetime.fromtimestamp(epoch, tz)):
                yield epoch

    def _due(self, at: datetime) -> bool:
        if at.minute not in self.minutes or at.hour not in self.hours or at.month not in self.months:
            return False
        day, weekday = at.day in self.days, at.isoweekday() % 7 in self.weekdays
        # Cron's old rule: two restricted day fields are alternatives.
        if not self.any_day and not self.any_weekday:
            return day or weekday
        return day and weekday


def _field(part: str, text: str, name: str, low: int, high: int) -> frozenset[int]:
    numbers: set[int] = set()
    for item in part.split(","):
        span, slash, step_text = item.partition("/")
        step = _number(step_text, text, name, 1, high + 1) if slash else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            left, _, right = span.partition("-")
            first, last = _number(left, text, name, low, high), _number(right, text, name, low, high)
            if first > last:
                raise CronError(f"cron_schedule {text!r}: {name} range {span!r} runs backwards")
        else:
            first = _number(span, text, name, low, high)
            last = high if slash else first
        numbers.update(range(first, last + 1, step))
    return frozenset(numbers)


def _number(word: str, text: str, name: str, low: int, high: int) -> int:
    if not word.isascii() or not word.isdigit() or not low <= int(word) <= high:
        raise CronError(f"cron_schedule {text!r}: {name} {word!r} is not a number from {low} to {high}")
    return int(word)
