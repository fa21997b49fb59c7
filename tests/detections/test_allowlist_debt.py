"""What the reports about the allowlist complain of, and what an entry held back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand

NOW = 1_772_532_000.0  # 2026-03-03T10:00:00Z
DAY = 86400
DEBT = "Mail Threats - Allowlist Debt - Report"
OWNERS = "Mail Threats - Allowlist Owners - Lookup Gen"
OWNER = "ann@contoso.com"


def iso(days: float) -> str:
    return datetime.fromtimestamp(NOW + days * DAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(**columns: str) -> dict[str, str]:
    return {
        "_key": "e1", "class": "other", "detection": "address_enumeration_by_source", "source": "203.0.113.9",
        "entry_owner": OWNER, "ticket": "CHG-1", "reason": "agreed", "valid_from": iso(-60), "valid_until": iso(60),
        **columns,
    }  # fmt: skip


def finding(number: int = 1, status: str = "allowed", **fields: Any) -> dict[str, Any]:
    return {
        "finding_id": f"f{number}", "revision": 1, "time": NOW - DAY, "first_seen": NOW - DAY, "last_seen": NOW - DAY,
        "detection": "address_enumeration_by_source", "rule": "Mail Threats - Address Enumeration By Source - Rule",
        "technique": "T1589.002", "entity": "203.0.113.9", "entity_type": "address", "score": 55, "severity": "medium",
        "finding_status": status, "title": "25 addresses tried", "score_reasons": ["55: tried"], "src": "203.0.113.9",
        "user": ["a@contoso.com", "b@contoso.com"], "allow_status": status, "allow_entry": "e1", **fields,
    }  # fmt: skip


def debts(
    stand: Stand, one: dict[str, str], *findings: dict[str, Any], owner: dict[str, Any] | None = None
) -> list[str]:
    stand.kv("mail_threats_allowlist").insert(dict(one))
    stand.kv("mail_threats_allowlist_owners").insert(
        {
            "_key": OWNER,
            "user": OWNER,
            **({"last_sign_in": NOW - DAY, "watched_since": NOW - 90 * DAY} if owner is None else owner),
        }
    )
    record(stand, *findings)
    stand.set_local("savedsearches", DEBT, {"disabled": "0"}, app=APP)
    search = stand.conf("savedsearches", app=APP)[DEBT]["search"]
    result = stand.search(search, earliest=NOW - DAY, latest=NOW, now=NOW, app=APP)
    assert [message.text for message in result.messages] == []
    found = [row["debt"] for row in result.rows]
    return [] if not found else [found[0]] if isinstance(found[0], str) else list(found[0])


def record(stand: Stand, *findings: dict[str, Any]) -> None:
    for one in findings:
        stand.index.add(
            json.dumps(one), index="summary", sourcetype="mail_threats:finding", time=one["time"], whole=True
        )


USED = finding(used := 1)


@pytest.mark.parametrize(
    ("one", "findings", "owner", "expected"),
    [
        pytest.param(entry(), [USED], None, [], id="nothing to complain of"),
        pytest.param(entry(), [], None, ["never used in 180 days"], id="never used"),
        pytest.param(entry(), [finding(allow_entry="e2")], None, ["never used in 180 days"], id="another was used"),
        pytest.param(entry(valid_until=iso(13)), [USED], None, ["expires 2026-03-16"], id="expires within 14 days"),
        pytest.param(entry(valid_until=iso(15)), [USED], None, [], id="expires later"),
        pytest.param(entry(valid_until=iso(-2)), [USED], None, [], id="expired, and nothing matches it"),
        pytest.param(
            entry(valid_until=iso(-2)),
            [finding(1, "new", allow_status="not_held", allow_reason="expired 2026-03-01T00:00:00Z")],
            None,
            ["expired, and would still match: 1 findings"],
            id="expired and still matching",
        ),
        pytest.param(
            entry(valid_from=iso(-200), valid_until=iso(30)), [USED], None, [], id="ended by its class's longest life"
        ),
        pytest.param(entry(), [finding(score=71)], None, ["hides a score of 71"], id="a score over 70"),
        pytest.param(entry(), [finding(score=70)], None, [], id="a score of 70"),
        pytest.param(
            entry(source="203.0.113.0/24"),
            [USED, finding(2)],
            None,
            ["broader than its use: source 203.0.113.0/24, used by 203.0.113.9 alone"],
            id="a block of one address",
        ),
        pytest.param(
            entry(source="203.0.113.0/24"),
            [USED, finding(2, src="203.0.113.10")],
            None,
            [],
            id="a block of two addresses",
        ),
        pytest.param(entry(source="203.0.113.9/32"), [USED], None, [], id="a block that is one address"),
        pytest.param(
            entry(source="", account="svc-*@contoso.com"),
            [finding(user="svc-a@contoso.com")],
            None,
            ["broader than its use: account svc-*@contoso.com, used by svc-a@contoso.com alone"],
            id="a wildcard of one account",
        ),
        pytest.param(
            entry(detection=""),
            [USED],
            None,
            ["broader than its use: for every detection, used for address_enumeration_by_source alone"],
            id="for every detection",
        ),
        pytest.param(
            entry(),
            [USED],
            {"last_sign_in": NOW - 40 * DAY, "deleted_at": NOW - 2 * DAY, "watched_since": NOW - 90 * DAY},
            ["owner deleted 2026-03-01"],
            id="owner deleted",
        ),
        pytest.param(
            entry(),
            [USED],
            {"last_sign_in": NOW - DAY, "deleted_at": NOW - 2 * DAY, "watched_since": NOW - 90 * DAY},
            [],
            id="owner deleted, restored, and back",
        ),
        pytest.param(
            entry(),
            [USED],
            {"last_sign_in": NOW - 31 * DAY, "watched_since": NOW - 90 * DAY},
            ["owner not signed in for 30 days"],
            id="owner idle",
        ),
        pytest.param(
            entry(),
            [USED],
            {"watched_since": NOW - 31 * DAY},
            ["owner not signed in for 30 days"],
            id="owner never seen",
        ),
        pytest.param(entry(), [USED], {"watched_since": NOW - 5 * DAY}, [], id="owner watched for too short a time"),
        pytest.param(
            entry(entry_owner=OWNER.upper()),
            [USED],
            {"watched_since": NOW - 31 * DAY},
            ["owner not signed in for 30 days"],
            id="letter case of an owner",
        ),
        pytest.param(
            entry(source="10.0.0.0/8"),
            [],
            None,
            ["never matches: source '10.0.0.0/8' covers more than a /16: name smaller networks"],
            id="never matches",
        ),
        pytest.param(
            entry(ticket="", valid_until=""),
            [USED],
            None,
            ["ticket is empty: write where it was decided", "valid_until is empty: every entry begins and ends"],
            id="owes its paper",
        ),
    ],
)
def test_the_report_complains_of(
    one: dict[str, str],
    findings: list[dict[str, Any]],
    owner: dict[str, Any] | None,
    expected: list[str],
    stand_in: Callable[[], Stand],
) -> None:
    one = {name: value for name, value in one.items() if value}
    assert sorted(debts(stand_in(), one, *findings, owner=owner)) == sorted(expected)


def test_what_would_have_fired_without_an_entry(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    record(stand, finding(1), finding(2, allow_also="e2"), finding(3, allow_entry="e2"), finding(4, "new"))
    rows = stand.search(
        "`mail_threats_allowlist_held_back(e1)` | table finding_id without_it", earliest=0, latest="", now=NOW, app=APP
    ).rows
    assert {row["finding_id"]: row["without_it"] for row in rows} == {
        "f1": "would have fired",
        "f2": "allowed by another entry",
    }


def test_owners_are_watched(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for number, owner in enumerate(("Ann@contoso.com", "bob@contoso.com", "carl@contoso.com", "dora@contoso.com")):
        stand.kv("mail_threats_allowlist").insert(entry(_key=f"e{number}", entry_owner=owner))
    seen = {"id": "1", "createdDateTime": iso(0), "userPrincipalName": "ann@contoso.com", "appId": "x"}
    graph = {"activityDisplayName": "Delete user", "result": "success", "activityDateTime": iso(0)}
    events = [
        ("azure:aad:signin", {**seen, "status": {"errorCode": 0}}),
        (
            "azure:aad:signin",
            {**seen, "id": "2", "userPrincipalName": "nobody@contoso.com", "status": {"errorCode": 0}},
        ),
        (
            "azure:aad:signin",
            {**seen, "id": "3", "userPrincipalName": "carl@contoso.com", "status": {"errorCode": 50126}},
        ),
        ("azure:aad:audit", {**graph, "targetResources": [{"userPrincipalName": "ab" * 16 + "bob@contoso.com"}]}),
        (
            "o365:management:activity",
            {
                "Operation": "Delete user.",
                "ResultStatus": "Success",
                "ObjectId": "dora@contoso.com",
                "CreationTime": iso(0)[:-1],
            },
        ),
    ]
    for sourcetype, event in events:
        stand.index.add(json.dumps(event), time=NOW, indextime=NOW, sourcetype=sourcetype, index="main", whole=True)
    stand.set_local("savedsearches", OWNERS, {"disabled": "0"}, app=APP)
    runs = stand.scheduler.run(NOW, NOW + DAY / 2, rules=[OWNERS])
    assert [message.text for run in runs for message in run.messages] == []
    known = {each["user"]: each for each in stand.kv("mail_threats_allowlist_owners").documents()}
    assert set(known) == {"ann@contoso.com", "bob@contoso.com", "carl@contoso.com", "dora@contoso.com"}
    assert float(known["ann@contoso.com"]["last_sign_in"]) == NOW
    assert [name for name, each in known.items() if "deleted_at" in each] == ["bob@contoso.com", "dora@contoso.com"]
    assert all(float(each["watched_since"]) > NOW for each in known.values())


def test_changes_are_one_row_an_entry(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    changes = [
        {"entry": "e1", "before": None, "after": {"class": "other"}},
        {"entry": "e2", "before": None, "after": {}},
    ]
    event = {"time": iso(0), "action": "import", "user": "alice", "count": 2, "changes": changes}
    stand.index.add(json.dumps(event), index="summary", sourcetype="mail_threats:allowlist", time=NOW, whole=True)
    rows = stand.search("`mail_threats_allowlist_changes`", earliest=0, latest="", now=NOW, app=APP).rows
    assert [(row["entry"], row["action"], row["changed_by"]) for row in rows] == [
        ("e1", "import", "alice"),
        ("e2", "import", "alice"),
    ]
    assert json.loads(str(rows[0]["after"])) == {"class": "other"}
    assert "before" not in rows[0]
