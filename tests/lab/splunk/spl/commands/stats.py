"""stats: one row of statistics per group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, string
from ..command import Command, Needed
from ..values import Row
from .delimiters import forget_all, set_delimiter
from .statistics import Term, by_fields, expand, group_rows, natural_key, needed_fields, parse_terms, results

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class Stats(Command):
    """`stats [delim=<string>] <function>... [BY <fields>] [dedup_splitvals=<bool>]`.

    Rows without a BY field are left out, a multivalue BY field puts its row into one group per value. Groups come in
    the natural order of their BY values. Without BY there is one row, also over no rows, unless no function has a
    value: counts of nothing are 0, every other statistic of nothing has none.
    """

    name = "stats"
    placement = "transforming"

    def __init__(self, terms: list[Term], by: list[str], delimiter: str, *, distinct: bool) -> None:
        self.terms = terms
        self.by = by
        self.delimiter = delimiter
        self.distinct = distinct

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        kinds = {"delim": string, "dedup_splitvals": boolean}
        options: dict[str, Any] = args.options(kinds, unsupported=("allnum", "partitions"))
        start = args.peek()
        terms = parse_terms(args, compiler, ("by", "groupby"))
        if not terms:
            raise args.error("expected a statistical function", start)
        by = by_fields(args)
        options |= args.options({"dedup_splitvals": boolean})
        return cls(terms, by, options.get("delim", " "), distinct=options.get("dedup_splitvals", False))

    def needed(self, after: Needed) -> Needed:
        return needed_fields(self.terms, self.by)

    def prepare(self, search: Search) -> None:
        forget_all(search)
        for term in self.terms:
            set_delimiter(search, term.output, self.delimiter)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        terms, incoming = expand(self.terms, rows, self.by)
        groups = group_rows(incoming, terms, self.by, search, distinct=self.distinct)
        for key in sorted(groups, key=natural_key):
            row: Row = dict(zip(self.by, key, strict=True))
            row.update(results(terms, groups[key], search))
            if row:
                yield row
