"""Reading an event's time from its text, by TIME_PREFIX, TIME_FORMAT, MAX_TIMESTAMP_LOOKAHEAD and TZ.

Rules: props.conf.spec "Timestamp extraction configuration" and Getting Data In, "Configure timestamp recognition" (the
strptime variables, %N and %Q with their number of digits). The recogniser that guesses formats (datetime.xml) is not
carried out: a sourcetype without TIME_FORMAT is refused when its time has to come from the text.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..conf.files import ConfError, UnsupportedConf, conf_integer, conf_regex

_MONTHS = ("january february march april may june july august september october november december").split()
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time read from text. start, end: where; zone: offset in minutes as written, or "local"."""

    time: int | float
    start: int
    end: int
    zone: int | str


class _Parts:
    """What the directives of one format have read."""

    __slots__ = ("day", "epoch", "fraction", "hour", "minute", "month", "offset", "pm", "second", "year")

    def __init__(self) -> None:
        self.year: int | None = None
        self.month: int | None = None
        self.day: int | None = None
        self.hour = self.minute = self.second = 0
        self.fraction = 0.0
        self.pm: bool | None = None
        self.offset: int | None = None
        self.epoch: int | None = None


def _whole(name: str) -> Callable[[_Parts, str], None]:
    return lambda parts, text: setattr(parts, name, int(text))


def _two_digit_year(parts: _Parts, text: str) -> None:
    parts.year = int(text) + (1900 if int(text) >= 69 else 2000)


def _month_name(parts: _Parts, text: str) -> None:
    parts.month = 1 + next(place for place, name in enumerate(_MONTHS) if name.startswith(text.lower()[:3]))


def _fraction(parts: _Parts, text: str) -> None:
    parts.fraction = int(text) / 10 ** len(text)


def _meridiem(parts: _Parts, text: str) -> None:
    parts.pm = text.lower() == "pm"


def _offset(parts: _Parts, text: str) -> None:
    if text.upper() in ("Z", "UTC", "GMT"):
        parts.offset = 0
        return
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    parts.offset = -minutes if text[0] == "-" else minutes


def _skip(_parts: _Parts, _text: str) -> None:
    """For directives that say nothing new, such as the name of the weekday."""


_OFFSET_PATTERN = r"[+-]\d\d(?::?\d\d)?|Z|UTC|GMT"
_MONTH_PATTERN = "|".join(_MONTHS) + "|" + "|".join(name[:3] for name in _MONTHS)
_DAY_PATTERN = "|".join(_DAYS) + "|" + "|".join(name[:3] for name in _DAYS)

_DIRECTIVES: dict[str, tuple[str, Callable[[_Parts, str], None]]] = {
    "Y": (r"\d{4}", _whole("year")),
    "y": (r"\d{2}", _two_digit_year),
    "m": (r"\d{1,2}", _whole("month")),
    "d": (r"\d{1,2}", _whole("day")),
    "e": (r" ?\d{1,2}", _whole("day")),
    "H": (r"\d{1,2}", _whole("hour")),
    "k": (r" ?\d{1,2}", _whole("hour")),
    "I": (r"\d{1,2}", _whole("hour")),
    "M": (r"\d{1,2}", _whole("minute")),
    "S": (r"\d{1,2}", _whole("second")),
    "s": (r"\d{1,11}", _whole("epoch")),
    "b": (_MONTH_PATTERN, _month_name),
    "B": (_MONTH_PATTERN, _month_name),
    "a": (_DAY_PATTERN, _skip),
    "A": (_DAY_PATTERN, _skip),
    "p": (r"[AaPp][Mm]", _meridiem),
    "z": (_OFFSET_PATTERN, _offset),
    ":z": (_OFFSET_PATTERN, _offset),
    "Z": (_OFFSET_PATTERN, _offset),
}
_COMPOSED = {"T": "%H:%M:%S", "F": "%Y-%m-%d", "D": "%m/%d/%y", "R": "%H:%M"}
_DIRECTIVE = re.compile(r"%(?:(?P<digits>\d)?(?P<fraction>[NQ])|(?P<name>:?[a-zA-Z])|(?P<percent>%))")


class TimeFormat:
    """A TIME_FORMAT, compiled. Raises UnsupportedConf for a variable that is not known."""

    def __init__(self, text: str, where: str) -> None:
        self._readers: list[Callable[[_Parts, str], None]] = []
        for short, long in _COMPOSED.items():
            text = text.replace(f"%{short}", long)
        self._pattern = re.compile(self._compile(text, where), re.IGNORECASE)
        if "%s" not in text and not ("%d" in text or "%e" in text):
            raise UnsupportedConf(f"{where}: a time format without a date is not supported.")
        if "%s" not in text and not ("%Y" in text or "%y" in text):
            raise UnsupportedConf(f"{where}: a time format without a year is not supported.")

    def _compile(self, text: str, where: str) -> str:
        out: list[str] = []
        position = 0
        for found in _DIRECTIVE.finditer(text):
            out.append(_literal(text[position : found.start()]))
            position = found.end()
            if found["percent"]:
                out.append("%")
                continue
            if found["fraction"]:
                pattern = rf"\d{{1,{found['digits']}}}" if found["digits"] else r"\d+"
                self._readers.append(_fraction)
            elif found["name"] in _DIRECTIVES:
                pattern, reader = _DIRECTIVES[found["name"]]
                self._readers.append(reader)
            else:
                raise UnsupportedConf(f"{where}: the variable {found[0]} of the time format is not supported.")
            out.append(f"({pattern})")
        rest = text[position:]
        if "%" in rest:
            raise UnsupportedConf(f"{where}: the time format ends in an incomplete variable: {rest!r}.")
        return "".join([*out, _literal(rest)])

    def read(self, text: str, start: int, end: int) -> tuple[re.Match[str], _Parts] | None:
        """The parts of the time stamp that begins at start and lies in front of end; None when there is none."""
        found = self._pattern.match(text, start, end)
        if found is None:
            return None
        parts = _Parts()
        for reader, group in zip(self._readers, found.groups(), strict=True):
            reader(parts, group.strip())
        return found, parts


def _literal(text: str) -> str:
    # strptime takes any run of blanks, also none, for a blank in the format.
    return r"\s*".join(re.escape(part) for part in re.split(r"\s+", text))


class TimestampReader:
    """How the times of one kind of data are read. `mode` is "format", "current" or "none" (DATETIME_CONFIG)."""

    def __init__(self, settings: dict[str, str], where: str) -> None:
        config = settings.get("DATETIME_CONFIG", "").strip().upper()
        self.mode = {"CURRENT": "current", "NONE": "none"}.get(config, "format")
        self.where = where
        prefix = settings.get("TIME_PREFIX", "")
        self._prefix = conf_regex(prefix, f"{where} TIME_PREFIX") if prefix else None
        self._lookahead = conf_integer(
            settings.get("MAX_TIMESTAMP_LOOKAHEAD", "128"), f"{where} MAX_TIMESTAMP_LOOKAHEAD"
        )
        text = settings.get("TIME_FORMAT", "").strip()
        self._format = TimeFormat(text, f"{where} TIME_FORMAT") if text else None
        self._zone = _zone(settings.get("TZ", "").strip(), f"{where} TZ")
        self._oldest = 86400 * conf_integer(settings.get("MAX_DAYS_AGO", "2000"), f"{where} MAX_DAYS_AGO")
        self._newest = 86400 * conf_integer(settings.get("MAX_DAYS_HENCE", "2"), f"{where} MAX_DAYS_HENCE")

    def read(self, raw: str, now: float) -> Timestamp | None:
        """The time of an event; None when its text has none, or one that is too far from now to be believed.

        Raises UnsupportedConf when there is no TIME_FORMAT to read it with.
        """
        if self._format is None:
            raise UnsupportedConf(
                f"{self.where}: there is no TIME_FORMAT, and guessing the format of a time stamp (datetime.xml) is not "
                "supported. Set TIME_FORMAT, set DATETIME_CONFIG = CURRENT, or give the event's time."
            )
        start = 0
        if self._prefix is not None:
            found = self._prefix.search(raw)
            if found is None:
                return None
            start = found.end()
        end = len(raw) if self._lookahead <= 0 else min(len(raw), start + self._lookahead)
        while start < end and raw[start].isspace():
            start += 1
        parsed = self._format.read(raw, start, end)
        if parsed is None:
            return None
        match, parts = parsed
        time = self._epoch(parts)
        if time is None or not now - self._oldest <= time <= now + self._newest:
            return None
        return Timestamp(time, match.start(), match.end(), "local" if parts.offset is None else parts.offset)

    def _epoch(self, parts: _Parts) -> int | float | None:
        if parts.epoch is not None:
            return parts.epoch + parts.fraction if parts.fraction else parts.epoch
        if parts.year is None or parts.month is None or parts.day is None:
            return None
        zone = timezone(timedelta(minutes=parts.offset)) if parts.offset is not None else self._zone
        hour = parts.hour
        if parts.pm is not None:
            hour = hour % 12 + (12 if parts.pm else 0)
        try:
            moment = datetime(
                parts.year,
                parts.month,
                parts.day,
                hour,
                parts.minute,
                min(parts.second, 59),
                tzinfo=zone,
            )
        except ValueError:
            return None
        epoch = timegm(moment.utctimetuple()) + (1 if parts.second == 60 else 0)
        return epoch + parts.fraction if parts.fraction else epoch


def _zone(name: str, where: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfError(f"{where}: {name!r} is not a time zone. Use a name of the tz database, such as UTC.") from None
