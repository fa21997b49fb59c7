"""replace: replaces whole field values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..tokens import Kind
from ..values import Row, Scalar, as_list, from_list, put, text
from ..wildcards import pattern
from .field_names import check_wildcards

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Replace(Command):
    """`replace <value> WITH <value>, ... [IN <field-list>]`; without IN in all fields but internal ones.

    A value is replaced as a whole and case-sensitively; `*` matches any text, and a `*` in the new value is that text.
    Of several pairs the first that matches counts.
    """

    name = "replace"
    placement = "streaming"

    def __init__(self, pairs: list[tuple[str, str]], fields: list[str]) -> None:
        self.pairs = pairs
        self.fields = fields

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        pairs: list[tuple[str, str]] = []
        while not args.at_end and not args.next_is_word("in"):
            old = args.word("a value to replace")
            if not args.accept_word("with"):
                raise args.error("expected WITH")
            token = args.peek()
            if token.kind not in (Kind.WORD, Kind.STRING):
                raise args.error("expected the new value", token)
            new = args.next().text
            if "*" in new:
                check_wildcards(args, old, new, token)
            pairs.append((old, new))
            args.accept(",")
        if not pairs:
            raise args.error("expected <value> WITH <value>")
        fields: list[str] = []
        if args.accept_word("in"):
            fields = args.field_list()
            if not fields:
                raise args.error("expected a list of fields behind IN")
        return cls(pairs, fields)

    def needed(self, after: Needed) -> Needed:
        return after

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            for field in self.fields or [name for name in row if name[:1] != "_"]:
                value = row.get(field)
                if value is not None:
                    put(row, field, from_list([self._replaced(item) for item in as_list(value)]))
            yield row

    def _replaced(self, item: Scalar) -> Scalar:
        value = text(item)
        for old, new in self.pairs:
            found = pattern(old).fullmatch(value)
            if found is not None:
                if "*" not in new:
                    return new
                segments = iter(found.groups())
                return "".join(next(segments) if char == "*" else char for char in new)
        return item
