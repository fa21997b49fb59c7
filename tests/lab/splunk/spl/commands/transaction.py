"""transaction: groups events that belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, boolean, integer, span
from ..command import Command
from ..tokens import Kind, Token
from ..values import Row, as_list, from_list, number, put, text

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search

Matches = Callable[[Row], bool]
Filter = Callable[["Search"], Matches]
"""startswith and endswith: what a run makes its test of."""

_UNSUPPORTED = (
    "name", "fields", "connected", "unifyends", "keeporphans", "maxopentxn", "maxopenevents", "delim", "mvlist",
    "nullstr", "mvraw",
)  # fmt: skip
#: Search Reference, transaction: maxevents.
_MAX_EVENTS = 1000


@dataclass(slots=True)
class _Open:
    """A transaction that may still get events; they come newest first."""

    newest: float
    oldest: float
    values: dict[str, str]
    events: list[Row] = field(default_factory=list)


class Transaction(Command):
    """`transaction [<field-list>] [maxspan=] [maxpause=] [maxevents=] [startswith=] [endswith=] [keepevicted=<bool>]`.

    Events have to come newest first. An event joins the newest open transaction whose values of the fields do not
    contradict its own and of which it shares at least one; an event without any of the fields is left out. maxspan,
    maxpause, maxevents and startswith close a transaction (closed_txn=1). Where one of them is given, transactions that
    were not closed are dropped unless keepevicted=t. Each row has the union of the events' fields (distinct values in
    lexicographic order), `_raw` of all in the order of time, `_time` of the oldest, duration and eventcount.
    """

    name = "transaction"
    aliases = ("transam",)
    placement = "dataset"

    def __init__(self, fields: list[str], options: dict[str, Any]) -> None:
        self.fields = fields
        self.max_span: float | None = options.get("maxspan")
        self.max_pause: float | None = options.get("maxpause")
        self.max_events: int = options.get("maxevents", _MAX_EVENTS)
        self.starts: Filter | None = options.get("startswith")
        self.ends: Filter | None = options.get("endswith")
        self.keep_evicted: bool = options.get("keepevicted", False)
        closing = {"maxspan", "maxpause", "maxevents", "startswith"} & set(options)
        self.keep_open = self.keep_evicted or not closing

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = {}
        fields: list[str] = []
        start = args.peek()
        while not args.at_end:
            place = args.position
            options |= args.options(_KINDS, unsupported=_UNSUPPORTED)
            fields += args.field_list()
            if args.position == place:
                args.expect_end()
        if not fields and not options:
            raise args.error("expected a list of fields", start)
        if any("*" in name for name in fields):
            raise args.unsupported("wildcards in the field list", start)
        if "endswith" in options and "startswith" not in options:
            raise args.unsupported("endswith without startswith", start)
        if options.get("maxevents", 1) < 1:
            raise args.error("maxevents has to be positive", start)
        return cls(fields, options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        made = _Grouping(self, search).all(rows)
        made.sort(key=lambda row: -(number(row["_time"]) or 0))
        return iter(made)


class _Grouping:
    """One run over the events."""

    def __init__(self, command: Transaction, search: Search) -> None:
        self.command = command
        self.search = search
        self.starts = command.starts(search) if command.starts else None
        self.ends = command.ends(search) if command.ends else None
        self.open: list[_Open] = []
        self.events = 0
        self.made: list[Row] = []
        self.max_open = search.limit("transactions", "maxopentxn")
        self.max_events = search.limit("transactions", "maxopenevents")

    def all(self, rows: Iterator[Row]) -> list[Row]:
        previous: float | None = None
        for row in rows:
            moment = number(row.get("_time"))
            if moment is None or (previous is not None and moment > previous):
                raise self.search.fail(
                    "Error in 'transaction' command: the events have to be in descending order of _time; put "
                    "`| sort 0 -_time` before it."
                )
            previous = moment
            self._take(row, moment)
        for transaction in reversed(self.open):
            self._finish(transaction, closed=False)
        return self.made

    def _take(self, row: Row, moment: float) -> None:
        values = self._values(row)
        if self.command.fields and not values:
            return
        self._close_passed(moment)
        found = self._find(values)
        if self.ends is not None and self.ends(row):
            # The last event comes first: whatever was open for these values has no beginning.
            if found is not None:
                self._remove(found, closed=False)
            found = self._start(row, moment, values)
        elif found is not None:
            found.events.append(row)
            found.oldest = moment
            found.values.update(values)
            self.events += 1
        elif self.ends is None:
            found = self._start(row, moment, values)
        else:
            return
        if (self.starts is not None and self.starts(row)) or len(found.events) >= self.command.max_events:
            self._remove(found, closed=True)
        while len(self.open) > self.max_open or self.events > self.max_events:
            self.search.warn(
                "transaction: too many open transactions or events (limits.conf [transactions]); the oldest leave."
            )
            self._remove(self.open[0], closed=False)

    def _values(self, row: Row) -> dict[str, str]:
        values: dict[str, str] = {}
        for name in self.command.fields:
            value = row.get(name)
            if isinstance(value, list):
                raise self.search.fail(
                    f"Error in 'transaction' command: the field {name!r} has several values in one event, which is not "
                    "supported."
                )
            if value is not None:
                values[name] = text(value)
        return values

    def _find(self, values: dict[str, str]) -> _Open | None:
        if not self.command.fields:
            return self.open[-1] if self.open else None
        for transaction in reversed(self.open):
            shared = values.keys() & transaction.values.keys()
            if shared and all(values[name] == transaction.values[name] for name in shared):
                return transaction
        return None

    def _start(self, row: Row, moment: float, values: dict[str, str]) -> _Open:
        transaction = _Open(moment, moment, values, [row])
        self.open.append(transaction)
        self.events += 1
        return transaction

    def _close_passed(self, moment: float) -> None:
        """Close what an event at this time, and every later (older) one, is too far away from."""
        span, pause = self.command.max_span, self.command.max_pause
        for transaction in list(self.open):
            too_long = span is not None and transaction.newest - moment > span
            if too_long or (pause is not None and transaction.oldest - moment > pause):
                # With startswith or endswith it has not seen its beginning, so it is incomplete.
                self._remove(transaction, closed=self.starts is None)

    def _remove(self, transaction: _Open, *, closed: bool) -> None:
        self.open.remove(transaction)
        self.events -= len(transaction.events)
        self._finish(transaction, closed=closed)

    def _finish(self, transaction: _Open, *, closed: bool) -> None:
        if not closed and not self.command.keep_open:
            return
        row: Row = {}
        events = transaction.events[::-1]
        names = dict.fromkeys(name for event in events for name in event if name not in ("_time", "_raw"))
        for name in names:
            values = {text(item) for event in events for item in as_list(event.get(name))}
            put(row, name, from_list(sorted(values)))
        row["_time"] = events[0]["_time"]
        raw = [text(event["_raw"]) for event in events if "_raw" in event]
        if raw:
            row["_raw"] = "\n".join(raw)
        duration = transaction.newest - transaction.oldest
        row["duration"] = int(duration) if duration == int(duration) else round(duration, 6)
        row["eventcount"] = len(events)
        row["closed_txn"] = 1 if closed else 0
        self.made.append(row)


def _seconds(args: Arguments, token: Token) -> float | None:
    """`30s`, `5m`, `1h`, `1d` or seconds; -1 is no limit."""
    if token.text == "-1":
        return None
    length = span(args, token)
    if length.unit not in ("s", "m", "h", "d"):
        raise args.error("expected a number with s, m, h or d", token)
    return length.seconds


def _filter(args: Arguments, token: Token) -> Filter:
    """`"<search>"`, `(<search>)` or `eval(<expression>)`."""
    if token.kind is Kind.STRING:
        search = args.compiler.search_expression(token.text)
        return lambda run: search.resolve(run)
    if token.is_punctuation("("):
        search = args.compiler.search_expression(_parenthesised(args, token))
        return lambda run: search.resolve(run)
    if token.is_word("eval") and args.accept("("):
        expression = args.expression()
        args.expect(")")
        return lambda run: lambda row: expression.true(row, run)
    raise args.error('expected "<search>", (<search>) or eval(<expression>)', token)


def _parenthesised(args: Arguments, opening: Token) -> str:
    """The text up to the parenthesis that closes the one just taken."""
    depth = 1
    while depth:
        token = args.next()
        if token.kind is Kind.END:
            raise args.error("( is never closed", opening)
        depth += token.is_punctuation("(") - token.is_punctuation(")")
    return args.text[opening.end : token.start]


_KINDS: dict[str, Any] = {
    "maxspan": _seconds,
    "maxpause": _seconds,
    "maxevents": integer,
    "startswith": _filter,
    "endswith": _filter,
    "keepevicted": boolean,
}
