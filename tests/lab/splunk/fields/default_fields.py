"""The fields that every event has without any extraction: metadata, and what Splunk derives from time and text.

Rules: Knowledge Manager Manual, "Use default fields". The date_* fields and the positions exist only where the time was
read from the event's text, and give the time as it is written there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import islice

from ..index.events import StoredEvent
from ..spl.values import Value

SERVER_NAME = "lab"

_PUNCT_LENGTH = 30


def _punct(event: StoredEvent) -> str | None:
    first_line = event.raw.split("\n", 1)[0]
    marks = ("_" if c == " " else "t" if c == "\t" else c for c in first_line if not c.isalnum())
    return "".join(islice(marks, _PUNCT_LENGTH)) or None


def _moment(event: StoredEvent) -> datetime | None:
    if event.zone is None:
        return None
    offset = event.zone if isinstance(event.zone, int) else 0
    return datetime.fromtimestamp(event.time, timezone(timedelta(minutes=offset)))


def _date(read: Callable[[datetime], str]) -> Callable[[StoredEvent], Value | None]:
    def field(event: StoredEvent) -> Value | None:
        moment = _moment(event)
        return None if moment is None else read(moment)

    return field


ALWAYS: dict[str, Callable[[StoredEvent], Value]] = {
    "_time": lambda event: event.time,
    "_raw": lambda event: event.raw,
    "_indextime": lambda event: event.indextime,
    "index": lambda event: event.index,
    "host": lambda event: event.host,
    "source": lambda event: event.source,
    "sourcetype": lambda event: event.sourcetype,
    "linecount": lambda event: str(event.raw.count("\n") + 1),
    "splunk_server": lambda event: SERVER_NAME,
}
"""Fields of every row that leaves an index."""

ON_REQUEST: dict[str, Callable[[StoredEvent], Value | None]] = {
    "_sourcetype": lambda event: event.sourcetype,
    "punct": _punct,
    "timestartpos": lambda event: None if event.timestamp is None else str(event.timestamp[0]),
    "timeendpos": lambda event: None if event.timestamp is None else str(event.timestamp[1]),
    "date_year": _date(lambda moment: str(moment.year)),
    "date_month": _date(lambda moment: moment.strftime("%B").lower()),
    "date_mday": _date(lambda moment: str(moment.day)),
    "date_wday": _date(lambda moment: moment.strftime("%A").lower()),
    "date_hour": _date(lambda moment: str(moment.hour)),
    "date_minute": _date(lambda moment: str(moment.minute)),
    "date_second": _date(lambda moment: str(moment.second)),
    "date_zone": lambda event: None if event.zone is None else str(event.zone),
}
"""Fields that are worked out when a search looks at them (or at all fields)."""

READERS: dict[str, Callable[[StoredEvent], Value | None]] = {**ALWAYS, **ON_REQUEST}
