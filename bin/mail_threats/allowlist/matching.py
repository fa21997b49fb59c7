"""Whether the allowlist covers a row of a detection, and if not quite, why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from .entry import Entry

NONE, ALLOWED, NOT_HELD = "none", "allowed", "not_held"


@dataclass(frozen=True)
class Subject:
    """What a row offers to the conditions: the values of each condition column, its time span and its count for the
    cap.

    `values` maps a condition column to the row's values, empty when the row has none. A condition holds when every
    value matches: a finding that also concerns somebody else is not covered. Times are epoch seconds.
    """

    values: Mapping[str, Sequence[str]]
    first_seen: float
    last_seen: float
    cap_count: float | None


@dataclass(frozen=True)
class Decision:
    """`status` is none, allowed or not_held; `entry` and `reason` say which entry decided and why."""

    status: str
    entry: str | None = None
    reason: str | None = None


def decide(subject: Subject, entries: Iterable[Entry]) -> Decision:
    """The allowlist's word on a row: the first entry that holds wins, else the nearest one says why it does not."""
    near: Decision | None = None
    for entry in entries:
        failing = [column for column in entry.conditions if not _holds(entry, column, subject)]
        if not failing:
            reason = _limit(entry, subject)
            if reason is None:
                return Decision(ALLOWED, entry.key, _matched(entry))
            near = Decision(NOT_HELD, entry.key, reason)
        elif near is None and len(failing) == 1 and len(entry.conditions) > 1:
            column = failing[0]
            seen = ", ".join(list(subject.values.get(column, ()))[:3]) or "nothing"
            near = Decision(NOT_HELD, entry.key, f"{column} differs: the entry says {entry.texts[column]}, seen {seen}")
    return near or Decision(NONE)


def _holds(entry: Entry, column: str, subject: Subject) -> bool:
    values = subject.values.get(column, ())
    return bool(values) and all(entry.conditions[column](value) for value in values)


def _limit(entry: Entry, subject: Subject) -> str | None:
    if entry.valid_from is not None and subject.first_seen < entry.valid_from:
        return f"not valid before {_iso(entry.valid_from)}"
    if entry.valid_until is not None and subject.last_seen >= entry.valid_until:
        return f"expired {_iso(entry.valid_until)}"
    if entry.hours is not None and not (entry.hours.hold(subject.first_seen) and entry.hours.hold(subject.last_seen)):
        return "outside its hours"
    if entry.cap is not None:
        if subject.cap_count is None:
            return f"its cap of {entry.cap} an hour cannot be judged for this finding"
        if subject.cap_count > entry.cap:
            return f"over its cap: {subject.cap_count:g} within an hour, {entry.cap} allowed"
    return None


def _matched(entry: Entry) -> str:
    return f"{entry.entry_class}: " + ", ".join(f"{column} {text}" for column, text in entry.texts.items())


def _iso(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
