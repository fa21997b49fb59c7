"""chart: a table with a row per value of one field and a column per value of another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from ..command import Command, Needed
from ..values import Row, as_list, number, text
from .bin import bin_value, number_span
from .buckets import TimeSpan, parse_time_span
from .series import SPLIT_OPTIONS, Split, series_table, split_of
from .statistics import Term, expand, natural, needed_fields, parse_terms

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search
    from ..tokens import Token

#: Options that Splunk has here and this engine has not.
UNSUPPORTED_OPTIONS = ("agg", "format", "dedup_splitvals", "bins", "minspan", "start", "end", "cont")


class Chart(Command):
    """`chart <function>... BY <row field> [span=] [<split field> [options]]`, or `OVER <row field> [span=]
    [BY <split field> [options]]`.

    Rows come in the natural order of the row field; rows of events without it are left out.
    """

    name = "chart"
    placement = "transforming"

    def __init__(
        self, terms: list[Term], row: str | None, span: TimeSpan | Decimal | None, split: Split | None
    ) -> None:
        self.terms = terms
        self.row = row
        self.span = span
        self.split = split

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(SPLIT_OPTIONS, unsupported=UNSUPPORTED_OPTIONS)
        start = args.peek()
        terms = parse_terms(args, compiler, ("by", "over"))
        if not terms:
            raise args.error("expected a statistical function", start)
        options |= args.options(SPLIT_OPTIONS, unsupported=UNSUPPORTED_OPTIONS)
        row: str | None = None
        split: str | None = None
        span: TimeSpan | Decimal | None = None
        if args.accept_word("over"):
            row = args.field()
            span = _span(args, row)
            if args.accept_word("by"):
                split = args.field()
        elif args.accept_word("by"):
            row = args.field()
            span = _span(args, row)
            args.accept(",")
            if not args.at_end and not args.next_is_word("where"):
                split = args.field()
        if row == "_time" and span is None:
            raise args.unsupported("_time without span=, whose length Splunk chooses", start)
        options |= args.options(SPLIT_OPTIONS, unsupported=(*UNSUPPORTED_OPTIONS, "span", "aligntime"))
        if args.next_is_word("where"):
            raise args.unsupported("the where clause of a split-by clause")
        for term in terms:
            if split is not None and term.wildcarded:
                raise args.unsupported("wildcards together with a split-by clause", start)
        return cls(terms, row, span, split_of(split, options) if split is not None else None)

    def needed(self, after: Needed) -> Needed:
        return needed_fields(
            self.terms, [self.row] if self.row else [], [self.split.field] if self.split is not None else []
        )

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        terms, incoming = expand(self.terms, rows, [self.row] if self.row else [])
        table = series_table(incoming, self._keys(search), terms, self.split, search)
        for key in sorted(table, key=lambda key: natural(text(key))):  # type: ignore[arg-type]
            row: Row = {} if self.row is None else {self.row: key}  # type: ignore[dict-item]
            row.update(table[key])
            yield row

    def _keys(self, search: Search) -> Callable[[Row], Sequence[Hashable]]:
        """A function from a row to the values of the row field, binned where there is a span."""
        field, span = self.row, self.span
        if field is None:
            return lambda row: ("",)
        if span is None:
            return lambda row: [text(item) for item in as_list(row.get(field))]
        return lambda row: [
            cast("str | float", bin_value(item, span, search))
            for item in as_list(row.get(field))
            if number(item) is not None
        ]


def _span(args: Arguments, field: str) -> TimeSpan | Decimal | None:
    """The `span=` that may stand behind the row field."""

    def kind(args: Arguments, token: Token) -> TimeSpan | Decimal:
        return parse_time_span(args, token) if field == "_time" else number_span(args, token)

    if not args.next_is_word("span"):
        return None
    span: TimeSpan | Decimal = args.options({"span": kind}, unsupported=UNSUPPORTED_OPTIONS)["span"]
    return span
