"""The worked cases of cases/*.json: reading them, running them, judging their rows.

A case has `query` (SPL without a leading pipe), `events` (rows that go into the first command; null: the query
generates them), `indexed` (the events are stored first and the query is a whole search), `lookups` (name -> rows),
`conf_files` (file -> text), `tz`, `then` (a second search whose rows are judged) and `expect`: rows, ordered, compare
(string | numeric | json), mv_unordered. Only the fields that the expected rows name are judged, and their absence
where a row leaves them out; `only` or `fields` fix the fields. confidence: high, medium or low.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from configparser import RawConfigParser
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from memory_environment import MemoryEnvironment

from lab.splunk.spl.environment import Macro
from lab.splunk.spl.search import run
from lab.splunk.spl.values import Row, Value, as_list, from_list, number, text
from lab.splunk.stand_in import StandIn

CASES = Path(__file__).parent / "cases"
_TOLERANCE = 1e-4
_NOW = 1_577_880_000.0


@dataclass(frozen=True)
class Case:
    """One case; `given` is the dict it was read from."""

    id: str
    confidence: str
    given: dict[str, Any] = field(repr=False)

    @property
    def needs_props(self) -> bool:
        """Whether it is about search-time fields, which the engine alone does not make."""
        return any(name != "macros.conf" for name in self.given.get("conf_files") or {})


def read_cases() -> list[Case]:
    """All cases, by file and place in it. Raises ValueError for an id that is there twice."""
    cases: dict[str, Case] = {}
    for path in sorted(CASES.glob("*.json")):
        for given in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            if given["id"] in cases:
                raise ValueError(f"{path.name}: the case id {given['id']} is there twice")
            cases[given["id"]] = Case(given["id"], given["confidence"], given)
    return list(cases.values())


def run_case(case: Case) -> list[Row]:
    """The rows that the case's search gives on the engine alone. Raises SplError."""
    given = case.given
    environment = environment_of(case)
    query = f"| {given['query']}" if given.get("generating") or given["events"] is None else given["query"]
    if given.get("indexed"):
        environment.indexed = [_row(event) for event in given["events"]]
        rows = run(query, environment).rows
    elif given["events"] is None:
        rows = run(query, environment).rows
    else:
        rows = run(given["query"], environment, rows=[_row(event) for event in given["events"]]).rows
    if given.get("then"):
        rows = run(f"| {given['then']}", environment).rows
    return rows


def run_case_on_stand_in(case: Case, home: Path) -> list[Row]:
    """The rows that the case gives on the stand-in, with its conf files and lookups installed. home: an empty
    folder."""
    given = case.given
    splunk = StandIn(home / "splunk", now=lambda: _NOW)
    try:
        local = splunk.home / "etc/system/local"
        for name, conf in (given.get("conf_files") or {}).items():
            (local / name).write_text(conf, encoding="utf-8")
        for name, rows in (given.get("lookups") or {}).items():
            _write_csv(splunk.home / "etc/system/lookups" / name, rows)
        splunk.reload()
        for event in given["events"]:
            named = {field: event[field] for field in ("index", "host", "source", "sourcetype") if field in event}
            moment = float(event.get("_time", _NOW))
            splunk.index.add(event["_raw"], time=moment, indextime=moment, whole=True, **named)
        return splunk.search(given["query"], earliest="", latest="").rows
    finally:
        splunk.close()


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(field for row in rows for field in row)))
        writer.writeheader()
        writer.writerows(rows)


def environment_of(case: Case) -> MemoryEnvironment:
    given = case.given
    environment = MemoryEnvironment(tz=ZoneInfo(given.get("tz") or "UTC"))
    environment.lookups = {name: [dict(row) for row in rows] for name, rows in (given.get("lookups") or {}).items()}
    environment.macros = _macros((given.get("conf_files") or {}).get("macros.conf", ""))
    return environment


def _macros(conf: str) -> dict[tuple[str, int], Macro]:
    parser = RawConfigParser(interpolation=None, strict=True, delimiters=("=",), comment_prefixes=("#",))
    parser.read_string(conf)
    macros = {}
    for stanza in parser.sections():
        settings = parser[stanza]
        args = tuple(name.strip() for name in settings.get("args", "").split(",") if name.strip())
        name, _, arity = stanza.partition("(")
        if arity and int(arity.rstrip(")")) != len(args):
            raise ValueError(f"macros.conf [{stanza}] names {len(args)} arguments")
        macros[name, len(args)] = Macro(settings["definition"], args)
    return macros


def _row(event: dict[str, Any]) -> Row:
    row: Row = {}
    for name, value in event.items():
        kept = from_list(list(value)) if isinstance(value, list) else value
        if kept is not None:
            row[name] = kept
    return row


# -- judging


def differences(case: Case, rows: list[Row]) -> list[str]:
    """What is wrong with the rows, one sentence each; empty when the case is met."""
    expect = case.given["expect"]
    wanted: list[dict[str, Any]] = expect["rows"]
    fields = judged_fields(case)
    if len(rows) != len(wanted):
        return [f"{len(rows)} rows instead of {len(wanted)}: {rows!r}"]
    got = [{name: row[name] for name in fields if name in row} for row in rows]
    if not expect.get("ordered"):
        return _unordered(expect, wanted, got)
    return [
        f"row {place}: {actual!r} instead of {due!r}"
        for place, (actual, due) in enumerate(zip(got, wanted, strict=True))
        if not _same_row(expect, due, actual)
    ]


def judged_fields(case: Case) -> list[str]:
    expect = case.given["expect"]
    fixed = case.given.get("only") or case.given.get("fields") or expect.get("only") or expect.get("fields")
    if fixed:
        return list(fixed)
    return list(dict.fromkeys(name for row in expect["rows"] for name in row)) or _assigned(case)


def _assigned(case: Case) -> list[str]:
    """The fields that a query assigns, when its expected rows are all empty: their absence is what is judged."""
    query: str = case.given["query"]
    return ["x"] if query.startswith("eval x=") else []


def _unordered(expect: dict[str, Any], wanted: Iterable[dict[str, Any]], got: list[Row]) -> list[str]:
    left = list(got)
    wrong = []
    for due in wanted:
        found = next((row for row in left if _same_row(expect, due, row)), None)
        if found is None:
            wrong.append(f"no row {due!r} among {got!r}")
        else:
            left.remove(found)
    return wrong


def _same_row(expect: dict[str, Any], due: dict[str, Any], actual: Row) -> bool:
    return due.keys() == actual.keys() and all(_same(expect, due[name], actual[name]) for name in due)


def _same(expect: dict[str, Any], due: Any, actual: Value) -> bool:
    wanted, got = [text(item) for item in as_list(due)], [text(item) for item in as_list(actual)]
    if expect.get("mv_unordered"):
        wanted, got = sorted(wanted), sorted(got)
    return len(wanted) == len(got) and all(
        _same_text(expect.get("compare", "string"), *pair) for pair in zip(wanted, got, strict=True)
    )


def _same_text(compare: str, due: str, actual: str) -> bool:
    if compare == "json":
        try:
            return bool(json.loads(due) == json.loads(actual))
        except ValueError:
            return due == actual
    if compare == "numeric":
        first, second = number(due), number(actual)
        if first is not None and second is not None:
            return math.isclose(first, second, rel_tol=_TOLERANCE)
    return due == actual
