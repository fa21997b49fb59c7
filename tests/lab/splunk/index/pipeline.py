"""What happens to data on its way into an index: props.conf in the global context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..conf.known_settings import refuse_unknown_props
from ..conf.layering import ConfTree
from ..conf.props_stanzas import PropsStanzas
from .events import StoredEvent
from .line_breaking import LineBreaker
from .timestamps import Timestamp, TimestampReader


@dataclass(frozen=True, slots=True)
class _Rules:
    breaker: LineBreaker
    timestamps: TimestampReader


class IndexPipeline:
    """Turns data into events. warn: receives what splunkd would log, with its level."""

    def __init__(self, conf: ConfTree, warn: Callable[[str, str], None]) -> None:
        self._conf = conf
        self._warn = warn
        self._generation = -1
        self._stanzas: PropsStanzas
        self._rules: dict[tuple[str, ...], _Rules] = {}
        self._last_time: dict[tuple[str, str, str], int | float] = {}

    def events(
        self,
        data: str,
        *,
        index: str,
        host: str,
        source: str,
        sourcetype: str,
        time: int | float | None,
        indextime: int,
        first_number: int,
        whole: bool,
    ) -> list[StoredEvent]:
        """The events that the data makes. time: given from outside, nothing is read from the text then.

        whole: the data is one event already (no line breaking). TRUNCATE holds in any case.
        """
        rules = self.rules(sourcetype, source, host)
        made: list[StoredEvent] = []
        for raw in [data] if whole else rules.breaker.events(data):
            raw, bytes_before = rules.breaker.cut(raw)
            if bytes_before > rules.breaker.truncate > 0:
                self._warn(
                    "WARN",
                    f"Truncating line because limit of {rules.breaker.truncate} bytes has been exceeded with a line "
                    f'length >= {bytes_before} - data_source="{source}", data_host="{host}", '
                    f'data_sourcetype="{sourcetype}"',
                )
            stamp = (
                None
                if time is not None
                else self._timestamp(rules.timestamps, raw, host, source, sourcetype, indextime)
            )
            event_time = time if time is not None else self._time(stamp, host, source, sourcetype, indextime)
            if isinstance(event_time, float) and event_time.is_integer():
                event_time = int(event_time)
            made.append(
                StoredEvent(
                    time=event_time,
                    indextime=indextime,
                    raw=raw,
                    index=index,
                    host=host,
                    source=source,
                    sourcetype=sourcetype,
                    number=first_number + len(made),
                    timestamp=(stamp.start, stamp.end) if stamp else None,
                    zone=stamp.zone if stamp else None,
                )
            )
        return made

    def rules(self, sourcetype: str, source: str, host: str) -> _Rules:
        """The index-time rules of one kind of data; refuses settings that are not carried out."""
        if self._generation != self._conf.generation:
            self._generation = self._conf.generation
            self._stanzas = PropsStanzas(self._conf.index_time("props"))
            self._rules.clear()
        names = self._stanzas.names(sourcetype, source, host)
        rules = self._rules.get(names)
        if rules is None:
            settings = self._stanzas.settings(names)
            refuse_unknown_props(settings, at_search_time=False)
            plain = {key: setting.value for key, setting in settings.items()}
            where = f"props.conf for sourcetype {sourcetype!r} ({', '.join(names) or 'default'})"
            rules = self._rules[names] = _Rules(LineBreaker(plain, where), TimestampReader(plain, where))
        return rules

    def _timestamp(
        self, reader: TimestampReader, raw: str, host: str, source: str, sourcetype: str, indextime: int
    ) -> Timestamp | None:
        if reader.mode != "format":
            return None
        stamp = reader.read(raw, indextime)
        if stamp is None:
            previous = (host, source, sourcetype) in self._last_time
            fallback = "timestamp of previous event" if previous else "current time"
            self._warn(
                "WARN",
                f"Failed to parse timestamp in first MAX_TIMESTAMP_LOOKAHEAD characters of event. Defaulting to "
                f"{fallback}. Context: source={source}|host={host}|{sourcetype}|{raw[:80]}",
            )
        return stamp

    def _time(self, stamp: Timestamp | None, host: str, source: str, sourcetype: str, indextime: int) -> int | float:
        if self.rules(sourcetype, source, host).timestamps.mode != "format":
            return indextime
        key = (host, source, sourcetype)
        if stamp is not None:
            self._last_time[key] = stamp.time
            return stamp.time
        return self._last_time.get(key, indextime)
