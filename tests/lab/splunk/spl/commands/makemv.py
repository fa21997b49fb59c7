"""makemv: splits a field into a multivalue field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, string
from ..command import Command, Needed
from ..regex import RegexError, compiled
from ..values import Row, from_list, put, text
from .delimiters import set_delimiter

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS = {"delim": string, "tokenizer": string, "allowempty": boolean}


class MakeMv(Command):
    """`makemv [delim=<string> | tokenizer=<regex>] [allowempty=<bool>] <field>`; the delimiter is a blank by default.

    Empty values are dropped unless allowempty=t. A tokenizer's first group is one value per match.
    """

    name = "makemv"
    placement = "streaming"

    def __init__(self, field: str, split: Callable[[str], list[str]], delimiter: str, *, allow_empty: bool) -> None:
        self.field = field
        self.split = split
        self.delimiter = delimiter
        self.allow_empty = allow_empty

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=("setsv",))
        field = args.field()
        options |= args.options(_OPTIONS, unsupported=("setsv",))
        if "delim" in options and "tokenizer" in options:
            raise args.error("delim and tokenizer exclude each other", start)
        delimiter = options.get("delim", " ")
        if not delimiter:
            raise args.error("the delimiter is empty", start)
        if "tokenizer" not in options:
            return cls(
                field, lambda value: value.split(delimiter), delimiter, allow_empty=options.get("allowempty", False)
            )
        try:
            regex = compiled(options["tokenizer"])
        except RegexError as error:
            raise args.error(f"the tokenizer does not compile: {error}", start) from error
        if not regex.groups:
            raise args.error("the tokenizer needs a group", start)
        return cls(
            field,
            lambda value: [match.group(1) or "" for match in regex.finditer(value)],
            "\n",
            allow_empty=options.get("allowempty", False),
        )

    def needed(self, after: Needed) -> Needed:
        return None if after is None else after | {self.field}

    def prepare(self, search: Search) -> None:
        set_delimiter(search, self.field, self.delimiter)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            value = row.get(self.field)
            if value is not None and not isinstance(value, list):
                parts = [part for part in self.split(text(value)) if part or self.allow_empty]
                put(row, self.field, from_list(parts))
            yield row
