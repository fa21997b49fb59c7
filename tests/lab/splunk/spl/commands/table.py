"""table: keeps only the listed fields, in the listed order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row
from ..wildcards import matching_fields

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Table(Command):
    """`table <field-list>` with wildcards. Unlike `fields` it does not keep `_time` and `_raw` unasked.

    Rows that have none of the fields stay as empty rows; where no row has any of them there is no row at all.
    """

    name = "table"
    placement = "transforming"

    def __init__(self, patterns: list[str]) -> None:
        self.patterns = patterns
        self.plain = not any("*" in pattern for pattern in patterns)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        patterns = args.field_list()
        if not patterns:
            raise args.error("expected a list of fields")
        return cls(patterns)

    def needed(self, after: Needed) -> Needed:
        return frozenset(self.patterns) if self.plain else None

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        names = list(dict.fromkeys(self.patterns))
        empty = 0
        found = False
        for row in rows:
            chosen = names if self.plain else matching_fields(self.patterns, row)
            kept = {name: row[name] for name in chosen if name in row}
            if not kept and not found:
                empty += 1
                continue
            if not found:
                yield from ({} for _ in range(empty))
                found = True
            yield kept
        if empty and not found:
            search.info("No matching fields exist.")
