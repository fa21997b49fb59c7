"""The search text that the rows of a subsearch stand for (what an implicit `format` writes)."""

from __future__ import annotations

from collections.abc import Iterable

from .values import Row, as_list, text

EMPTY = "NOT ( )"
"""What no rows become: a condition that nothing meets."""


def quoted(value: str) -> str:
    """A value as a double-quoted literal of a search."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def row_condition(row: Row) -> str:
    """`field="value" AND ...`; a multivalue field is an OR; a field `search` or `query` is text that stands for itself.

    Fields that begin with an underscore are left out, as `format` leaves them out.
    """
    parts: list[str] = []
    for name, value in row.items():
        items = [text(item) for item in as_list(value)]
        if name in ("search", "query"):
            parts.append(" ".join(items))
        elif not name.startswith("_"):
            field = name if name.replace("_", "a").replace(".", "a").isalnum() else quoted(name)
            terms = [f"{field}={quoted(item)}" for item in items]
            parts.append(terms[0] if len(terms) == 1 else f"( {' OR '.join(terms)} )")
    return " AND ".join(parts)


def condition(rows: Iterable[Row]) -> str:
    """The rows as one condition: `( ( row ) OR ( row ) )`. Rows without usable fields do not count."""
    rows = list(rows)
    parts = [part for part in map(row_condition, rows) if part]
    if not parts:
        return EMPTY
    return "( " + " OR ".join(f"( {part} )" for part in parts) + " )"
