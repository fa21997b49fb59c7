"""transpose: turns rows into columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, field, string
from ..command import Command
from ..tokens import Kind
from ..values import Row, text
from .statistics import fields_of

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Transpose(Command):
    """`transpose [<count>] [column_name=] [header_field=] [include_empty=<bool>]`: the first 5 rows, all with 0.

    One row per field, its name in `column`, the values in `row 1` and so on, or under the values of header_field.
    """

    name = "transpose"
    placement = "dataset"

    def __init__(self, count: int, options: dict[str, Any]) -> None:
        self.count = count
        self.column: str = options.get("column_name", "column")
        self.header: str | None = options.get("header_field")
        self.include_empty: bool = options.get("include_empty", True)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        kinds = {"column_name": string, "header_field": field, "include_empty": boolean}
        options: dict[str, Any] = args.options(kinds)
        count = args.integer("the number of rows") if args.peek().kind is Kind.WORD else 5
        options |= args.options(kinds)
        return cls(count, options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept = list(islice(rows, self.count) if self.count > 0 else rows)
        headers = [f"row {count}" for count in range(1, len(kept) + 1)]
        if self.header is not None:
            named = [row.get(self.header) for row in kept]
            headers = [default if name is None else text(name) for name, default in zip(named, headers, strict=True)]
        for name in fields_of(kept):
            if name == self.header:
                continue
            cells = {header: row[name] for header, row in zip(headers, kept, strict=True) if name in row}
            if self.include_empty or any(value != "" for value in cells.values()):
                yield {self.column: name, **cells}
