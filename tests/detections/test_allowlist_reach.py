"""What a rule's findings give to the conditions of an allowlist entry: the table of docs/allowlist.md, as found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lab.scenarios import loader, runner
from lab.scenarios.stands import Stands

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "allowlist.md"
FIELDS = ("user", "src", "app_id", "process_path", "process_signer", "dest", "cap_count")
# Scenarios that give what `fires` does not.
MORE = {
    "account_lookup_from_inside": ["signed_in_to_the_proxy"],
    "local_mail_file_collection": ["over_the_administrative_share"],
    "mail_collection_script": ["outlook_com"],
    "mailbox_access_grant": ["consent"],
}


def table() -> dict[str, set[str]]:
    """Detection -> the fields that the documentation says it gives."""
    lines = re.findall(r"^   \| `(\w+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    cells = {stem: [cell.strip() for cell in row.split("|")] for stem, row in lines}
    return {stem: {field for field, cell in zip(FIELDS, row, strict=True) if cell} for stem, row in cells.items()}


def test_every_detection_is_in_the_table() -> None:
    assert set(table()) == {path.stem for path in FOLDER.glob("*.yml")}


@pytest.mark.parametrize("stem", list(table()))
def test_findings_give_what_the_table_says(stem: str, stands: Stands) -> None:
    given: set[str] = set()
    wanted = ["fires", *MORE.get(stem, [])]
    for text in loader.load(FOLDER / f"{stem}.yml"):
        scenario = text.build(loader.seeds(text)[0])
        if scenario.id in wanted:
            stand = stands.lend(runner.settings_of(scenario))
            outcome = runner.run(replace(scenario, expect=(), raised=None), stand)
            assert outcome.findings, f"{scenario.id} finds nothing"
            given |= {field for finding in outcome.findings for field in FIELDS if finding["fields"].get(field)}
    assert given == table()[stem]
