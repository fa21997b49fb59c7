"""collect: writes the rows into an index and passes them on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, one_of, string
from ..command import Command
from ..environment import CollectOptions
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS: dict[str, Any] = {
    "index": string,
    "sourcetype": string,
    "source": string,
    "host": string,
    "marker": string,
    "addtime": boolean,
    "testmode": boolean,
    "run_in_preview": boolean,
    "output_format": one_of("raw", "hec"),
}
_UNSUPPORTED = ("file", "spool", "addinfo", "uselb", "timeformat")


class Collect(Command):
    """`collect index=<index> [sourcetype=] [source=] [host=] [marker=] [addtime=] [testmode=] [output_format=raw|hec]`.

    testmode=t writes nothing. With output_format=hec the events keep their own source, sourcetype and host, so those
    options and marker are refused, as Splunk refuses them.
    """

    name = "collect"
    aliases = ("stash", "summaryindex", "sumindex")
    placement = "dataset"

    def __init__(self, options: CollectOptions, *, test: bool) -> None:
        self.options = options
        self.test = test

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=_UNSUPPORTED)
        if "index" not in options:
            raise args.error("expected index=<name of the index>", start)
        if options.get("output_format") == "hec":
            for name in ("sourcetype", "source", "host", "marker"):
                if name in options:
                    raise args.error(f"with output_format=hec the option {name} is not allowed", start)
        test = options.pop("testmode", False)
        options.pop("run_in_preview", None)  # there are no previews
        return cls(CollectOptions(**options), test=test)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept = list(rows)
        if not self.test:
            search.environment.collect([dict(row) for row in kept], self.options)
        yield from kept
