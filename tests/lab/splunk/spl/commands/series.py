"""The table that chart and timechart make: one row per row value, one column per series.

Search Reference, timechart, limit: of the values of the split field the N with the highest score stay, the others are
one series OTHER, computed from their rows. With one function the score is the sum of its answers over all rows of the
table, with several it is how often the value occurs. Rows without the split field are the series NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..aggregates import Aggregate
from ..arguments import boolean, string
from ..values import Row, Scalar, as_list, number, text
from .statistics import Term, feeder, natural, results

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..search import Search
    from ..tokens import Token

_LIMIT = re.compile(r"(top|bottom)?(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Split:
    """A split-by clause. limit 0 keeps every value; bottom keeps the values with the lowest score."""

    field: str
    limit: int = 10
    bottom: bool = False
    use_other: bool = True
    use_null: bool = True
    other: str = "OTHER"
    null: str = "NULL"
    separator: str = ": "


def limit_option(args: Arguments, token: Token) -> tuple[bool, int]:
    """An option kind: `5`, `top5`, `bottom5` -> (bottom, 5)."""
    found = _LIMIT.match(token.text)
    if not found:
        raise args.error("expected a number, topN or bottomN", token)
    return found[1] == "bottom", int(found[2])


#: Options of the split-by clause; `sep` and `limit` may also stand before the functions.
SPLIT_OPTIONS: dict[str, Any] = {
    "limit": limit_option,
    "sep": string,
    "useother": boolean,
    "usenull": boolean,
    "otherstr": string,
    "nullstr": string,
}


def split_of(field: str, options: dict[str, Any]) -> Split:
    """The split-by clause from its field and the options that were given."""
    bottom, limit = options.get("limit", (False, 10))
    return Split(
        field,
        limit,
        bottom,
        options.get("useother", True),
        options.get("usenull", True),
        options.get("otherstr", "OTHER"),
        options.get("nullstr", "NULL"),
        options.get("sep", ": "),
    )


def series_table(
    rows: Iterable[Row], row_keys: Callable[[Row], Sequence[Hashable]], terms: Sequence[Term], split: Split | None,
    search: Search,
) -> dict[Hashable, Row]:  # fmt: skip
    """Row key -> the cells of that row, all rows with the same columns where a function answers for nothing (count).

    row_keys: the row values that a row belongs to, none when it is left out.
    """
    if split is None:
        groups = _groups(((key, "", row) for row in rows for key in row_keys(row)), terms, search)
        return {key: results(terms, aggregates, search) for (key, _), aggregates in groups.items()}
    cells = [(key, value, row) for row in rows for key in row_keys(row) for value in _split_values(row, split)]
    groups = _groups(cells, terms, search)
    kept = _kept(groups, cells, terms, split)
    columns: list[str | None] = [*sorted(kept, key=natural)]
    if any(value is not None and value not in kept for _, value, _ in cells) and split.use_other:
        others = ((key, _OTHER, row) for key, value, row in cells if value is not None and value not in kept)
        groups |= _groups(others, terms, search)
        columns.append(_OTHER)
    if any(value is None for _, value, _ in cells):
        columns.append(None)
    table: dict[Hashable, Row] = {}
    for key in dict.fromkeys(key for key, _, _ in cells):
        row: Row = {}
        for column in columns:
            aggregates = groups.get((key, column)) or [term.new() for term in terms]
            for name, value in results(terms, aggregates, search).items():
                row[_column(name, column, terms, split)] = value
        table[key] = row
    return table


def empty_row(terms: Sequence[Term], table: dict[Hashable, Row], split: Split | None, search: Search) -> Row:
    """The cells of a row value without rows: 0 for counts, nothing for other functions."""
    nothing = results(terms, [term.new() for term in terms], search)
    if split is None:
        return nothing
    columns = dict.fromkeys(name for row in table.values() for name in row)
    if len(terms) == 1:
        return dict.fromkeys(columns, next(iter(nothing.values()))) if nothing else {}
    return {
        column: value
        for column in columns
        for name, value in nothing.items()
        if column.startswith(name + split.separator)
    }


#: The group of the values that the limit left out; no value of a field is this.
_OTHER = "\0other"


def _groups(
    cells: Iterable[tuple[Hashable, str | None, Row]], terms: Sequence[Term], search: Search
) -> dict[tuple[Hashable, str | None], list[Aggregate]]:
    groups: dict[tuple[Hashable, str | None], list[Aggregate]] = {}
    adds: dict[tuple[Hashable, str | None], list[Callable[[Scalar, float], None]]] = {}
    feed = feeder(terms, search)
    for key, value, row in cells:
        place = (key, value)
        if place not in groups:
            groups[place] = [term.new() for term in terms]
            adds[place] = [aggregate.add for aggregate in groups[place]]
        feed(adds[place], row)
    return groups


def _split_values(row: Row, split: Split) -> list[str | None]:
    values = [text(item) for item in as_list(row.get(split.field))]
    return [*values] if values else [None] if split.use_null else []


def _kept(
    groups: dict[tuple[Hashable, str | None], list[Aggregate]],
    cells: Sequence[tuple[Hashable, str | None, Row]],
    terms: Sequence[Term],
    split: Split,
) -> set[str]:
    """The values of the split field that keep a series of their own."""
    scores: dict[str, float] = {}
    for (_, value), aggregates in groups.items():
        if value is not None:
            scores.setdefault(value, 0.0)
            if len(terms) == 1:
                scores[value] += number(aggregates[0].result()) or 0
    if len(terms) > 1:
        for _, value, _ in cells:
            if value is not None:
                scores[value] += 1
    if not split.limit:
        return set(scores)
    sign = 1 if split.bottom else -1
    return set(sorted(scores, key=lambda value: (sign * scores[value], natural(value)))[: split.limit])


def _column(name: str, value: str | None, terms: Sequence[Term], split: Split) -> str:
    series = split.null if value is None else split.other if value == _OTHER else value
    if len(terms) > 1:
        return f"{name}{split.separator}{series}"
    # A column that begins with an underscore would be an internal field.
    return f"VALUE{series}" if series[:1] == "_" else series
