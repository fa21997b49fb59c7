"""One allowlist entry, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

from .conditions import (
    Condition,
    ConditionError,
    account_condition,
    exact_condition,
    host_condition,
    path_condition,
    source_condition,
)

CLASSES = (
    "backup",
    "migration",
    "provisioning",
    "archiving",
    "security_scanner",
    "ediscovery",
    "helpdesk",
    "pentest",
    "loadtest",
    "federation",
    "other",
)
# Condition columns of the file, in the order in which a reason names them, and how each is read.
CONDITIONS = {
    "account": account_condition,
    "source": source_condition,
    "app_id": exact_condition,
    "process_path": path_condition,
    "signer": exact_condition,
    "host": host_condition,
}
_TECHNIQUE = re.compile(r"^t\d{4}(\.\d{3})?$")
_STEM = re.compile(r"^[a-z][a-z0-9_]*$")
_WHOLE_NUMBER = re.compile(r"^\d{1,9}$")
_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


class EntryError(ValueError):
    """An entry that can never match; the message names the column, what is wrong, and what to write."""


@dataclass(frozen=True)
class Hours:
    """Times of day in a zone, in minutes since midnight; a span that ends before it starts passes midnight."""

    start: int
    end: int
    zone: tzinfo

    def hold(self, epoch: float) -> bool:
        local = datetime.fromtimestamp(epoch, self.zone)
        minute = local.hour * 60 + local.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True)
class Entry:
    """An entry that can be matched. Times are epoch seconds, `valid_until` excluded; None means not limited."""

    key: str
    entry_class: str
    scope: tuple[str, ...]
    conditions: dict[str, Condition]
    texts: dict[str, str]
    valid_from: float | None
    valid_until: float | None
    hours: Hours | None
    cap: int | None

    def covers(self, detection: str, technique: str) -> bool:
        """Whether the entry is meant for a detection: its stem, its technique, or the technique above it (T1114)."""
        return not self.scope or any(
            scope in (detection.lower(), technique.lower()) or technique.lower().startswith(scope + ".")
            for scope in self.scope
        )


def entry_key(row: Mapping[str, str]) -> str:
    """How messages name an entry: its key in the collection, else ticket, else what it matches."""
    for column in ("_key", "entry_key", "ticket"):
        if row.get(column):
            return row[column]
    parts = [f"{column}={row[column]}" for column in ("class", *CONDITIONS) if row.get(column)]
    return " ".join(parts) or "an empty entry"


def read_entry(row: Mapping[str, str]) -> Entry:
    """An entry from a row of the collection or the file (columns: contracts in docs/allowlist.md).

    Raises: EntryError for an unknown class, no condition at all, a condition that is malformed or too broad, a time
    that is not ISO 8601 with a zone, an end before the start, hours that are not HH:MM-HH:MM, or a cap that is no
    positive number.
    """
    entry_class = (row.get("class") or "").strip().lower()
    if entry_class not in CLASSES:
        raise EntryError(f"class is {entry_class!r}: expected one of {', '.join(CLASSES)}")
    conditions: dict[str, Condition] = {}
    texts: dict[str, str] = {}
    for column, reader in CONDITIONS.items():
        text = (row.get(column) or "").strip()
        if not text:
            continue
        try:
            conditions[column] = reader(text)
        except ConditionError as error:
            raise EntryError(str(error)) from None
        texts[column] = text
    if not conditions:
        raise EntryError(f"no condition: fill at least one of {', '.join(CONDITIONS)}")
    valid_from = _moment(row, "valid_from")
    valid_until = _moment(row, "valid_until")
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise EntryError("valid_until is not after valid_from")
    return Entry(
        key=entry_key(row),
        entry_class=entry_class,
        scope=_scope(row.get("detection") or ""),
        conditions=conditions,
        texts=texts,
        valid_from=valid_from,
        valid_until=valid_until,
        hours=_hours(row),
        cap=_cap(row.get("cap") or ""),
    )


def _scope(text: str) -> tuple[str, ...]:
    names = tuple(name.lower() for name in re.split(r"[,;\s]+", text.strip()) if name)
    for name in names:
        if not (_TECHNIQUE.match(name) or _STEM.match(name)):
            raise EntryError(f"detection {name!r} is neither a detection's stem nor a technique id such as T1114.002")
    return names


def _moment(row: Mapping[str, str], column: str) -> float | None:
    text = (row.get(column) or "").strip()
    if not text:
        return None
    # Python 3.9 reads only +00:00, not Z.
    iso = text[:-1] + "+00:00" if text[-1:] in "Zz" else text
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        raise EntryError(f"{column} is {text!r}: expected ISO 8601 with a zone, such as 2026-03-01T08:00:00Z") from None
    if moment.tzinfo is None:
        raise EntryError(f"{column} is {text!r}: the zone is missing, write 2026-03-01T08:00:00Z or +01:00")
    return moment.timestamp()


def _hours(row: Mapping[str, str]) -> Hours | None:
    text = (row.get("hours") or "").strip()
    zone_name = (row.get("timezone") or "").strip()
    if not text:
        return None
    found = _HOURS.match(text)
    if not found:
        raise EntryError(f"hours is {text!r}: expected HH:MM-HH:MM")
    start_h, start_m, end_h, end_m = (int(part) for part in found.groups())
    zone: tzinfo = timezone.utc
    if zone_name and zone_name.upper() not in ("UTC", "Z"):
        try:
            zone = ZoneInfo(zone_name)
        except (KeyError, OSError, ValueError):
            raise EntryError(f"timezone is {zone_name!r}: expected a name such as Europe/Amsterdam") from None
    return Hours(start_h * 60 + start_m, end_h * 60 + end_m, zone)


def _cap(text: str) -> int | None:
    if not text.strip():
        return None
    cap = int(text) if _WHOLE_NUMBER.match(text.strip()) else 0
    if cap < 1:
        raise EntryError(f"cap is {text!r}: expected a whole number of names or mailboxes an hour, at least 1")
    return cap
