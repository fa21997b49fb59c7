"""untable: makes rows of (x, name, value) of a table with a column per name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Untable(Command):
    """`untable <x field> <name field> <value field>`: one row per cell; internal fields other than x are left out."""

    name = "untable"
    placement = "streaming"

    def __init__(self, x: str, name_field: str, value_field: str) -> None:
        self.x = x
        self.name_field = name_field
        self.value_field = value_field

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        fields = []
        for what in ("the field of the x-axis", "the field for the names", "the field for the values"):
            fields.append(args.field(what))
            args.accept(",")
        return cls(*fields)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            for name, value in row.items():
                if name != self.x and name[:1] != "_":
                    cell: Row = {} if self.x not in row else {self.x: row[self.x]}
                    yield {**cell, self.name_field: name, self.value_field: value}
