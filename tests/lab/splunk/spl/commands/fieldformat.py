"""fieldformat: says how a field is shown; its value stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class FieldFormat(Command):
    """`fieldformat <field>=<eval-expression>`. The rows keep their values, which is what other commands and exports
    see; the expression is checked, but nothing here shows rows."""

    name = "fieldformat"
    placement = "streaming"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        args.field()
        args.expect("=")
        args.expression().require_value("fieldformat")
        return cls()

    def needed(self, after: Needed) -> Needed:
        return after

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return rows
