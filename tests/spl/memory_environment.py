"""A system round the SPL engine that lives in memory: events, lookups and macros given as Python values.

It is a fake of what surrounds the engine, for tests of the language and the commands; fields of events are the keys of
the given rows, and no props.conf is read. Limits are those of Splunk's limits.conf unless a test sets others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from lab.splunk.spl.environment import CollectOptions, CustomCommand, IndexScope, LookupWrite, Macro
from lab.splunk.spl.values import Row, Value, as_list, text
from lab.splunk.spl.wildcards import pattern

DEFAULT_LIMITS = {
    ("subsearch", "maxout"): 10_000,
    ("subsearch", "maxtime"): 60,
    ("searchresults", "maxresultrows"): 50_000,
    ("search", "max_macro_depth"): 100,
    ("search", "max_rawsize_perchunk"): 100_000_000,
    ("join", "subsearch_maxout"): 50_000,
    ("spath", "extraction_cutoff"): 5_000,
    ("kv", "maxchars"): 10_240,
    ("kv", "limit"): 100,
    ("kv", "maxcols"): 512,
    ("stats", "list_maxsize"): 100,
    ("stats", "maxvalues"): 0,
    ("stats", "maxresultrows"): 50_000,
    ("stats", "maxmem_check_freq"): 50_000,
    ("stats", "max_stream_window"): 10_000,
    ("mvexpand", "max_mem_usage_mb"): 500,
    ("default", "max_mem_usage_mb"): 200,
    ("lookup", "max_matches"): 1_000,
    ("transactions", "maxopentxn"): 5_000,
    ("transactions", "maxopenevents"): 100_000,
    ("top", "maxresultrows"): 50_000,
    ("rare", "maxresultrows"): 50_000,
    ("discretize", "maxbins"): 50_000,
    ("autoregress", "maxp"): 10_000,
    ("autoregress", "maxrange"): 1_000,
    ("rex", "match_limit"): 100_000,
}


class MemoryEvent:
    """An event whose fields are all known."""

    __slots__ = ("fields", "host", "index", "indextime", "kept", "raw", "source", "sourcetype", "time")

    def __init__(self, fields: Row, now: float) -> None:
        self.time = float(text(fields.get("_time", now)))
        self.indextime = float(text(fields.get("_indextime", self.time)))
        self.raw = text(fields.get("_raw", ""))
        self.index = text(fields.get("index", "main"))
        self.host = text(fields.get("host", "host1"))
        self.source = text(fields.get("source", "source1"))
        self.sourcetype = text(fields.get("sourcetype", "sourcetype1"))
        defaults: Row = {
            "_time": _plain(self.time), "_indextime": _plain(self.indextime), "_raw": self.raw, "index": self.index,
            "host": self.host, "source": self.source, "sourcetype": self.sourcetype,
        }  # fmt: skip
        self.fields = {**fields, **defaults}
        self.kept: dict[Any, Row | None] = {}

    def get(self, field: str) -> Value | None:
        return self.fields.get(field)

    def row(self, needed: frozenset[str] | None) -> Row:
        if needed is None:
            return dict(self.fields)
        fields = self.fields
        return {name: fields[name] for name in needed if name in fields}


def _plain(epoch: float) -> str:
    return text(epoch)


class MemoryLookup:
    """Rows of a table, matched exactly (case-sensitive, as Splunk does by default)."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = [{name: text(value) for name, value in row.items()} for row in rows]
        self.fields = list(dict.fromkeys(name for row in rows for name in row))

    def match(self, inputs: Mapping[str, Value]) -> list[dict[str, str]]:
        wanted = {name: [text(item) for item in as_list(value)] for name, value in inputs.items()}
        return [row for row in self.rows if all(row.get(name) in values for name, values in wanted.items())]


@dataclass
class MemoryEnvironment:
    """See Environment. `written` and `collected` keep what searches wrote."""

    now: float = 1_577_880_000.0
    tz: tzinfo = UTC
    earliest: float = 0.0
    latest: float = 4_102_444_800.0
    sid: str = "1577880000.1"
    app: str = "search"
    user: str = "admin"
    search_text: str = ""
    indexed: list[Row] = field(default_factory=list)
    lookups: dict[str, list[Row]] = field(default_factory=dict)
    collections: frozenset[str] = frozenset()
    """Names of the lookups that live in the KV store, which an indexer does not have."""
    macros: dict[tuple[str, int], Macro] = field(default_factory=dict)
    eventtypes: dict[str, str] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, list[Row]] = field(default_factory=dict)
    """What `rest` finds: path to entries."""
    limits: dict[tuple[str, str], int] = field(default_factory=dict)
    custom: dict[str, CustomCommand] = field(default_factory=dict)
    collected: list[tuple[list[Row], CollectOptions]] = field(default_factory=list)
    scopes: list[IndexScope] = field(default_factory=list)

    def limit(self, stanza: str, key: str) -> int:
        place = (stanza, key)
        return self.limits[place] if place in self.limits else DEFAULT_LIMITS[place]

    def macro(self, name: str, arity: int) -> Macro | None:
        return self.macros.get((name, arity))

    def macro_arities(self, name: str) -> list[int]:
        return [arity for known, arity in self.macros if known == name]

    def eventtype(self, name: str) -> str | None:
        return self.eventtypes.get(name)

    def events(self, scope: IndexScope) -> Iterator[MemoryEvent]:
        self.scopes.append(scope)
        found = [MemoryEvent(row, self.now) for row in self.indexed]
        found = [event for event in found if scope.earliest <= event.time < scope.latest and _in_scope(event, scope)]
        return iter(sorted(found, key=lambda event: -event.time))

    def lookup(self, name: str, role: str) -> MemoryLookup:
        if name in self.collections and role == "indexer":
            raise LookupError(f"The lookup table '{name}' is a KV store collection, which does not exist on indexers.")
        return MemoryLookup(self.lookup_rows(name))

    def lookup_rows(self, name: str) -> list[Row]:
        if name not in self.lookups:
            raise LookupError(f"The lookup table '{name}' does not exist or is not available.")
        return [dict(row) for row in self.lookups[name]]

    def write_lookup(self, name: str, rows: list[Row], options: LookupWrite) -> None:
        if not rows and not options.append and not options.override_if_empty:
            return
        kept = self.lookups.get(name, []) if options.append or options.key_field else []
        if options.key_field:
            keys = {row.get(options.key_field) for row in rows}
            kept = [row for row in kept if row.get(options.key_field) not in keys]
        self.lookups[name] = [*kept, *({name: _flat(value) for name, value in row.items()} for row in rows)]

    def custom_command(self, name: str) -> CustomCommand | None:
        return self.custom.get(name)

    def collect(self, rows: Iterable[Row], options: CollectOptions) -> None:
        self.collected.append(([dict(row) for row in rows], options))

    def rest(self, path: str, arguments: Mapping[str, str]) -> list[Row]:
        """What a test put there by path and arguments."""
        if path not in self.endpoints:
            raise LookupError("404 Not Found")
        return [{**row, **arguments} for row in self.endpoints[path]]

    def saved_search(self, name: str) -> str | None:
        return self.saved.get(name)


def _flat(value: Value) -> Value:
    return [text(item) for item in value] if isinstance(value, list) else text(value)


def _in_scope(event: MemoryEvent, scope: IndexScope) -> bool:
    if scope.index_earliest is not None and event.indextime < scope.index_earliest:
        return False
    if scope.index_latest is not None and event.indextime >= scope.index_latest:
        return False
    pairs = (
        (scope.indexes, event.index), (scope.sourcetypes, event.sourcetype),
        (scope.sources, event.source), (scope.hosts, event.host),
    )  # fmt: skip
    return all(
        wanted is None or any(pattern(name, ignore_case=True).fullmatch(value) for name in wanted)
        for wanted, value in pairs
    )
