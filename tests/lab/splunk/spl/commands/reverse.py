"""reverse: the rows in the opposite order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Reverse(Command):
    """`reverse`."""

    name = "reverse"
    placement = "dataset"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls()

    def needed(self, after: Needed) -> Needed:
        return after

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return reversed(list(rows))
