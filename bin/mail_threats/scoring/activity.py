"""What one source did, minute by minute: the input of every rule about guesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Union

from .addresses import network_of, one_spelling

FAILING = ("guess_not_real", "guess_real", "password_correct", "unsure")
OUTCOMES = (*FAILING, "success", "noise")
# The audit feed writes this instead of a name that does not exist.
HIDDEN_NAMES = frozenset({"not available", ""})

# Three thousand years in seconds: beyond it, and "inf" and "nan" that float() takes too, nothing can be counted with.
_LARGEST = 1e11

Values = tuple[str, ...]
Row = Mapping[str, Union[str, list[str]]]


class RowError(ValueError):
    """A row that `scoreenum` cannot use; the message names the field and what is wrong with it."""


class Activity(NamedTuple):
    """One (minute, source, user, outcome) group of sign-ins.

    `minute` counts minutes since the epoch; `first_seen` and `last_seen` are epoch seconds of the events themselves.
    `record_ids` are hashes of those of guesses that do not exist, where the row has them.
    `known`: somebody of this name has
    signed in within the days that are remembered. `changed`: the account was created after this, or deleted before.
    `network_people`: how many people the organisation's own network at this address is known to have. `alone`: it is
    judged with what its own source did, and is no part of a list over several. `used_before`: known, and first signed
    in before this, here or elsewhere. `near`: nobody signs in around its address, and the addresses there are judged
    together as well. `remembered`: it was before what is searched, and comes from the memory of what was tried.
    """

    minute: int
    src: str
    user: str
    outcome: str
    attempts: int
    first_seen: float
    last_seen: float
    app: Values
    app_id: Values
    client_app: Values
    user_agent: Values
    error_code: Values
    feed: Values
    record_ids: tuple[int, ...] = ()
    known: bool = False
    changed: bool = False
    network_people: int = 0
    alone: bool = False
    used_before: bool = False
    near: bool = False
    remembered: bool = False

    @property
    def hidden(self) -> bool:
        return self.user in HIDDEN_NAMES

    @property
    def failing(self) -> bool:
        return self.outcome in FAILING


def read_activities(row: Row) -> Iterator[tuple[str, Activity]]:
    """What `read_activity` reads; of people who sign in, whom one row may name together, one activity each.

    A value of `seen` is `name|first_seen|last_seen|known_from`, the last one empty for a name that is not known. A row
    without it has the names in `user`, and one time for all.
    """
    network, activity = read_activity(row)
    people = row.get("user")
    if "seen" in row:
        yield from ((network, _seen(activity, value)) for value in _values(row["seen"]))
        return
    if activity.outcome != "success" or isinstance(people, str) or not people:
        yield network, activity
        return
    for person in people:
        yield network, activity._replace(user=person.lower())


def _seen(activity: Activity, value: str) -> Activity:
    name, *times = value.rsplit("|", 3)
    try:
        first, last, known_from = (float(time) if time else None for time in times)
    except ValueError:
        first = last = known_from = None
    if first is None or last is None:
        raise RowError(f"field seen is {value!r}: expected name|first_seen|last_seen|known_from")
    return activity._replace(
        user=name.lower(), first_seen=first, last_seen=last, known=known_from is not None,
        used_before=known_from is not None and known_from < first,
    )  # fmt: skip


def read_activity(row: Row) -> tuple[str, Activity]:
    """The network of one input row (its address, or the /64 around it) and what it did.

    Raises: RowError when `_time`, `src` or `outcome` is missing or not of its kind; `attempts` defaults to 1 and the
    two times to the minute, so that rows typed by hand work.
    """
    source = one_spelling(_text(row, "src") or "")
    if not source:
        raise RowError("field src is empty: scoreenum needs one source address a row")
    outcome = _text(row, "outcome") or ""
    if outcome not in OUTCOMES:
        raise RowError(f"field outcome is {outcome!r}: expected one of {', '.join(OUTCOMES)}")
    time = _number(row, "_time")
    if time is None:
        raise RowError("field _time is missing: scoreenum needs the minute of each row")
    attempts = _number(row, "attempts")
    first = _number(row, "first_seen")
    last = _number(row, "last_seen")
    first = time if first is None else first
    last = time if last is None else last
    known_from = _number(row, "known_from")
    activity = Activity(
        minute=int(time // 60),
        src=source,
        user=(_text(row, "user") or "").lower(),
        outcome=outcome,
        attempts=1 if attempts is None else max(0, int(attempts)),
        first_seen=first,
        last_seen=last,
        app=_values(row.get("app")),
        app_id=_values(row.get("app_id")),
        client_app=_values(row.get("client_app")),
        user_agent=_values(row.get("user_agent")),
        error_code=_values(row.get("error_code")),
        feed=_values(row.get("feed")),
        record_ids=_hashes(row.get("record_id")) if outcome == "guess_not_real" else (),
        known=known_from is not None,
        changed=_changed(row, first, last),
        network_people=max(0, int(_number(row, "network_people") or 0)),
        alone=_text(row, "alone") == "1",
        used_before=known_from is not None and known_from < first,
        near=_text(row, "near") == "1",
        remembered=_text(row, "remembered") == "1",
    )
    return network_of(source), activity


# An account that a joiner gets is made within a day of the check; a leaver's devices forget it within a month.
_CREATED_WITHIN_S = 24 * 3600
_DELETED_WITHIN_S = 30 * 24 * 3600


def _changed(row: Row, first: float, last: float) -> bool:
    """Whether the directory's audit says that the name was about to exist, or did until lately."""
    created, deleted = _number(row, "account_created"), _number(row, "account_deleted")
    return (created is not None and first - 3600 <= created <= last + _CREATED_WITHIN_S) or (
        deleted is not None and deleted - 3600 <= last <= deleted + _DELETED_WITHIN_S
    )


def _hashes(value: str | list[str] | None) -> tuple[int, ...]:
    """Ids are only compared within one run of the command; their texts would take most of its memory."""
    if not value:
        return ()
    return (hash(value),) if isinstance(value, str) else tuple(map(hash, value))


def distinct(activities: Iterable[Activity], field: str) -> list[str]:
    """The distinct values of a multivalue field over activities, in the order they first appear."""
    seen: dict[str, None] = {}
    for activity in activities:
        for value in getattr(activity, field):
            seen[value] = None
    return list(seen)


def _values(value: str | list[str] | None) -> Values:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _text(row: Row, field: str) -> str | None:
    value = row.get(field)
    if isinstance(value, list):
        value = value[0] if value else None
    return value


def _number(row: Row, field: str) -> float | None:
    text = _text(row, field)
    if text is None or text == "":
        return None
    try:
        number = float(text)
    except ValueError:
        raise RowError(f"field {field} is {text!r}: expected a number") from None
    if not abs(number) <= _LARGEST:
        raise RowError(f"field {field} is {text!r}: expected a number up to {_LARGEST:.0e}")
    return number
