"""head: the first rows, by number or while a condition holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, integer
from ..command import Command, Needed, add_needed
from ..tokens import Kind
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..eval.expression import Expression
    from ..search import Search

_OPTIONS = {"limit": integer, "null": boolean, "keeplast": boolean}


class Head(Command):
    """`head [<count> | limit=<count> | (<eval-expression>)] [null=<bool>] [keeplast=<bool>]`; 10 without a count.

    With a condition: rows until it is not TRUE. null=t takes null for TRUE, keeplast=t keeps the row that ended it.
    """

    name = "head"
    placement = "stateful"

    def __init__(self, limit: int | None, condition: Expression | None, *, null: bool, keep_last: bool) -> None:
        self.limit = limit
        self.condition = condition
        self.null = null
        self.keep_last = keep_last

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        options: dict[str, Any] = args.options(_OPTIONS)
        condition: Expression | None = None
        token = args.peek()
        if token.kind is Kind.WORD:
            if "limit" in options:
                raise args.error("the number of results is given twice", token)
            options["limit"] = args.integer("a number of results or a condition in parentheses")
        elif token.is_punctuation("("):
            condition = args.expression()
        options |= args.options(_OPTIONS)
        limit = options.get("limit")
        if limit is not None and limit < 0:
            raise args.error("the number of results cannot be negative", token)
        if condition is None and ("null" in options or "keeplast" in options):
            raise args.error("null and keeplast need a condition", start)
        if limit is None and condition is None:
            limit = 10
        return cls(limit, condition, null=options.get("null", False), keep_last=options.get("keeplast", False))

    def needed(self, after: Needed) -> Needed:
        return after if self.condition is None else add_needed(after, self.condition.fields)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        taken = rows if self.condition is None else self._while(rows, self.condition, search)
        return taken if self.limit is None else islice(taken, self.limit)

    def _while(self, rows: Iterator[Row], condition: Expression, search: Search) -> Iterator[Row]:
        for row in rows:
            value = condition(row, search)
            if value is True or (value is None and self.null):
                yield row
                continue
            if self.keep_last:
                yield row
            return
