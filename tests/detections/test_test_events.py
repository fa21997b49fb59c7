"""The safe test event of day one: an admin writes the app's made-up events, and the rules find them, to the notable."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.rules import APP, read_findings, rules_of, stem_of
from lab.scenarios.runner import Stand
from lab.splunk.notables.enterprise_security import install_enterprise_security
from lab.splunk.stand_in import StandIn

MIDNIGHT = 1772496000.0  # 2026-03-03T00:00:00Z
NOW = MIDNIGHT + 10 * 3600
EVERY_FOUR_HOURS = {"slow_address_enumeration"}
REPORT = "Mail Threats - Test Events - Report"
EVENTS = Path(__file__).resolve().parents[2] / "lookups" / "mail_threats_test_events.csv"


def with_events() -> set[str]:
    with EVENTS.open(encoding="utf-8", newline="") as file:
        return {row["detection"] for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Outcome:
    """Of one run by an admin: stems with findings, stems with notables, every event in the test index."""

    found: set[str]
    notables: set[str]
    raws: list[str]


def as_other_add_ons_date_them(splunk: StandIn | Stand) -> None:
    for sourcetype in ("XmlWinEventLog", "ms:iis:default", "squid"):
        settings = {"SHOULD_LINEMERGE": "0", "TRUNCATE": "0", "DATETIME_CONFIG": "CURRENT"}
        splunk.set_local("props", sourcetype, settings)


def send_and_wait(package: Path, folder: Path, now: float, stems: set[str]) -> Outcome:
    """Writes the test events at `now` and runs each rule that is on until it has had a turn."""
    splunk = StandIn(folder / "splunk", now=lambda: now, warm_commands=True)
    try:
        splunk.install(package)
        install_enterprise_security(splunk.conf_tree)
        as_other_add_ons_date_them(splunk)
        search = splunk.conf("savedsearches", app=APP)[REPORT]["search"]
        written = splunk.search(search, earliest="-1h", latest="now", now=now, app=APP, user="admin")
        assert [message.text for message in written.messages if message.level != "INFO"] == []
        rules = {stem: rule for stem, rule in rules_of(splunk).items() if stem in stems}
        for rule in rules.values():
            splunk.set_local("savedsearches", rule, {"disabled": "0"}, app=APP)
        often = [rule for stem, rule in rules.items() if stem not in EVERY_FOUR_HOURS]
        splunk.scheduler.run(now, now + 3600, rules=often)
        splunk.scheduler.run(now, now + 4 * 3600, rules=[rules[stem] for stem in EVERY_FOUR_HOURS])
        findings = read_findings(splunk)
        notables = {stem_of(str(notable["search_name"])) for notable in splunk.notables}
        raws = [str(row["_raw"]) for row in splunk.search("search index=main", earliest=0, latest="", app=APP).rows]
        return Outcome({str(finding["detection"]) for finding in findings}, notables, raws)
    finally:
        splunk.close()


@pytest.fixture(scope="module")
def outcome(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return send_and_wait(package, tmp_path_factory.mktemp("test_events"), NOW, with_events())


@pytest.mark.parametrize("stem", sorted(with_events()))
def test_the_rule_finds_it_and_a_notable_arrives(outcome: Outcome, stem: str) -> None:
    assert stem in outcome.found
    assert stem in outcome.notables


@pytest.mark.parametrize("hour", [0, 5, 14, 19])
def test_slow_guessing_is_found_at_any_hour(package: Path, tmp_path: Path, hour: int) -> None:
    """Its days are those of UTC; the events lie on two of them."""
    after = send_and_wait(package, tmp_path, MIDNIGHT + hour * 3600, EVERY_FOUR_HOURS)
    assert after.notables == EVERY_FOUR_HOURS


def test_what_is_written_names_nobody(outcome: Outcome) -> None:
    assert len(outcome.raws) > 200
    assert all("mail.threats.test" in raw or "mail-threats-test" in raw for raw in outcome.raws)


def test_its_decoy_does_not_count_as_one_that_was_planted(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    as_other_add_ons_date_them(stand)
    reports = stand.conf("savedsearches", app=APP)
    stand.search(reports[REPORT]["search"], earliest="-1h", latest="now", now=NOW, app=APP, user="admin")
    assert len(stand.kv("mail_threats_decoy_addresses")) == 1
    coverage = reports["Mail Threats - Enumeration Coverage - Report"]["search"]
    shown = stand.search(coverage, earliest="-24h", latest="now", now=NOW, app=APP, user="admin").rows
    (row,) = [row for row in shown if row["feed"] == "decoy addresses"]
    assert (str(row["decoys"]), row["missing"]) == ("0", "no decoy address is set")
