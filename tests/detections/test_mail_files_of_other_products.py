"""File events of products that the rule about local mail files knows by their CIM tags only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand, read_findings
from lab.splunk.spl.values import as_list

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
RULE = "Mail Threats - Local Mail File Collection - Rule"
ROBOCOPY = "C:\\Windows\\System32\\Robocopy.exe"
STAGED = "C:\\ProgramData\\t\\dana.pst"
SYSMON = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Sysmon'/><EventID>11</EventID><EventRecordID>7</EventRecordID>"
    "<Computer>WS-014.contoso.com</Computer></System><EventData>"
    f"<Data Name='Image'>{ROBOCOPY}</Data><Data Name='TargetFilename'>{STAGED}</Data>"
    "<Data Name='User'>CONTOSO\\dana</Data></EventData></Event>"
)


def file_event(**fields: Any) -> dict[str, Any]:
    given = {"dest": "WS-014", "user": "dana", "process_path": ROBOCOPY, "action": "created"}
    return {**given, "file_path": STAGED, "file_name": "dana.pst", **fields}


def found(stand: Stand, *events: tuple[str, str], tagged: bool = True) -> list[dict[str, Any]]:
    """Findings when the rule runs over events, each (sourcetype, text), beside an add-on that tags its file events."""
    if tagged:
        stand.set_local("eventtypes", "edr_file", {"search": "sourcetype=edr:file"}, app=APP)
        stand.set_local("tags", "eventtype=edr_file", {"endpoint": "enabled", "filesystem": "enabled"}, app=APP)
    stand.set_local("props", "edr:file", {"KV_MODE": "json"}, app=APP)
    for number, (sourcetype, text) in enumerate(events):
        time = TEN + number
        stand.index.add(text, time=time, indextime=time, sourcetype=sourcetype, index="main", whole=True)
    stand.set_local("savedsearches", RULE, {"disabled": "0"}, app=APP)
    runs = list(stand.scheduler.run(TEN, TEN + 3600, rules=[RULE]))
    assert {run.error for run in runs} == {None}
    return read_findings(stand, TEN + 3600)


def edr(**fields: Any) -> tuple[str, str]:
    return "edr:file", json.dumps(file_event(**fields))


def test_product_without_a_reader_of_its_own_is_read_by_its_tags(stand_in: Callable[[], Stand]) -> None:
    (finding,) = found(stand_in(), edr())
    assert (finding["entity"], finding["severity"]) == ("ws-014", "medium")
    assert finding["fields"]["user"] == "dana"
    assert finding["fields"]["file"] == STAGED


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(
            {
                "process_path": "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
                "file_path": "C:\\Users\\dana\\Documents\\Outlook Files\\dana.pst",
            },
            id="mail_client",
        ),
        pytest.param({"file_path": "C:\\ProgramData\\t\\dana.txt", "file_name": "dana.txt"}, id="another_file"),
        pytest.param({"action": "deleted"}, id="deleted"),
    ],
)
def test_what_is_innocent_in_raw_events_is_innocent_there(
    stand_in: Callable[[], Stand], fields: dict[str, str]
) -> None:
    assert found(stand_in(), edr(**fields)) == []


def test_untagged_events_are_not_read(stand_in: Callable[[], Stand]) -> None:
    assert found(stand_in(), edr(), tagged=False) == []


def test_act_that_two_products_report_is_one_finding(stand_in: Callable[[], Stand]) -> None:
    (finding,) = found(stand_in(), ("XmlWinEventLog", SYSMON), edr())
    assert finding["fields"]["user"] == "contoso\\dana"
    assert as_list(finding["fields"]["process_path"]) == [ROBOCOPY.lower()]
