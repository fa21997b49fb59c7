"""metadata: the hosts, sources or source types of indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import Arguments, one_of, string
from ..command import Command
from ..environment import IndexScope
from ..values import Row

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search

_FIELDS = {"hosts": "host", "sources": "source", "sourcetypes": "sourcetype"}


class Metadata(Command):
    """`metadata type=hosts|sources|sourcetypes [index=<index>]...`: one row each, with firstTime, lastTime, recentTime,
    totalCount and type. It counts the events in the range of the search; Splunk counts whole buckets."""

    name = "metadata"
    placement = "generating"

    def __init__(self, kind: str, indexes: frozenset[str] | None) -> None:
        self.kind = kind
        self.indexes = indexes

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        kind: str | None = None
        indexes: list[str] = []
        while not args.at_end:
            # index may be given several times, so each option is read alone.
            options: dict[str, Any] = _one_option(args)
            if "type" in options:
                kind = options["type"]
            if "index" in options:
                indexes.append(options["index"])
        if kind is None:
            raise args.error("expected type=hosts, type=sources or type=sourcetypes", start)
        return cls(kind, frozenset(indexes) or None)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        field = _FIELDS[self.kind]
        found: dict[str, list[float]] = {}
        received: dict[str, float] = {}
        for event in search.environment.events(IndexScope(search.earliest, search.latest, indexes=self.indexes)):
            name = str(getattr(event, field))
            found.setdefault(name, []).append(event.time)
            received[name] = max(received.get(name, event.indextime), event.indextime)
        for name in sorted(found):
            yield {
                "firstTime": int(min(found[name])),
                field: name,
                "lastTime": int(max(found[name])),
                "recentTime": int(received[name]),
                "totalCount": len(found[name]),
                "type": self.kind,
            }


def _one_option(args: Arguments) -> dict[str, Any]:
    name = args.next()
    kinds: dict[str, Any] = {"type": one_of(*_FIELDS), "index": string}
    if not args.accept("=") or name.text.lower() not in kinds:
        raise args.error("expected type= or index=", name)
    return {name.text.lower(): kinds[name.text.lower()](args, args.next())}
