"""outputlookup: writes the rows into a lookup table and passes them on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, boolean, field, integer, one_of
from ..command import Command
from ..environment import LookupWrite
from ..tokens import Token
from ..values import Row

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search


def _output_format(args: Arguments, token: Token) -> str:
    if token.text == "splunk_mv_csv":
        raise args.unsupported("output_format=splunk_mv_csv", token)
    name: str = one_of("splunk_sv_csv")(args, token)
    return name


_OPTIONS: dict[str, Any] = {
    "append": boolean,
    "create_empty": boolean,
    "override_if_empty": boolean,
    "max": integer,
    "key_field": field,
    "createinapp": boolean,
    "create_context": one_of("app", "system", "user"),
    "output_format": _output_format,
}


class OutputLookup(Command):
    """`outputlookup [options] <lookup>`. key_field updates rows by key and makes append the default."""

    name = "outputlookup"
    placement = "dataset"

    def __init__(self, table: str, options: LookupWrite) -> None:
        self.table = table
        self.options = options

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=("allow_updates",))
        table = args.word("the name of a lookup")
        options |= args.options(_OPTIONS, unsupported=("allow_updates",))
        context = options.get("create_context", "app")
        if "createinapp" in options:  # it overrides create_context
            context = "app" if options["createinapp"] else "system"
        return cls(
            table,
            LookupWrite(
                append=options.get("append", "key_field" in options),
                key_field=options.get("key_field"),
                create_empty=options.get("create_empty", False),
                override_if_empty=options.get("override_if_empty", True),
                create_context=context,
                max=options.get("max"),
            ),
        )

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept = list(rows)
        written = kept if self.options.max is None else kept[: self.options.max]
        try:
            search.environment.write_lookup(self.table, written, self.options)
        except LookupError as error:
            words = error.args[0] if error.args else error
            raise search.fail(f"Error in 'outputlookup' command: {words}") from error
        yield from kept
