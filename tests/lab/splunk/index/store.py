"""The indexes of one server: time-ordered events that searches read newest first."""

from __future__ import annotations

import time as clock
from bisect import bisect_left
from collections.abc import Callable, Iterable
from operator import attrgetter

from ..conf.files import conf_boolean
from ..conf.layering import ConfTree
from ..spl.environment import IndexScope
from ..spl.wildcards import pattern
from .events import IndexMessage, StoredEvent
from .pipeline import IndexPipeline

_order = attrgetter("order")
_time = attrgetter("time")


class _Bucket:
    """The events of one sourcetype in one index, in order of time and arrival."""

    __slots__ = ("_events", "_sorted")

    def __init__(self) -> None:
        self._events: list[StoredEvent] = []
        self._sorted = True

    def add(self, event: StoredEvent) -> None:
        if self._events and event.time < self._events[-1].time:
            self._sorted = False
        self._events.append(event)

    def between(self, earliest: float, latest: float) -> list[StoredEvent]:
        if not self._sorted:
            self._events.sort(key=_order)
            self._sorted = True
        low = bisect_left(self._events, earliest, key=_time)
        return self._events[low : bisect_left(self._events, latest, lo=low, key=_time)]


class Index:
    """Every index of the server. `messages` holds what splunkd would have logged about incoming data.

    now: the clock for _indextime when none is given, epoch seconds.
    """

    def __init__(self, conf: ConfTree, now: Callable[[], float] = clock.time) -> None:
        self._conf = conf
        self._now = now
        self._buckets: dict[str, dict[str, _Bucket]] = {}
        self._created: set[str] = set()
        self._known: tuple[int, frozenset[str]] = (-1, frozenset())
        self._next_number = 0
        self.messages: list[IndexMessage] = []
        self._pipeline = IndexPipeline(conf, lambda level, text: self.messages.append(IndexMessage(level, text)))

    def __len__(self) -> int:
        """The number of events that were indexed."""
        return self._next_number

    def names(self) -> frozenset[str]:
        """The indexes that exist: those of indexes.conf and those made by `create`."""
        if self._known[0] != self._conf.generation:
            conf = self._conf.index_time("indexes")
            names = {
                name
                for name in conf
                if ":" not in name
                and not conf_boolean(conf[name].get("disabled", "false"), conf.where(name, "disabled"))
            }
            self._known = (self._conf.generation, frozenset(names))
        return self._known[1] | self._created

    def create(self, name: str) -> None:
        """Make an index that no indexes.conf names."""
        self._created.add(name)

    def add(
        self,
        raw: str,
        *,
        index: str = "main",
        host: str = "localhost",
        source: str = "lab",
        sourcetype: str = "lab",
        time: float | None = None,
        indextime: float | None = None,
        whole: bool = False,
    ) -> list[StoredEvent]:
        """Put data into an index, through the index-time rules of props.conf; returns the events it became.

        time: the event's epoch when the input knows it; otherwise it is read from the text. indextime: epoch of
        arrival, now when not given. whole: raw is exactly one event, line breaks included. Data for an index that does
        not exist is dropped with a message. Raises UnsupportedConf where props.conf asks for what is not carried out.
        """
        if index not in self.names():
            self.messages.append(
                IndexMessage(
                    "ERROR",
                    f'Received event for unconfigured/disabled/deleted index={index} with source="source::{source}" '
                    f'host="host::{host}" sourcetype="sourcetype::{sourcetype}". The event is dropped.',
                )
            )
            return []
        events = self._pipeline.events(
            raw,
            index=index,
            host=host,
            source=source,
            sourcetype=sourcetype,
            time=time,
            indextime=int(self._now() if indextime is None else indextime),
            first_number=self._next_number,
            whole=whole,
        )
        self._next_number += len(events)
        buckets = self._buckets.setdefault(index, {})
        for event in events:
            buckets.setdefault(event.sourcetype, _Bucket()).add(event)
        return events

    def clear(self) -> None:
        """Forget every event and message; the indexes stay."""
        self._buckets.clear()
        self.messages.clear()

    def count(self, index: str | None = None, sourcetype: str | None = None) -> int:
        """The number of stored events, in one index or all, of one sourcetype or all."""
        return sum(
            len(bucket.between(float("-inf"), float("inf")))
            for name, buckets in self._buckets.items()
            if index in (None, name)
            for kind, bucket in buckets.items()
            if sourcetype in (None, kind)
        )

    def read(
        self,
        scope: IndexScope,
        *,
        default_indexes: Iterable[str],
        allowed: Callable[[str], bool],
        visible_at: float | None,
    ) -> list[StoredEvent]:
        """The events in scope, newest first, and among those of one time the last arrived first.

        default_indexes: searched when the scope names none. allowed: which indexes the user may read. visible_at:
        events that arrive (_indextime) after it do not exist yet.
        """
        wanted = frozenset(default_indexes) if scope.indexes is None else scope.indexes
        slices = [
            bucket.between(scope.earliest, scope.latest)
            for name, buckets in self._buckets.items()
            if allowed(name) and any(index_matches(text, name) for text in wanted)
            for sourcetype, bucket in buckets.items()
            if _matches(scope.sourcetypes, sourcetype)
        ]
        slices = [events for events in slices if events]
        if not slices:
            return []
        events = slices[0] if len(slices) == 1 else sorted((event for part in slices for event in part), key=_order)
        unfiltered = (visible_at, scope.index_earliest, scope.index_latest, scope.hosts, scope.sources) == (None,) * 5
        return (
            events[::-1] if unfiltered else [event for event in reversed(events) if _in_scope(event, scope, visible_at)]
        )


def index_matches(text: str, name: str) -> bool:
    """Whether index=text reads the index. A pattern reads internal indexes (`_...`) only when it begins with `_`."""
    if "*" not in text:
        return text.lower() == name.lower()
    if name.startswith("_") and not text.startswith("_"):
        return False
    return pattern(text, ignore_case=True).fullmatch(name) is not None


def _matches(wanted: frozenset[str] | None, value: str) -> bool:
    return wanted is None or any(pattern(text, ignore_case=True).fullmatch(value) is not None for text in wanted)


def _in_scope(event: StoredEvent, scope: IndexScope, visible_at: float | None) -> bool:
    if visible_at is not None and event.indextime > visible_at:
        return False
    if scope.index_earliest is not None and event.indextime < scope.index_earliest:
        return False
    if scope.index_latest is not None and event.indextime >= scope.index_latest:
        return False
    if scope.hosts is not None and not _matches(scope.hosts, event.host):
        return False
    return scope.sources is None or _matches(scope.sources, event.source)
