"""fields: keeps or removes fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row
from ..wildcards import field_matcher, matching_fields

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

#: Internal fields that `fields a b` keeps; only `fields - _time` removes them.
_KEPT = ("_time", "_raw")


class Fields(Command):
    """`fields [+|-] <field-list>`. Keeping keeps `_time` and `_raw` too; `-` removes only what it names."""

    name = "fields"
    placement = "streaming"

    def __init__(self, patterns: list[str], *, remove: bool) -> None:
        self.patterns = patterns
        self.remove = remove
        self.plain = not any("*" in pattern for pattern in patterns)
        self._tests = [(pattern, field_matcher(pattern)) for pattern in patterns]

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        remove = args.next_is_word("-")
        if remove or args.next_is_word("+"):
            args.next()
        elif args.peek().text[:1] == "-" and len(args.peek().text) > 1:
            raise args.error("put a blank behind the - that removes fields", args.peek())
        patterns = args.field_list()
        if not patterns:
            raise args.error("expected a list of fields")
        return cls(patterns, remove=remove)

    def names(self, field: str) -> bool:
        """Whether the field list names this field; a leading `*` leaves out fields that begin with `_`."""
        return any(test(field) and (pattern[0] == "_" or field[:1] != "_") for pattern, test in self._tests)

    def needed(self, after: Needed) -> Needed:
        if after is None:
            if self.remove or not self.plain:
                return None
            return frozenset(self.patterns) | frozenset(_KEPT)
        if self.remove:
            return frozenset(field for field in after if not self.names(field))
        return frozenset(field for field in after if field in _KEPT or self.names(field))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return map(self._removing() if self.remove else self._keeping(), rows)

    def _keeping(self) -> Callable[[Row], Row]:
        if self.plain:
            names = list(dict.fromkeys([*_KEPT, *self.patterns]))
            return lambda row: {name: row[name] for name in names if name in row}
        return lambda row: {name: row[name] for name in matching_fields([*_KEPT, *self.patterns], row) if name in row}

    def _removing(self) -> Callable[[Row], Row]:
        if self.plain:
            gone = tuple(dict.fromkeys(self.patterns))

            def without(row: Row) -> Row:
                for name in gone:
                    row.pop(name, None)
                return row

            return without
        return lambda row: {name: value for name, value in row.items() if not self.names(name)}
