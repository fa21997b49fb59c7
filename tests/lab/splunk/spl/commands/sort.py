"""sort: puts rows in order, at most 10,000 of them unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..arguments import integer
from ..command import Command, Needed, add_needed
from ..tokens import Kind
from ..values import Row
from .order import SortKey, sort_keys, sorted_rows

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

#: How many rows come out without a number (Search Reference, sort); 0 means all.
DEFAULT_LIMIT = 10_000


class Sort(Command):
    """`sort [<count> | limit=<count>] <sort clause> [d|desc]`."""

    name = "sort"
    placement = "dataset"

    def __init__(self, keys: list[SortKey], limit: int | None) -> None:
        self.keys = keys
        self.limit = limit

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        token = args.peek()
        limit: int | None = args.options({"limit": integer}).get("limit")
        if (
            limit is None
            and token.kind is Kind.WORD
            and token.text.isdigit()
            and not args.peek_after(token).is_punctuation("(")
        ):
            limit = args.integer()
        if limit is not None and limit < 0:
            raise args.error("the number of results cannot be negative", token)
        keys = sort_keys(args)
        if not keys:
            raise args.error("expected a field to sort by")
        return cls(keys, limit)

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, frozenset(key.field for key in self.keys))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        ordered = sorted_rows(list(rows), self.keys)
        limit = DEFAULT_LIMIT if self.limit is None else self.limit
        if limit and len(ordered) > limit:
            if self.limit is None:
                search.warn(f"sort: {len(ordered)} rows were cut to the default of {limit}; `sort 0` keeps all.")
            del ordered[limit:]
        return iter(ordered)
