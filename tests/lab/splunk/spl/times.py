"""Time modifiers (`-1d@d+3h`, `@w1`, `now`, epochs) and spans (`15m`, `1mon`), from the Search Reference's "Time
modifiers".

Epochs are seconds, int when they are whole. Hours and smaller units are counted on the clock of the universe; days,
weeks, months, quarters and years on the calendar of the user's zone, so that a day across a daylight-saving change is
23 or 25 hours.
"""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_UNIT_NAMES = {
    "us": ("us", "microsecond", "microseconds"),
    "ms": ("ms", "millisecond", "milliseconds"),
    "cs": ("cs", "centisecond", "centiseconds"),
    "ds": ("ds", "decisecond", "deciseconds"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "week", "weeks"),
    "mon": ("mon", "month", "months"),
    "q": ("q", "qtr", "qtrs", "quarter", "quarters"),
    "y": ("y", "yr", "yrs", "year", "years"),
}
UNITS: dict[str, str] = {name: unit for unit, names in _UNIT_NAMES.items() for name in names}
"""Every spelling of a unit -> its short name (us ms cs ds s m h d w mon q y)."""

SECONDS: dict[str, float] = {
    "us": 1e-6, "ms": 1e-3, "cs": 1e-2, "ds": 0.1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800,
}  # fmt: skip
"""Length of the units that have one; months, quarters and years do not."""

_MONTHS = {"mon": 1, "q": 3, "y": 12}
_STEP = re.compile(r"([+-])(\d*)([a-z]+)|@([a-z]+)(\d?)")
_SPAN = re.compile(r"(\d+)([a-z]+)\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """A time span: amount of one unit (short name)."""

    amount: int
    unit: str

    @property
    def seconds(self) -> float | None:
        """Its length in seconds; None for months, quarters and years."""
        length = SECONDS.get(self.unit)
        return None if length is None else self.amount * length


def parse_span(text: str) -> Span | None:
    """`15m` -> Span(15, "m"); None when the text is not a span with a known unit."""
    found = _SPAN.match(text)
    if not found or found[2] not in UNITS or int(found[1]) == 0:
        return None
    return Span(int(found[1]), UNITS[found[2]])


def add(epoch: float, amount: int, unit: str, zone: tzinfo) -> float:
    """The epoch that many units (short name) later; a month that is too short takes its last day."""
    if unit in _MONTHS:
        local = datetime.fromtimestamp(math.floor(epoch), zone)
        months = local.year * 12 + local.month - 1 + amount * _MONTHS[unit]
        year, month = months // 12, months % 12 + 1
        day = min(local.day, calendar.monthrange(year, month)[1])
        return _whole(_epoch(local.replace(year=year, month=month, day=day, fold=0)) + epoch - math.floor(epoch))
    if unit in ("d", "w"):
        local = datetime.fromtimestamp(math.floor(epoch), zone)
        moved = local.replace(tzinfo=None) + timedelta(days=amount * (7 if unit == "w" else 1))
        return _whole(_epoch(moved.replace(tzinfo=zone)) + epoch - math.floor(epoch))
    return _whole(epoch + amount * SECONDS[unit])


def snap(epoch: float, unit: str, zone: tzinfo, weekday: int = 0) -> float:
    """The epoch floored to the unit (short name) in the zone. weekday: the day a week begins, 0 or 7 is Sunday."""
    if unit in ("us", "ms", "cs", "ds"):
        return math.floor(round(epoch / SECONDS[unit], 6)) * SECONDS[unit]
    local = datetime.fromtimestamp(math.floor(epoch), zone)
    if unit == "s":
        return math.floor(epoch)
    if unit in ("m", "h"):
        # Minutes past the hour in the zone: zones with a half-hour offset snap to their own hours.
        past = local.second + (60 * local.minute if unit == "h" else 0)
        return math.floor(epoch) - past
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "w":
        back = (local.isoweekday() - weekday) % 7
        midnight = (midnight.replace(tzinfo=None) - timedelta(days=back)).replace(tzinfo=zone)
    elif unit == "mon":
        midnight = midnight.replace(day=1)
    elif unit == "q":
        midnight = midnight.replace(day=1, month=3 * ((local.month - 1) // 3) + 1)
    elif unit == "y":
        midnight = midnight.replace(day=1, month=1)
    return _epoch(midnight)


def relative_time(epoch: float, modifier: str, zone: tzinfo) -> float | None:
    """A time modifier applied to an epoch, its steps from left to right; None when it is not a modifier.

    `now` and an empty modifier leave the epoch as it is.
    """
    modifier = modifier.strip()
    if modifier in ("now", "now()"):
        return epoch
    place = 0
    while place < len(modifier):
        found = _STEP.match(modifier, place)
        if not found:
            return None
        sign, amount, unit, snap_unit, weekday = found.groups()
        if sign:
            if unit not in UNITS:
                return None
            try:
                epoch = add(epoch, int(sign + (amount or "1")), UNITS[unit], zone)
            except (OverflowError, ValueError):
                return None
        elif snap_unit == "w" and weekday <= "7":
            epoch = snap(epoch, "w", zone, int(weekday or "0"))
        elif snap_unit in UNITS and not weekday:
            epoch = snap(epoch, UNITS[snap_unit], zone)
        else:
            return None
        place = found.end()
    return epoch


def time_of(modifier: str, now: float, zone: tzinfo) -> float | None:
    """The epoch that `earliest=` or `latest=` means: an epoch, a modifier, or `11/5/2016:20:00:00` in the zone."""
    modifier = modifier.strip()
    if re.fullmatch(r"\d+(\.\d+)?", modifier):
        return _whole(float(modifier))
    if re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}(:\d{1,2}:\d{1,2}:\d{1,2})?", modifier):
        form = "%m/%d/%Y:%H:%M:%S" if ":" in modifier else "%m/%d/%Y"
        try:
            return _epoch(datetime.strptime(modifier, form).replace(tzinfo=zone))
        except ValueError:
            return None
    if re.match(r"\d{4}-\d\d-\d\dT", modifier):
        try:
            moment = datetime.fromisoformat(modifier)
        except ValueError:
            return None
        return _epoch(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    return relative_time(now, modifier, zone) if modifier else None


_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def _epoch(moment: datetime) -> float:
    return _whole((moment - _EPOCH_START).total_seconds())


def _whole(epoch: float) -> float:
    """The epoch without a fraction of zero, so that it prints as an integer; fractions to the microsecond."""
    return int(epoch) if epoch == int(epoch) else round(epoch, 6)
