"""`build.py spl`: one search, and batches of cases, in the context of the built app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from spl_cases import differences, read_cases

from lab.spl_cli import main


def batch(
    package: Path, folder: Path, capsys: pytest.CaptureFixture[str], *cases: dict[str, Any]
) -> list[dict[str, Any]]:
    path = folder / "cases.json"
    path.write_text(json.dumps({"format": 1, "cases": [{"id": f"c{i}", **case} for i, case in enumerate(cases)]}))
    assert main(["--spl", str(package), "--batch", str(path)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_rows_go_into_the_first_command(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [{"n": "1", "tags": ["a", "b"]}, {"n": "2"}]
    (answer,) = batch(package, tmp_path, capsys, {"query": "eval m=n*2 | table n m tags", "events": events})
    assert answer == {"id": "c0", "rows": [{"n": "1", "m": "2", "tags": ["a", "b"]}, {"n": "2", "m": "4"}]}


def test_the_apps_macros_lookups_and_commands_are_there(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    macro = {"query": "eval a=`mail_threats_address(ip)` | table a", "events": [{"ip": "[2001:db8::1]:443"}]}
    lookup = {
        "query": "lookup mail_threats_signin_codes error_code OUTPUT outcome",
        "events": [{"error_code": "50034"}],
    }
    row = {"_time": "1772532000", "src": "203.0.113.9", "outcome": "guess_not_real"}
    command = {
        "query": "scoreenum low=2 moderate=3 high=4 | table src unique_names",
        "events": [{**row, "user": f"u{i}@contoso.com"} for i in range(3)],
    }
    answers = batch(package, tmp_path, capsys, macro, lookup, command)
    assert answers[0]["rows"] == [{"a": "2001:db8::1"}]
    assert answers[1]["rows"] == [{"error_code": "50034", "outcome": "guess_not_real"}]
    assert answers[2]["rows"] == [{"src": "203.0.113.9", "unique_names": "3"}]


def test_cases_are_isolated_from_each_other(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = {"query": "outputlookup mine.csv", "events": [{"a": "1"}], "then": "inputlookup mine.csv"}
    other = {"query": "inputlookup mine.csv", "events": None, "generating": True}
    macro = {
        "query": "eval x=`only_here`",
        "events": [{"a": "1"}],
        "conf_files": {"macros.conf": "[only_here]\ndefinition = 7"},
    }
    without = {"query": "eval x=`only_here`", "events": [{"a": "1"}]}
    answers = batch(package, tmp_path, capsys, written, other, macro, without)
    assert answers[0]["rows"] == [{"a": "1"}]
    assert "error" in answers[1]
    assert answers[2]["rows"][0]["x"] == "7"
    assert "only_here" in answers[3]["error"]


def test_indexed_cases_bring_events_and_lookups(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = {
        "query": "search index=main sourcetype=st user=alice | lookup people user OUTPUT dept | table user dept",
        "indexed": True,
        "events": [{"_raw": '{"user": "alice"}', "sourcetype": "st", "index": "main"}],
        "conf_files": {"props.conf": "[st]\nKV_MODE = json"},
        "lookups": {"people": [{"user": "alice", "dept": "IT"}]},
    }
    (answer,) = batch(package, tmp_path, capsys, case)
    assert answer == {"id": "c0", "rows": [{"user": "alice", "dept": "IT"}]}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        pytest.param("iplocation src", "iplocation", id="command"),
        pytest.param("eval x=lookup(a)", "lookup", id="function"),
        pytest.param("bin n bins=3", "bins", id="option"),
    ],
)
def test_what_is_not_supported_is_named(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], query: str, named: str
) -> None:
    (answer,) = batch(package, tmp_path, capsys, {"query": query, "events": [{"n": "1"}]})
    assert named in answer["error"]
    assert "rows" not in answer


def test_a_search_over_a_file_prints_json(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"CreationTime": "2026-03-03T10:00:00", "Id": "1", "Operation": "New-InboxRule"}\n')
    search = 'sourcetype="o365:management:activity" | spath path=Operation | table Operation'
    assert main(["--spl", str(package), search, "--events", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"Operation": "New-InboxRule"}


def test_a_wrong_search_shows_the_place(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--spl", str(package), "index=main | nosuchcommand"]) == 1
    assert "nosuchcommand" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["search *", "--batch", "x.json"]])
def test_either_a_search_or_a_batch(package: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--spl", str(package), *arguments])
    assert ended.value.code == 2


def test_every_worked_case_is_met_in_one_batch(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = read_cases()
    path = tmp_path / "all.json"
    path.write_text(json.dumps({"format": 1, "cases": [case.given for case in cases]}))
    assert main(["--spl", str(package), "--batch", str(path)]) == 0
    answers = {answer["id"]: answer for answer in map(json.loads, capsys.readouterr().out.splitlines())}
    assert [answer for answer in answers.values() if "error" in answer] == []
    wrong = {case.id: differences(case, answers[case.id]["rows"]) for case in cases}
    assert {name: problems for name, problems in wrong.items() if problems} == {}
