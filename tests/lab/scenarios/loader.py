"""Reads tests/detections/<stem>.yml and refuses what it does not understand, naming file, scenario and key.

  detection: address_enumeration_by_source     the file's name without .yml
  defaults:                                    optional; taken by every scenario that does not say otherwise
    base: 2026-03-03T10:00:00Z
    lookups: {mail_threats_accepted_domains: [{domain: contoso.com}]}
  scenarios:
    - id: fires                                lower_snake, unique in the file
      story: one source tries 25 names in 20 minutes
      like: other_id                           optional: all of an earlier scenario; keys given here replace its keys
      base: 2026-03-03T10:00:00Z               ISO 8601 with zone: the moment of `at: 0s`
      lists: {names: [a, b, c]}                members to walk by repetition: {names}, {names[1]}, {names.upn}
      vary:                                    optional: a family; each seed draws one value a name
        names_tried: {range: [11, 60]}         whole number, both ends included
        feed: {choice: [graph, event_hub]}
      late: 2h                                 optional: for every event that has no `late` of its own
      twice: true                              optional: the same for `twice` (true, or a span)
      events:                                  lab.company.script.events; a family writes count: "{names_tried}"
        - signin: {feed: graph, user: "guess{i}@contoso.com", src: 203.0.113.9, code: 50034}
          every: 45s
          count: 25
      allowlist:                               rows of the allowlist file (times ISO 8601, or spans from base)
        - {class: pentest, source: 203.0.113.9, valid_until: 2h}
      settings: {macro_name: value}            macros.conf definitions, written to local/ as an administrator does
      lookups: {collection: [row, ...]}        rows of KV store collections, there before the first event
      clock:                                   optional: the scheduler's day
        skip: [10m, 25m]                       spans from base in which runs are skipped, to be caught up
        disabled: [1d, 20d]                    spans from base in which the rule is disabled: nothing is caught up
        delay: 3m                              every run starts this much late
        until: 3h                              end of the clock after base (default: one hour after the last arrival)
      expect: none
           | - entity: 203.0.113.9             compared in lower case
               status: new                     new (default) or allowed
               severity: medium                optional, exactly
               verdict: Moderate Enumeration   optional: field verdict or enum_verdict
               technique: T1589.002            optional
               score: {min: 40, max: 69}       optional; or one number
               title: "25 addresses"           optional: text the title contains
               revision: 2                     optional
               fields: {unique_names: "25", valid_found: [a@contoso.com]}   as texts; lists in any order;
                                               null: the finding has no such field
      raised: 1                                optional: how many rows got past the rule's suppression
      warnings: [never matches]                optional: texts that a warning must contain; every other one fails

A finding the list does not name fails the scenario, and so does a warning or error of a search.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import yaml

from lab.company import clock
from lab.company.script.events import expand
from lab.company.script.template import ScriptError, fill
from lab.company.stories import allowlist_row
from lab.company.world import SEVERITIES
from lab.scenarios.events import IndexedEvent, indexed
from lab.scenarios.scenario import Clock, Expected, Scenario

REQUIRED_IDS = ("fires", "benign_twin", "one_below", "allowlisted", "late", "duplicated")
STATUSES = ("new", "allowed")
_FILE_KEYS = ("detection", "defaults", "scenarios")
_CONTENT_KEYS = (
    "base",
    "lists",
    "vary",
    "late",
    "twice",
    "events",
    "allowlist",
    "settings",
    "lookups",
    "clock",
    "expect",
    "raised",
    "warnings",
)
_SCENARIO_KEYS = ("id", "story", "like", *_CONTENT_KEYS)
_EXPECT_KEYS = ("entity", "status", "severity", "verdict", "technique", "score", "title", "revision", "fields")
_CLOCK_KEYS = ("skip", "disabled", "delay", "until")
_ID = re.compile(r"^[a-z][a-z0-9_]*$")
# The loader over libyaml reads the same, ten times as fast; wheels for some platforms come without it.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEFAULT_UNTIL = 3600.0


@dataclass(frozen=True)
class ScenarioText:
    """A scenario as it stands in its file, `like` and `defaults` applied; `build` gives it for a seed."""

    detection: str
    path: Path
    content: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.content["id"])

    @property
    def is_family(self) -> bool:
        return bool(self.content.get("vary"))

    def test_id(self, seed: int) -> str:
        """As `runner.test_id` of what `build(seed)` gives, without building it."""
        return f"{self.detection}:{self.id}" + (f":seed={seed}" if self.is_family else "")

    def build(self, seed: int = 0) -> Scenario:
        """The scenario for a seed; the same seed gives the same bytes. ScriptError for what cannot be understood."""
        return _Builder(self, seed).scenario()


def load(path: Path) -> list[ScenarioText]:
    """Every scenario of a file, in its order. ScriptError names the file, and the scenario and key where there is
    one."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _YAML)
    except yaml.YAMLError as error:
        raise ScriptError(path.name, f"is no YAML: {error}") from None
    if not isinstance(content, dict):
        raise ScriptError(path.name, "a scenario file is a mapping")
    _only(content, _FILE_KEYS, path.name)
    if content.get("detection") != path.stem:
        raise ScriptError(
            f"{path.name}: detection", f"is {content.get('detection')!r}, not the file's name {path.stem!r}"
        )
    defaults = content.get("defaults") or {}
    _only(defaults, _CONTENT_KEYS, f"{path.name}: defaults")
    entries = content.get("scenarios")
    if not isinstance(entries, list) or not entries:
        raise ScriptError(f"{path.name}: scenarios", "must be a list with at least one scenario")
    known: dict[str, Mapping[str, Any]] = {}
    for number, entry in enumerate(entries):
        known[_scenario_id(entry, number, known, path)] = _inherited(entry, defaults, known, path)
    return [ScenarioText(content["detection"], path, scenario) for scenario in known.values()]


def load_all(folder: Path) -> list[ScenarioText]:
    """The scenarios of every file of a folder, files in the order of their names."""
    return [scenario for path in sorted(folder.glob("*.yml")) for scenario in load(path)]


def _scenario_id(entry: Any, number: int, known: Mapping[str, Any], path: Path) -> str:
    where = f"{path.name}: scenarios[{number}]"
    if not isinstance(entry, dict):
        raise ScriptError(where, f"a scenario is a mapping, not {type(entry).__name__}")
    identifier = entry.get("id")
    if not isinstance(identifier, str) or not _ID.match(identifier):
        raise ScriptError(f"{where}.id", f"is lower_snake, not {identifier!r}")
    if identifier in known:
        raise ScriptError(f"{path.name}: {identifier}", "the id is used twice")
    return identifier


def _inherited(
    entry: Mapping[str, Any], defaults: Mapping[str, Any], known: Mapping[str, Any], path: Path
) -> Mapping[str, Any]:
    where = f"{path.name}: {entry['id']}"
    _only(entry, _SCENARIO_KEYS, where)
    like = entry.get("like")
    if like is not None and like not in known:
        raise ScriptError(f"{where}.like", f"no earlier scenario {like!r}; there are: {', '.join(known) or 'none'}")
    parent = (
        {key: value for key, value in known[like].items() if key not in ("id", "story", "like")} if like else defaults
    )
    content = {**parent, **entry}
    for key in ("story", "base", "events", "expect"):
        if key not in content:
            raise ScriptError(where, f"key {key!r} is missing")
    return content


def _only(content: Any, keys: tuple[str, ...], where: str) -> None:
    if not isinstance(content, dict):
        raise ScriptError(where, f"must be a mapping, not {type(content).__name__}")
    for key in content:
        if key not in keys:
            raise ScriptError(where, f"unknown key {key!r}; known: {', '.join(keys)}")


class _Builder:
    def __init__(self, text: ScenarioText, seed: int) -> None:
        self.text = text
        self.content = text.content
        self.seed = seed
        self.where = f"{text.path.name}: {text.id}"
        # `like` scenarios tell the same events, so the draws go by the story's root, not by the scenario's id.
        self.rng = Random(f"{seed} {text.detection}")

    def scenario(self) -> Scenario:
        base = self._base()
        drawn = self._drawn()
        names = {**self._lists(), **drawn}
        events = self._events(base, names)
        last = max((event.indextime for event in events), default=base)
        return Scenario(
            detection=self.text.detection,
            id=self.text.id,
            story=str(self.content["story"]),
            path=self.text.path,
            seed=self.seed,
            drawn=drawn,
            base=base,
            events=tuple(events),
            allowlist=tuple(self._allowlist(base, names)),
            settings={str(name): str(value) for name, value in self._mapping("settings", names).items()},
            lookups=self._lookups(names),
            clock=self._clock(base, last, names),
            expect=tuple(self._expect(names)),
            raised=self._raised(),
            warnings=self._warnings(),
        )

    def _base(self) -> float:
        base = self.content["base"]
        moment = base if isinstance(base, datetime) else None
        if isinstance(base, str):
            try:
                moment = datetime.fromisoformat(base)
            except ValueError:
                moment = None
        if moment is None or moment.tzinfo is None:
            raise ScriptError(f"{self.where}.base", f"is a time in ISO 8601 with a zone, not {base!r}")
        return moment.timestamp()

    def _mapping(self, key: str, names: Mapping[str, Any]) -> dict[str, Any]:
        value = fill(self.content.get(key) or {}, names, 0, f"{self.where}.{key}")
        if not isinstance(value, dict):
            raise ScriptError(f"{self.where}.{key}", "must be a mapping")
        return value

    def _lists(self) -> dict[str, Any]:
        lists = self.content.get("lists") or {}
        if not isinstance(lists, dict):
            raise ScriptError(f"{self.where}.lists", "must be a mapping of names to lists")
        for name, members in lists.items():
            if not isinstance(members, list) or not members:
                raise ScriptError(f"{self.where}.lists.{name}", "must be a list with at least one member")
        return lists

    def _drawn(self) -> dict[str, Any]:
        vary = self.content.get("vary") or {}
        if not isinstance(vary, dict):
            raise ScriptError(f"{self.where}.vary", "must be a mapping of names to {range: [a, b]} or {choice: [...]}")
        rng = Random(f"{self.seed} vary {self.text.detection}")
        drawn: dict[str, Any] = {}
        for name, rule in vary.items():
            where = f"{self.where}.vary.{name}"
            if not isinstance(rule, dict) or len(rule) != 1 or next(iter(rule)) not in ("range", "choice"):
                raise ScriptError(where, "is {range: [least, most]} or {choice: [...]}")
            kind, values = next(iter(rule.items()))
            if not isinstance(values, list) or not values:
                raise ScriptError(where, f"{kind} needs a list")
            if kind == "range" and (
                len(values) != 2 or not all(type(value) is int for value in values) or values[0] > values[1]
            ):
                raise ScriptError(where, f"range is two whole numbers, the smaller first, not {values!r}")
            drawn[name] = rng.randint(*values) if kind == "range" else rng.choice(values)
        return drawn

    def _events(self, base: float, names: Mapping[str, Any]) -> list[IndexedEvent]:
        entries = self.content["events"]
        if isinstance(entries, list):
            entries = [self._with_defaults(entry) for entry in entries]
        return indexed(expand(entries, base=base, names=names, rng=self.rng, where=self.where))

    def _with_defaults(self, entry: Any) -> Any:
        if not isinstance(entry, dict):
            return entry
        return {**{key: self.content[key] for key in ("late", "twice") if key in self.content}, **entry}

    def _allowlist(self, base: float, names: Mapping[str, Any]) -> list[dict[str, str]]:
        rows = self.content.get("allowlist") or []
        if not isinstance(rows, list):
            raise ScriptError(f"{self.where}.allowlist", "must be a list of rows")
        return [allowlist_row(row, names, base, f"{self.where}.allowlist[{number}]") for number, row in enumerate(rows)]

    def _lookups(self, names: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        lookups = self._mapping("lookups", names)
        for name, rows in lookups.items():
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ScriptError(f"{self.where}.lookups.{name}", "must be a list of rows")
        return {
            name: [{key: str(value) for key, value in row.items()} for row in rows] for name, rows in lookups.items()
        }

    def _clock(self, base: float, last: float, names: Mapping[str, Any]) -> Clock:
        content = self._mapping("clock", names)
        _only(content, _CLOCK_KEYS, f"{self.where}.clock")
        until = base + self._span(content["until"], "clock.until") if "until" in content else last + _DEFAULT_UNTIL
        return Clock(
            skip=self._spans(content, "skip", base),
            disabled=self._spans(content, "disabled", base),
            delay=self._span(content.get("delay", 0), "clock.delay"),
            until=until,
        )

    def _spans(self, clock: Mapping[str, Any], key: str, base: float) -> tuple[tuple[float, float], ...]:
        spans = clock.get(key, [])
        if spans and not isinstance(spans[0], list):
            spans = [spans]
        found = tuple((base + self._span(a, f"clock.{key}"), base + self._span(b, f"clock.{key}")) for a, b in spans)
        edges = [edge for span in found for edge in span]
        if edges != sorted(edges):
            raise ScriptError(
                f"{self.where}.clock.{key}", "spans must be in order, each from an earlier to a later time"
            )
        return found

    def _span(self, value: Any, key: str) -> float:
        try:
            return clock.seconds(value)
        except ValueError as error:
            raise ScriptError(f"{self.where}.{key}", str(error)) from None

    def _expect(self, names: Mapping[str, Any]) -> list[Expected]:
        expect = fill(self.content["expect"], names, 0, f"{self.where}.expect")
        if expect == "none":
            return []
        if not isinstance(expect, list) or not expect:
            raise ScriptError(f"{self.where}.expect", "is `none` or a list of findings")
        return [self._expected(entry, f"{self.where}.expect[{number}]") for number, entry in enumerate(expect)]

    def _expected(self, entry: Any, where: str) -> Expected:
        _only(entry, _EXPECT_KEYS, where)
        if "entity" not in entry:
            raise ScriptError(where, "key 'entity' is missing")
        status, severity = entry.get("status", "new"), entry.get("severity")
        if status not in STATUSES:
            raise ScriptError(f"{where}.status", f"is one of {', '.join(STATUSES)}, not {status!r}")
        if severity is not None and severity not in SEVERITIES:
            raise ScriptError(f"{where}.severity", f"is one of {', '.join(SEVERITIES)}, not {severity!r}")
        fields = entry.get("fields") or {}
        if not isinstance(fields, dict):
            raise ScriptError(f"{where}.fields", "must be a mapping of field names to values")
        return Expected(
            entity=str(entry["entity"]).lower(),
            status=status,
            severity=severity,
            verdict=entry.get("verdict"),
            technique=entry.get("technique"),
            score=_score(entry.get("score"), where),
            title=entry.get("title"),
            revision=entry.get("revision"),
            fields=fields,
        )

    def _warnings(self) -> tuple[str, ...]:
        warnings = self.content.get("warnings", [])
        if not isinstance(warnings, list) or not all(isinstance(text, str) and text for text in warnings):
            raise ScriptError(f"{self.where}.warnings", f"is a list of texts, not {warnings!r}")
        return tuple(warnings)

    def _raised(self) -> int | None:
        raised = self.content.get("raised")
        if raised is not None and (not isinstance(raised, int) or isinstance(raised, bool) or raised < 0):
            raise ScriptError(f"{self.where}.raised", f"is a whole number from 0, not {raised!r}")
        return raised


def _score(score: Any, where: str) -> tuple[float, float] | None:
    if score is None:
        return None
    if isinstance(score, (int, float)) and not isinstance(score, bool):
        return (float(score), float(score))
    if not isinstance(score, dict) or not score or set(score) - {"min", "max"}:
        raise ScriptError(f"{where}.score", f"is a number or {{min: a, max: b}}, not {score!r}")
    return (float(score.get("min", 0)), float(score.get("max", 100)))


def seeds(text: ScenarioText) -> list[int]:
    """The seeds to run a scenario with: 0, or for a family those of MAIL_THREATS_SCENARIO_SEEDS."""
    return chosen_seeds("MAIL_THREATS_SCENARIO_SEEDS", "0-2") if text.is_family else [0]


def chosen_seeds(variable: str, default: str) -> list[int]:
    """The seeds that an environment variable names (`5` or `0-19` or `3,8`), or the default."""
    wanted = os.environ.get(variable, default)
    chosen: list[int] = []
    for part in wanted.split(","):
        first, dash, last = part.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise ScriptError(variable, f"{wanted!r} is no list of seeds such as 5, 0-19 or 3,8")
        chosen.extend(range(int(first), int(last if dash else first) + 1))
    return chosen
