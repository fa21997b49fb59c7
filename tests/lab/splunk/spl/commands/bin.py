"""bin (bucket, discretize): puts numbers and times into bins of one length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, string
from ..command import Command, Needed
from ..tokens import Kind, Token
from ..values import Row, Value, from_list, number, text
from .buckets import TimeSpan, align_time, parse_time_span

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search

_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
#: Options that leave the length of a bin to Splunk, which does not document how it is chosen for numbers.
_UNSUPPORTED = ("bins", "minspan", "start", "end")


class Bin(Command):
    """`bin <field> span=<length> [aligntime=<time>] [AS <field>]`.

    `_time` becomes the epoch at which its bin begins. Another field becomes the text `low-high`; what is no number
    stays.
    """

    name = "bin"
    aliases = ("bucket", "discretize")
    placement = "streaming"

    def __init__(self, field: str, output: str, span: TimeSpan | Decimal, align: str | None) -> None:
        self.field = field
        self.output_field = output
        self.span = span
        self.align = align

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = {}
        field: str | None = None
        output: str | None = None
        start = args.peek()
        while not args.at_end:
            place = args.peek()
            options |= args.options({"span": _token, "aligntime": string}, unsupported=_UNSUPPORTED)
            if args.accept_word("as"):
                output = args.field()
            elif field is None and not args.at_end:
                field = args.field()
            if args.peek() == place:
                args.expect_end()
        if field is None:
            raise args.error("You must specify a field to discretize", start)
        if "span" not in options:
            raise args.unsupported("bins without span=, whose length Splunk chooses", start)
        span: TimeSpan | Decimal
        if field == "_time":
            span = parse_time_span(args, options["span"])
        else:
            span = number_span(args, options["span"])
            if "aligntime" in options:
                raise args.error("aligntime is for bins of _time", start)
        return cls(field, output or field, span, options.get("aligntime"))

    def needed(self, after: Needed) -> Needed:
        return None if after is None else after - {self.output_field} | {self.field}

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        span = self.span
        if isinstance(span, TimeSpan) and self.align is not None:
            moment = align_time(self.align, search)
            if moment is None:
                raise search.fail(f"Error in 'bin' command: aligntime={self.align} is not a time.")
            span = span.aligned(moment)
        for row in rows:
            value = row.get(self.field)
            if value is not None:
                values = value if isinstance(value, list) else [value]
                binned = from_list([bin_value(item, span, search) for item in values])
                if binned is not None:
                    row[self.output_field] = binned
            yield row


def bin_value(value: Value, span: TimeSpan | Decimal, search: Search) -> Value:
    """The bin of a value: an epoch for a time span, `low-high` for a number; what is no number stays as it is."""
    amount = number(value)
    if amount is None:
        return value
    if isinstance(span, TimeSpan):
        return span.start(amount, search.tz)
    # Decimal, because 0.3 / 0.1 is not 3 in doubles; the edges carry as many decimals as the span was written with.
    low = (Decimal(text(value).strip()) / span).to_integral_value(ROUND_FLOOR) * span
    return f"{low:f}-{low + span:f}"


def _token(args: Arguments, token: Token) -> Token:
    return token


def number_span(args: Arguments, token: Token) -> Decimal:
    """An option kind: the length of numeric bins."""
    if token.kind not in (Kind.WORD, Kind.STRING):
        raise args.error("expected the length of a bin", token)
    if "log" in token.text:
        raise args.unsupported("logarithmic spans", token)
    if not _NUMBER.match(token.text):
        raise args.unsupported("a time span on a field other than _time", token)
    span = Decimal(token.text)
    if not span:
        raise args.error("a bin cannot have the length 0", token)
    return span
