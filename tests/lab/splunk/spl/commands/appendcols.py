"""appendcols: puts the fields of a subsearch beside the rows, first to first, second to second."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ..arguments import boolean
from ..command import Command
from ..values import Row
from .subsearch_options import maximum, subsearch_options

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search


class AppendCols(Command):
    """`appendcols [override=<bool>] [maxout=<int>] [<subsearch>]`.

    A field that a row has already is kept unless override=t; the subsearch's internal fields are left out.
    """

    name = "appendcols"
    placement = "dataset"

    def __init__(self, pipeline: Pipeline, options: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self.options = options
        self.override: bool = options.get("override", False)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options = subsearch_options(args, {"override": boolean})
        return cls(args.subsearch(), options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        beside = search.subsearch(self.pipeline, maxout=maximum(self.options, search), what="appendcols")
        for row, more in zip_longest(rows, beside):
            joined: Row = {} if row is None else row
            for name, value in (more or {}).items():
                if name[:1] != "_" and (self.override or name not in joined):
                    joined[name] = value
            yield joined
