"""eventstats: adds the statistics of its group to every row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed, add_needed
from ..values import Row, Scalar, put
from .statistics import Term, by_fields, expand, feeder, needed_fields, parse_terms, results, single_key

if TYPE_CHECKING:
    from ..aggregates import Aggregate
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search


class EventStats(Command):
    """`eventstats <function>... [BY <fields>]`. Rows without a BY field pass unchanged."""

    name = "eventstats"
    placement = "dataset"

    def __init__(self, terms: list[Term], by: list[str]) -> None:
        self.terms = terms
        self.by = by

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        args.options({}, unsupported=("allnum",))
        start = args.peek()
        terms = parse_terms(args, compiler, ("by", "groupby"))
        if not terms:
            raise args.error("expected a statistical function", start)
        return cls(terms, by_fields(args))

    def needed(self, after: Needed) -> Needed:
        if after is not None:
            after -= frozenset(term.output for term in self.terms)
        return add_needed(after, needed_fields(self.terms, self.by))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept = list(rows)
        terms, _ = expand(self.terms, kept, self.by)
        groups: dict[tuple[str, ...], list[Aggregate]] = {}
        adds: dict[tuple[str, ...], list[Callable[[Scalar, float], None]]] = {}
        feed = feeder(terms, search)
        keys = [single_key(row, self.by, self.name, search) for row in kept]
        for row, key in zip(kept, keys, strict=True):
            if key is not None:
                taking = adds.get(key)
                if taking is None:
                    groups[key] = [term.new() for term in terms]
                    taking = adds[key] = [aggregate.add for aggregate in groups[key]]
                feed(taking, row)
        adds.clear()
        answers = {key: results(terms, aggregates, search) for key, aggregates in groups.items()}
        groups.clear()
        for row, key in zip(kept, keys, strict=True):
            if key is not None:
                answer = answers[key]
                for term in terms:
                    put(row, term.output, answer.get(term.output))
            yield row
