"""From the stream of an input to the index: the stanza's defaults, and the joining of unbroken parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.splunk.index.store import Index
from lab.splunk.inputs.definition import InputStanza
from lab.splunk.inputs.stream import StreamEvent

_ON_STARTUP = "$decideOnStartup"


@dataclass(frozen=True)
class Origin:
    """The four defaults that an event takes from its stanza."""

    index: str
    host: str
    source: str
    sourcetype: str


@dataclass
class StreamIndexer:
    """Puts the events of one run into the index; ``count`` is how many the index made of them.

    ``default_index`` stands for the index named ``default``; ``server_host`` for ``host = $decideOnStartup``.
    """

    sink: Index
    scheme: str
    stanzas: Mapping[str, InputStanza]
    single_instance: bool
    default_index: str
    server_host: str
    count: int = 0
    _parts: dict[Origin, list[str]] = field(default_factory=dict)
    _times: dict[Origin, float | None] = field(default_factory=dict)

    def add(self, event: StreamEvent) -> None:
        """One event of the stream. Raises KeyError when it names a stanza that the run was not given."""
        origin = self._origin(event)
        if not event.unbroken:
            self._index(event.data, origin, event.time, whole=True)
            return
        self._parts.setdefault(origin, []).append(event.data)
        self._times.setdefault(origin, event.time)
        if event.done:
            self._flush(origin)

    def finish(self) -> None:
        """The end of the pipe: what was not yet marked as done is broken and indexed too."""
        for origin in list(self._parts):
            self._flush(origin)

    def _flush(self, origin: Origin) -> None:
        self._index("".join(self._parts.pop(origin)), origin, self._times.pop(origin), whole=False)

    def _index(self, data: str, origin: Origin, time: float | None, *, whole: bool) -> None:
        if not data.strip():
            return
        made = self.sink.add(
            data,
            index=origin.index,
            host=origin.host,
            source=origin.source,
            sourcetype=origin.sourcetype,
            time=time,
            whole=whole,
        )
        self.count += len(made)

    def _origin(self, event: StreamEvent) -> Origin:
        """Element of the event, then setting of the stanza, then what splunkd falls back to."""
        stanza = self._stanza(event)
        settings = stanza.settings
        index = event.index or settings.get("index") or "default"
        host = event.host or settings.get("host") or _ON_STARTUP
        return Origin(
            index=self.default_index if index == "default" else index,
            host=self.server_host if host == _ON_STARTUP and event.host is None else host,
            source=event.source or settings.get("source") or stanza.name,
            sourcetype=event.sourcetype or settings.get("sourcetype") or self.scheme,
        )

    def _stanza(self, event: StreamEvent) -> InputStanza:
        if event.stanza is not None:
            return self.stanzas[event.stanza]
        if self.single_instance:
            return InputStanza(self.scheme, "", {})
        return next(iter(self.stanzas.values()))
