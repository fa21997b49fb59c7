"""The cases of docs/allowlist.md, one test each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from mail_threats.allowlist.entry import EntryError, read_entry
from mail_threats.allowlist.matching import Decision, Subject, decide

PAGE = Path(__file__).resolve().parents[4] / "docs" / "allowlist.md"
FIELDS = {"account": "user", "source": "src", "app_id": "app_id", "process_path": "process_path", "host": "dest"}


def cases() -> list[tuple[str, dict[str, str], dict[str, str], str, str]]:
    rows = PAGE.read_text(encoding="utf-8").partition("## Cases")[2].splitlines()
    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows if row.startswith("|")]
    assert cells[0][:4] == ["case", "entry", "row", "status"]
    return [(c[0], pairs(c[1]), pairs(c[2]), c[3], c[4]) for c in cells[2:]]


def pairs(text: str) -> dict[str, str]:
    return dict(part.strip().split("=", 1) for part in text.split(";"))


def judge(entry: dict[str, str], row: dict[str, str]) -> Decision:
    try:
        entries = [read_entry(entry)]
    except EntryError:
        entries = []
    entries = [e for e in entries if e.covers("this_detection", "T1589.002")]
    values = {column: row[name].split(",") if name in row else [] for column, name in FIELDS.items()}
    first, last = (epoch(row.get(name, "2026-03-03T10:00:00Z")) for name in ("first_seen", "last_seen"))
    count = float(row["cap_count"]) if "cap_count" in row else None
    return decide(Subject(values, first, last, count), entries)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@pytest.mark.parametrize(
    ("entry", "row", "status", "reason"), [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in cases()]
)
def test_allowlist_case(entry: dict[str, str], row: dict[str, str], status: str, reason: str) -> None:
    decision = judge(entry, row)
    assert decision.status == status, decision
    assert reason in (decision.reason or "")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        pytest.param({"class": "pentest"}, "no condition: fill at least one of account, source", id="no-condition"),
        pytest.param({"class": "backup", "account": "*"}, "matches everybody", id="everybody"),
        pytest.param({"class": "backup", "account": "*@com"}, "names no domain", id="bare-top-level-domain"),
        pytest.param({"class": "backup", "source": "10.0.0.0/8"}, "more than a /16", id="too-large-a-block"),
        pytest.param(
            {"class": "backup", "source": "10.0.0.9-10.0.0.1"},
            "ends? lies before|end lies before",
            id="range-backwards",
        ),
        pytest.param({"class": "backup", "process_path": "*.*"}, "every program", id="every-program"),
        pytest.param({"class": "backup", "host": "*"}, "every host", id="every-host"),
        pytest.param(
            {"class": "backup", "host": "a", "timezone": "Mars/Base", "hours": "01:00-02:00"}, "timezone", id="zone"
        ),
        pytest.param({"class": "backup", "host": "a", "hours": "25:00-02:00"}, "expected HH:MM-HH:MM", id="hours"),
        pytest.param({"class": "backup", "host": "a", "detection": "T99"}, None, id="stem-like-detection-is-read"),
        pytest.param({"class": "backup", "host": "a", "detection": "bad stem!"}, "neither", id="no-stem"),
    ],
)
def test_a_refused_entry_says_what_to_write(entry: dict[str, str], says: str | None) -> None:
    if says is None:
        read_entry(entry)
        return
    with pytest.raises(EntryError, match=says):
        read_entry(entry)
