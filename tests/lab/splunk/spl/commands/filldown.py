"""filldown: carries the last value of a field into the rows that lack it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row, Value
from ..wildcards import matching_fields
from .statistics import fields_of

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class FillDown(Command):
    """`filldown [<field-list with wildcards>]`; without a list all fields, internal ones left out."""

    name = "filldown"
    placement = "dataset"

    def __init__(self, patterns: list[str]) -> None:
        self.patterns = patterns

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls(args.field_list() or ["*"])

    def needed(self, after: Needed) -> Needed:
        return None if any("*" in pattern for pattern in self.patterns) else after

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept = list(rows)
        fields = matching_fields(self.patterns, fields_of(kept))
        last: dict[str, Value] = {}
        for row in kept:
            for field in fields:
                if field in row:
                    last[field] = row[field]
                elif field in last:
                    row[field] = last[field]
            yield row
