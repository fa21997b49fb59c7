"""What the SPL engine asks of the system round it: events, lookups, macros, limits. The engine itself does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from .values import Row, Value

if TYPE_CHECKING:
    from .search import Search


@dataclass(frozen=True, slots=True)
class Macro:
    """A macros.conf stanza as one search sees it. args: the argument names in order."""

    definition: str
    args: tuple[str, ...] = ()
    iseval: bool = False
    validation: str | None = None
    errormsg: str | None = None


@dataclass(frozen=True, slots=True)
class IndexScope:
    """Where an index read may look: a pre-filter, never the whole condition.

    Times are epochs, earliest inclusive, latest exclusive. Each set holds patterns (`*` is a wildcard); None is "any",
    which for indexes means the default indexes of the user. The search expression is applied to every event again.
    """

    earliest: float
    latest: float
    index_earliest: float | None = None
    index_latest: float | None = None
    indexes: frozenset[str] | None = None
    sourcetypes: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    hosts: frozenset[str] | None = None


class Event(Protocol):
    """One stored event. `get` answers for search-time fields and for _time, _raw, _indextime, index, host, source..."""

    time: float
    indextime: float
    raw: str
    index: str
    host: str
    source: str
    sourcetype: str
    kept: dict[Any, Row | None]

    def get(self, field: str) -> Value | None: ...

    def row(self, needed: frozenset[str] | None) -> Row:
        """A new dict of the needed fields (None: all) plus the default fields."""
        ...


class Lookup(Protocol):
    """A lookup table ready to match. Case rule, WILDCARD, CIDR, max_matches and default_match are its own business."""

    fields: list[str]

    def match(self, inputs: Mapping[str, Value]) -> list[dict[str, str]]: ...


class CustomCommand(Protocol):
    """A commands.conf command. placement: as Command.placement; required_fields: None means all."""

    placement: str

    def run(self, rows: Iterator[Row], args_text: str, search: Search) -> Iterator[Row]: ...


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """Where `collect` writes. Absent values are Splunk's defaults (source: the search name, sourcetype: stash)."""

    index: str = "summary"
    sourcetype: str = "stash"
    source: str | None = None
    host: str | None = None
    marker: str = ""
    addtime: bool = True
    output_format: str = "raw"
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LookupWrite:
    """How `outputlookup` writes, options by Splunk's names."""

    append: bool = False
    key_field: str | None = None
    create_empty: bool = False
    override_if_empty: bool = True
    create_context: str = "app"
    max: int | None = None


class Environment(Protocol):
    """One search's view of the system: its app, user, clock, zone and time range."""

    now: float
    tz: tzinfo
    earliest: float
    latest: float
    sid: str
    app: str
    user: str
    search_text: str

    def limit(self, stanza: str, key: str) -> int:
        """A limits.conf value, such as ("searchresults", "maxresultrows")."""
        ...

    def macro(self, name: str, arity: int) -> Macro | None: ...

    def macro_arities(self, name: str) -> list[int]:
        """The numbers of arguments that macros of this name take, for the error message; empty when there is none."""
        ...

    def eventtype(self, name: str) -> str | None:
        """The search string of an enabled event type."""
        ...

    def events(self, scope: IndexScope) -> Iterable[Event]:
        """The stored events in scope, newest first."""
        ...

    def lookup(self, name: str, role: str) -> Lookup:
        """A lookup by definition or file name. Raises LookupError with the reason; KV store lookups refuse
        "indexer"."""
        ...

    def lookup_rows(self, name: str) -> list[Row]:
        """All rows of a lookup. Raises LookupError."""
        ...

    def write_lookup(self, name: str, rows: list[Row], options: LookupWrite) -> None:
        """Raises LookupError."""
        ...

    def custom_command(self, name: str) -> CustomCommand | None: ...

    def collect(self, rows: Iterable[Row], options: CollectOptions) -> None: ...

    def saved_search(self, name: str) -> str | None: ...

    def rest(self, path: str, arguments: Mapping[str, str]) -> list[Row]:
        """The entries of an endpoint of the search head, as the user may see them. Raises LookupError with words."""
