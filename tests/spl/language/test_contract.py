"""CONTRACT.md and the code say the same, both ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.splunk.spl.aggregates import FUNCTIONS as AGGREGATES
from lab.splunk.spl.aggregates import PER_TIME
from lab.splunk.spl.eval.functions import FUNCTIONS
from lab.splunk.spl.registry import all_commands

SPL_TESTS = Path(__file__).parent.parent
CONTRACT = (SPL_TESTS.parent / "lab/splunk/CONTRACT.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the tables between a heading of the second level and the next one, without the header rows."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", CONTRACT, re.MULTILINE | re.DOTALL)
    assert section is not None, f"CONTRACT.md has no section '{heading}'"
    rows = []
    for table in re.findall(r"(?:^\|.*\n)+", section[1], re.MULTILINE):
        for line in table.splitlines()[2:]:
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
    return rows


def test_every_eval_function_is_listed_and_every_listed_one_exists() -> None:
    assert [row[0] for row in rows_under("Eval functions")] == [
        *sorted(name for name, function in FUNCTIONS.items() if not function.refused),
        *sorted(name for name, function in FUNCTIONS.items() if function.refused),
    ]


def test_every_command_is_listed_and_every_listed_one_exists() -> None:
    listed = {name for row in rows_under("Commands") for name in re.findall(r"[a-z]+", row[0])}
    assert listed == set(all_commands())


def test_every_statistic_is_listed_and_every_listed_one_exists() -> None:
    listed = {name for row in rows_under("Statistics") for name in re.findall(r"[a-z_]+", row[0])}
    assert listed == {*AGGREGATES, *PER_TIME, "perc", "p", "exactperc", "upperperc"}


TESTS = sorted(set(re.findall(r"[\w/]+\.py::\w+", CONTRACT)))


@pytest.mark.parametrize("name", TESTS)
def test_the_test_that_a_rule_names_exists(name: str) -> None:
    file, _, function = name.partition("::")
    source = (SPL_TESTS / file).read_text(encoding="utf-8")
    assert f"def {function}(" in source


def test_rule_ids_are_unique() -> None:
    ids = [row[0] for heading in ("Language",) for row in rows_under(heading)]
    assert len(ids) == len(set(ids))
