"""The events of stories and scenarios: what one entry of an `events` list becomes.

An entry has exactly one of these, and the timing keys of _TIMING:

  signin:    {user, src, code, feed, app, client_app, agent, kind, id, correlation_id, ..., set, last, pad_to}
             `feed` is one of FEEDS or a list of them (the same sign-in, the same id, in each); the rest goes to
             SignIn.draw.
  audit:     {Operation: ..., ...}  a Management Activity record. Keys with a capital are keys of the record and replace
             what the builder wrote (null removes the key; Parameters may be a mapping); keys without one are arguments
             of the builder for the operation (`actor`, `mailbox`, `src`, `items`, `access: Sync`, `rule_name`, `last`,
             `pad_to`, ...).
  sysmon:    {event_id: 1 or 11, Image, TargetFilename or CommandLine, User, Computer, ...}
  security:  {event_id: 4663, ProcessName, ObjectName, User, Computer, ...}
  raw:       {sourcetype, source, host, text}  the event's text as it is

Timing: `at` (a span after the base; default 0s), `every` and `count` (repetitions; `{i}` is the number), `jitter`
(each repetition moves by up to this much, drawn), `late` (arrives this much after it happened), `twice` (true: a
second copy arrives with the first; a span: it arrives that much later).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lab.company import clock
from lab.company.records import compliance, directory_audit, exchange_admin, inbox_rules, mailbox_audit, windows_events
from lab.company.records.audit_sign_in import audit_sign_in
from lab.company.records.catalogue import LOGON_ERRORS
from lab.company.records.event_hub_sign_in import event_hub_sign_in
from lab.company.records.graph_sign_in import graph_sign_in
from lab.company.records.shape import Payload, compact, keys_last
from lab.company.records.sign_in import SignIn
from lab.company.script.template import ScriptError, fill

FEEDS = ("graph", "graph_v1", "o365_graph", "event_hub", "audit")
KINDS = ("signin", "audit", "sysmon", "security", "raw")
_TIMING = ("at", "every", "count", "jitter", "late", "twice")


@dataclass(frozen=True)
class Emission:
    """One event that one service wrote.

    `feed` is one of FEEDS, `endpoint` or `raw`. `payload` is the record of a cloud feed, `raw` the text of the others.
    `late` is seconds from event to arrival when the file says so, else None. `copies` are further arrivals, seconds
    after the first."""

    feed: str
    time: float
    where: str
    payload: Payload | None = None
    raw: str | None = None
    sign_in_kind: str | None = None
    host: str = ""
    source: str = ""
    sourcetype: str = ""
    late: float | None = None
    copies: tuple[float, ...] = field(default=())

    def text(self) -> str:
        """The event as a collector writes it: the record as one line of JSON, or the text itself."""
        return compact(self.payload) if self.payload is not None else str(self.raw)


def expand(entries: Any, *, base: float, names: Mapping[str, Any], rng: Random, where: str) -> list[Emission]:
    """Every event of an `events` list, in the list's order. `base` is the epoch second of `at: 0s`. ScriptError with
    the entry and key of whatever cannot be understood."""
    if not isinstance(entries, list) or not entries:
        raise ScriptError(where, "`events` must be a list with at least one entry")
    emissions: list[Emission] = []
    for number, entry in enumerate(entries):
        emissions.extend(_expand_entry(entry, base, names, rng, f"{where}.events[{number}]"))
    return emissions


def _expand_entry(entry: Any, base: float, names: Mapping[str, Any], rng: Random, where: str) -> Iterator[Emission]:
    if not isinstance(entry, dict):
        raise ScriptError(where, f"an event is a mapping, not {type(entry).__name__}")
    kinds = [key for key in entry if key in KINDS]
    unknown = [key for key in entry if key not in KINDS and key not in _TIMING]
    if unknown:
        raise ScriptError(where, f"unknown key {unknown[0]!r}; known: {', '.join(KINDS + _TIMING)}")
    if len(kinds) != 1:
        raise ScriptError(
            where, f"an event has exactly one of {', '.join(KINDS)}; this one has {', '.join(kinds) or 'none'}"
        )
    kind = kinds[0]
    timing = _Timing.read(entry, names, where)
    for i in range(timing.count):
        facts = fill(entry[kind], names, i, f"{where}.{kind}")
        if not isinstance(facts, dict):
            raise ScriptError(f"{where}.{kind}", "must be a mapping")
        time = timing.time(base, i, rng)
        for emission in _BUILDERS[kind](dict(facts), time, rng, f"{where}.{kind}"):
            yield Emission(**{**vars(emission), "late": timing.late, "copies": timing.copies})


@dataclass(frozen=True)
class _Timing:
    at: float
    every: float
    count: int
    jitter: float
    late: float | None
    copies: tuple[float, ...]

    @classmethod
    def read(cls, entry: Mapping[str, Any], names: Mapping[str, Any], where: str) -> _Timing:
        given = {key: fill(entry[key], names, 0, f"{where}.{key}") for key in _TIMING if key in entry}
        count = given.get("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ScriptError(f"{where}.count", f"must be a whole number from 0, not {count!r}")
        if count > 1 and "every" not in given:
            raise ScriptError(where, "`count` needs `every`: the span between repetitions (0s for all at once)")
        twice = given.get("twice", False)
        spans = {key: _span(given[key], f"{where}.{key}") for key in ("at", "every", "jitter", "late") if key in given}
        copies: tuple[float, ...] = ()
        if twice is True:
            copies = (0.0,)
        elif twice is not False:
            copies = (_span(twice, f"{where}.twice"),)
        return cls(
            at=spans.get("at", 0.0),
            every=spans.get("every", 0.0),
            count=count,
            jitter=spans.get("jitter", 0.0),
            late=spans.get("late"),
            copies=copies,
        )

    def time(self, base: float, i: int, rng: Random) -> float:
        """When repetition `i` happens, to the millisecond; jitter moves it later, so that the first is never before
        `at`."""
        moved = rng.uniform(0, self.jitter) if self.jitter else 0.0
        return round(base + self.at + i * self.every + moved, 3)


def _span(value: Any, where: str) -> float:
    try:
        return clock.seconds(value)
    except ValueError as error:
        raise ScriptError(where, str(error)) from None


def _sign_in(facts: dict[str, Any], time: float, rng: Random, where: str) -> Iterator[Emission]:
    feeds = facts.pop("feed", "graph")
    feeds = feeds if isinstance(feeds, list) else [feeds]
    unknown = [feed for feed in feeds if feed not in FEEDS]
    if unknown:
        raise ScriptError(f"{where}.feed", f"{unknown[0]!r} is no feed; known: {', '.join(FEEDS)}")
    changes = facts.pop("set", {})
    port = facts.pop("port", False)
    shape: dict[str, Any] = {key: facts.pop(key) for key in ("last", "pad_to") if key in facts}
    if isinstance(facts.get("code"), str):
        facts["code"] = int(facts["code"])
    try:
        sign_in = SignIn.draw(rng, time=time, **facts)
        for feed in feeds:
            payload = _feed_record(feed, sign_in, rng, port, shape)
            _replace(payload, changes, where)
            yield Emission(
                feed=feed,
                time=float(int(time)) if feed in ("audit", "graph", "o365_graph") else time,
                where=where,
                payload=payload,
                sign_in_kind=sign_in.kind,
                **_FEED_SOURCES[feed],
            )
    except (ValueError, TypeError, KeyError) as error:
        raise ScriptError(where, str(error)) from None


_FEED_SOURCES: dict[str, dict[str, Any]] = {
    "graph": {"sourcetype": "azure:aad:signin", "source": "entra_sign_ins"},
    "graph_v1": {"sourcetype": "azure:aad:signin", "source": "entra_sign_ins"},
    "o365_graph": {"sourcetype": "o365:graph:api", "source": "AuditLogs.SignIns"},
    "event_hub": {"sourcetype": "azure:monitor:aad", "source": "azure_event_hub"},
    "audit": {"sourcetype": "o365:management:activity", "source": "o365_management_activity"},
}


def _feed_record(feed: str, sign_in: SignIn, rng: Random, port: bool, shape: Mapping[str, Any]) -> Payload:
    if feed == "audit":
        return audit_sign_in(sign_in, rng, port=port, **shape)
    if feed == "event_hub":
        return event_hub_sign_in(sign_in, rng, **shape)
    return graph_sign_in(sign_in, rng, version="v1.0" if feed == "graph_v1" else "beta", **shape)


def _audit(facts: dict[str, Any], time: float, rng: Random, where: str) -> Iterator[Emission]:
    operation = facts.pop("Operation", None)
    if not isinstance(operation, str):
        raise ScriptError(f"{where}.Operation", "an audit record needs the name of its operation")
    changes = {key: facts.pop(key) for key in list(facts) if key[:1].isupper()}
    try:
        payload = _audit_record(operation, facts, changes, time, rng)
        _replace(payload, changes, where)
        keys_last(payload, facts.get("last", ()))
    except (ValueError, TypeError, KeyError) as error:
        raise ScriptError(where, f"{operation}: {error}") from None
    yield Emission(feed="audit", time=float(int(time)), where=where, payload=payload, **_FEED_SOURCES["audit"])


def _audit_record(operation: str, facts: dict[str, Any], changes: dict[str, Any], time: float, rng: Random) -> Payload:
    """The record of the builder that knows the operation. Takes from `changes` what the builder must be told."""
    if operation in ("UserLoggedIn", "UserLoginFailed"):
        return _audit_logon(operation, facts, changes, time, rng)
    facts.setdefault("actor", changes.pop("UserId", None) or changes.get("MailboxOwnerUPN"))
    if facts["actor"] is None:
        raise ValueError("who did it is missing: give `actor` or UserId")
    if operation in exchange_admin.OPERATIONS:
        facts["parameters"] = changes.pop("Parameters", facts.get("parameters", {}))
        return _call(exchange_admin.exchange_admin, rng, time=time, operation=operation, **facts)
    if operation in compliance.CMDLETS:
        facts["parameters"] = changes.pop("Parameters", facts.get("parameters", {}))
        return _call(compliance.compliance_cmdlet, rng, time=time, operation=operation, **facts)
    if operation in compliance.DISCOVERY:
        return _call(compliance.discovery_event, rng, time=time, operation=operation, **facts)
    if operation in directory_audit.USER_OPERATIONS:
        return _call(directory_audit.directory_change, rng, time=time, operation=operation, **facts)
    if operation in directory_audit.FILE_OPERATIONS:
        return _call(directory_audit.file_activity, rng, time=time, operation=operation, **facts)
    return _mailbox_record(operation, facts, time, rng)


def _mailbox_record(operation: str, facts: dict[str, Any], time: float, rng: Random) -> Payload:
    facts.setdefault("mailbox", facts["actor"])
    facts.setdefault("src", None)
    if operation == "UpdateInboxRules":
        return inbox_rules.update_inbox_rules(rng, time=time, **facts)
    facts.setdefault("client", mailbox_audit.OUTLOOK_WEB)
    if operation in mailbox_audit.SEARCHES:
        return mailbox_audit.search_query(rng, time=time, operation=operation, **facts)
    if operation == "AttachmentAccess":
        return mailbox_audit.mail_items_bound(rng, time=time, operation=operation, **facts)
    if operation != "MailItemsAccessed":
        return mailbox_audit.mailbox_action(rng, time=time, operation=operation, **facts)
    access = facts.pop("access", "Bind")
    if access == "Sync":
        return mailbox_audit.mail_items_synced(rng, time=time, **facts)
    if access != "Bind":
        raise ValueError(f"access is Bind or Sync, not {access!r}")
    return mailbox_audit.mail_items_bound(rng, time=time, **facts)


def _audit_logon(operation: str, facts: dict[str, Any], changes: dict[str, Any], time: float, rng: Random) -> Payload:
    port = facts.pop("port", False)
    shape: dict[str, Any] = {key: facts.pop(key) for key in ("last", "pad_to") if key in facts}
    error = changes.get("LogonError")
    if "code" not in facts:
        if error in LOGON_ERRORS:
            facts["code"] = LOGON_ERRORS[error].code
        else:
            facts["code"] = int(changes.get("ErrorNumber", 0 if operation == "UserLoggedIn" else 50126))
    facts.setdefault("user", changes.get("UserId"))
    facts.setdefault("src", changes.get("ClientIP") or changes.get("ActorIpAddress"))
    if not facts["user"] or not facts["src"]:
        raise ValueError("a sign-in needs `user` and `src` (or UserId and ClientIP)")
    payload = audit_sign_in(SignIn.draw(rng, time=time, **facts), rng, port=port, **shape)
    payload["Operation"] = operation
    return payload


def _call(build: Callable[..., Payload], rng: Random, **facts: Any) -> Payload:
    known = inspect.signature(build).parameters
    unknown = [name for name in facts if name not in known]
    if unknown:
        takes = ", ".join(name for name in known if name not in ("rng", "time"))
        raise ValueError(f"no argument {unknown[0]!r}; the builder takes {takes}")
    return build(rng, **facts)


def _replace(payload: Payload, changes: Mapping[str, Any], where: str) -> None:
    """Sets keys of the record; dots go into nested objects (a key that itself has a dot is taken whole); null
    removes."""
    for path, value in changes.items():
        node: Any = payload
        steps = [path] if path in payload else path.split(".")
        for step in steps[:-1]:
            if not isinstance(node.get(step), dict):
                raise ScriptError(where, f"{path!r}: the record has no object {step!r}")
            node = node[step]
        if value is None:
            node.pop(steps[-1], None)
        elif path == "Parameters":
            node[path] = exchange_admin.parameter_list(value)
        else:
            node[steps[-1]] = value


def _sysmon(facts: dict[str, Any], time: float, rng: Random, where: str) -> Iterator[Emission]:
    event_id = facts.pop("event_id", None)
    if event_id not in _SYSMON_KEYS:
        raise ScriptError(f"{where}.event_id", f"is 1 (process created) or 11 (file created), not {event_id!r}")
    builder, keys = _SYSMON_KEYS[event_id]
    yield _windows(builder, keys, windows_events.SYSMON, facts, time, rng, where)


def _security(facts: dict[str, Any], time: float, rng: Random, where: str) -> Iterator[Emission]:
    event_id = facts.pop("event_id", 4663)
    if event_id != 4663:
        raise ScriptError(f"{where}.event_id", f"is 4663, not {event_id!r}")
    yield _windows(
        windows_events.file_access_audited, _OBJECT_ACCESS_KEYS, windows_events.SECURITY, facts, time, rng, where
    )


_SYSMON_KEYS: dict[int, tuple[Callable[..., str], dict[str, str]]] = {
    1: (
        windows_events.sysmon_process_created,
        {
            "Image": "image",
            "CommandLine": "command_line",
            "User": "user",
            "Computer": "computer",
            "ParentImage": "parent",
            "OriginalFileName": "original_name",
            "Company": "company",
            "CurrentDirectory": "directory",
            "style": "style",
        },
    ),
    11: (
        windows_events.sysmon_file_created,
        {"Image": "image", "TargetFilename": "target", "User": "user", "Computer": "computer", "style": "style"},
    ),
}
_OBJECT_ACCESS_KEYS = {
    "ProcessName": "process",
    "ObjectName": "object_name",
    "User": "user",
    "Computer": "computer",
    "AccessList": "access_list",
    "AccessMask": "access_mask",
    "style": "style",
}


def _windows(
    builder: Callable[..., str],
    keys: Mapping[str, str],
    channel: str,
    facts: dict[str, Any],
    time: float,
    rng: Random,
    where: str,
) -> Emission:
    unknown = [key for key in facts if key not in keys]
    if unknown:
        raise ScriptError(where, f"unknown key {unknown[0]!r}; known: event_id, {', '.join(keys)}")
    try:
        raw = builder(rng, time=time, **{keys[key]: value for key, value in facts.items()})
    except TypeError as error:
        raise ScriptError(where, f"{error}; known keys: {', '.join(keys)}") from None
    computer = str(facts["Computer"])
    return Emission(
        feed="endpoint",
        time=time,
        where=where,
        raw=raw,
        host=computer.split(".", 1)[0],
        source=windows_events.source_of(channel),
        sourcetype="XmlWinEventLog",
    )


def _raw(facts: dict[str, Any], time: float, rng: Random, where: str) -> Iterator[Emission]:
    unknown = [key for key in facts if key not in ("sourcetype", "source", "host", "text")]
    if unknown or "sourcetype" not in facts or "text" not in facts:
        raise ScriptError(where, "a raw event has sourcetype and text, and may have source and host; nothing else")
    yield Emission(
        feed="raw",
        time=time,
        where=where,
        raw=str(facts["text"]),
        host=str(facts.get("host", "")),
        source=str(facts.get("source", "raw")),
        sourcetype=str(facts["sourcetype"]),
    )


_BUILDERS: dict[str, Callable[[dict[str, Any], float, Random, str], Iterator[Emission]]] = {
    "signin": _sign_in,
    "audit": _audit,
    "sysmon": _sysmon,
    "security": _security,
    "raw": _raw,
}
