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
    cap, and which detection it is of.

    `values` maps a condition column to the row's values, empty when the row has none. A condition holds when every
    value matches: a finding that also concerns somebody else is not covered. The columns of `incomplete` have more
    values than the row lists, so that no condition on them can be said to hold. Times are epoch seconds. Without a
    `detection` every entry is asked, whatever it is meant for.
    """

    values: Mapping[str, Sequence[str]]
    first_seen: float
    last_seen: float
    cap_count: float | None = None
    detection: str = ""
    technique: str = ""
    incomplete: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """`status` is none, allowed or not_held; `entry` and `reason` say which entry decided and why; `also` names the
    other entries that hold, without which ending the first would change nothing.
    """

    status: str
    entry: str | None = None
    reason: str | None = None
    also: tuple[str, ...] = ()


def decide(subject: Subject, entries: Iterable[Entry]) -> Decision:
    """The allowlist's word on a row.

    The first entry that holds decides. Without one, the first whose conditions all match says why it does not hold;
    without that one, the first that all but one condition of match says which differs.
    """
    held: list[Entry] = []
    limited: Decision | None = None
    differing: Decision | None = None
    for entry in entries:
        if subject.detection and not entry.covers(subject.detection, subject.technique):
            continue
        failing = _failing(entry, subject)
        if failing is None:
            reason = _limit(entry, subject)
            if reason is None:
                held.append(entry)
            elif limited is None:
                limited = Decision(NOT_HELD, entry.key, reason)
        elif differing is None and failing and (len(entry.conditions) > 1 or failing in subject.incomplete):
            differing = Decision(NOT_HELD, entry.key, _differs(entry, failing, subject))
    if held:
        return Decision(ALLOWED, held[0].key, _matched(held[0]), tuple(entry.key for entry in held[1:]))
    return limited or differing or Decision(NONE)


def _failing(entry: Entry, subject: Subject) -> str | None:
    """None when all conditions hold, the column when exactly one does not, an empty text when several do not."""
    failing: str | None = None
    for column, condition in entry.conditions.items():
        values = subject.values.get(column, ())
        if not values or column in subject.incomplete or not all(condition.holds(value) for value in values):
            if failing is not None:
                return ""
            failing = column
    return failing


def _differs(entry: Entry, column: str, subject: Subject) -> str:
    seen = ", ".join(value[:200] for value in list(subject.values.get(column, ()))[:3]) or "nothing"
    if column in subject.incomplete:
        return f"{column} cannot be judged: the finding lists only some of its values, such as {seen}"
    return f"{column} differs: the entry says {entry.texts[column]}, seen {seen}"


def _limit(entry: Entry, subject: Subject) -> str | None:
    if subject.first_seen < entry.begins:
        return f"not valid before {_iso(entry.begins)}"
    if entry.valid_until is not None and subject.last_seen >= entry.valid_until:
        return f"expired {_iso(entry.valid_until)}"
    if subject.last_seen >= entry.oldest:
        life = f"a {entry.entry_class} entry lives {entry.life_days} days"
        return f"expired {_iso(entry.oldest)}: {life}"
    if entry.hours is not None and not entry.hours.hold(subject.first_seen, subject.last_seen):
        return f"outside its hours {entry.hours.text}"
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
