"""mvcombine: makes one row of rows that differ in one field only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import string
from ..command import Command
from ..values import Row, as_list, from_list, put, text
from .delimiters import set_delimiter

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class MvCombine(Command):
    """`mvcombine [delim=<string>] <field>`: rows that are equal in all other fields become one, with all its values."""

    name = "mvcombine"
    placement = "transforming"

    def __init__(self, field: str, delimiter: str) -> None:
        self.field = field
        self.delimiter = delimiter

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        delimiter = args.options({"delim": string}).get("delim", " ")
        return cls(args.field(), delimiter)

    def prepare(self, search: Search) -> None:
        set_delimiter(search, self.field, self.delimiter)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        groups: dict[tuple[Any, ...], Row] = {}
        values: dict[tuple[Any, ...], list[Any]] = {}
        for row in rows:
            if self.field not in row:
                key: tuple[Any, ...] = (len(groups), None)
            else:
                key = tuple(sorted((name, text(value)) for name, value in row.items() if name != self.field))
            groups.setdefault(key, row)
            values.setdefault(key, []).extend(as_list(row.get(self.field)))
        for key, row in groups.items():
            put(row, self.field, from_list(values[key]))
            yield row
