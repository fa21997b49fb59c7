"""timechart: statistics per bucket of time, one column per series."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..aggregates import PER_TIME
from ..aggregates.arithmetic import plain
from ..arguments import boolean, integer, string
from ..command import Command, Needed, add_needed
from ..times import Span
from ..values import Row, number
from .buckets import TimeSpan, align_time, parse_time_span
from .series import SPLIT_OPTIONS, Split, empty_row, series_table, split_of
from .statistics import Term, expand, needed_fields, parse_terms

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS: dict[str, Any] = {
    **SPLIT_OPTIONS,
    "span": parse_time_span,
    "bins": integer,
    "aligntime": string,
    "cont": boolean,
    "fixedrange": boolean,
}
_UNSUPPORTED = ("agg", "format", "partial", "minspan", "start", "end", "dedup_splitvals")
#: The lengths of which Splunk takes the shortest that gives no more than `bins` buckets (Search Reference, timechart).
_LENGTHS = (
    *(TimeSpan(Span(amount, "s")) for amount in (1, 5, 10, 30)),
    *(TimeSpan(Span(amount, "m")) for amount in (1, 5, 10, 30)),
    TimeSpan(Span(1, "h")),
    TimeSpan(Span(1, "d")),
    TimeSpan(Span(1, "mon")),
)
_MONTH = 30 * 86400


class TimeChart(Command):
    """`timechart [span=] [bins=] [aligntime=] [cont=] [fixedrange=] <function>... [BY <split field> [options]]`.

    Buckets run through the range of the search where it has a beginning (fixedrange), otherwise from the first row to
    the last; empty ones are there as well (cont), with 0 for counts and nothing for other functions. Without span the
    length follows from the range and bins (100).
    """

    name = "timechart"
    placement = "transforming"

    def __init__(self, terms: list[Term], split: Split | None, options: dict[str, Any]) -> None:
        self.terms = terms
        self.split = split
        self.span: TimeSpan | None = options.get("span")
        self.bins: int = options.get("bins", 100)
        self.align: str | None = options.get("aligntime")
        self.continuous: bool = options.get("cont", True)
        self.fixed_range: bool = options.get("fixedrange", True)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = {}
        terms: list[Term] = []
        start = args.peek()
        while not args.at_end and not args.next_is_word("by"):
            place = args.position
            options |= args.options(_OPTIONS, unsupported=_UNSUPPORTED)
            terms += parse_terms(args, compiler, ("by",), tuple(PER_TIME))
            if args.position == place:
                args.expect_end()
        if not terms:
            raise args.error("expected a statistical function", start)
        split: Split | None = None
        if args.accept_word("by"):
            field = args.field()
            options |= args.options(SPLIT_OPTIONS, unsupported=("span", "bins", "aligntime", *_UNSUPPORTED))
            if args.next_is_word("where"):
                raise args.unsupported("the where clause of a split-by clause")
            split = split_of(field, options)
            if any(term.wildcarded for term in terms):
                raise args.unsupported("wildcards together with a split-by clause", start)
        if options.get("bins", 100) < 1:
            raise args.error("bins has to be positive", start)
        return cls(terms, split, options)

    def needed(self, after: Needed) -> Needed:
        fields = needed_fields(self.terms, [self.split.field] if self.split is not None else [])
        return add_needed(fields, frozenset(("_time",)))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        terms, incoming = expand(self.terms, rows, ["_time"])
        kept = [row for row in incoming if number(row.get("_time")) is not None]
        if not kept:
            return
        times = [_moment(row) for row in kept]
        first, last = self._range(min(times), max(times), search)
        span = self._span(first, last, search)
        table = series_table(kept, lambda row: (span.start(_moment(row), search.tz),), terms, self.split, search)
        for start in self._starts(span, first, last, table, search):
            row: Row = {"_time": start}
            cells = table.get(start)
            row.update(empty_row(terms, table, self.split, search) if cells is None else cells)
            yield self._per_time(row, terms, span.length(start, search.tz))

    def _range(self, first: float, last: float, search: Search) -> tuple[float, float]:
        """The first and the last time that have a bucket."""
        if not self.fixed_range or search.earliest <= 0 or math.isinf(search.earliest):
            return first, last
        end = last if math.isinf(search.latest) else max(last, math.nextafter(search.latest, 0))
        return min(first, search.earliest), end

    def _span(self, first: float, last: float, search: Search) -> TimeSpan:
        span = self.span
        if span is None:
            span = next((length for length in _LENGTHS if (last - first) / _seconds(length) <= self.bins), _LENGTHS[-1])
        if self.align is None:
            return span
        moment = align_time(self.align, search)
        if moment is None:
            raise search.fail(f"Error in 'timechart' command: aligntime={self.align} is not a time.")
        return span.aligned(moment)

    def _starts(
        self, span: TimeSpan, first: float, last: float, table: dict[Hashable, Row], search: Search
    ) -> Iterator[float]:
        if not self.continuous:
            yield from sorted(key for key in table if isinstance(key, int | float))
            return
        limit = search.limit("discretize", "maxbins")
        start, count = span.start(first, search.tz), 0
        while start <= last:
            count += 1
            if limit and count > limit:
                raise search.fail(
                    f"Error in 'timechart' command: more than {limit} buckets (limits.conf [discretize] maxbins)."
                )
            yield start
            start = span.next(start, search.tz)

    def _per_time(self, row: Row, terms: Sequence[Term], length: float) -> Row:
        """The sums of per_hour() and its like, divided by the length of the bucket."""
        for name in row:
            term = self._term_of(name, terms) if name != "_time" else None
            amount = number(row[name])
            if term is not None and term.function in PER_TIME and amount is not None:
                row[name] = plain(amount * PER_TIME[term.function] / length)
        return row

    def _term_of(self, column: str, terms: Sequence[Term]) -> Term | None:
        """The term that a column belongs to."""
        if len(terms) == 1:
            return terms[0]
        separator = self.split.separator if self.split is not None else "\0"
        return next(
            (term for term in terms if column == term.output or column.startswith(term.output + separator)), None
        )


def _moment(row: Row) -> float:
    moment = number(row.get("_time"))
    assert moment is not None
    return moment


def _seconds(span: TimeSpan) -> float:
    return span.span.seconds or _MONTH
