"""The table of cases in docs/allowlist.md, for the tests of the command, the import and the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[4] / "docs" / "allowlist.md"
# What the page and the import want beside the conditions; a case that says nothing of it gets this.
PROPER = {
    "entry_owner": "ann.owner@contoso.com",
    "ticket": "CHG-1",
    "reason": "agreed work",
    "valid_from": "2026-03-01T00:00:00Z",
    "valid_until": "2026-03-20T00:00:00Z",
}
TAKEN = "taken"
# When an entry was made that does not say so.
MADE = "2026-03-01T00:00:00Z"


@dataclass(frozen=True)
class Case:
    """A line of the table: an entry, a row, what the command says, and what the page and the import say."""

    name: str
    entry: dict[str, str]
    row: dict[str, str]
    status: str
    reason: str
    page: str

    @property
    def stored(self) -> dict[str, str]:
        """The entry as it lies in the collection."""
        return {"created_at": MADE, **self.entry}

    @property
    def proper(self) -> dict[str, str]:
        """The entry as it would be entered: what a case leaves open is filled in, and nobody enters when he does so."""
        return {name: value for name, value in {**PROPER, **self.entry}.items() if name != "created_at"}


def cases() -> list[Case]:
    lines = PAGE.read_text(encoding="utf-8").partition("## Cases")[2].splitlines()
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0] == ["case", "entry", "row", "status", "reason contains", "page and import"]
    return [Case(cell[0], _pairs(cell[1]), _pairs(cell[2]), *cell[3:]) for cell in cells[2:]]


def each_case(kept: Callable[[Case], bool] = lambda case: True) -> Any:
    """A parameter `case` for every line of the table that is kept."""
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case.name.replace(" ", "-")) for case in cases() if kept(case)]
    )


def _pairs(text: str) -> dict[str, str]:
    shown = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    return {name.strip(): value for name, _, value in (part.strip().partition("=") for part in shown.split(";"))}
