"""mvexpand: one row for every value of a multivalue field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, integer
from ..command import Command, Needed, add_needed
from ..tokens import Token
from ..values import Row, Value

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search


class MvExpand(Command):
    """`mvexpand <field> [limit=<int>]`; limit 0 takes all values. Rows without the field pass unchanged.

    What the expanded rows hold is added up, and above limits.conf [mvexpand] max_mem_usage_mb (500) the rest is dropped
    with a warning, as Splunk does.
    """

    name = "mvexpand"
    placement = "streaming"

    def __init__(self, field: str, limit: int) -> None:
        self.field = field
        self.limit = limit

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options({"limit": _limit})
        field = args.field()
        options |= args.options({"limit": _limit})
        return cls(field, options.get("limit", 0))

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, frozenset((self.field,)))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        allowed = search.limit("mvexpand", "max_mem_usage_mb") * 1024 * 1024
        used = made = 0
        for row in rows:
            value = row.get(self.field)
            if not isinstance(value, list):
                yield row
                made += 1
                continue
            values = value[: self.limit] if self.limit else value
            size = sum(len(name) + _size(held) for name, held in row.items() if name != self.field)
            for item in values:
                used += size + _size(item)
                if allowed and used > allowed:
                    search.warn(
                        f"command.mvexpand: output will be truncated at {made} results due to excessive memory usage "
                        "(limits.conf [mvexpand] max_mem_usage_mb)."
                    )
                    return
                yield {**row, self.field: item}
                made += 1


def _limit(args: Arguments, token: Token) -> int:
    limit = integer(args, token)
    if limit < 0:
        raise args.error("limit cannot be negative", token)
    return limit


def _size(value: Value) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, str):
        return len(value)
    return sum(map(_size, value)) if isinstance(value, list) else 8
