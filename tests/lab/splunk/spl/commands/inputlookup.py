"""inputlookup: the rows of a lookup table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, integer
from ..command import Command, Needed
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search
    from ..search_expression import SearchExpression

_OPTIONS = {"append": boolean, "strict": boolean, "start": integer, "max": integer}
#: Search Reference, inputlookup: max.
DEFAULT_MAX = 1_000_000_000


class InputLookup(Command):
    """`inputlookup [append=<bool>] [start=<int>] [max=<int>] <lookup> [WHERE <search expression>]`.

    Generating and first in its pipeline, unless append=t puts the rows behind those that come in. start and max count
    rows of the table, before WHERE. A lookup that cannot be read ends the search (Splunk: strict=t; without it Splunk
    goes on without rows, which a lab must not hide).
    """

    name = "inputlookup"

    def __init__(self, table: str, where: SearchExpression | None, options: dict[str, Any], *, first: bool) -> None:
        self.table = table
        self.where = where
        self.start: int = options.get("start", 0)
        self.max: int = options.get("max", DEFAULT_MAX)
        self.append: bool = options.get("append", False)
        self.placement = "generating" if first or not self.append else "dataset"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS)
        table = args.word("the name of a lookup")
        options |= args.options(_OPTIONS)
        where = args.search_expression() if args.accept_word("where") else None
        return cls(table, where, options, first=args.first)

    def needed(self, after: Needed) -> Needed:
        return after

    def prepare(self, search: Search) -> None:
        try:
            search.state(self)["rows"] = search.environment.lookup_rows(self.table)
        except LookupError as error:
            words = error.args[0] if error.args else error
            raise search.fail(f"Error in 'inputlookup' command: {words}") from error

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        yield from rows
        table: list[Row] = search.state(self)["rows"]
        taken = islice(table, self.start, self.start + self.max)
        if self.where is None:
            yield from (dict(row) for row in taken)
            return
        holds = self.where.resolve(search)
        yield from (dict(row) for row in taken if holds(row))
