"""The coverage lookup and the rules: each rule is the answer to some method, and every rule that is named exists."""

from __future__ import annotations

import csv

import pytest
from rules.shipped import LOOKUPS, rules

with (LOOKUPS / "mail_threats_coverage.csv").open(encoding="utf-8", newline="") as file:
    METHODS = list(csv.DictReader(file))
each_method = pytest.mark.parametrize("row", [pytest.param(row, id=row["method"]) for row in METHODS])


def named(row: dict[str, str]) -> list[str]:
    return [rule for rule in row["rules"].split(";") if rule]


@pytest.mark.parametrize("rule", list(rules()))
def test_every_rule_covers_a_method(rule: str) -> None:
    assert any(rule in named(row) for row in METHODS), (
        f"lookups/mail_threats_coverage.csv: no row names {rule!r}; add the method that it sees"
    )


@each_method
def test_rules_that_are_named_exist(row: dict[str, str]) -> None:
    assert set(named(row)) <= set(rules()), f"lookups/mail_threats_coverage.csv: {row['method']}"


@each_method
def test_what_leaves_a_trace_says_where_and_what_reads_it(row: dict[str, str]) -> None:
    assert row["trace"], f"lookups/mail_threats_coverage.csv: {row['method']}: say what it leaves behind, or none"
    seen = not row["trace"].startswith("none")
    assert bool(row["sourcetypes"]) == bool(named(row)) == seen, f"lookups/mail_threats_coverage.csv: {row['method']}"
