"""rex: takes fields out of text with a regular expression, or rewrites text as sed does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import field, integer, one_of
from ..command import Command, Needed
from ..regex import Regex, RegexError, compiled
from ..tokens import Kind, Token
from ..values import Row, as_list, from_list, put, text
from .sed import SedError, SedExpression, parse_sed

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS = {"field": field, "max_match": integer, "mode": one_of("sed")}


class Rex(Command):
    """`rex [field=<field>] [max_match=<int>] "<regex with named groups>"` or `rex [field=<field>] mode=sed "<sed>"`.

    The field is `_raw` by default; every value of a multivalue field is searched. One match by default, all with
    max_match=0; several values make a multivalue field. Without a match, and for groups that took part in none or are
    empty, fields stay as they are.
    """

    name = "rex"
    placement = "streaming"

    def __init__(self, source: str, regex: Regex | None, sed: SedExpression | None, max_match: int) -> None:
        self.source = source
        self.regex = regex
        self.sed = sed
        self.max_match = max_match

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=("offset_field",))
        token = args.next()
        if token.kind is not Kind.STRING:
            raise args.error("expected a regular expression in double quotes", token)
        options |= args.options(_OPTIONS, unsupported=("offset_field",))
        source = options.get("field", "_raw")
        if "mode" in options:
            if "max_match" in options:
                raise args.error("max_match has no meaning with mode=sed", token)
            try:
                return cls(source, None, parse_sed(token.text), 0)
            except SedError as error:
                raise args.error(str(error), token) from error
        max_match = options.get("max_match", 1)
        if max_match < 0:
            raise args.error("max_match cannot be negative", token)
        return cls(source, named_groups(args, token), None, max_match)

    def needed(self, after: Needed) -> Needed:
        # Fields stay where nothing matches, so those that rex may write have to come in too.
        return None if after is None else after | {self.source}

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            value = row.get(self.source)
            if value is not None:
                if self.sed is not None:
                    put(row, self.source, from_list([self.sed.apply(text(item)) for item in as_list(value)]))
                elif self.regex is not None:
                    self._extract(row, [text(item) for item in as_list(value)], self.regex)
            yield row

    def _extract(self, row: Row, values: list[str], regex: Regex) -> None:
        found: dict[str, list[str]] = {}
        for value in values:
            if self.max_match == 1:
                match = regex.search(value)
                matches = () if match is None else (match,)
            else:
                matches = self._all(regex, value)
            for match in matches:
                for name, group in regex.names.items():
                    taken = match.group(group)
                    if taken:
                        found.setdefault(name, []).append(taken)
        for name, items in found.items():
            put(row, name, from_list(items))

    def _all(self, regex: Regex, value: str) -> tuple[Any, ...]:
        matches = []
        for match in regex.finditer(value):
            matches.append(match)
            if len(matches) == self.max_match:
                break
        return tuple(matches)


def named_groups(args: Arguments, token: Token) -> Regex:
    """The regular expression in a token. Refuses one that does not compile or that names no group."""
    try:
        regex = compiled(token.text)
    except RegexError as error:
        raise args.error(f"the regular expression does not compile: {error}", token) from error
    if not regex.names:
        raise args.error("the regular expression needs a named group, (?<field>...)", token)
    return regex
