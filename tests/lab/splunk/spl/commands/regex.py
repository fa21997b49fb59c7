"""regex: keeps the rows whose field matches a regular expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed, add_needed
from ..regex import Regex as Expression
from ..regex import RegexError, compiled
from ..tokens import Kind
from ..values import Row, as_list, text

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Regex(Command):
    """`regex [<field>=|<field>!=]"<regex>"`; the field is `_raw` by default.

    One value of a multivalue field is enough. `!=` keeps the rows that `=` drops, those without the field included.
    """

    name = "regex"
    placement = "streaming"

    def __init__(self, field: str, expression: Expression, *, negated: bool) -> None:
        self.field = field
        self.expression = expression
        self.negated = negated

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        token = args.next()
        field, negated = "_raw", False
        if args.peek().is_punctuation("=", "!="):
            if token.kind not in (Kind.WORD, Kind.STRING):
                raise args.error("expected a field name", token)
            field = token.text
            negated = args.next().text == "!="
            token = args.next()
        if token.kind is not Kind.STRING:
            raise args.error("expected a regular expression in double quotes", token)
        try:
            return cls(field, compiled(token.text), negated=negated)
        except RegexError as error:
            raise args.error(f"the regular expression does not compile: {error}", token) from error

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, frozenset((self.field,)))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        matches, field, negated = self.expression.search, self.field, self.negated
        for row in rows:
            found = any(matches(text(item)) is not None for item in as_list(row.get(field)))
            if found is not negated:
                yield row
