"""appendpipe: runs the rows through a second pipeline and puts its result behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..arguments import boolean
from ..command import Command
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search


class AppendPipe(Command):
    """`appendpipe [run_in_preview=<bool>] [<subpipeline>]`. The subpipeline also runs over no rows."""

    name = "appendpipe"
    placement = "dataset"

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        args.options({"run_in_preview": boolean})
        return cls(args.subsearch(leading_rows=True))

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        kept = list(rows)
        copies = [dict(row) for row in kept]
        yield from kept
        yield from search.stream(self.pipeline, copies)
