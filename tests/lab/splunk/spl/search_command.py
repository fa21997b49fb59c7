"""The `search` command: reads events when it is first, filters rows when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .command import Command, Needed
from .search_expression import SearchExpression, scope_of
from .values import Row

if TYPE_CHECKING:
    from .arguments import Arguments
    from .compiler import Compiler
    from .search import Search


class SearchCommand(Command):
    """`search <expression>`. First in a pipeline it is generating and reads the index."""

    name = "search"

    def __init__(self, expression: SearchExpression, *, reads_index: bool) -> None:
        self.expression = expression
        self.reads_index = reads_index
        self.placement = "generating" if reads_index else "streaming"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls(args.search_expression(reads_index=args.first), reads_index=args.first)

    def needed(self, after: Needed) -> Needed:
        if self.reads_index:
            return frozenset()
        fields = self.expression.fields
        return None if after is None or fields is None else after | fields

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        condition = self.expression.resolved(search)
        predicate = condition.predicate(search)
        if not self.reads_index:
            return (row for row in rows if predicate(row))
        scope = scope_of(condition, search)
        search.note_range(scope)
        needed = self.output
        return (event.row(needed) for event in search.environment.events(scope) if predicate(event))
