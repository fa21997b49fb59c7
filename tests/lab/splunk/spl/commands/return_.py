"""return: what a subsearch gives back, as search text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..subsearch_text import quoted
from ..tokens import Kind
from ..values import Row, as_list, text

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


@dataclass(frozen=True, slots=True)
class _Item:
    """A field of the result: written as name="value", or as the bare value where name is None."""

    field: str
    name: str | None


class Return(Command):
    """`return [<count>] [<alias>=<field> | <field> | $<field>]...`: one row with the field `search`.

    The first row, or count rows joined with OR: `(a="1" b="2") OR (a="3")`. `$field` gives the bare value.
    """

    name = "return"
    placement = "transforming"

    def __init__(self, count: int, items: list[_Item]) -> None:
        self.count = count
        self.items = items

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        count = 1
        token = args.peek()
        if token.kind is Kind.WORD and token.text.isdigit():
            count = args.integer()
        items: list[_Item] = []
        while not args.at_end:
            name = args.field()
            if args.accept("="):
                items.append(_Item(args.field(), name))
            elif name[0] == "$" and len(name) > 1:
                items.append(_Item(name[1:], None))
            else:
                items.append(_Item(name, name))
            args.accept(",")
        if not items:
            raise args.error("expected a list of fields", token)
        return cls(count, items)

    def needed(self, after: Needed) -> Needed:
        return frozenset(item.field for item in self.items)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        lines = [line for row in islice(rows, self.count) if (line := self._line(row))]
        bare = all(item.name is None for item in self.items)
        if not lines:
            yield {"search": ""}
        elif len(lines) == 1 and bare:
            yield {"search": lines[0]}
        else:
            yield {"search": " OR ".join(f"({line})" for line in lines)}

    def _line(self, row: Row) -> str:
        terms = []
        for item in self.items:
            for value in as_list(row.get(item.field)):
                terms.append(text(value) if item.name is None else f"{item.name}={quoted(text(value))}")
        return " ".join(terms)
