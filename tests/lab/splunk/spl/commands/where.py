"""where: keeps the rows for which an eval expression is TRUE (not FALSE, not null)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed, add_needed
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..eval.expression import Expression
    from ..search import Search


class Where(Command):
    """`where <eval-expression>`."""

    name = "where"
    placement = "streaming"

    def __init__(self, condition: Expression) -> None:
        self.condition = condition

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls(args.expression())

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, self.condition.fields)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        evaluate = self.condition.evaluate
        return (row for row in rows if evaluate(row, search) is True)
