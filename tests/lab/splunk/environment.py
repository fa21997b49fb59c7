"""One search's view of the stand-in: what the SPL engine asks for, answered from configuration, index and lookups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, cast

from .conf.files import ConfError, conf_boolean
from .lookups.table import LookupTable
from .spl.environment import CollectOptions, CustomCommand, Event, IndexScope, LookupWrite, Macro
from .spl.errors import SearchFailure, Unsupported
from .spl.values import Row, Value, as_list, text

if TYPE_CHECKING:
    from .stand_in import StandIn

_MACRO_STANZA = re.compile(r"(?P<name>.*?)\((?P<count>\d+)\)\Z", re.DOTALL)
_PLAIN_VALUE = re.compile(r"[\w.:@/+\-]+\Z")
SYSTEM_USERS = ("nobody", "splunk-system-user")


@dataclass(slots=True, kw_only=True)
class SearchEnvironment:
    """See spl.environment.Environment. visible_at: events that arrive after it do not exist yet; None: all exist.

    search_name: the saved search that runs, "" for an ad hoc one.
    """

    stand_in: StandIn
    now: float
    tz: tzinfo = UTC
    earliest: float
    latest: float
    sid: str
    app: str
    user: str
    search_text: str
    search_name: str = ""
    visible_at: float | None = None
    macros_depend_on_run: bool = field(default=False, init=False)
    """Set when a macro with iseval was expanded: its text may be another one in the next run."""

    def limit(self, stanza: str, key: str) -> int:
        """Raises ConfError for a limit that limits.conf does not have."""
        return self.stand_in.limit(stanza, key)

    def macro(self, name: str, arity: int) -> Macro | None:
        """Raises SearchFailure for a stanza that cannot be used."""
        with _conf_errors(SearchFailure):
            return self._macro(name, arity)

    def _macro(self, name: str, arity: int) -> Macro | None:
        conf = self.stand_in.conf("macros", app=self.app, user=self.user)
        stanza = name if arity == 0 else f"{name}({arity})"
        if stanza not in conf:
            return None
        settings = conf[stanza]
        if "definition" not in settings:
            raise ConfError(f"{conf.where(stanza)}: the macro has no definition.")
        args = tuple(part.strip() for part in settings.get("args", "").split(",") if part.strip()) if arity else ()
        if len(args) != arity:
            raise ConfError(f"{conf.where(stanza, 'args')}: {len(args)} arguments are named, the stanza says {arity}.")
        iseval = conf_boolean(settings.get("iseval", "false"), conf.where(stanza, "iseval"))
        self.macros_depend_on_run = self.macros_depend_on_run or iseval
        return Macro(
            settings["definition"],
            args,
            iseval,
            settings.get("validation") or None,
            settings.get("errormsg") or None,
        )

    def macro_arities(self, name: str) -> list[int]:
        conf = self.stand_in.conf("macros", app=self.app, user=self.user)
        counts = [
            int(found["count"]) for stanza in conf if (found := _MACRO_STANZA.match(stanza)) and found["name"] == name
        ]
        return sorted([0, *counts] if name in conf else counts)

    def eventtype(self, name: str) -> str | None:
        """Raises SearchFailure when the event types of the app cannot be used."""
        with _conf_errors(SearchFailure):
            event_type = self.stand_in.knowledge(self).event_types.get(name)
        return event_type.search if event_type is not None else None

    def events(self, scope: IndexScope) -> Iterator[Event]:
        """Raises SearchFailure when the configuration of an event in scope cannot be carried out."""
        with _conf_errors(SearchFailure):
            knowledge = self.stand_in.knowledge(self)
        allowed, default = self.stand_in.index_rights(self.user)
        stored = self.stand_in.index.read(scope, default_indexes=default, allowed=allowed, visible_at=self.visible_at)
        # Events are read only; the protocol's attributes are not, which only mypy minds.
        return cast(Iterator[Event], knowledge.events(stored))

    def lookup(self, name: str, role: str) -> LookupTable:
        with _conf_errors(LookupError):
            return self.stand_in.lookups.table(name, self.app, self.user, role)

    def lookup_rows(self, name: str) -> list[Row]:
        with _conf_errors(LookupError):
            return self.stand_in.lookups.rows(name, self.app, self.user)

    def write_lookup(self, name: str, rows: list[Row], options: LookupWrite) -> None:
        with _conf_errors(LookupError):
            self.stand_in.lookups.write(name, rows, options, self.app, self.user)

    def custom_command(self, name: str) -> CustomCommand | None:
        return self.stand_in.custom_command(name, self)

    def saved_search(self, name: str) -> str | None:
        conf = self.stand_in.conf("savedsearches", app=self.app, user=self.user)
        return conf[name].get("search") if name in conf else None

    def rest(self, path: str, arguments: Mapping[str, str]) -> list[Row]:
        """Raises LookupError for an endpoint that is not there or that the user may not read."""
        return self.stand_in.processes.rest_rows(path, arguments, self.user)

    def collect(self, rows: Iterable[Row], options: CollectOptions) -> None:
        """Write rows as events, as the files that `collect` makes are indexed.

        Raises Unsupported for HEC format, SearchFailure where index-time rules cannot be carried out.
        """
        with _conf_errors(SearchFailure):
            self._collect(rows, options)

    def _collect(self, rows: Iterable[Row], options: CollectOptions) -> None:
        if options.output_format != "raw":
            raise Unsupported(f"output_format={options.output_format}", "collect: only output_format=raw is supported.")
        for row in rows:
            raw = row.get("_raw")
            # The marker goes to the end of what is written.
            marker = f", {options.marker}" if options.marker else ""
            body = text(raw) if raw is not None else self._stash_text(row, options)
            self.stand_in.index.add(
                body + marker,
                index=options.index,
                host=options.host or self.stand_in.host,
                source=options.source
                or self.search_name
                or f"{self.stand_in.home}/var/spool/splunk/{self.sid}_events.stash_new",
                sourcetype=options.sourcetype,
                time=self._stash_time(row) if raw is None and options.sourcetype == "stash" else None,
                indextime=self.now,
                whole=True,
            )

    def _stash_time(self, row: Row) -> float:
        """The time of a row without _raw: the first of info_min_time, _time and now (searchbnf.conf, addtime)."""
        for name in ("info_min_time", "_time"):
            value = row.get(name)
            if value is not None:
                try:
                    return float(text(value))
                except ValueError:
                    continue
        return self.now

    def _stash_text(self, row: Row, options: CollectOptions) -> str:
        parts: list[str] = []
        if options.addtime:
            parts.append(datetime.fromtimestamp(self._stash_time(row), self.tz).strftime("%m/%d/%Y %H:%M:%S %z"))
        if self.search_name:
            parts.append(f"search_name={_stash_value(self.search_name)}")
        parts.append(f"search_now={self.now:.3f}")
        parts.append(f"info_min_time={self.earliest:.3f}")
        parts.append("info_max_time=" + (f"{self.latest:.3f}" if self.latest < float("inf") else "+Infinity"))
        parts.append(f"info_search_time={self.now:.3f}")
        for name, value in row.items():
            if not name.startswith("_"):
                parts += [f"{name}={_stash_value(item)}" for item in as_list(value)]
        return ", ".join(parts)


@contextmanager
def _conf_errors(kind: type[Exception]) -> Iterator[None]:
    """Turns configuration that cannot be used into the error that the engine expects."""
    try:
        yield
    except ConfError as error:
        raise kind(str(error)) from error


def _stash_value(value: Value) -> str:
    plain = text(value)
    if _PLAIN_VALUE.match(plain):
        return plain
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
