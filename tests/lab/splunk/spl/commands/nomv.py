"""nomv: makes one value of a multivalue field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row, text
from .delimiters import delimiter_of

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class NoMv(Command):
    """`nomv <field>`: joins the values with the delimiter that the field was given, a newline otherwise."""

    name = "nomv"
    placement = "streaming"

    def __init__(self, field: str) -> None:
        self.field = field

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls(args.field())

    def needed(self, after: Needed) -> Needed:
        return after

    def prepare(self, search: Search) -> None:
        search.state(self)["delimiter"] = delimiter_of(search, self.field)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        delimiter: str = search.state(self)["delimiter"]
        for row in rows:
            value = row.get(self.field)
            if isinstance(value, list):
                row[self.field] = delimiter.join([text(item) for item in value])
            yield row
