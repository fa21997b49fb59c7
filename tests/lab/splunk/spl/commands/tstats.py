"""tstats: statistics over index-time fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, boolean, integer
from ..command import Command
from ..environment import IndexScope
from ..tokens import Kind, Token
from ..values import Row, number, text
from .buckets import TimeSpan, parse_time_span
from .statistics import Term, group_rows, natural_key, parse_terms, results

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search
    from ..search_expression import SearchExpression

#: The fields that every index has.
INDEXED = frozenset(("_time", "_indextime", "_raw", "host", "index", "source", "sourcetype"))
_OPTIONS: dict[str, Any] = {
    "summariesonly": boolean,
    "allow_old_summaries": boolean,
    "local": boolean,
    "chunk_size": integer,
}
_UNSUPPORTED = ("prestats", "append", "fillnull_value", "include_reduced_buckets", "use_summary_index_values")


class Tstats(Command):
    """`tstats <function>... [WHERE <search>] [BY <fields> [span=<time span>]]` over _time, index, host, source and
    sourcetype.

    With `FROM datamodel=` the search ends with the error of a Splunk that does not have the data model. Other fields
    are refused: they are not in the index, and Splunk would silently find nothing.
    """

    name = "tstats"
    placement = "generating"

    def __init__(
        self, terms: list[Term], where: SearchExpression | None, by: list[str], span: TimeSpan | None, model: str | None
    ) -> None:
        self.terms = terms
        self.where = where
        self.by = by
        self.span = span
        self.model = model

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        args.options(_OPTIONS, unsupported=_UNSUPPORTED)
        start = args.peek()
        terms = parse_terms(args, compiler, ("from", "where", "by", "groupby"))
        if not terms:
            raise args.error("expected a statistical function", start)
        model = _model(args)
        where = args.search_expression(("by", "groupby")) if args.accept_word("where") else None
        by: list[str] = []
        span: TimeSpan | None = None
        if args.accept_word("by", "groupby"):
            while not args.at_end:
                options = args.options({"span": parse_time_span})
                span = options.get("span", span)
                names = args.field_list()
                if not names and not options:
                    raise args.error("expected a field name")
                by += names
        if model is None:
            _check(args, start, terms, where, by, span)
        return cls(terms, where, list(dict.fromkeys(by)), span, model)

    def prepare(self, search: Search) -> None:
        if self.model is not None:
            raise search.fail(f"Error in 'TsidxStats': Data model '{self.model}' was not found.")

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        groups = group_rows(self._rows(search), self.terms, self.by, search)
        for key in sorted(groups, key=natural_key):
            row: Row = dict(zip(self.by, key, strict=True))
            if "_time" in row:
                row["_time"] = number(row["_time"]) or 0
            yield row | results(self.terms, groups[key], search)

    def _rows(self, search: Search) -> Iterator[Row]:
        if self.where is None:
            scope = IndexScope(search.earliest, search.latest)
            holds = None
        else:
            holds = self.where.resolve(search)
            scope = self.where.scope(search)
        for event in search.environment.events(scope):
            if holds is None or holds(event):
                row = event.row(INDEXED)
                moment = number(row.get("_time"))
                if self.span is not None and moment is not None:
                    row["_time"] = text(self.span.start(moment, search.tz))
                yield row


def _model(args: Arguments) -> str | None:
    """The data model behind FROM; other sources of tstats are not supported."""
    if not args.accept_word("from"):
        return None
    token = args.next()
    if token.is_word("datamodel") and args.accept("="):
        name = args.next()
        if name.kind in (Kind.WORD, Kind.STRING):
            return name.text.split(".")[0]
    raise args.unsupported("FROM anything but datamodel=", token)


def _check(
    args: Arguments,
    start: Token,
    terms: list[Term],
    where: SearchExpression | None,
    by: list[str],
    span: TimeSpan | None,
) -> None:
    """Refuse what is not an index-time field, and times without a span."""
    used = {term.field for term in terms if term.field is not None} | set(by)
    if where is not None:
        if where.fields is None:
            raise args.unsupported("this WHERE clause: its fields are not known", start)
        used |= where.fields
    for name in sorted(used - INDEXED):
        at = args.text.find(name, start.start)
        raise args.unsupported(f"the field {name!r}, which is not an index-time field", start if at < 0 else at)
    if any(term.expression is not None for term in terms):
        raise args.error("eval expressions are not allowed", start)
    if "_time" in by and span is None:
        raise args.unsupported("_time without span=, whose length Splunk chooses", start)
    if span is not None and "_time" not in by:
        raise args.error("span needs _time behind BY", start)
