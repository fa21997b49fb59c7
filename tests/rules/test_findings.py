"""What a rule leaves behind: a finding from a scheduled run, and nothing when somebody opens the rule by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rules.firing import Fired, Written
from rules.shipped import conf, rules, technique_of

from lab.rules import APP, stem_of
from lab.splunk.spl.values import as_list, text
from lab.splunk.stand_in import StandIn

each_rule = pytest.mark.parametrize("rule", list(rules()))
Fire = Callable[[str], Fired]
SEVERITIES = ((20, "info"), (40, "low"), (70, "medium"), (90, "high"), (101, "critical"))
CONTRACT = {
    "detection", "rule", "technique", "time", "first_seen", "last_seen", "entity", "entity_type",
    "score", "score_reasons", "severity", "finding_status", "finding_id", "revision", "title",
}  # fmt: skip
# What each learner writes, of one sign-in and one change in the directory.
LEARNED = {
    "Mail Threats - Accepted Domains - Lookup Gen": ("mail_threats_accepted_domains", "domain", {"contoso.com"}),
    "Mail Threats - Known People - Lookup Gen": ("mail_threats_known_people", "person", {"a@contoso.com"}),
    "Mail Threats - Directory Changes - Lookup Gen": ("mail_threats_directory_changes", "account", {"b@contoso.com"}),
    "Mail Threats - Allowlist Owners - Lookup Gen": ("mail_threats_allowlist_owners", "user", {"a@contoso.com"}),
    "Mail Threats - Mailbox Clients - Lookup Gen": (
        "mail_threats_mailbox_clients",
        "client_key",
        {"c@contoso.com|c@contoso.com|none", "mailbox|c@contoso.com", "watched"},
    ),
    "Mail Threats - Mail File Readers - Lookup Gen": (
        "mail_threats_mail_file_readers",
        "reader_key",
        {
            "host|ws-014|c:\\program files\\agent\\agent.exe",
            "program|c:\\program files\\agent\\agent.exe",
            "watched|ws-014",
        },
    ),
}
LEARNERS = [name for name in conf("savedsearches") if name.endswith(" - Lookup Gen")]


@each_rule
def test_rule_opened_by_hand_shows_the_finding_and_writes_nothing(rule: str, fired: Fire) -> None:
    found = fired(rule)
    assert len(found.by_hand.rows) == len(found.rows), f"[{rule}]: an analyst sees other rows than the scheduler"
    assert found.after_by_hand == Written(findings=0, states=0), (
        f"default/savedsearches.conf [{rule}]: opened by hand it wrote {found.after_by_hand}; only scheduled runs may"
    )


@each_rule
def test_scheduled_run_writes_each_finding_once(rule: str, fired: Fire) -> None:
    found = fired(rule)
    assert found.after_run.findings >= len(found.rows) >= 1
    assert found.after_run.states == len({text(row["finding_id"]) for row in found.rows})


@each_rule
def test_rows_have_what_a_finding_needs(rule: str, fired: Fire) -> None:
    for row in fired(rule).rows:
        missing = CONTRACT - set(row)
        assert not missing, f"default/savedsearches.conf [{rule}]: the rows lack {sorted(missing)}"
        assert (text(row["detection"]), text(row["rule"])) == (stem_of(rule), rule)
        techniques = text(row["technique"]).split(", ")
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", technique) for technique in techniques)
        assert any(technique.startswith(technique_of(rule)) for technique in techniques)
        assert text(row["finding_status"]) == "new"
        assert text(row["entity"]) == text(row["entity"]).lower()


@each_rule
def test_points_of_the_reasons_sum_to_the_score_and_give_the_severity(rule: str, fired: Fire) -> None:
    for row in fired(rule).rows:
        points = [int(text(reason).partition(":")[0]) for reason in as_list(row["score_reasons"])]
        score = int(text(row["score"]))
        assert sum(points) == score, f"[{rule}]: {row['score_reasons']} do not sum to {score}"
        assert text(row["severity"]) == next(name for below, name in SEVERITIES if score < below)


@each_rule
def test_time_of_a_finding_is_its_last_evidence(rule: str, fired: Fire) -> None:
    found = fired(rule)
    for row in found.rows:
        first, last, time = (float(text(row[name])) for name in ("first_seen", "last_seen", "time"))
        assert first <= last == time <= found.run.time, f"[{rule}]: {first} to {last}, time {time}"


@each_rule
def test_rows_carry_no_leftovers_of_the_last_steps(rule: str, fired: Fire) -> None:
    """What the allowlist, finding and record steps use among themselves is not for a notable."""
    inner = {"allow_row", "finding_key", "state_key", "finding_write", "finding_changed", "evidence"}
    for row in fired(rule).rows:
        assert not inner & set(row), f"default/macros.conf: {sorted(inner & set(row))} leave the rule with its rows"


@pytest.mark.parametrize("learner", [name for name in LEARNERS if name in LEARNED])
def test_what_is_learned_is_written_by_the_scheduler_only(learner: str, package: Path, tmp_path: Path) -> None:
    splunk = StandIn(tmp_path / "splunk", warm_commands=True)
    collection_name, field, learned = LEARNED[learner]
    try:
        splunk.install(package)
        at = datetime(2026, 3, 3, 10, tzinfo=UTC).timestamp()
        records = (
            {"Id": "1", "Operation": "UserLoggedIn", "UserId": "a@contoso.com", "ActorIpAddress": "203.0.113.1"},
            {"Id": "2", "Operation": "Add user.", "ObjectId": "b@contoso.com", "UserId": "a@contoso.com"},
            {
                "Id": "3",
                "Operation": "MailItemsAccessed",
                "UserId": "c@contoso.com",
                "MailboxOwnerUPN": "c@contoso.com",
            },
            {
                "Id": "4",
                "ActionType": "SensitiveFileRead",
                "DeviceName": "ws-014.contoso.com",
                "FolderPath": "C:\\Users\\a\\Documents\\Outlook Files\\old.pst",
                "FileName": "old.pst",
                "InitiatingProcessFileName": "agent.exe",
                "InitiatingProcessFolderPath": "C:\\Program Files\\Agent",
                "InitiatingProcessAccountName": "a",
            },
        )
        for record in records:
            whole = {**record, "CreationTime": "2026-03-03T10:00:00", "OrganizationName": "contoso.com"}
            splunk.index.add(
                json.dumps(whole), time=at, indextime=at, sourcetype="o365:management:activity", index="main"
            )
        owned = {"class": "other", "host": "files01", "entry_owner": "a@contoso.com"}
        splunk.kv("mail_threats_allowlist", app=APP).insert(owned)
        collection = splunk.kv(collection_name, app=APP)
        splunk.search(conf("savedsearches")[learner]["search"], now=at + 60, app=APP, user="admin")
        assert collection.documents() == [], f"default/savedsearches.conf [{learner}]: opened by hand it wrote"
        splunk.set_local("savedsearches", learner, {"disabled": "0"}, app=APP)
        (run, *_) = splunk.scheduler.run(at + 60, at + 4 * 3600, rules=[learner])
        assert run.error is None
        assert {document[field] for document in collection.documents()} == learned
    finally:
        splunk.close()


def test_every_learner_has_a_test_of_what_it_writes() -> None:
    assert set(LEARNERS) <= set(LEARNED)
