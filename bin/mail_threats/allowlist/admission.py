"""What the page and the import ask of an entry beyond being able to match: owner, reason, end, and plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone

from .conditions import Pattern
from .entry import CONDITIONS, LONGEST_CELL, Entry, EntryError, read_entry
from .letters import unseen
from .lives import Lives
from .reach import out_of_reach

# The columns of an entry as people write them. `owner` in a file is `entry_owner` in the collection, since Enterprise
# Security keeps the name `owner` for itself.
WRITTEN_COLUMNS = (
    "class", "detection", *CONDITIONS, "hours", "timezone", "entry_owner", "ticket", "reason", "valid_from",
    "valid_until", "cap",
)  # fmt: skip
_FREE_TEXT = ("entry_owner", "ticket", "reason")
# A spreadsheet runs a cell that begins so (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def problems(row: Mapping[str, str], lives: Lives | None = None) -> list[str]:
    """Why the page and the import refuse an entry, each with its column and what to write; empty when they take it.

    What `read_entry` refuses comes first: it could never match. An entry that got into the collection by another way
    and has only the other problems does match, and the reports name it.
    """
    lives = lives or Lives()
    found = [*_texts(row), *_ownership(row)]
    try:
        entry = read_entry(row, lives)
    except EntryError as error:
        return [str(error), *found]
    if row.get("timezone") and not row.get("hours"):
        found.append("timezone is given without hours: fill hours, or leave both empty")
    return [*found, *out_of_reach(entry), *_dates(row, entry)]


def debts(row: Mapping[str, str], lives: Lives | None = None) -> list[str]:
    """What is owed by an entry that can match: no owner, no end, a longer life than its class has, nothing to hold for,
    or a whole domain and nothing else.
    """
    try:
        entry = read_entry(row, lives)
    except EntryError:
        return []
    return [*out_of_reach(entry), *_everybody(entry), *_ownership(row), *_dates(row, entry)]


def says(row: Mapping[str, str]) -> tuple[str, ...]:
    """What an entry says, whatever its key, ticket and reason: two that say the same are one too many."""
    said = (column for column in WRITTEN_COLUMNS if column not in ("ticket", "reason"))
    return tuple((row.get(column) or "").strip().lower() for column in said)


def _texts(row: Mapping[str, str]) -> list[str]:
    found = []
    for column, text in row.items():
        hidden = unseen(text)
        if hidden:
            found.append(f"{column} holds the character {hidden}, which cannot be seen: type it anew")
        if len(text) > LONGEST_CELL:
            found.append(f"{column} has {len(text)} characters: at most {LONGEST_CELL}")
        if column in _FREE_TEXT and text.startswith(_FORMULA):
            found.append(f"{column} begins with {text[0]!r}, which a spreadsheet takes for a formula")
    return found


def _ownership(row: Mapping[str, str]) -> list[str]:
    found = []
    owner = (row.get("entry_owner") or "").strip()
    if not _ADDRESS.fullmatch(owner):
        found.append(
            "entry_owner must be the user principal name of who answers for the entry: it is looked up in the directory"
        )
    found += [f"{column} is empty: {why}" for column, why in _WHY.items() if not (row.get(column) or "").strip()]
    return found


_WHY = {"ticket": "write where it was decided", "reason": "write why it is needed"}


def _everybody(entry: Entry) -> list[str]:
    (column, condition), *others = entry.conditions.items()
    if others or not isinstance(condition, Pattern) or column not in ("account", "host"):
        return []
    text = condition.text
    name = text.partition(".")[0] if column == "host" else text.rpartition("\\")[2].partition("@")[0]
    if name.strip("*"):
        return []
    return [f"{column} {entry.texts[column]} alone covers all of a domain: add a source, an application or a program"]


def _dates(row: Mapping[str, str], entry: Entry) -> list[str]:
    found = [
        f"{column} is empty: every entry begins and ends"
        for column in ("valid_from", "valid_until")
        if not (row.get(column) or "").strip()
    ]
    if entry.valid_until is not None and entry.valid_until > entry.oldest:
        latest = datetime.fromtimestamp(entry.oldest, timezone.utc)
        found.append(
            f"valid_until is too late: a {entry.entry_class} entry lives at most {entry.life_days} days, here until "
            f"{latest:%Y-%m-%dT%H:%M:%SZ}"
        )
    return found
