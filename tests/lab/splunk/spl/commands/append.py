"""append: puts the rows of a subsearch behind the rows that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..command import Command, Needed
from ..values import Row
from .subsearch_options import maximum, subsearch_options

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search


class Append(Command):
    """`append [maxout=<int>] [<subsearch>]`. At most 50,000 rows ([searchresults] maxresultrows), with a warning."""

    name = "append"
    placement = "dataset"

    def __init__(self, pipeline: Pipeline, options: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self.options = options

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options = subsearch_options(args)
        return cls(args.subsearch(), options)

    def needed(self, after: Needed) -> Needed:
        return after

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        yield from rows
        yield from search.subsearch(self.pipeline, maxout=maximum(self.options, search), what="append")
