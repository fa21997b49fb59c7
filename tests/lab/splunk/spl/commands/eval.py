"""eval: puts the values of expressions into fields, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..eval.expression import Expression, assignable
from ..tokens import Kind
from ..values import Row, put, text
from .delimiters import DEFAULT, set_delimiter

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_BRACES = re.compile(r"\{([^{}]+)\}")


class Eval(Command):
    """`eval <field>=<expression>, ...`. A later expression sees the fields of the earlier ones; null removes the field.

    `{name}` inside an unquoted field name stands for the value of the field `name` in the row.
    """

    name = "eval"
    placement = "streaming"

    def __init__(self, assignments: list[tuple[str, bool, Expression]]) -> None:
        self.assignments = assignments

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        assignments = []
        while True:
            token = args.next()
            if token.kind not in (Kind.WORD, Kind.STRING, Kind.FIELD) or not token.text:
                raise args.error("expected a field name", token)
            args.expect("=")
            expression = args.expression().require_value("eval")
            dynamic = token.kind is Kind.WORD and _BRACES.search(token.text) is not None
            assignments.append((token.text, dynamic, expression))
            if not args.accept(","):
                return cls(assignments)

    def needed(self, after: Needed) -> Needed:
        for field, dynamic, expression in reversed(self.assignments):
            if after is None or expression.fields is None:
                return None
            if dynamic:
                after |= frozenset(_BRACES.findall(field))
            else:
                after -= {field}
            after |= expression.fields
        return after

    def prepare(self, search: Search) -> None:
        for field, dynamic, _ in self.assignments:
            if not dynamic:
                set_delimiter(search, field, DEFAULT)

    def apply(self, row: Row, search: Search) -> None:
        """Carry out the assignments on one row, in place."""
        for field, dynamic, expression in self.assignments:
            target = field
            if dynamic:
                # A name built from a field that is not there names nothing, so nothing is assigned.
                parts = _BRACES.findall(field)
                if any(part not in row for part in parts):
                    continue
                target = _BRACES.sub(lambda found: text(row[found[1]]), field)
            put(row, target, assignable(expression(row, search), search))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        if any(dynamic for _, dynamic, _ in self.assignments):
            for row in rows:
                self.apply(row, search)
                yield row
            return
        plain = [(field, expression.evaluate) for field, _, expression in self.assignments]
        for row in rows:
            for field, evaluate in plain:
                value = evaluate(row, search)
                if type(value) is str:
                    row[field] = value
                else:
                    put(row, field, assignable(value, search))
            yield row
