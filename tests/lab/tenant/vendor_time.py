"""The time formats of the two APIs, to and from epoch seconds and .NET ticks (units of 100 ns)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

TICKS = 10_000_000
"""Ticks a second."""

DAY = 86_400.0

_LISTING = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?Z?)?")
_OFFSET = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)")


def _second(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def audit_time(epoch: float) -> str:
    """CreationTime of an audit record: UTC without a zone letter."""
    return _second(int(epoch // 1))


def content_time(epoch: float) -> str:
    """contentCreated and contentExpiration: UTC, milliseconds, Z."""
    seconds, milliseconds = divmod(round(epoch * 1000), 1000)
    return f"{_second(seconds)}.{milliseconds:03}Z"


def graph_time(epoch: float) -> str:
    """A Graph DateTimeOffset: up to seven fraction digits, trailing zeros dropped, Z."""
    seconds, fraction = divmod(round(epoch * TICKS), TICKS)
    digits = f".{fraction:07}".rstrip("0") if fraction else ""
    return f"{_second(seconds)}{digits}Z"


def seven_digit_time(epoch: float) -> str:
    """Times inside NextPageUri: always seven fraction digits, Z."""
    seconds, fraction = divmod(round(epoch * TICKS), TICKS)
    return f"{_second(seconds)}.{fraction:07}Z"


def parse_listing_time(text: str) -> float | None:
    """startTime or endTime of a content listing as epoch seconds, None when the API would not read it.

    YYYY-MM-DD, YYYY-MM-DDTHH:MM and YYYY-MM-DDTHH:MM:SS are documented; a fraction and a trailing Z are accepted in the
    field. An offset is not: its unescaped plus arrives as a blank.
    """
    if not _LISTING.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def parse_offset_time(text: str) -> int | None:
    """A DateTimeOffset literal as ticks since the epoch, None when it is none (zone missing, no such day)."""
    match = _OFFSET.fullmatch(text)
    if not match:
        return None
    base, fraction, zone = match.groups()
    try:
        seconds = datetime.fromisoformat(base + ("+00:00" if zone == "Z" else zone)).timestamp()
    except ValueError:
        return None
    return int(seconds) * TICKS + int((fraction or "").ljust(7, "0")[:7])
