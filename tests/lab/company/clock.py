"""The company's clock: local hours, the rhythm of a day, spans such as `90m`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
HOURS = 48
_SPAN = re.compile(r"(-?)(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

# The company answers customers every day of the week, so that the volume does not depend on the day of the run.
_WORK = (0, 0, 0, 0, 0, 1, 4, 14, 30, 28, 24, 22, 12, 22, 26, 24, 18, 10, 5, 3, 2, 2, 1, 0)


def seconds(span: str | int | float) -> float:
    """`90s`, `1h30m`, `-5m` or a number of seconds; ValueError for anything else."""
    if isinstance(span, bool) or not isinstance(span, (str, int, float)):
        raise ValueError(f"{span!r} is no span of time; write 90s, 20m, 1h30m, 2d or a number of seconds")
    if not isinstance(span, str):
        return float(span)
    text = span.strip()
    sign = -1.0 if text.startswith("-") else 1.0
    parts = _SPAN.findall(text.lstrip("-"))
    if not parts or "".join(number + unit for _, number, unit in parts) != text.lstrip("-"):
        raise ValueError(f"{span!r} is no span of time; write 90s, 20m, 1h30m, 2d or a number of seconds")
    return sign * sum(float(number) * _UNITS[unit] for _, number, unit in parts)


def moment(day: datetime, hour: float) -> float:
    """Epoch seconds of a local hour (8.5 = half past eight) of the day of `day`."""
    midnight = day.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(hours=hour)).timestamp()


def days(start: float, end: float) -> list[datetime]:
    """The local days that [start, end) touches, as their midnights."""
    day = datetime.fromtimestamp(start, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    touched = []
    while day.timestamp() < end:
        touched.append(day)
        day += timedelta(days=1)
    return touched


def occurrences(clock: str, start: float, end: float) -> list[float]:
    """Every moment in [start, end) at which the local clock shows `HH:MM`, oldest first."""
    hour, minute = (int(part) for part in clock.split(":"))
    return [time for day in days(start, end) if start <= (time := moment(day, hour + minute / 60)) < end]


def working_hour(rng: Random) -> float:
    """A local hour of the day, drawn from the company's working rhythm."""
    return rng.choices(range(24), _WORK)[0] + rng.random()
