"""The worked SPL cases that need configuration, lookups or an index, run through the stand-in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from knowledge.fixture_apps import NOW, AddApp

from lab.splunk.spl.values import Row, as_list, text
from lab.splunk.stand_in import StandIn

FOLDER = Path(__file__).parent.parent / "spl" / "cases"


def cases() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            if case.get("conf_files") or case.get("lookups") is not None or case.get("indexed"):
                found.append(pytest.param(case, id=case["id"]))
    return found


def files(case: Mapping[str, Any]) -> dict[str, str]:
    """The app that a case describes; a lookup whose name is no file gets a definition."""
    conf = {f"default/{name}": content for name, content in (case.get("conf_files") or {}).items()}
    for name, rows in (case.get("lookups") or {}).items():
        file_name = name if name.endswith(".csv") else f"{name}.csv"
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
        conf[f"lookups/{file_name}"] = "\n".join(lines) + "\n"
        if file_name != name:
            conf["default/transforms.conf"] = (
                conf.get("default/transforms.conf", "") + f"[{name}]\nfilename = {file_name}\n"
            )
    return conf


def run(splunk: StandIn, case: Mapping[str, Any]) -> list[Row]:
    starts_with_pipe = case["events"] is None or (case.get("indexed") and not case["query"].startswith("search "))
    query = f"| {case['query']}" if starts_with_pipe else case["query"]
    rows = None
    if case.get("indexed"):
        for event in case["events"]:
            splunk.index.add(
                event["_raw"],
                time=float(event["_time"]) if "_time" in event else NOW,
                whole=True,
                **{name: event[name] for name in ("index", "host", "source", "sourcetype") if name in event},
            )
    elif case["events"] is not None:
        rows = [dict(event) for event in case["events"]]
    result = splunk.search(query, earliest="", latest="", rows=rows)
    if case.get("then"):
        return splunk.search(f"| {case['then']}", earliest="", latest="").rows
    return result.rows


@pytest.mark.parametrize("case", cases())
def test_case(splunk: StandIn, add_app: AddApp, case: dict[str, Any]) -> None:
    add_app("search", files(case))
    expect = case["expect"]
    wanted = [{name: [text(item) for item in as_list(value)] for name, value in row.items()} for row in expect["rows"]]
    names = case.get("only") or sorted({name for row in wanted for name in row})
    rows = [
        {name: [text(item) for item in as_list(row[name])] for name in names if name in row}
        for row in run(splunk, case)
    ]
    if expect.get("mv_unordered"):
        wanted = [{name: sorted(values) for name, values in row.items()} for row in wanted]
        rows = [{name: sorted(values) for name, values in row.items()} for row in rows]
    if not expect.get("ordered"):
        wanted, rows = sorted(wanted, key=repr), sorted(rows, key=repr)
    assert rows == wanted
