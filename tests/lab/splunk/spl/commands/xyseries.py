"""xyseries: makes a table with a column per name of rows of (x, name, value)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import string
from ..command import Command
from ..values import Row, text

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class XySeries(Command):
    """`xyseries <x field> <name field> <value field>... [sep=<string>]`: one row per x, one column per name.

    With several value fields a column is called `<value field>: <name>`, sep instead of `: `. Columns and rows keep the
    order in which they are first seen; a cell that comes twice has its last value.
    """

    name = "xyseries"
    aliases = ("maketable",)
    placement = "transforming"

    def __init__(self, x: str, name_field: str, value_fields: list[str], separator: str) -> None:
        self.x = x
        self.name_field = name_field
        self.value_fields = value_fields
        self.separator = separator

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options({"sep": string}, unsupported=("grouped", "format"))
        start = args.peek()
        fields = args.field_list()
        options |= args.options({"sep": string}, unsupported=("grouped", "format"))
        if len(fields) < 3:
            raise args.error("expected <x field> <name field> <value field>", start)
        return cls(fields[0], fields[1], fields[2:], options.get("sep", ": "))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        table: dict[str, Row] = {}
        columns: dict[str, None] = {}
        for row in rows:
            if self.x not in row or self.name_field not in row:
                continue
            line = table.setdefault(text(row[self.x]), {self.x: row[self.x]})
            name = text(row[self.name_field])
            for field in self.value_fields:
                if field in row:
                    column = name if len(self.value_fields) == 1 else f"{field}{self.separator}{name}"
                    columns[column] = None
                    line[column] = row[field]
        for line in table.values():
            yield {self.x: line[self.x], **{column: line[column] for column in columns if column in line}}
