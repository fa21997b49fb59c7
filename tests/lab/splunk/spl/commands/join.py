"""join: puts the fields of matching subsearch rows into the rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, integer, one_of
from ..command import Command
from ..tokens import Kind
from ..values import Row, text
from .statistics import fields_of

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search

_OPTIONS: dict[str, Any] = {
    "type": one_of("inner", "left", "outer"),
    "overwrite": boolean,
    "max": integer,
}
_UNSUPPORTED = ("usetime", "earlier", "return_multivalue", "left", "right")


class Join(Command):
    """`join [type=inner|left|outer] [max=<int>] [overwrite=<bool>] [<field-list>] [<subsearch>]`.

    Rows match where all join fields have the same text; without a list these are the fields that both sides have. At
    most `max` (1, 0: all) subsearch rows join one row; their fields overwrite its own. The subsearch gives at most
    50,000 rows (limits.conf [join] subsearch_maxout), with a warning.
    """

    name = "join"
    placement = "dataset"

    def __init__(self, fields: list[str], pipeline: Pipeline, options: dict[str, Any]) -> None:
        self.fields = fields
        self.pipeline = pipeline
        self.inner = options.get("type", "inner") == "inner"
        self.overwrite: bool = options.get("overwrite", True)
        self.max: int = options.get("max", 1)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=_UNSUPPORTED)
        fields = args.field_list(("where",))
        options |= args.options(_OPTIONS, unsupported=_UNSUPPORTED)
        if args.peek().kind is not Kind.BRACKET:
            raise args.error("expected a subsearch in [ ]")
        if options.get("max", 1) < 0:
            raise args.error("max cannot be negative")
        return cls(fields, args.subsearch(), options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        limit = search.limit("join", "subsearch_maxout")
        right = search.subsearch(self.pipeline, maxout=limit, what="join")
        left = rows
        fields = self.fields
        if not fields:
            kept = list(rows)
            here = set(fields_of(kept))
            fields = [field for field in fields_of(right) if field in here and field[:1] != "_"]
            left = iter(kept)
        table: dict[tuple[str, ...], list[Row]] = {}
        for row in right:
            key = _key(row, fields)
            if key is not None:
                table.setdefault(key, []).append(row)
        for row in left:
            key = _key(row, fields)
            matches = [] if key is None else table.get(key, [])
            if not matches and not self.inner:
                yield row
            for match in matches[: self.max] if self.max else matches:
                yield {**row, **match} if self.overwrite else {**match, **row}


def _key(row: Row, fields: list[str]) -> tuple[str, ...] | None:
    """The texts of the join fields; None when one is missing or there is none, which matches nothing."""
    values = [row.get(field) for field in fields]
    if not values or any(value is None for value in values):
        return None
    return tuple(text(value) for value in values if value is not None)
