"""format: makes one search text of the rows, as a subsearch does of itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..arguments import integer, string
from ..command import Command
from ..subsearch_text import EMPTY, quoted
from ..tokens import Kind
from ..values import Row, as_list, text

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS = {"mvsep": string, "maxresults": integer, "emptystr": string}
_DEFAULT = ("(", "(", "AND", ")", "OR", ")")


class Format(Command):
    """`format [mvsep=] [maxresults=] [emptystr=] ["<row prefix>" "<column prefix>" "<column separator>" "<column end>"
    "<row separator>" "<row end>"]`.

    One row with the field `search`: `( ( a="1" AND b="2" ) OR ( a="3" ) )`, fields in alphabetical order, internal ones
    left out; values of fields called search or query stand for themselves. No rows give `NOT ( )`.
    """

    name = "format"
    placement = "transforming"

    def __init__(self, parts: tuple[str, ...], options: dict[str, Any]) -> None:
        self.parts = parts
        self.separator: str = options.get("mvsep", "OR")
        self.maximum: int = options.get("maxresults", 0)
        self.empty: str = options.get("emptystr", EMPTY)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=("quote",))
        start = args.peek()
        parts: list[str] = []
        while args.peek().kind is Kind.STRING:
            parts.append(args.next().text)
        if len(parts) not in (0, 6):
            raise args.error("the row and column options have to be given all six", start)
        options |= args.options(_OPTIONS, unsupported=("quote",))
        return cls(tuple(parts) or _DEFAULT, options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        _, prefix, column, end, row_separator, _ = self.parts
        lines = []
        for row in islice(rows, self.maximum or None):
            terms = [term for name in sorted(row) if (term := self._term(name, row[name]))]
            if terms:
                lines.append(f"{prefix} {f' {column} '.join(terms)} {end}")
        if lines:
            yield {"search": f"{self.parts[0]} {f' {row_separator} '.join(lines)} {self.parts[5]}"}
        else:
            yield {"search": self.empty}

    def _term(self, name: str, value: Any) -> str:
        items = [text(item) for item in as_list(value)]
        if name in ("search", "query"):
            return " ".join(items)
        if name[:1] == "_":
            return ""
        terms = [f"{name}={quoted(item)}" for item in items]
        return terms[0] if len(terms) == 1 else f"( {f' {self.separator} '.join(terms)} )"
