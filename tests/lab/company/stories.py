"""Stories: attack and innocent look-alike, each a file in scenarios/ that carries its own ground truth.

story: enumeration_burst            must be the file's name
title: One source guesses 34 names in half an hour
kind: attack | innocent
cast: {...}                         lab.company.script.cast
begin: {clock: "02:47"}             a local time of the run: the last one that leaves room, or `take: first`
     | {after: 5h}                  a span after the start of the run
events: [...]                       lab.company.script.events; a `signin` without `feed` is in graph and audit
allowlist: [{class: ..., ...}]      rows of the allowlist file; valid_from and valid_until may be spans from `begin`
truth:
  - id: enumeration_burst           unique in the company
    detection: address_enumeration_by_source
    technique: T1589.002
    entity: "{attacker}"
    must: found | allowed | not_raised | none      lab.company.world.Truth
    min_severity: medium            with found
    max_severity: low               with allowed and not_raised; low when not given
    fields: {unique_names: "34"}    optional: fields of the finding and their values
    why: one sentence
    count: 3                        optional: three entries, {i} from 0; the id must hold {i}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import yaml

from lab.allowlist_file import REQUIRED_COLUMNS
from lab.company import clock, lateness
from lab.company.journal import Journal
from lab.company.script.cast import Casting
from lab.company.script.events import Emission, expand
from lab.company.script.template import ScriptError, fill
from lab.company.world import MUSTS, SEVERITIES, Truth

FOLDER = Path(__file__).parent / "scenarios"
ALLOWLIST_COLUMNS = (*REQUIRED_COLUMNS, "signer", "hours", "timezone")
_KEYS = ("story", "title", "kind", "cast", "begin", "events", "allowlist", "truth")
_TRUTH_KEYS = (
    "id",
    "detection",
    "technique",
    "entity",
    "must",
    "min_severity",
    "max_severity",
    "fields",
    "why",
    "count",
)
_FIRST_MARGIN = 1.5 * 3600
_LAST_MARGIN = lateness.LATEST_AUDIT + 1800


@dataclass(frozen=True)
class Story:
    """One file of scenarios/, read and checked as far as is possible without a cast."""

    name: str
    path: Path
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A story with its cast, placed in the run."""

    name: str
    emissions: list[Emission]
    allowlist: list[dict[str, str]]
    truth: list[Truth]


def load(folder: Path = FOLDER) -> list[Story]:
    """Every story of a folder, in the order of their names; ScriptError for a file that cannot be understood."""
    return [_read(path) for path in sorted(folder.glob("*.yml"))]


def tell(story: Story, casting: Casting, rng: Random, start: float, end: float) -> Told:
    """The story's events, allowlist rows and truth in the run [start, end)."""
    where = story.path.name
    names = casting.cast(story.content.get("cast"), rng, where)
    # The length of the story decides where it fits, so it is told once from zero with the same draws.
    state = rng.getstate()
    span = max(
        emission.time for emission in expand(story.content["events"], base=0.0, names=names, rng=rng, where=where)
    )
    rng.setstate(state)
    base = _begin(story.content.get("begin"), span, start, end, where)
    emissions = expand(story.content["events"], base=base, names=names, rng=rng, where=where)
    for emission in emissions:
        if not start <= emission.time < end - _LAST_MARGIN and (emission.late or 0) >= 0:
            raise ScriptError(
                emission.where, f"lies outside the run or too near its end ({(emission.time - start) / 3600:.1f} h)"
            )
    return Told(
        name=story.name,
        emissions=emissions,
        allowlist=[
            allowlist_row(row, names, base, f"{where}.allowlist[{n}]")
            for n, row in enumerate(story.content.get("allowlist", []))
        ],
        truth=[
            _truth(entry, story.name, names, i, emissions, f"{where}.truth[{n}]")
            for n, entry in enumerate(story.content["truth"])
            for i in range(entry.get("count", 1) if isinstance(entry, dict) else 1)
        ],
    )


def write(told: Told, journal: Journal) -> list[str]:
    """Writes the story's events into the journal; the ids of its records, and of its endpoint events their place
    there."""
    ids = []
    for emission in told.emissions:
        for copy in (0.0, *emission.copies):
            late = None if emission.late is None and not copy else (emission.late or 0.0) + copy
            if emission.feed == "endpoint":
                channel = emission.source.partition(":")[2]
                journal.endpoint(str(emission.raw), emission.time, emission.host, channel, late)
                continue
            assert emission.payload is not None
            if emission.feed == "audit":
                journal.audit(emission.payload, emission.time, late)
            else:
                journal.graph(emission.payload, str(emission.sign_in_kind), emission.time, late)
            ids.append(emission.payload.get("Id") or emission.payload["id"])
    return ids


def _read(path: Path) -> Story:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ScriptError(path.name, f"is no YAML: {error}") from None
    if not isinstance(content, dict):
        raise ScriptError(path.name, "a story file is a mapping")
    unknown = [key for key in content if key not in _KEYS]
    missing = [key for key in ("story", "title", "kind", "begin", "events", "truth") if key not in content]
    if unknown or missing:
        raise ScriptError(path.name, f"unknown key {unknown[0]!r}" if unknown else f"key {missing[0]!r} is missing")
    if content["story"] != path.stem:
        raise ScriptError(path.name, f"story {content['story']!r} is not the file's name")
    if content["kind"] not in ("attack", "innocent"):
        raise ScriptError(path.name, f"kind is attack or innocent, not {content['kind']!r}")
    if not isinstance(content["truth"], list) or not content["truth"]:
        raise ScriptError(path.name, "`truth` must be a list with at least one entry")
    content["events"] = [_both_feeds(entry) for entry in content["events"]]
    return Story(content["story"], path, content)


def _both_feeds(entry: Any) -> Any:
    """In the company a sign-in stands in Graph and in the audit log, which has none of service principals."""
    if isinstance(entry, dict) and isinstance(entry.get("signin"), dict) and "feed" not in entry["signin"]:
        principal = entry["signin"].get("kind") in ("service_principal", "managed_identity")
        feeds = ["graph"] if principal else ["graph", "audit"]
        return {**entry, "signin": {**entry["signin"], "feed": feeds}}
    return entry


def _begin(begin: Any, span: float, start: float, end: float, where: str) -> float:
    latest = end - _LAST_MARGIN - span - 60
    if isinstance(begin, dict) and set(begin) == {"after"}:
        base = start + clock.seconds(begin["after"])
        if base > latest:
            raise ScriptError(
                f"{where}.begin",
                f"the story ends too late: at most {(latest - start) / 3600:.1f} h after the start fit",
            )
        return base
    if not isinstance(begin, dict) or "clock" not in begin or set(begin) - {"clock", "take"}:
        raise ScriptError(f"{where}.begin", "is {after: span} or {clock: HH:MM, take: first or last}")
    if begin.get("take", "last") not in ("first", "last"):
        raise ScriptError(f"{where}.begin.take", f"is first or last, not {begin['take']!r}")
    moments = clock.occurrences(begin["clock"], start + _FIRST_MARGIN, latest)
    if not moments:
        raise ScriptError(
            f"{where}.begin", f"no {begin['clock']} of the run leaves room for {span / 3600:.1f} h of events"
        )
    return moments[0] if begin.get("take") == "first" else moments[-1]


def allowlist_row(row: Any, names: Mapping[str, Any], base: float, where: str) -> dict[str, str]:
    """A row of the allowlist file: its placeholders filled, spans from `base` (valid_until: 2h) written as ISO 8601."""
    if not isinstance(row, dict):
        raise ScriptError(where, "an allowlist row is a mapping")
    filled = fill(row, names, 0, where)
    unknown = [key for key in filled if key not in ALLOWLIST_COLUMNS]
    if unknown:
        raise ScriptError(where, f"unknown column {unknown[0]!r}; columns: {', '.join(ALLOWLIST_COLUMNS)}")
    for key in ("valid_from", "valid_until"):
        value = filled.get(key)
        if isinstance(value, datetime):
            filled[key] = value.isoformat()
        elif isinstance(value, str) and re.fullmatch(r"-?(\d+(\.\d+)?(ms|s|m|h|d))+", value):
            moment = datetime.fromtimestamp(int(base + clock.seconds(value)), UTC)
            filled[key] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {column: str(filled.get(column, "")) for column in ALLOWLIST_COLUMNS}


def _truth(entry: Any, story: str, names: Mapping[str, Any], i: int, emissions: list[Emission], where: str) -> Truth:
    if not isinstance(entry, dict):
        raise ScriptError(where, "a truth entry is a mapping")
    unknown = [key for key in entry if key not in _TRUTH_KEYS]
    missing = [key for key in ("id", "detection", "technique", "entity", "must", "why") if key not in entry]
    if unknown or missing:
        raise ScriptError(where, f"unknown key {unknown[0]!r}" if unknown else f"key {missing[0]!r} is missing")
    filled = fill(entry, names, i, where)
    must = filled["must"]
    if must not in MUSTS:
        raise ScriptError(f"{where}.must", f"is one of {', '.join(MUSTS)}, not {must!r}")
    least, most = filled.get("min_severity"), filled.get("max_severity")
    if (least is not None) != (must == "found"):
        raise ScriptError(f"{where}.min_severity", "goes with `must: found`, and only with it")
    if most is not None and must not in ("allowed", "not_raised"):
        raise ScriptError(f"{where}.max_severity", "goes with `must: allowed` or `must: not_raised`")
    for severity in (least, most):
        if severity is not None and severity not in SEVERITIES:
            raise ScriptError(where, f"severity {severity!r} is not one of {', '.join(SEVERITIES)}")
    return Truth(
        id=filled["id"],
        story=story,
        detection=filled["detection"],
        technique=filled["technique"],
        entity=str(filled["entity"]),
        must=must,
        first=min(emission.time for emission in emissions),
        last=max(emission.time for emission in emissions),
        why=filled["why"],
        min_severity=least,
        max_severity=most if most is not None else "low" if must in ("allowed", "not_raised") else None,
        fields=filled.get("fields", {}),
    )
