"""streamstats: adds to every row the statistics of the rows so far, or of a window of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..aggregates import Aggregate, SlidingAggregate
from ..arguments import Arguments, boolean, integer, span
from ..command import Command, Needed, add_needed
from ..tokens import Kind, Token
from ..values import Row, Scalar, number, put
from .statistics import Key, Term, by_fields, expand, feeder, needed_fields, parse_terms, single_key

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..eval.expression import Expression
    from ..search import Search


@dataclass(frozen=True, slots=True)
class Options:
    """The options of streamstats by Splunk's names. window 0: no limit; time_window in seconds, 0.0: none."""

    window: int = 0
    time_window: float = 0.0
    current: bool = True
    global_: bool = True
    reset_on_change: bool = False
    reset_before: Expression | None = None
    reset_after: Expression | None = None


@dataclass(slots=True)
class _Entry:
    """A row in a window: its group, its time, and how many values it gave to each term."""

    key: Key
    time: float
    given: list[int]


@dataclass(slots=True)
class _State:
    """What has been seen since the last reset."""

    running: dict[Key, list[Aggregate]] = field(default_factory=dict)
    sliding: dict[Key, list[SlidingAggregate]] = field(default_factory=dict)
    windows: dict[Key, deque[_Entry]] = field(default_factory=dict)


class StreamStats(Command):
    """`streamstats [current=] [window=] [time_window=] [global=] [reset_...=] <function>... [BY <fields>]`.

    Rows without a BY field pass unchanged and are in no window. A time window holds the rows less than its length away
    from the current one (its far edge is open) and wants rows in time order, either way round.
    """

    name = "streamstats"
    placement = "stateful"

    def __init__(self, terms: list[Term], by: list[str], options: Options) -> None:
        self.terms = terms
        self.by = by
        self.options = options

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = {}
        terms: list[Term] = []
        by: list[str] = []
        start = args.peek()
        # Options may stand before the functions, behind them and behind the BY clause.
        while not args.at_end:
            place = args.position
            for name, value in args.options(_KINDS, unsupported=("allnum",)).items():
                if name in options:
                    raise args.error(f"the option {name!r} is given twice", place)
                options[name] = value
            if not by:
                terms += parse_terms(args, compiler, ("by", "groupby"))
                by = by_fields(args)
            if args.position == place:
                args.expect_end()
        if not terms:
            raise args.error("expected a statistical function", start)
        if "global" in options:
            options["global_"] = options.pop("global")
        return cls(terms, by, Options(**options))

    def needed(self, after: Needed) -> Needed:
        expressions = [e for e in (self.options.reset_before, self.options.reset_after) if e is not None]
        outputs = frozenset(term.output for term in self.terms)
        if after is not None:
            after -= outputs
        if self.options.time_window:
            after = add_needed(after, frozenset(("_time",)))
        for expression in expressions:
            after = add_needed(after, expression.fields)
        return add_needed(after, needed_fields(self.terms, self.by))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        terms, incoming = expand(self.terms, rows, self.by)
        runner = _Runner(self, terms, search)
        for row in incoming:
            runner.add_to(row)
            yield row


class _Runner:
    """One run of a streamstats over its rows."""

    def __init__(self, command: StreamStats, terms: list[Term], search: Search) -> None:
        self.options = command.options
        self.by = command.by
        self.terms = terms
        self.search = search
        self.feed = feeder(terms, search)
        self.state = _State()
        self.previous_key: Key | None = None
        self.previous_time: float | None = None
        self.direction = 0.0
        limit = search.limit("stats", "max_stream_window")
        self.window = self.options.window
        if self.window > limit:
            search.warn(f"streamstats: window={self.window} is above the limit of {limit} (max_stream_window).")
            self.window = limit
        if self.options.time_window:
            self.window = self.window or limit
        self.told = self.options.window > 0
        # The values, with their times, that the row in hand gives to each term.
        self.given: list[list[tuple[Scalar, float]]] = [[] for _ in terms]
        self.collectors = [_collector(values) for values in self.given]

    def add_to(self, row: Row) -> None:
        """Write the statistics into a row and count it."""
        key = single_key(row, self.by, StreamStats.name, self.search)
        if key is None:
            return
        options = self.options
        if options.reset_on_change and self.previous_key is not None and key != self.previous_key:
            self.state = _State()
        self.previous_key = key
        if options.reset_before is not None and options.reset_before.true(row, self.search):
            self.state = _State()
        if self.window:
            self._windowed(row, key)
        else:
            self._running(row, key)
        if options.reset_after is not None and options.reset_after.true(row, self.search):
            self.state = _State()

    def _running(self, row: Row, key: Key) -> None:
        aggregates = self.state.running.get(key)
        if aggregates is None:
            aggregates = self.state.running[key] = [term.new() for term in self.terms]
        if self.options.current:
            self.feed([aggregate.add for aggregate in aggregates], row)
            self._write(row, aggregates)
        else:
            # What a row is counted with is what it held before the statistics were written into it.
            values = self._values(row)
            self._write(row, aggregates)
            for aggregate, given in zip(aggregates, values, strict=True):
                for value, time in given:
                    aggregate.add(value, time)

    def _windowed(self, row: Row, key: Key) -> None:
        values = self._values(row)
        window = self.state.windows.setdefault(() if self.options.global_ else key, deque())
        moment = self._moment(row) if self.options.time_window else 0.0
        if self.options.time_window:
            while window and abs(moment - window[0].time) >= self.options.time_window:
                self._leave(window.popleft())
        aggregates = self._sliding(key)
        if not self.options.current:
            self._write(row, aggregates)
        for aggregate, given in zip(aggregates, values, strict=True):
            for value, time in given:
                aggregate.add(value, time)
        window.append(_Entry(key, moment, [len(given) for given in values]))
        if len(window) > self.window:
            self._leave(window.popleft())
            if self.options.time_window and not self.told:
                self.search.warn(f"streamstats: a time window holds at most {self.window} rows (max_stream_window).")
        if self.options.current:
            self._write(row, aggregates)

    def _values(self, row: Row) -> list[list[tuple[Scalar, float]]]:
        """What a row gives to each term; good until the next row."""
        for values in self.given:
            values.clear()
        self.feed(self.collectors, row)
        return self.given

    def _sliding(self, key: Key) -> list[SlidingAggregate]:
        aggregates = self.state.sliding.get(key)
        if aggregates is None:
            aggregates = self.state.sliding[key] = [SlidingAggregate(term.new) for term in self.terms]
        return aggregates

    def _leave(self, entry: _Entry) -> None:
        for aggregate, given in zip(self.state.sliding[entry.key], entry.given, strict=True):
            for _ in range(given):
                aggregate.remove_oldest()

    def _moment(self, row: Row) -> float:
        """The row's time. The search fails where times are missing or go forth and back."""
        moment = number(row.get("_time"))
        if moment is not None:
            step = 0.0 if self.previous_time is None else moment - self.previous_time
            if step * self.direction >= 0:
                self.direction = step or self.direction
                self.previous_time = moment
                return moment
        raise self.search.fail(
            "Error in 'streamstats' command: time_window can only be used on input that is sorted in time order "
            "(both ascending and descending order are ok)."
        )

    def _write(self, row: Row, aggregates: Sequence[Aggregate | SlidingAggregate]) -> None:
        for term, aggregate in zip(self.terms, aggregates, strict=True):
            value = aggregate.result()
            put(row, term.output, value)
            if aggregate.truncated:
                self.search.warn(f"{term.output}: {aggregate.truncated} (limits.conf); the others are dropped.")


def _collector(values: list[tuple[Scalar, float]]) -> Callable[[Scalar, float], None]:
    return lambda value, time: values.append((value, time))


def _condition(args: Arguments, token: Token) -> Expression:
    """A reset condition: in double quotes, or in parentheses."""
    if token.kind is Kind.STRING:
        return args.compiler.expression(token.text, args.text, token.start)
    if token.is_punctuation("("):
        args.position = token.start
        return args.expression()
    raise args.error('expected a condition such as "(count>5)" in double quotes', token)


def _window(args: Arguments, token: Token) -> int:
    size = integer(args, token)
    if size < 0:
        raise args.error("a window cannot be negative", token)
    return size


def _seconds(args: Arguments, token: Token) -> float:
    length = span(args, token).seconds
    if length is None:
        raise args.unsupported("a time_window of months, quarters or years", token)
    return length


_KINDS = {
    "window": _window,
    "time_window": _seconds,
    "current": boolean,
    "global": boolean,
    "reset_on_change": boolean,
    "reset_before": _condition,
    "reset_after": _condition,
}
