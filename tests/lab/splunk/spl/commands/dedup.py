"""dedup: keeps the first rows of every combination of field values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean
from ..command import Command, Needed, add_needed
from ..tokens import Kind
from ..values import Row, text
from .order import SortKey, sort_keys, sorted_rows

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS = {"keepevents": boolean, "keepempty": boolean, "consecutive": boolean}


class Dedup(Command):
    """`dedup [<count>] <field-list> [keepevents=] [keepempty=] [consecutive=] [sortby <sort clause>]`.

    Values are compared as text, whole multivalue fields with all their values. Rows without one of the fields are
    dropped unless keepempty. keepevents keeps the duplicates and takes the fields from them. sortby sorts first.
    """

    name = "dedup"

    def __init__(self, fields: list[str], count: int, options: dict[str, Any], keys: list[SortKey]) -> None:
        self.fields = fields
        self.count = count
        self.keep_events: bool = options.get("keepevents", False)
        self.keep_empty: bool = options.get("keepempty", False)
        self.consecutive: bool = options.get("consecutive", False)
        self.keys = keys
        # An indexer removes its own duplicates, but which rows are left is decided on the search head.
        self.placement = "dataset" if keys else "stateful"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options = args.options(_OPTIONS)
        token = args.peek()
        count = 1
        if token.kind is Kind.WORD and token.text.isdigit():
            count = args.integer()
            if count < 1:
                raise args.error("the number of events to keep has to be positive", token)
        options |= args.options(_OPTIONS)
        fields = args.field_list(("sortby",))
        if not fields:
            raise args.error("expected a list of fields")
        for name in fields:
            if "*" in name:
                raise args.unsupported(f"the wildcard {name!r}", token)
        options |= args.options(_OPTIONS)
        keys = sort_keys(args) if args.accept_word("sortby") else []
        return cls(fields, count, options, keys)

    def needed(self, after: Needed) -> Needed:
        return add_needed(add_needed(after, frozenset(self.fields)), frozenset(key.field for key in self.keys))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        if self.keys:
            rows = iter(sorted_rows(list(rows), self.keys))
        seen: dict[tuple[Any, ...], int] = {}
        for row in rows:
            key = self._key(row)
            if key is None:
                if self.keep_empty:
                    yield row
                continue
            if self.consecutive and key not in seen:
                seen.clear()
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= self.count:
                yield row
            elif self.keep_events:
                yield {name: value for name, value in row.items() if name not in self.fields}

    def _key(self, row: Row) -> tuple[Any, ...] | None:
        values = []
        for field in self.fields:
            value = row.get(field)
            if value is None:
                return None
            values.append(tuple(text(item) for item in value) if isinstance(value, list) else text(value))
        return tuple(values)
