"""`replay` end to end: what it says, and that its coarse clock finds what the plain schedule finds."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from lab.allowlist_file import REQUIRED_COLUMNS, collection_row
from lab.replay.__main__ import main
from lab.rules import LOOK_BACK_S, STEP_S, watch
from lab.scenarios import loader
from lab.scenarios.loader import Scenario
from lab.splunk.stand_in import StandIn

FOLDER = Path(__file__).parent
# Every way in which time matters: growth, lateness, duplicates, the allowlist, several findings at once.
CLOCK_CASES = (
    ("address_enumeration_by_source", ("fires", "low_then_high", "late", "over_the_cap", "benign_twin")),
    (
        "mail_forwarding",
        ("fires", "duplicated", "lookalike_domains", "destination_changes", "on_and_off_eleven_seconds_apart"),
    ),
    ("hiding_inbox_rule", ("fires",)),
    ("mailbox_access_grant", ("fires", "folders")),
    ("account_takeover_chain", ("fires",)),
    ("remote_mailbox_collection", ("late", "allowlisted")),
    ("local_mail_file_collection", ("fires", "late")),
)


def scenario(stem: str, name: str) -> Scenario:
    return next(text for text in loader.load(FOLDER / f"{stem}.yml") if text.id == name).build(0)


def outcome(package: Path, home: Path, told: Scenario, step: float | None) -> list[dict[str, Any]]:
    splunk = StandIn(home, warm_commands=True)
    splunk.install(package)
    try:
        for event in told.events:
            splunk.index.add(
                event.raw, time=event.time, indextime=event.indextime, host=event.host, source=event.source,
                sourcetype=event.sourcetype, index="main", whole=True,
            )  # fmt: skip
        result = watch(
            splunk,
            stems=[told.detection],
            allowlist=[collection_row(row, f"row {number}") for number, row in enumerate(told.allowlist)],
            start=min(event.time for event in told.events) // 60 * 60,
            end=max(event.time for event in told.events) + LOOK_BACK_S,
            step=step,
        )
    finally:
        splunk.close()
    return [comparable(finding) for finding in result.findings]


def comparable(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding without the count of its revisions, which says how often somebody looked.

    Below medium a rule that says `found` revises for another level or twice the evidence alone, so that the numbers
    are those of whenever it was looked at (docs/findings.md).
    """
    if finding["severity"] in ("info", "low") and "unique_names" in finding["fields"]:
        judged = ("detection", "rule", "technique", "entity", "score", "severity", "status")
        return {**{name: finding[name] for name in judged}, "finding_id": finding["fields"]["finding_id"]}
    fields = {name: value for name, value in finding["fields"].items() if name != "revision"}
    return {**finding, "fields": fields}


@pytest.mark.parametrize(
    ("stem", "name"), [pytest.param(stem, name, id=f"{stem}:{name}") for stem, names in CLOCK_CASES for name in names]
)
def test_the_coarse_clock_finds_what_the_plain_schedule_finds(
    package: Path, tmp_path: Path, stem: str, name: str
) -> None:
    told = scenario(stem, name)
    coarse = outcome(package, tmp_path / "coarse", told, STEP_S)
    assert coarse == outcome(package, tmp_path / "plain", told, None)
    assert coarse


def write_events(path: Path, told: Scenario) -> None:
    path.write_text(
        "".join(event.raw + "\n" for event in sorted(told.events, key=lambda e: e.indextime)), encoding="utf-8"
    )


def test_replay_tells_what_was_indexed_rejected_found_and_run(package: Path, tmp_path: Path) -> None:
    events, result = tmp_path / "events.jsonl", tmp_path / "result.json"
    write_events(events, scenario("mail_forwarding", "fires"))
    with events.open("a", encoding="utf-8") as file:
        file.write('{"not finished\n')
    status = main(
        ["--spl", str(package), "--events", str(events), "--search", "mail_forwarding", "--json", str(result)]
    )
    report = json.loads(result.read_text(encoding="utf-8"))
    assert status == 0
    assert report["indexed"] == {"o365:management:activity": 1}
    assert [(line["file"], line["line"]) for line in report["rejected"]] == [(str(events), 2)]
    (finding,) = report["findings"]
    assert set(finding) == {
        "detection",
        "rule",
        "technique",
        "time",
        "entity",
        "score",
        "severity",
        "status",
        "title",
        "fields",
    }
    assert finding["entity"] == "dana.moss@contoso.com"
    assert finding["score"] == sum(int(reason.split(":")[0]) for reason in finding["fields"]["score_reasons"])
    assert {search["error"] for search in report["searches"]} == {None}
    assert "Mail Threats - Mail Forwarding - Rule" in {search["rule"] for search in report["searches"]}


def allowlist_file(path: Path, row: dict[str, str], columns: tuple[str, ...] = REQUIRED_COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerow(row)
    return path


def test_replay_reads_an_allowlist_file(package: Path, tmp_path: Path) -> None:
    events, result = tmp_path / "events.jsonl", tmp_path / "result.json"
    write_events(events, scenario("mail_forwarding", "fires"))
    allowlist = allowlist_file(
        tmp_path / "allow.csv", {"class": "other", "account": "dana.moss@contoso.com", "owner": "it"}
    )
    arguments = ["--spl", str(package), "--events", str(events), "--allowlist", str(allowlist)]
    assert main([*arguments, "--search", "mail_forwarding", "--json", str(result)]) == 0
    (finding,) = json.loads(result.read_text(encoding="utf-8"))["findings"]
    assert finding["status"] == "allowed"
    assert finding["fields"]["allow_entry"] == "allow.csv:2"


def test_a_bad_allowlist_file_is_refused(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = tmp_path / "events.jsonl"
    write_events(events, scenario("mail_forwarding", "fires"))
    bad = allowlist_file(tmp_path / "bad.csv", {"class": "other"}, ("class", "acount"))
    assert main(["--spl", str(package), "--events", str(events), "--allowlist", str(bad)]) == 1
    assert "lacks detection, account" in capsys.readouterr().err


def test_a_missing_file_is_refused(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--spl", str(package), "--events", str(tmp_path / "none.jsonl")]) == 1
    assert "no such file" in capsys.readouterr().err
