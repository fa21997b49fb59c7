"""tail: the last rows, last one first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Tail(Command):
    """`tail [<count>]`, 10 without a count. The rows come out in reverse order."""

    name = "tail"
    placement = "dataset"

    def __init__(self, count: int) -> None:
        self.count = count

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        token = args.peek()
        count = 10 if args.at_end else args.integer("a number of results")
        if count < 0:
            raise args.error("the number of results cannot be negative", token)
        return cls(count)

    def needed(self, after: Needed) -> Needed:
        return after

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return reversed(deque(rows, maxlen=self.count))
