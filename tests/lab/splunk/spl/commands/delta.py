"""delta: the difference of a number to the same field some rows before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..aggregates.arithmetic import plain
from ..arguments import Arguments, integer
from ..command import Command, Needed, add_needed
from ..values import Row, number

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search


class Delta(Command):
    """`delta <field> [AS <field>] [p=<int>]`: the number minus the one p rows before; `delta(<field>)` without AS."""

    name = "delta"
    placement = "stateful"

    def __init__(self, field: str, target: str, distance: int) -> None:
        self.field = field
        self.target = target
        self.distance = distance

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        field = args.field()
        target = args.field() if args.accept_word("as") else f"delta({field})"
        start = args.peek()
        distance = args.options({"p": integer}).get("p", 1)
        if distance < 1:
            raise args.error("p has to be positive", start)
        return cls(field, target, distance)

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, frozenset((self.field,)))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        before: deque[int | float | None] = deque(maxlen=self.distance)
        for row in rows:
            amount = number(row.get(self.field))
            earlier = before[0] if len(before) == self.distance else None
            if amount is not None and earlier is not None:
                row[self.target] = plain(amount - earlier)
            before.append(amount)
            yield row
