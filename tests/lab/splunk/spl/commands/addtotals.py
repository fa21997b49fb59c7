"""addtotals and addcoltotals: sums along rows and down columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..aggregates.arithmetic import plain
from ..arguments import boolean, field, string
from ..command import Command
from ..values import Row, as_list, number
from ..wildcards import matching_fields
from .statistics import fields_of

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


def _sum(row: Row, fields: Iterable[str]) -> int | float | None:
    """The sum of the values that are numbers; None when none is."""
    amounts = [number(item) for name in fields for item in as_list(row.get(name))]
    numbers = [amount for amount in amounts if amount is not None]
    return plain(sum(numbers)) if numbers else None


def _totals(rows: list[Row], fields: Iterable[str], label_field: str | None, label: str) -> Row:
    """The row of column sums, labelled."""
    totals: Row = {}
    for name in fields:
        amounts = [total for row in rows if (total := _sum(row, (name,))) is not None]
        if amounts:
            totals[name] = plain(sum(amounts))
    if label_field is not None:
        totals[label_field] = label
    return totals


class AddTotals(Command):
    """`addtotals [row=<bool>] [col=<bool>] [fieldname=] [labelfield=] [label=] [<field-list with wildcards>]`.

    row (the default) adds up the numbers of each row into `Total`, col adds a row with the sum of each column. Without
    a list all fields count, internal ones left out.
    """

    name = "addtotals"

    def __init__(self, patterns: list[str], options: dict[str, Any]) -> None:
        self.patterns = patterns
        self.row: bool = options.get("row", True)
        self.col: bool = options.get("col", False)
        self.fieldname: str = options.get("fieldname", "Total")
        self.label_field: str | None = options.get("labelfield")
        self.label: str = options.get("label", "Total")
        self.placement = "dataset" if self.col else "streaming"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        kinds = {"row": boolean, "col": boolean, "fieldname": field, "labelfield": field, "label": string}
        options: dict[str, Any] = args.options(kinds)
        patterns = args.field_list() or ["*"]
        options |= args.options(kinds)
        return cls(patterns, options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept: list[Row] = []
        for row in rows:
            if self.row:
                fields = [name for name in matching_fields(self.patterns, row) if name != self.fieldname]
                row[self.fieldname] = _sum(row, fields) or 0
            if self.col:
                kept.append(dict(row))
            yield row
        if self.col and kept:
            fields = matching_fields(self.patterns, fields_of(kept))
            if self.row and self.fieldname not in fields:
                fields.append(self.fieldname)
            yield _totals(kept, fields, self.label_field, self.label)


class AddColTotals(Command):
    """`addcoltotals [labelfield=] [label=] [<field-list with wildcards>]`: a row with the sum of each column."""

    name = "addcoltotals"
    placement = "dataset"

    def __init__(self, patterns: list[str], label_field: str | None, label: str) -> None:
        self.patterns = patterns
        self.label_field = label_field
        self.label = label

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        kinds = {"labelfield": field, "label": string}
        options: dict[str, Any] = args.options(kinds)
        patterns = args.field_list() or ["*"]
        options |= args.options(kinds)
        return cls(patterns, options.get("labelfield"), options.get("label", "Total"))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept: list[Row] = []
        for row in rows:
            kept.append(dict(row))
            yield row
        if kept:
            yield _totals(kept, matching_fields(self.patterns, fields_of(kept)), self.label_field, self.label)
