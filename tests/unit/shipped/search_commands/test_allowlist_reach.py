"""Which conditions can hold where: the table of docs/allowlist.md is what the page and the import go by."""

from __future__ import annotations

import re

from unit.shipped.search_commands.allowlist_cases import PAGE, PROPER

from mail_threats.allowlist.admission import debts
from mail_threats.allowlist.entry import CONDITIONS
from mail_threats.allowlist.reach import GIVES, TECHNIQUES

COLUMNS = [*CONDITIONS, "cap"]


def test_the_table_says_what_the_code_goes_by() -> None:
    lines = re.findall(r"^   \| `(\w+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    table = {name: [cell.strip() for cell in cells.split("|")] for name, cells in lines}
    assert {name: {c for c, cell in zip(COLUMNS, cells) if cell} for name, cells in table.items()} == GIVES


def test_a_technique_means_the_detections_whose_rules_ask_with_it() -> None:
    rules = (PAGE.parents[1] / "default" / "savedsearches.conf").read_text(encoding="utf-8")
    asked = dict(re.findall(r"`mail_threats_allowlist\((\w+), ([^)]+)\)`", rules))
    assert {name: technique.lower() for name, technique in asked.items()} == TECHNIQUES


def test_what_came_past_the_page_owes_it() -> None:
    (debt,) = debts({**PROPER, "class": "backup", "detection": "mail_forwarding", "host": "files01"})
    assert debt == "detection mail_forwarding gives no host: there the entry would never hold"
