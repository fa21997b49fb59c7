"""Reads logs whose lines are neither JSON nor XML: W3C logs of IIS, and access logs of proxies under a sourcetype that
the user names.

Sources: W3C Extended Log File Format (directives begin with `#`, `date` and `time` are UTC); Squid native log (epoch
seconds first); Apache Common Log Format (time in brackets).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from .recognise import AUDIT, DIRECTORY_AUDIT, EVENT_HUB, SIGN_IN, UNRECOGNISED, WINDOWS, epoch

IIS = "ms:iis:default"
# Their events are JSON or XML: a line of them that is neither is damaged.
_STRUCTURED = {AUDIT, SIGN_IN, DIRECTORY_AUDIT, EVENT_HUB, WINDOWS, UNRECOGNISED, "o365:graph:api", "ms:aad:signin"}
_FIELDS = "#Fields:"
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_BRACKETS = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]")
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?(?=\s)")


def sourcetype_of_text(text: str, named: str | None) -> str | None:
    """The sourcetype of a text log: the named one, or IIS for a W3C log with its directives; None for anything else."""
    if named is not None:
        return None if named in _STRUCTURED else named
    head = text[:4096]
    return IIS if head.startswith("#") and _FIELDS in head and "cs-uri-stem" in head else None


def text_lines(text: str) -> Iterator[tuple[int, str, float | None]]:
    """(line number, text, epoch seconds or None) of each line that is no directive of a W3C log."""
    columns: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip("\r")
        if line.startswith(_FIELDS):
            columns = line[len(_FIELDS) :].split()
        elif line.strip() and not line.startswith("#"):
            yield number, line, _w3c_time(line, columns) if columns else time_of_line(line)


def time_of_line(line: str) -> float | None:
    """When a line says it happened: seconds since the epoch at its start, an ISO 8601 time, or one in brackets."""
    start = _EPOCH.match(line)
    if start:
        return float(start.group())
    bracketed = _BRACKETS.search(line)
    if bracketed:
        return datetime.strptime(bracketed.group(1), "%d/%b/%Y:%H:%M:%S %z").timestamp()
    written = _ISO.search(line)
    return epoch(written.group()) if written else None


def _w3c_time(line: str, columns: list[str]) -> float | None:
    values = dict(zip(columns, line.split(), strict=False))
    return epoch(f"{values.get('date', '')} {values.get('time', '')}")
