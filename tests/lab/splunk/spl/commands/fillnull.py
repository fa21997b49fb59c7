"""fillnull: gives fields that a row lacks a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import string
from ..command import Command, Needed
from ..values import Row
from .statistics import fields_of

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class FillNull(Command):
    """`fillnull [value=<string>] [<field-list>]`; the value is "0" by default.

    With a list: those fields, also where no row has them. Without one: every field that some row has, internal fields
    left out; that needs all rows first.
    """

    name = "fillnull"

    def __init__(self, value: str, fields: list[str]) -> None:
        self.value = value
        self.fields = fields
        self.placement = "streaming" if fields else "dataset"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options({"value": string})
        token = args.peek()
        fields = args.field_list()
        options |= args.options({"value": string})
        for field in fields:
            if "*" in field:
                raise args.unsupported(f"the wildcard {field!r}", token)
        return cls(options.get("value", "0"), fields)

    def needed(self, after: Needed) -> Needed:
        return after if self.fields else None

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        fields = self.fields
        if not fields:
            kept = list(rows)
            fields = [field for field in fields_of(kept) if field[:1] != "_"]
            rows = iter(kept)
        for row in rows:
            for field in fields:
                row.setdefault(field, self.value)
            yield row
