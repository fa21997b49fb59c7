"""lookup: adds the fields of matching lookup rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, boolean
from ..command import Command, Needed, add_needed
from ..values import Row, Value, as_list, from_list, put

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..environment import Lookup as LookupTable
    from ..search import Search

_CLAUSES = ("output", "outputnew")
# Answers that one run remembers.
_KEPT = 10_000
Pair = tuple[str, str]
"""(field of the lookup, field of the row)."""


class Lookup(Command):
    """`lookup [local=<bool>] <lookup> <field> [AS <field>]... [OUTPUT|OUTPUTNEW <field> [AS <field>]...]`.

    Without OUTPUT all other fields of the lookup are written. Several matching rows make multivalue fields. A row that
    matches nothing keeps the fields it has. OUTPUTNEW writes only fields that the row does not have. local=t runs on
    the search head, with everything behind it; otherwise the lookup runs where the command stands, and a KV store
    collection does not exist on an indexer.
    """

    name = "lookup"

    def __init__(
        self, table: str, inputs: list[Pair], outputs: list[Pair] | None, *, only_new: bool, local: bool
    ) -> None:
        self.table = table
        self.inputs = inputs
        self.outputs = outputs
        self.only_new = only_new
        self.placement = "stateful" if local else "streaming"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        kinds = {"local": boolean, "update": boolean}
        options: dict[str, Any] = args.options(kinds, unsupported=("event_time_field",))
        table = args.word("the name of a lookup")
        options |= args.options(kinds, unsupported=("event_time_field",))
        inputs = _pairs(args)
        if not inputs:
            raise args.error("expected a field of the lookup to match on")
        clause = args.accept_word(*_CLAUSES)
        outputs: list[Pair] | None = None
        if clause:
            outputs = _pairs(args)
            if not outputs:
                raise args.error(f"expected a field behind {clause.upper()}")
        # update=t re-reads a changed table in real-time searches and implies local=t.
        local = options.get("local", False) or options.get("update", False)
        return cls(table, inputs, outputs, only_new=clause == "outputnew", local=local)

    def needed(self, after: Needed) -> Needed:
        # A row without a match keeps its own values of the output fields, so they have to come in as well.
        return add_needed(after, frozenset(field for _, field in self.inputs))

    def prepare(self, search: Search) -> None:
        try:
            table = search.environment.lookup(self.table, search.role)
        except LookupError as error:
            raise search.fail(f"Error in 'lookup' command: {_words(error)}") from error
        wanted = [*self.inputs, *(self.outputs or [])]
        for name, _ in wanted:
            # Every record of a KV store collection has a _key, listed or not.
            if name not in table.fields and name != "_key":
                raise search.fail(
                    f"Error in 'lookup' command: the lookup table '{self.table}' has no field '{name}'. "
                    f"Its fields are: {', '.join(table.fields)}."
                )
        search.state(self)["table"] = table

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        table: LookupTable = search.state(self)["table"]
        matched = {name for name, _ in self.inputs}
        outputs = self.outputs
        if outputs is None:
            outputs = [(name, name) for name in table.fields if name not in matched]
        known: dict[tuple[str, ...], list[tuple[str, Value | None]]] = {}
        for row in rows:
            values = {name: row[field] for name, field in self.inputs if field in row}
            # Without all of its fields a row is not looked up.
            if len(values) == len(self.inputs):
                key = tuple([value for value in values.values() if type(value) is str])
                found = known.get(key) if len(key) == len(values) else _found(table, values, outputs)
                if found is None:
                    if len(known) >= _KEPT:
                        known.clear()
                    found = known[key] = _found(table, values, outputs)
                kept = [field for field, _ in found if field in row] if self.only_new else ()
                for field, value in found:
                    if field not in kept:
                        put(row, field, list(value) if isinstance(value, list) else value)
            yield row


def _found(table: LookupTable, values: dict[str, Value], outputs: list[Pair]) -> list[tuple[str, Value | None]]:
    """What a row gets into which field; nothing when no row of the table matches."""
    matches = table.match(values) if outputs else []
    return [
        (field, from_list([item for match in matches for item in _cells(match.get(name))]))
        for name, field in outputs
        if matches
    ]


def _cells(cell: Any) -> list[Any]:
    """What a cell of a lookup gives to a field: nothing when it is empty, several values of a KV store array."""
    items = [item for item in as_list(cell) if item != ""]
    return [("true" if item else "false") if isinstance(item, bool) else item for item in items]


def _words(error: LookupError) -> str:
    return str(error.args[0]) if error.args else str(error)


def _pairs(args: Arguments) -> list[Pair]:
    """`<field> [AS <field>]`, separated by blanks or commas."""
    pairs: list[Pair] = []
    while not args.at_end and not args.next_is_word(*_CLAUSES):
        name = args.field()
        pairs.append((name, args.field() if args.accept_word("as") else name))
        if args.accept(",") and (args.at_end or args.next_is_word(*_CLAUSES)):
            raise args.error("expected a field name behind the comma")
    return pairs
