"""top and rare: the most and the least frequent values of fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, integer, string
from ..command import Command, Needed
from ..tokens import Kind
from ..values import Row
from .statistics import Key, by_fields, keys_of, natural_key

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS: dict[str, Any] = {
    "limit": integer,
    "showcount": boolean,
    "showperc": boolean,
    "countfield": string,
    "percentfield": string,
    "useother": boolean,
    "otherstr": string,
}


class Frequency(Command):
    """What top and rare share: counting combinations of values. ascending: the least frequent come first."""

    placement = "transforming"
    ascending = False

    def __init__(self, fields: list[str], by: list[str], options: dict[str, Any]) -> None:
        self.fields = fields
        self.by = by
        self.limit: int = options.get("limit", 10)
        # None where the column, or the row for all other values, is not wanted.
        self.count_field: str | None = _unless(options, "showcount", "countfield", "count")
        self.percent_field: str | None = _unless(options, "showperc", "percentfield", "percent")
        self.other: str | None = options.get("otherstr", "OTHER") if options.get("useother", False) else None

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS)
        token = args.peek()
        if token.kind is Kind.WORD and token.text.isdigit() and "limit" not in options:
            options["limit"] = args.integer()
        fields: list[str] = []
        while not args.at_end and not args.next_is_word("by"):
            place = args.position
            options |= args.options(_OPTIONS)
            fields += args.field_list(("by",))
            if args.position == place:
                args.expect_end()
        if not fields:
            raise args.error("expected a list of fields", token)
        by = by_fields(args)
        options |= args.options(_OPTIONS)
        if options.get("limit", 10) < 0:
            raise args.error("limit cannot be negative", token)
        return cls(fields, by, options)

    def needed(self, after: Needed) -> Needed:
        return frozenset(self.fields) | frozenset(self.by)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        groups: dict[Key, dict[Key, int]] = {}
        for row in rows:
            values = keys_of(row, self.fields)
            for group in keys_of(row, self.by) if values else ():
                counts = groups.setdefault(group, {})
                for value in values:
                    counts[value] = counts.get(value, 0) + 1
        sign = 1 if self.ascending else -1
        limit = self.limit or search.limit(self.name, "maxresultrows")
        for group in sorted(groups, key=natural_key):
            counts = groups[group]
            total = sum(counts.values())
            ordered = sorted(counts, key=lambda value, c=counts: (sign * c[value], natural_key(value)))  # type: ignore[misc]
            for value in ordered[:limit]:
                yield self._row(group, value, counts[value], total)
            rest = sum(counts[value] for value in ordered[limit:])
            if rest and self.other is not None:
                yield self._row(group, tuple(self.other for _ in self.fields), rest, total)

    def _row(self, group: Key, value: Key, count: int, total: int) -> Row:
        row: Row = dict(zip((*self.by, *self.fields), (*group, *value), strict=True))
        if self.count_field is not None:
            row[self.count_field] = count
        if self.percent_field is not None:
            row[self.percent_field] = f"{100 * count / total:.6f}"
        row["_tc"] = total
        return row


def _unless(options: dict[str, Any], switch: str, name: str, default: str) -> str | None:
    return options.get(name, default) if options.get(switch, True) else None


class Top(Frequency):
    """`top [<count>] [limit=] [showcount=] [showperc=] [countfield=] [percentfield=] [useother=] [otherstr=] <fields>
    [BY <fields>]`.

    10 combinations by default, all with limit=0, per BY group. The percentage is of all rows that have the fields, with
    six decimals; `_tc` is how many those are. Equally frequent combinations come in natural order, which Splunk leaves
    open.
    """

    name = "top"
    aliases = ("common",)


class Rare(Frequency):
    """`rare`: as `top`, the least frequent combinations first."""

    name = "rare"
    ascending = True
