"""What one source did, minute by minute: the input of the burst rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Union

FAILING = ("guess_not_real", "guess_real", "password_correct", "unsure")
OUTCOMES = (*FAILING, "success", "noise")
# The audit feed writes this instead of a name that does not exist.
HIDDEN_NAMES = frozenset({"not available", ""})

Values = tuple[str, ...]
Row = Mapping[str, Union[str, list[str]]]


class RowError(ValueError):
    """A row that `scoreenum` cannot use; the message names the field and what is wrong with it."""


@dataclass(frozen=True)
class Activity:
    """One (minute, source, user, outcome) group of sign-ins.

    `minute` counts minutes since the epoch; `first_seen` and `last_seen` are epoch seconds of the events themselves.
    """

    minute: int
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

    @property
    def hidden(self) -> bool:
        return self.user in HIDDEN_NAMES

    @property
    def failing(self) -> bool:
        return self.outcome in FAILING


class Interner:
    """Keeps one copy of each text and each tuple of texts, so that a million rows share their few values."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._tuples: dict[Values, Values] = {}

    def text(self, value: str) -> str:
        return self._texts.setdefault(value, value)

    def values(self, value: str | list[str] | None) -> Values:
        if not value:
            return ()
        items = (value,) if isinstance(value, str) else tuple(value)
        return self._tuples.setdefault(items, items)


def read_activity(row: Row, interner: Interner) -> tuple[str, Activity]:
    """The source of one input row and what it did.

    Raises: RowError when `_time`, `src` or `outcome` is missing or not of its kind; `attempts` defaults to 1 and the
    two times to the minute, so that rows typed by hand work.
    """
    source = _text(row, "src")
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
    activity = Activity(
        minute=int(time // 60),
        user=interner.text((_text(row, "user") or "").lower()),
        outcome=interner.text(outcome),
        attempts=1 if attempts is None else int(attempts),
        first_seen=time if first is None else first,
        last_seen=time if last is None else last,
        app=interner.values(row.get("app")),
        app_id=interner.values(row.get("app_id")),
        client_app=interner.values(row.get("client_app")),
        user_agent=interner.values(row.get("user_agent")),
        error_code=interner.values(row.get("error_code")),
        feed=interner.values(row.get("feed")),
    )
    return interner.text(source), activity


def distinct(activities: Iterable[Activity], field: str) -> list[str]:
    """The distinct values of a multivalue field over activities, in the order they first appear."""
    seen: dict[str, None] = {}
    for activity in activities:
        for value in getattr(activity, field):
            seen[value] = None
    return list(seen)


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
        return float(text)
    except ValueError:
        raise RowError(f"field {field} is {text!r}: expected a number") from None
