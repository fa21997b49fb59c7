"""rename: gives fields new names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row
from .delimiters import delimiter_of, set_delimiter
from .field_names import check_wildcards, renamed

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Rename(Command):
    """`rename <field> AS <field>, ...` with wildcards on both sides.

    A renamed field keeps its column. Renaming a field that is not there onto one that is leaves the latter null.
    """

    name = "rename"
    placement = "streaming"

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        pairs = []
        while not args.at_end:
            source = args.field()
            if not args.accept_word("as"):
                raise args.error("expected AS")
            token = args.peek()
            target = args.field()
            check_wildcards(args, source, target, token)
            pairs.append((source, target))
            if args.accept(",") and args.at_end:
                raise args.error("expected a field name behind the comma")
        if not pairs:
            raise args.error("expected <field> AS <field>")
        return cls(pairs)

    def needed(self, after: Needed) -> Needed:
        if after is None or any("*" in source for source, _ in self.pairs):
            return None
        for source, target in reversed(self.pairs):
            # The target has to be known too: renaming nothing onto it removes it.
            after = after - {target} | ({source, target} if target in after else frozenset())
        return after

    def prepare(self, search: Search) -> None:
        for source, target in self.pairs:
            set_delimiter(search, target, delimiter_of(search, source))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            for source, target in self.pairs:
                if "*" in source:
                    row = _rename_matching(row, source, target)
                elif source == target:
                    continue
                elif source in row:
                    row = {target if name == source else name: row[name] for name in row if name != target}
                else:
                    row.pop(target, None)
            yield row


def _rename_matching(row: Row, source: str, target: str) -> Row:
    names = {name: renamed(source, target, name) or name for name in row}
    taken = {new for old, new in names.items() if new != old}
    return {new: row[old] for old, new in names.items() if new != old or new not in taken}
