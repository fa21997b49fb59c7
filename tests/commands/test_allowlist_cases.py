"""The cases of docs/allowlist.md, one search each: entries as rows, after the finding they are to cover."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands.caller import NOW, Caller

PAGE = Path(__file__).resolve().parents[2] / "docs" / "allowlist.md"
ALLOW = (
    'eval first_seen=if(isnull(first_seen), _time, strptime(first_seen, "%Y-%m-%dT%H:%M:%SZ")), '
    'last_seen=if(isnull(last_seen), _time, strptime(last_seen, "%Y-%m-%dT%H:%M:%SZ")) '
    "| allowlist detection=this_detection technique=T1589.002 entries=rows"
)
SEVERAL = ("user", "src")


def cases() -> list[tuple[str, dict[str, str], dict[str, str], str, str]]:
    lines = PAGE.read_text(encoding="utf-8").partition("## Cases")[2].splitlines()
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0] == ["case", "entry", "row", "status", "reason contains"]
    return [(cell[0], pairs(cell[1]), pairs(cell[2]), cell[3], cell[4]) for cell in cells[2:]]


def pairs(text: str) -> dict[str, str]:
    return {name.strip(): value for name, _, value in (part.partition("=") for part in text.split(";"))}


@pytest.mark.parametrize(
    ("entry", "row", "status", "reason"), [pytest.param(*case[1:], id=case[0].replace(" ", "-")) for case in cases()]
)
def test_case(warm_call: Caller, entry: dict[str, str], row: dict[str, str], status: str, reason: str) -> None:
    finding = {"_time": str(NOW), "allow_row": "finding"}
    for name, value in row.items():
        finding[name] = value.split(",") if name in SEVERAL and "," in value else value  # type: ignore[assignment]
    (found,) = warm_call(ALLOW, [finding, entry]).rows
    assert found["allow_status"] == status, found
    assert reason in str(found.get("allow_reason", ""))
