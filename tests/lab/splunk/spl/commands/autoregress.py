"""autoregress: the values that a field had in the rows before."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments
from ..command import Command, Needed, add_needed
from ..tokens import Kind, Token
from ..values import Row, Value

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search


class AutoRegress(Command):
    """`autoregress <field> [AS <field>] [p=<int>[-<int>]]`: the values of the rows before, in `<field>_p1` and so
    on."""

    name = "autoregress"
    aliases = ("ar",)
    placement = "stateful"

    def __init__(self, field: str, target: str | None, first: int, last: int) -> None:
        self.field = field
        self.target = target
        self.first = first
        self.last = last

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        field = args.field()
        target = args.field() if args.accept_word("as") else None
        start = args.peek()
        first, last = args.options({"p": _distances}).get("p", (1, 1))
        if target is not None and first != last:
            raise args.error("AS takes one value of p", start)
        for key, most, asked in (("maxp", "p", last), ("maxrange", "the range of p", last - first + 1)):
            if asked > compiler.environment.limit("autoregress", key):
                raise args.error(f"{most} is above the limit (limits.conf [autoregress] {key})", start)
        return cls(field, target, first, last)

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, frozenset((self.field,)))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        before: deque[Value | None] = deque(maxlen=self.last)
        for row in rows:
            current = row.get(self.field)
            for distance in range(self.first, self.last + 1):
                value = before[-distance] if len(before) >= distance else None
                if value is not None:
                    row[self.target or f"{self.field}_p{distance}"] = value
            before.append(current)
            yield row


def _distances(args: Arguments, token: Token) -> tuple[int, int]:
    found: Any = re.fullmatch(r"(\d+)(?:-(\d+))?", token.text) if token.kind in (Kind.WORD, Kind.STRING) else None
    if not found or int(found[1]) < 1 or int(found[2] or found[1]) < int(found[1]):
        raise args.error("expected a number or a range such as 1-3", token)
    return int(found[1]), int(found[2] or found[1])
