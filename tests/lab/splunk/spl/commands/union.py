"""union and multisearch: the rows of several subsearches together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from ..command import Command
from ..tokens import Kind
from ..values import Row, number
from .subsearch_options import maximum, subsearch_options

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler, Pipeline
    from ..search import Search


class Union(Command):
    """`union [maxout=<int>] [<subsearch>] [<subsearch>]...`: the rows that are there, then those of each subsearch."""

    name = "union"
    placement = "dataset"
    may_be_first: ClassVar[bool] = True

    def __init__(self, pipelines: list[Pipeline], options: dict[str, Any]) -> None:
        self.pipelines = pipelines
        self.options = options

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options = subsearch_options(args)
        pipelines = _subsearches(args)
        if args.first and len(pipelines) < 2:
            raise args.error("expected two or more subsearches")
        return cls(pipelines, options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        yield from rows
        for pipeline in self.pipelines:
            yield from search.subsearch(pipeline, maxout=maximum(self.options, search), what="union")


class MultiSearch(Command):
    """`multisearch [<search>] [<search>]...`: streaming searches run together, their events newest first, no limit."""

    name = "multisearch"
    placement = "generating"

    def __init__(self, pipelines: list[Pipeline]) -> None:
        self.pipelines = pipelines

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        pipelines = _subsearches(args)
        if len(pipelines) < 2:
            raise args.error("expected two or more searches", start)
        for pipeline in pipelines:
            for command in pipeline.commands[1:]:
                if command.placement != "streaming":
                    raise args.error(f"{command.name} is not a streaming command", start)
        return cls(pipelines)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        streams = [search.stream(pipeline) for pipeline in self.pipelines]
        return heapq.merge(*streams, key=lambda row: -(number(row.get("_time")) or 0))


def _subsearches(args: Arguments) -> list[Pipeline]:
    pipelines: list[Pipeline] = []
    while not args.at_end:
        if args.peek().kind is not Kind.BRACKET:
            raise args.unsupported("a named dataset; write a subsearch in [ ]", args.peek())
        pipelines.append(args.subsearch())
        args.accept(",")
    if not pipelines:
        raise args.error("expected a subsearch in [ ]")
    return pipelines
