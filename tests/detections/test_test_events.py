"""The safe test event of day one: an admin writes the app's made-up events, and the rules find them, to the notable."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.rules import APP, read_findings, rules_of, stem_of
from lab.scenarios.runner import Stand
from lab.splunk.notables.enterprise_security import install_enterprise_security
from lab.splunk.stand_in import StandIn

NOW = 1772532000.0  # 2026-03-03T10:00:00Z
REPORT = "Mail Threats - Test Events - Report"
EVENTS = Path(__file__).resolve().parents[2] / "lookups" / "mail_threats_test_events.csv"
# Rules that a fresh event alone cannot set off, and what each needs beside it.
NEEDS_MORE = {
    "decoy_address_tried": "an address that the admin has entered as a decoy",
    "slow_address_enumeration": "a memory of several days",
}


def with_events() -> set[str]:
    with EVENTS.open(encoding="utf-8", newline="") as file:
        return {row["detection"] for row in csv.DictReader(file)}


def test_every_rule_has_a_test_event_or_says_what_it_needs(stand_in: Callable[[], Stand]) -> None:
    assert with_events() | set(NEEDS_MORE) == set(rules_of(stand_in()))
    assert not with_events() & set(NEEDS_MORE)


@pytest.fixture(scope="module")
def after_the_test(package: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str], list[str]]:
    """(stems with findings, stems with notables, everything that names somebody), of one run by an admin."""
    splunk = StandIn(tmp_path_factory.mktemp("test_events") / "splunk", now=lambda: NOW, warm_commands=True)
    try:
        splunk.install(package)
        install_enterprise_security(splunk.conf_tree)
        for sourcetype in ("XmlWinEventLog", "ms:iis:default", "squid"):
            settings = {"SHOULD_LINEMERGE": "0", "TRUNCATE": "0", "DATETIME_CONFIG": "CURRENT"}
            splunk.set_local("props", sourcetype, settings)
        search = splunk.conf("savedsearches", app=APP)[REPORT]["search"]
        written = splunk.search(search, earliest="-1h", latest="now", now=NOW, app=APP, user="admin")
        assert [message.text for message in written.messages if message.level != "INFO"] == []
        rules = [rule for stem, rule in rules_of(splunk).items() if stem in with_events()]
        for rule in rules:
            splunk.set_local("savedsearches", rule, {"disabled": "0"}, app=APP)
        splunk.scheduler.run(NOW, NOW + 3600, rules=rules)
        findings = read_findings(splunk)
        notables = {stem_of(str(notable["search_name"])) for notable in splunk.notables}
        raws = [str(row["_raw"]) for row in splunk.search("search index=main", earliest=0, latest="", app=APP).rows]
        return {str(finding["detection"]) for finding in findings}, notables, raws
    finally:
        splunk.close()


@pytest.mark.parametrize("stem", sorted(with_events()))
def test_the_rule_finds_it_and_a_notable_arrives(
    after_the_test: tuple[set[str], set[str], list[str]], stem: str
) -> None:
    found, notables, _ = after_the_test
    assert stem in found
    assert stem in notables


def test_what_is_written_names_nobody(after_the_test: tuple[set[str], set[str], list[str]]) -> None:
    _, _, raws = after_the_test
    assert len(raws) > 200
    assert all("mail.threats.test" in raw or "mail-threats-test" in raw for raw in raws)
