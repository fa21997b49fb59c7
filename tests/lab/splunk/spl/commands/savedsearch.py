"""savedsearch: runs a saved search in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search


class SavedSearch(Command):
    """`savedsearch <name>`: the rows of a saved search over the time range of this one. It takes no replacements."""

    name = "savedsearch"
    placement = "generating"

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        token = args.peek()
        name = args.word("the name of a saved search")
        if not args.at_end:
            raise args.unsupported("replacements in a saved search")
        text = compiler.environment.saved_search(name)
        if text is None:
            raise args.error(f"there is no saved search {name!r}", token)
        return cls(compiler.search(text))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return search.stream(self.pipeline)
