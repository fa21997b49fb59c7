"""Rules compare operations letter by letter, after a lookup has given each the letters that Microsoft writes."""

from __future__ import annotations

import csv
import re

import pytest
from rules.shipped import LOOKUPS, conf

with (LOOKUPS / "mail_threats_audit_operations.csv").open(encoding="utf-8") as file:
    OPERATIONS = {row["operation"]: row["spelling"] for row in csv.DictReader(file)}


def spellings(pattern: str, start: int = 0) -> tuple[list[str], int]:
    """Every text that a pattern of literals, groups and `?` matches, to the end or the closing bracket; `.*` stays."""
    done: list[str] = []
    texts = [""]
    place = start
    while place < len(pattern) and pattern[place] != ")":
        if pattern[place] == "|":
            done, texts, place = done + texts, [""], place + 1
            continue
        if pattern[place] == "(":
            part, place = spellings(pattern, place + 1)
        elif pattern[place] == "\\":
            part, place = [pattern[place + 1]], place + 1
        else:
            part = [".*" if pattern[place] == "." else pattern[place].replace("*", "")]
        place += 1
        if pattern[place : place + 1] == "?":
            part, place = [*part, ""], place + 1
        texts = [text + more for text in texts for more in part]
    return done + texts, place


def asked_for() -> list[str]:
    """The operations that searches select: whole patterns, and values that are compared."""
    texts = [settings.get("search", "") for settings in conf("savedsearches").values()]
    texts += [settings.get("definition", "") for settings in conf("macros").values()]
    names: set[str] = set()
    for text in texts:
        for pattern in re.findall(r'match\(operation, "([^"]*)"\)', text):
            names |= {name[1:-1] for name in spellings(pattern)[0] if name.startswith("^") and name.endswith("$")}
        for values in re.findall(r'(?:in\(operation, |operation IN \(|operation!?=)((?:"[^"]*"(?:, )?)+)', text):
            names |= set(re.findall(r'"([^"]*)"', values))
    return sorted(name for name in names if name[:1].isupper())


def test_patterns_are_read() -> None:
    assert spellings(r"^(New|Set)-X(Y)?$|^Z a\.?$")[0] == [
        "^New-XY$",
        "^New-X$",
        "^Set-XY$",
        "^Set-X$",
        "^Z a.$",
        "^Z a$",
    ]
    assert {"New-InboxRule", "MailItemsAccessed", "UpdateInboxRules", "Add member to role."} <= set(asked_for())


@pytest.mark.parametrize("name", asked_for())
def test_operation_that_a_search_looks_for_has_its_spelling(name: str) -> None:
    if name.endswith(".*"):
        assert [spelling for spelling in OPERATIONS.values() if spelling.startswith(name.removesuffix(".*"))]
        return
    plain = name.rstrip(".")
    assert OPERATIONS.get(plain.lower()) == plain


def test_every_spelling_is_looked_for_and_has_its_key() -> None:
    wanted = [name.rstrip(".") for name in asked_for()]
    for key, spelling in OPERATIONS.items():
        assert key == spelling.lower()
        assert any(spelling == name or re.fullmatch(name, spelling) for name in wanted), spelling
