"""accum: the running total of a field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..aggregates.arithmetic import plain
from ..arguments import Arguments
from ..command import Command, Needed, add_needed
from ..values import Row, number

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search


class Accum(Command):
    """`accum <field> [AS <field>]`: the running total; rows without a number pass unchanged."""

    name = "accum"
    placement = "stateful"

    def __init__(self, field: str, target: str) -> None:
        self.field = field
        self.target = target

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        field = args.field()
        return cls(field, args.field() if args.accept_word("as") else field)

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, frozenset((self.field,)))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        total: int | float = 0
        for row in rows:
            amount = number(row.get(self.field))
            if amount is not None:
                total += amount
                row[self.target] = plain(total)
            yield row
