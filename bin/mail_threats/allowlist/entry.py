"""One allowlist entry, read and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from .conditions import (
    Condition,
    ConditionError,
    account_condition,
    exact_condition,
    host_condition,
    path_condition,
    source_condition,
)
from .hours import Hours, HoursError, read_hours
from .lives import Lives

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
CONDITIONS: dict[str, Callable[[str], Condition]] = {
    "account": account_condition,
    "source": source_condition,
    "app_id": exact_condition,
    "process_path": path_condition,
    "signer": exact_condition,
    "host": host_condition,
}
# More than this in one cell is no name, address or path; it would only make every search slower.
LONGEST_CELL = 1000
_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?", re.ASCII)
_STEM = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
# What is common to the Pythons of Splunk: later ones would read more forms of ISO 8601 than 3.9 does.
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)([Tt ](?P<time>\d\d:\d\d(:\d\d(\.\d{3})?)?)(?P<zone>[Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_DAY = 86400.0


class EntryError(ValueError):
    """An entry that can never match; the message names the column, what is wrong, and what to write."""


@dataclass(frozen=True)
class Entry:
    """An entry that can be matched. Times are epoch seconds, ends excluded; None means not limited.

    It begins at `valid_from`, else at `created_at`. `oldest` is the end that its class's longest life of `life_days`
    sets, counted from there.
    """

    key: str
    entry_class: str
    scope: tuple[str, ...]
    conditions: dict[str, Condition]
    texts: dict[str, str]
    begins: float
    valid_until: float | None
    oldest: float
    life_days: int
    hours: Hours | None
    cap: int | None

    @property
    def ends(self) -> float:
        """When it stops to hold, by its own end or its class's longest life."""
        return self.oldest if self.valid_until is None else min(self.valid_until, self.oldest)

    def covers(self, detection: str, technique: str) -> bool:
        """Whether the entry is meant for a detection: its stem, or every technique of it, by itself or by the one above
        it (T1114 covers T1114.002). `technique` may name several, joined by commas.
        """
        if not self.scope or detection.lower() in self.scope:
            return True
        techniques = [name for name in re.split(r"[,\s]+", technique.lower()) if name]
        return bool(techniques) and all(
            any(name == scope or name.startswith(scope + ".") for scope in self.scope) for name in techniques
        )


def entry_key(row: Mapping[str, str]) -> str:
    """How messages name an entry: its key in the collection, else ticket, else what it matches."""
    for column in ("_key", "entry_key", "ticket"):
        if row.get(column):
            return row[column][:200]
    parts = [f"{column}={row[column][:100]}" for column in ("class", *CONDITIONS) if row.get(column)]
    return " ".join(parts) or "an empty entry"


def read_entry(row: Mapping[str, str], lives: Lives | None = None) -> Entry:
    """An entry from a row of the collection or the file (columns: docs/allowlist.md).

    Raises: EntryError for an unknown class, no condition at all, a condition that is malformed or too broad, a time
    that is not ISO 8601 with a zone, no time to count its life from, an end before the start, hours that are not
    HH:MM-HH:MM, or a cap that is no positive number.
    """
    entry_class = (row.get("class") or "").strip().lower()
    if entry_class not in CLASSES:
        raise EntryError(f"class is {entry_class[:80]!r}: expected one of {', '.join(CLASSES)}")
    conditions, texts = _conditions(row)
    valid_from, valid_until, created_at = (_moment(row, name) for name in ("valid_from", "valid_until", "created_at"))
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise EntryError("valid_until is not after valid_from")
    life_days = (lives or Lives()).of(entry_class)
    begins = created_at if valid_from is None else valid_from
    if begins is None:
        raise EntryError(
            "valid_from is empty, and so is created_at: nothing says when its longest life is over; fill valid_from"
        )
    return Entry(
        key=entry_key(row),
        entry_class=entry_class,
        scope=_scope(row.get("detection") or ""),
        conditions=conditions,
        texts=texts,
        begins=begins,
        valid_until=valid_until,
        oldest=begins + life_days * _DAY,
        life_days=life_days,
        hours=_hours(row),
        cap=_cap(row.get("cap") or ""),
    )


def _moment(row: Mapping[str, str], column: str) -> float | None:
    """A column of ISO 8601 with a zone as epoch seconds; None when it is empty."""
    text = (row.get(column) or "").strip()
    if not text:
        return None
    try:
        return _epoch(text)
    except ValueError as error:
        raise EntryError(f"{column} is {text[:80]!r}: {error}") from None


@lru_cache(maxsize=4096)
def _epoch(text: str) -> float:
    written = _MOMENT.fullmatch(text)
    if written is None:
        raise ValueError("expected ISO 8601 with a zone, such as 2026-03-01T08:00:00Z")
    if not written["zone"]:
        raise ValueError("the zone is missing, write 2026-03-01T08:00:00Z or +01:00")
    # Python 3.9 reads only +00:00, not Z.
    zone = "+00:00" if written["zone"] in "Zz" else written["zone"]
    try:
        return datetime.fromisoformat(f"{written['day']}T{written['time']}{zone}").timestamp()
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None


def _conditions(row: Mapping[str, str]) -> tuple[dict[str, Condition], dict[str, str]]:
    conditions: dict[str, Condition] = {}
    texts: dict[str, str] = {}
    for column, reader in CONDITIONS.items():
        text = (row.get(column) or "").strip(" \t")
        if not text:
            continue
        if len(text) > LONGEST_CELL:
            raise EntryError(f"{column} has {len(text)} characters: at most {LONGEST_CELL} are read")
        try:
            conditions[column] = reader(text)
        except ConditionError as error:
            raise EntryError(str(error)) from None
        texts[column] = text
    if not conditions:
        raise EntryError(f"no condition: fill at least one of {', '.join(CONDITIONS)}")
    return conditions, texts


def _scope(text: str) -> tuple[str, ...]:
    names = tuple(name.lower() for name in re.split(r"[,;\s]+", text.strip()) if name)
    for name in names:
        if not (_TECHNIQUE.fullmatch(name) or _STEM.fullmatch(name)):
            raise EntryError(
                f"detection {name[:80]!r} is neither a detection's stem nor a technique id such as T1114.002"
            )
    return names


def _hours(row: Mapping[str, str]) -> Hours | None:
    text = (row.get("hours") or "").strip()
    if not text:
        return None
    try:
        return read_hours(text[:80], (row.get("timezone") or "").strip()[:80])
    except HoursError as error:
        raise EntryError(str(error)) from None


def _cap(text: str) -> int | None:
    if not text.strip():
        return None
    cap = int(text) if _WHOLE_NUMBER.fullmatch(text.strip()) else 0
    if cap < 1:
        raise EntryError(f"cap is {text[:80]!r}: expected a whole number of names or mailboxes an hour, at least 1")
    return cap
