"""strftime and strptime with Splunk's variables (Search Reference, "Date and time format variables"), English names.

A variable that the reference does not list raises FormatError: a platform's own strftime would answer, and differently
on each platform.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_VARIABLE = re.compile(r"%(?:E(z)|(:{1,3})z|([1-9])?([NQ])|([-+%A-Za-z]))")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Abbreviations that stand for one offset; others are ambiguous round the world, and the reference names none.
_ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "WET": 0, "WEST": 60,
}  # fmt: skip


class FormatError(ValueError):
    """A time format with a variable that Splunk does not document."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """A local time and the microseconds of its epoch."""

    local: datetime
    micros: int


def strftime(epoch: float, form: str, zone: tzinfo) -> str:
    """The epoch (seconds) written by the format in the zone. Raises FormatError; OverflowError for years beyond
    9999."""
    micros = round(epoch * 1_000_000)
    moment = _Moment((_EPOCH + timedelta(microseconds=micros)).astimezone(zone), micros)
    return "".join([part if isinstance(part, str) else part(moment) for part in _writers(form)])


@lru_cache(maxsize=256)
def _writers(form: str) -> tuple[str | Callable[[_Moment], str], ...]:
    parts: list[str | Callable[[_Moment], str]] = []
    place = 0
    for literal, minutes, colons, digits, fraction, letter in _split(form):
        place += 1
        if literal is not None:
            parts.append(literal)
        elif minutes:
            parts.append(lambda moment: str(_offset(moment) // 60))
        elif colons:
            parts.append(_colon_offset(len(colons)))
        elif fraction:
            parts.append(_fraction(int(digits or ("3" if fraction == "Q" else "9"))))
        else:
            parts.append(_WRITERS[letter])
    return tuple(parts)


_Part = tuple["str | None", "str | None", "str | None", "str | None", "str | None", "str"]


def _split(form: str) -> list[_Part]:
    """The literals and variables of a format."""
    parts: list[_Part] = []
    place = 0
    while place < len(form):
        if form[place] != "%":
            stop = form.find("%", place)
            stop = len(form) if stop < 0 else stop
            parts.append((form[place:stop], None, None, None, None, ""))
            place = stop
            continue
        found = _VARIABLE.match(form, place)
        if not found or (found[5] and found[5] not in _WRITERS):
            raise FormatError(f"the time format variable {form[place : place + 2]!r} is not supported")
        minutes, colons, digits, fraction, letter = found.groups()
        parts.append((None, minutes, colons, digits, fraction, letter or ""))
        place = found.end()
    return parts


def check(form: str) -> None:
    """Raises FormatError if the format has a variable that is not documented."""
    _split(form)


def _offset(moment: _Moment) -> int:
    """Seconds east of UTC."""
    offset = moment.local.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _sign_and_parts(moment: _Moment) -> tuple[str, int, int, int]:
    seconds = _offset(moment)
    sign = "-" if seconds < 0 else "+"
    seconds = abs(seconds)
    return sign, seconds // 3600, seconds // 60 % 60, seconds % 60


def _colon_offset(colons: int) -> Callable[[_Moment], str]:
    def write(moment: _Moment) -> str:
        sign, hours, minutes, seconds = _sign_and_parts(moment)
        return sign + ":".join(f"{part:02d}" for part in (hours, minutes, seconds)[: {1: 2, 2: 3, 3: 1}[colons]])

    return write


def _fraction(digits: int) -> Callable[[_Moment], str]:
    return lambda moment: f"{moment.micros % 1_000_000:06d}000"[:digits]


def _zone_name(moment: _Moment) -> str:
    return moment.local.tzname() or "UTC"


def _plain_offset(moment: _Moment) -> str:
    sign, hours, minutes, _ = _sign_and_parts(moment)
    return f"{sign}{hours:02d}{minutes:02d}"


def _clock(moment: _Moment) -> str:
    return moment.local.strftime("%H:%M:%S")


def _date_and_clock(moment: _Moment) -> str:
    local = moment.local
    return f"{_DAYS[local.weekday()][:3]} {_MONTHS[local.month - 1][:3]} {local.day:2d} {_clock(moment)}"


_WRITERS: dict[str, Callable[[_Moment], str]] = {
    "%": lambda m: "%",
    "+": lambda m: f"{_date_and_clock(m)} {_zone_name(m)} {m.local.year}",
    "A": lambda m: _DAYS[m.local.weekday()],
    "a": lambda m: _DAYS[m.local.weekday()][:3],
    "B": lambda m: _MONTHS[m.local.month - 1],
    "b": lambda m: _MONTHS[m.local.month - 1][:3],
    "C": lambda m: f"{m.local.year // 100:02d}",
    "c": lambda m: f"{_date_and_clock(m)} {m.local.year}",
    "d": lambda m: f"{m.local.day:02d}",
    "e": lambda m: f"{m.local.day:2d}",
    "F": lambda m: f"{m.local.year:04d}-{m.local.month:02d}-{m.local.day:02d}",
    "f": lambda m: f"{m.micros % 1_000_000:06d}",
    "G": lambda m: f"{m.local.isocalendar()[0]:04d}",
    "g": lambda m: f"{m.local.isocalendar()[0] % 100:02d}",
    "H": lambda m: f"{m.local.hour:02d}",
    "I": lambda m: f"{m.local.hour % 12 or 12:02d}",
    "j": lambda m: f"{m.local.timetuple().tm_yday:03d}",
    "k": lambda m: f"{m.local.hour:2d}",
    "M": lambda m: f"{m.local.minute:02d}",
    "m": lambda m: f"{m.local.month:02d}",
    "p": lambda m: "AM" if m.local.hour < 12 else "PM",
    "S": lambda m: f"{m.local.second:02d}",
    "s": lambda m: str(m.micros // 1_000_000),
    "T": _clock,
    "U": lambda m: f"{(m.local.timetuple().tm_yday + 6 - m.local.isoweekday() % 7) // 7:02d}",
    "V": lambda m: f"{m.local.isocalendar()[1]:02d}",
    "w": lambda m: str(m.local.isoweekday() % 7),
    "X": _clock,
    "x": lambda m: f"{m.local.month:02d}/{m.local.day:02d}/{m.local.year:04d}",
    "Y": lambda m: f"{m.local.year:04d}",
    "y": lambda m: f"{m.local.year % 100:02d}",
    "Z": _zone_name,
    "z": _plain_offset,
}


# -- reading

_ABBREVIATED = {name[:3].lower(): place + 1 for place, name in enumerate(_MONTHS)}
_READ = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d{1,2})", "C": r"(?P<C>\d{2})",
    "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>[ ]?\d{1,2})", "e": r"(?P<d>[ ]?\d{1,2})", "j": r"(?P<j>\d{1,3})",
    "b": r"(?P<b>[A-Za-z]{3,9})", "B": r"(?P<b>[A-Za-z]{3,9})", "a": r"[A-Za-z]{3,9}", "A": r"[A-Za-z]{3,9}",
    "H": r"(?P<H>\d{1,2})", "k": r"(?P<H>[ ]?\d{1,2})", "I": r"(?P<I>\d{1,2})", "p": r"(?P<p>[AaPp][Mm])",
    "M": r"(?P<M>\d{1,2})", "S": r"(?P<S>\d{1,2})", "s": r"(?P<s>\d{1,11})", "f": r"(?P<f>\d{1,6})",
    "z": r"(?P<z>Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)", "Z": r"(?P<Z>[A-Za-z]{1,5})", "w": r"[0-6]", "%": "%",
}  # fmt: skip
_EXPANDED = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "X": "%H:%M:%S", "x": "%m/%d/%Y", "c": "%a %b %e %H:%M:%S %Y"}


@lru_cache(maxsize=256)
def _reader(form: str) -> re.Pattern[str]:
    pieces: list[str] = []
    for literal, minutes, colons, digits, fraction, letter in _split(form):
        if literal is not None:
            pieces.append(r"\s+".join(re.escape(word) for word in re.split(r"\s+", literal)))
        elif colons:
            pieces.append(_READ["z"])
        elif fraction:
            pieces.append(rf"(?P<f>\d{{1,{digits or 9}}})")
        elif letter in _EXPANDED:
            pieces.append(_reader(_EXPANDED[letter]).pattern)
        elif minutes or letter not in _READ:
            raise FormatError(f"the time format variable %{'Ez' if minutes else letter} cannot be read by strptime")
        else:
            pieces.append(_READ[letter])
    try:
        return re.compile("".join(pieces), re.ASCII)
    except re.error as error:
        raise FormatError(f"the time format {form!r} names one part twice") from error


def check_readable(form: str) -> None:
    """Raises FormatError if strptime cannot read with this format."""
    _reader(form)


def strptime(text: str, form: str, zone: tzinfo, now: float) -> float | None:
    """The epoch that the text means, to the microsecond; None when it does not match the format.

    Text behind the format is ignored. A text without any date means the day of `now`, one without a year its year; an
    incomplete date (no day, or no month) is not a time. zone: used when the text has none. Raises FormatError.
    """
    found = _reader(form).match(text)
    if not found:
        return None
    parts = {name: value.strip() for name, value in found.groupdict().items() if value is not None}
    micros = int((parts.get("f", "") + "000000")[:6])
    if "s" in parts:
        return int(parts["s"]) + micros / 1_000_000
    try:
        moment = _moment(parts, zone, now)
    except (KeyError, ValueError, OverflowError):
        return None
    if moment is None:
        return None
    whole = round((moment - _EPOCH).total_seconds())
    return whole + micros / 1_000_000 if micros else whole


def _moment(parts: dict[str, str], zone: tzinfo, now: float) -> datetime | None:
    if "z" in parts:
        zone = _read_offset(parts["z"])
    elif "Z" in parts:
        zone = timezone(timedelta(minutes=_ZONES[parts["Z"].upper()]))
    date = _date(parts, datetime.fromtimestamp(now, zone))
    if date is None:
        return None
    second = min(int(parts.get("S", "0")), 59) if parts.get("S") == "60" else int(parts.get("S", "0"))
    return date.replace(hour=_hour(parts), minute=int(parts.get("M", "0")), second=second, tzinfo=zone)


def _date(parts: dict[str, str], today: datetime) -> datetime | None:
    year = _year(parts)
    if "j" in parts:
        first = datetime(year if year is not None else today.year, 1, 1)
        return first + timedelta(days=int(parts["j"]) - 1)
    month = int(parts["m"]) if "m" in parts else _ABBREVIATED[parts["b"][:3].lower()] if "b" in parts else None
    if month is None and "d" not in parts and year is None:
        return datetime(today.year, today.month, today.day)
    if month is None or "d" not in parts:
        return None
    return datetime(today.year if year is None else year, month, int(parts["d"]))


def _year(parts: dict[str, str]) -> int | None:
    if "Y" in parts:
        return int(parts["Y"])
    if "y" not in parts:
        return None
    short = int(parts["y"])
    if "C" in parts:
        return int(parts["C"]) * 100 + short
    return short + (2000 if short < 69 else 1900)


def _hour(parts: dict[str, str]) -> int:
    if "I" not in parts:
        return int(parts.get("H", "0"))
    hour = int(parts["I"])
    if not 1 <= hour <= 12:
        raise ValueError(f"hour {hour} on a 12-hour clock")
    return hour % 12 + (12 if parts.get("p", "AM").upper() == "PM" else 0)


def _read_offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
    return timezone(timedelta(seconds=-seconds if text[0] == "-" else seconds))
