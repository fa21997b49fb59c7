"""convert: turns field values into numbers, and times into text and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..aggregates.arithmetic import plain
from ..arguments import string
from ..command import Command
from ..time_format import FormatError, check, strftime, strptime
from ..values import Row, Scalar, Value, as_list, from_list, number, put, text
from .field_names import check_wildcards, renamed

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

DEFAULT_FORMAT = "%m/%d/%Y %H:%M:%S"
_DURATION = re.compile(r"(?:(\d+)\+)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\Z")
_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_MEMORY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kKmMgG]?)[bB]?\s*\Z")

Convert: TypeAlias = "Callable[[Scalar, str, Search], Value | None]"
"""Takes a value, the time format and the run; None where the value cannot be converted."""


def _ctime(value: Scalar, form: str, search: Search) -> Value | None:
    amount = number(value)
    return None if amount is None else strftime(amount, form, search.tz)


def _mktime(value: Scalar, form: str, search: Search) -> Value | None:
    return strptime(text(value), form, search.tz, search.now)


def _dur2sec(value: Scalar, form: str, search: Search) -> Value | None:
    """`[days+][hours:]minutes:seconds` as seconds."""
    found = _DURATION.match(text(value).strip())
    if not found:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return plain(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _memk(value: Scalar, form: str, search: Search) -> Value | None:
    """A size with k, m or g behind it, in kilobytes; without a letter it is kilobytes."""
    found = _MEMORY.match(text(value))
    if not found:
        return None
    return plain(float(found[1]) * {"": 1, "k": 1, "m": 1024, "g": 1024 * 1024}[found[2].lower()])


def _rmunit(value: Scalar, form: str, search: Search) -> Value | None:
    found = _LEADING_NUMBER.match(text(value))
    return number(found[1]) if found else None


_FUNCTIONS: dict[str, Convert] = {
    "ctime": _ctime,
    "dur2sec": _dur2sec,
    "memk": _memk,
    "mktime": _mktime,
    "none": lambda value, form, search: value,
    "num": lambda value, form, search: number(value),
    "rmcomma": lambda value, form, search: number(text(value).replace(",", "")),
    "rmunit": _rmunit,
}


@dataclass(frozen=True, slots=True)
class _Conversion:
    function: str
    source: str
    target: str


class ConvertCommand(Command):
    """`convert [timeformat=<string>] <function>(<field>) [AS <field>]...` with wildcards; `none(x)` takes x out of `*`.

    A value that cannot be converted gives nothing; without AS that removes it. The time format is
    `%m/%d/%Y %H:%M:%S` unless given.
    """

    name = "convert"
    placement = "streaming"

    def __init__(self, conversions: list[_Conversion], form: str) -> None:
        self.conversions = conversions
        self.form = form
        self.excluded = {c.source for c in conversions if c.function == "none" and c.source == c.target}

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        form = args.options({"timeformat": string}).get("timeformat", DEFAULT_FORMAT)
        try:
            check(form)
        except FormatError as error:
            raise args.unsupported(str(error), start) from error
        conversions: list[_Conversion] = []
        while not args.at_end:
            token = args.next()
            function = token.text.lower()
            if function in ("auto", "mstime"):
                raise args.unsupported(f"the function {function}", token)
            if function not in _FUNCTIONS:
                raise args.error(f"The conversion type {token.text!r} is invalid", token)
            args.expect("(")
            source = "*" if args.peek().is_punctuation(")") else args.field()
            args.expect(")")
            target = source
            if args.accept_word("as"):
                at = args.peek()
                target = args.field()
                check_wildcards(args, source, target, at)
            conversions.append(_Conversion(function, source, target))
            args.accept(",")
        if not conversions:
            raise args.error("expected <function>(<field>)", start)
        return cls(conversions, form)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            for conversion in self.conversions:
                function = _FUNCTIONS[conversion.function]
                for name in list(row):
                    if name in self.excluded and conversion.source != name:
                        continue
                    target = renamed(conversion.source, conversion.target, name)
                    if target is not None:
                        values = [function(item, self.form, search) for item in as_list(row[name])]
                        put(row, target, from_list([value for value in values if value is not None]))
            yield row
