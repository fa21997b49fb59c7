"""The scheduled searches beside the rules: what they learn and what they report."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP, LEARNER
from lab.scenarios.runner import Stand

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
CHECK = "Mail Threats - Allowlist Check - Report"
CHANGES = "Mail Threats - Allowlist Changes - Report"


def sign_in(user: str, code: int = 0, **more: Any) -> dict[str, Any]:
    record = {"id": user, "createdDateTime": "2026-03-03T10:00:00Z", "userPrincipalName": user, "appId": "x"}
    return {**record, "status": {"errorCode": code}, **more}


def run(stand: Stand, name: str) -> list[Any]:
    stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    return list(stand.scheduler.run(TEN, TEN + 7200, rules=[name]))


def domains(stand: Stand) -> set[str]:
    rows = stand.search("| inputlookup mail_threats_accepted_domains", earliest=0, latest="", app=APP).rows
    return {str(row["domain"]) for row in rows}


def index(stand: Stand, sourcetype: str, *records: dict[str, Any]) -> None:
    for record in records:
        stand.index.add(json.dumps(record), time=TEN, indextime=TEN, sourcetype=sourcetype, index="main", whole=True)


def test_domains_are_learned_from_members_mailboxes_and_the_tenant(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    index(stand, "azure:aad:signin", sign_in("a@Contoso.com"), sign_in("b@sub.contoso.com", userType="member"))
    audit = {
        "CreationTime": "2026-03-03T10:00:00",
        "Operation": "MailItemsAccessed",
        "OrganizationName": "c.onmicrosoft.com",
    }
    index(stand, "o365:management:activity", {**audit, "MailboxOwnerUPN": "x@mail.example.net"})
    run(stand, LEARNER)
    assert domains(stand) == {"contoso.com", "sub.contoso.com", "c.onmicrosoft.com", "mail.example.net"}


def test_guests_other_tenants_and_failures_teach_nothing(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    index(
        stand,
        "azure:aad:signin",
        sign_in("guest@partner.example", userType="guest"),
        sign_in("other@elsewhere.example", homeTenantId="1", resourceTenantId="2"),
        sign_in("guess@evil.example", code=50126),
        sign_in("no-domain"),
    )
    run(stand, LEARNER)
    assert domains(stand) == set()


def test_a_domain_is_learned_once(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    index(stand, "azure:aad:signin", sign_in("a@contoso.com"))
    assert len(run(stand, LEARNER)) == 2
    assert len(stand.kv("mail_threats_accepted_domains").documents()) == 1


def test_applications_that_were_signed_in_to_are_known_by_name_and_whether_sign_ins_without_people_are_seen(
    stand_in: Callable[[], Stand],
) -> None:
    first, service, tried = (f"5a0b1c2d-{n}{n}{n}{n}-4222-8333-444455556666" for n in "123")
    stand = stand_in()
    index(
        stand,
        "azure:aad:signin",
        sign_in("a@contoso.com", ipAddress="192.0.2.1", appId=first.upper(), appDisplayName="Mail Reader"),
        sign_in("b@contoso.com", ipAddress="192.0.2.1", appId=first, appDisplayName="Mail Reader", isInteractive=False),
        sign_in("c@contoso.com", code=50126, ipAddress="192.0.2.1", appId=tried, appDisplayName="Tried"),
    )
    known = "| inputlookup mail_threats_known_applications | table app_id app_name first_sign_in last_sign_in"
    learner = "Mail Threats - Known People - Lookup Gen"
    run(stand, learner)
    stand.scheduler.run(TEN + 7200, TEN + 3 * 3600, rules=[learner])
    rows = {str(row["app_id"]): row for row in stand.search(known, earliest=0, latest="", app=APP).rows}
    assert set(rows) == {first, "unattended", "watched"}
    assert rows[first]["app_name"] == "Mail Reader"
    assert float(str(rows[first]["last_sign_in"])) == TEN < float(str(rows["watched"]["last_sign_in"]))
    alone = {"userPrincipalName": "", "servicePrincipalName": "Archive", "isInteractive": False}
    index(
        stand, "azure:aad:signin", sign_in("s", ipAddress="192.0.2.9", appId=service, appDisplayName="Archive", **alone)
    )
    stand.scheduler.run(TEN + 3 * 3600, TEN + 7 * 3600, rules=[learner])
    rows = {str(row["app_id"]): row for row in stand.search(known, earliest=0, latest="", app=APP).rows}
    assert set(rows) == {first, service, "service", "unattended", "watched"}
    assert (rows[first]["app_name"], rows[service]["app_name"]) == ("Mail Reader", "Archive")


def test_on_whose_computers_somebody_signs_in_is_remembered_by_day(stand_in: Callable[[], Stand]) -> None:
    devices: dict[str, dict[str, object]] = {
        "compliant": {"deviceId": "d1", "operatingSystem": "Windows 10", "isCompliant": True},
        "registered": {"deviceId": "d2", "operatingSystem": "Windows", "isCompliant": False, "isManaged": False},
        "managed_phone": {"deviceId": "d3", "operatingSystem": "Ios", "isManaged": True},
        "private": {"deviceId": "", "operatingSystem": "MacOs", "isManaged": False},
        "phone": {"deviceId": "", "operatingSystem": "Android 14"},
        "silent": {"operatingSystem": "Unknown"},
    }
    stand = stand_in()
    index(
        stand,
        "azure:aad:signin",
        *(
            sign_in(f"{name}@contoso.com", ipAddress="192.0.2.1", deviceDetail=device)
            for name, device in devices.items()
        ),
        sign_in("refused@contoso.com", code=50126, ipAddress="192.0.2.1", deviceDetail=devices["private"]),
    )
    stand.kv("mail_threats_known_people").insert({
        "_key": "private@contoso.com", "person": "private@contoso.com", "device_days": "20514@c 20515@u",
    })  # fmt: skip
    learner = "Mail Threats - Known People - Lookup Gen"
    run(stand, learner)
    stand.scheduler.run(TEN + 7200, TEN + 3 * 3600, rules=[learner])
    kept = {
        str(row["person"]): row.get("device_days") or "" for row in stand.kv("mail_threats_known_people").documents()
    }
    assert kept == {
        "compliant@contoso.com": "20515@c",
        "registered@contoso.com": "20515@r",
        "private@contoso.com": "20514@c 20515@u",
        "managed_phone@contoso.com": "",
        "phone@contoso.com": "",
        "silent@contoso.com": "",
    }


@pytest.mark.parametrize(
    ("device", "kept"),
    [
        pytest.param({"deviceId": "", "operatingSystem": "Windows 10"}, {"192.0.2.1"}, id="computers_they_never_have"),
        pytest.param({"deviceId": "d", "operatingSystem": "Windows 10"}, {"192.0.2.1", "203.0.113.9"}, id="their_own"),
        pytest.param({"deviceId": "", "operatingSystem": "Ios 18"}, {"192.0.2.1", "203.0.113.9"}, id="phones"),
    ],
)
def test_where_people_sign_in_on_other_computers_than_at_work_is_no_place_of_the_company(
    stand_in: Callable[[], Stand], device: dict[str, str], kept: set[str]
) -> None:
    """A phishing page that takes over the sessions of five people has one address for all of them."""
    stand = stand_in()
    work = {"deviceId": "d", "operatingSystem": "Windows 10", "isManaged": True}
    for number in range(5):
        user = f"p{number}@contoso.com"
        index(stand, "azure:aad:signin", sign_in(user, ipAddress="192.0.2.1", deviceDetail=work))
        index(stand, "azure:aad:signin", sign_in(user, ipAddress="203.0.113.9", deviceDetail=device))
    learner = "Mail Threats - Known People - Lookup Gen"
    run(stand, learner)
    stand.scheduler.run(TEN + 7200, TEN + 3 * 3600, rules=[learner])
    assert {row["network"] for row in stand.kv("mail_threats_company_networks").documents()} == kept


def test_a_malformed_allowlist_entry_becomes_a_health_event(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    entries = stand.kv("mail_threats_allowlist")
    entries.insert({"_key": "good", "class": "backup", "host": "files01", "valid_from": "2026-03-01T00:00:00Z"})
    entries.insert({"_key": "bad", "class": "backup", "source": "10.0.0.0/8"})
    report = run(stand, CHECK)[0]
    assert [row["entry_key"] for row in report.rows] == ["bad"]
    health = stand.search('index=summary sourcetype="mail_threats:health"', earliest=0, latest="", app=APP).rows
    said = [json.loads(str(row["_raw"])) for row in health]
    assert {event["entry_key"] for event in said} == {"bad"}
    assert "more than a /16" in said[0]["message"]


def test_an_allowlist_checked_by_hand_writes_nothing(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.kv("mail_threats_allowlist").insert({"_key": "bad", "class": "backup"})
    search = stand.conf("savedsearches", app=APP)[CHECK]["search"]
    assert [row["entry_key"] for row in stand.search(search, app=APP).rows] == ["bad"]
    assert stand.search("index=summary", earliest=0, latest="", app=APP).rows == []


TWICE = "Mail Threats - Tenant Collected Twice - Report"


def health(stand: Stand, minute: int, host: str, *streams: str, name: str = "contoso", tenant: str = "t1") -> None:
    told = {"input": f"o365_management_activity://{name}", "feed": "o365_management_activity", "tenant_id": tenant}
    raw = json.dumps({**told, "streams": [{"stream": stream, "lag_s": 1} for stream in streams]})
    at = TEN + 60 * minute
    stand.index.add(
        raw, time=at, indextime=at, sourcetype="mail_threats:health", index="main", host=host, source="x", whole=True
    )


def collected_twice(stand: Stand) -> list[tuple[Any, ...]]:
    found = [row for outcome in run(stand, TWICE) for row in outcome.rows]
    return sorted({(row["tenant_id"], row["stream"], tuple(row["collector"])) for row in found})


def test_two_forwarders_that_collect_one_tenant_are_found(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for minute in (0, 5, 10):
        health(stand, minute, "hf1", "Audit.Exchange", "Audit.General")
        health(stand, minute + 2, "hf2", "Audit.Exchange")
        health(stand, minute + 3, "hf3", "Audit.Exchange", tenant="t2")
    both = ("o365_management_activity://contoso on hf1", "o365_management_activity://contoso on hf2")
    assert collected_twice(stand) == [("t1", "Audit.Exchange", both)]


def test_host_that_took_over_from_another_is_no_second_collector(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for minute in (0, 5):
        health(stand, minute, "member1", "Audit.Exchange")
        health(stand, minute + 30, "member2", "Audit.Exchange")
        health(stand, minute + 32, "member1")
    assert collected_twice(stand) == []


# changes of the allowlist made elsewhere


def changes(stand: Stand) -> list[dict[str, Any]]:
    found = stand.search('index=summary sourcetype="mail_threats:allowlist"', earliest=0, latest="", app=APP).rows
    return [json.loads(str(row["_raw"])) for row in reversed(found)]


def test_what_was_changed_elsewhere_is_told_once_and_who_is_unknown(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    entries, shadow = stand.kv("mail_threats_allowlist"), stand.kv("mail_threats_allowlist_shadow")
    same = {"class": "backup", "host": "files01", "cap": 7}
    for collection in (entries, shadow):
        collection.insert({"_key": "same", **same})
        collection.insert({"_key": "edited", **same, "reason": 'say "no" \\ [x] `y` | z'})
    shadow.insert({"_key": "removed", **same})
    for collection, made in ((shadow, "2026-01-01T00:00:00Z"), (entries, "2026-03-01T00:00:00Z")):
        collection.insert({"_key": "made younger", **same, "created_by": "ann", "created_at": made})
    entries.insert({"_key": "BK-1 added/1", **same, "created_by": "ann"})
    entries.replace("edited", {**same, "host": "files02"}, "nobody")
    runs = run(stand, CHANGES)
    assert [message.text for each in runs for message in each.messages] == []
    told = {event["changes"][0]["entry"]: event for event in changes(stand)}
    assert {entry: event["action"] for entry, event in told.items()} == {
        "BK-1 added/1": "added elsewhere",
        "edited": "edited elsewhere",
        "made younger": "edited elsewhere",
        "removed": "removed elsewhere",
    }
    assert len(changes(stand)) == 4
    assert {event["user"] for event in told.values()} == {"unknown"}
    before, after = (told["edited"]["changes"][0][side] for side in ("before", "after"))
    assert (before["host"], before["reason"], after["host"]) == ("files01", 'say "no" \\ [x] `y` | z', "files02")
    assert told["BK-1 added/1"]["changes"][0]["before"] is None
    assert told["removed"]["changes"][0]["after"] is None
    assert [len(each.rows) for each in runs] == [4, *[0] * (len(runs) - 1)]


def test_an_allowlist_that_was_emptied_is_told_too(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.kv("mail_threats_allowlist_shadow").insert({"_key": "gone", "class": "backup", "host": "files01"})
    run(stand, CHANGES)
    assert [event["action"] for event in changes(stand)] == ["removed elsewhere"]


def test_changes_looked_at_by_hand_write_nothing(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.kv("mail_threats_allowlist").insert({"_key": "new", "class": "backup", "host": "files01"})
    search = stand.conf("savedsearches", app=APP)[CHANGES]["search"]
    assert [row["change"] for row in stand.search(search, app=APP).rows] == ["added"]
    assert changes(stand) == []
    assert stand.kv("mail_threats_allowlist_shadow").documents() == []


FORGETTING = (
    (
        "Mail Threats - Mailbox Clients - Housekeeping",
        "mail_threats_mailbox_clients",
        "client_key",
        [
            ({"client_key": "mailbox|gone@contoso.com", "history": "20400:000000009 20450:000000003"}, False),
            ({"client_key": "mailbox|here@contoso.com", "history": "20400:000000009 20514:000000003"}, True),
            ({"client_key": "hold|case 7", "history": "20400:000000001"}, True),
            ({"client_key": "hold|old case", "history": "19000:000000001"}, False),
            ({"client_key": "backfill", "history": "20480"}, True),
        ],
    ),
    (
        "Mail Threats - Mail File Readers - Housekeeping",
        "mail_threats_mail_file_readers",
        "reader_key",
        [
            ({"reader_key": "watched|gone", "history": "20400:000000001 20450:000000003"}, False),
            ({"reader_key": "watched|here", "history": "20400:000000001 20514:000000003"}, True),
            ({"reader_key": "backfill", "history": "20480"}, True),
        ],
    ),
    (
        "Mail Threats - Mail Rules - Housekeeping",
        "mail_threats_mail_rules",
        "mail_rule_key",
        [
            ({"mail_rule_key": "removed", "rule_change": "removed", "rule_changed": str(TEN - 181 * 86400)}, False),
            ({"mail_rule_key": "lately", "rule_change": "removed", "rule_changed": str(TEN - 9 * 86400)}, True),
            ({"mail_rule_key": "live", "rule_change": "on", "rule_changed": str(TEN - 900 * 86400)}, True),
        ],
    ),
    (
        "Mail Threats - Chain Steps - Housekeeping",
        "mail_threats_chain_steps",
        "chain_step_key",
        [
            ({"chain_step_key": "old", "last_seen": str(TEN - 32 * 86400)}, False),
            ({"chain_step_key": "young", "last_seen": str(TEN - 28 * 86400)}, True),
        ],
    ),
    (
        "Mail Threats - Finding State - Housekeeping",
        "mail_threats_finding_state",
        "state_key",
        [
            ({"state_key": "old", "last_seen": str(TEN - 200 * 86400)}, False),
            ({"state_key": "young", "last_seen": str(TEN - 100 * 86400)}, True),
        ],
    ),
)


@pytest.mark.parametrize(
    ("name", "collection", "key", "rows"),
    [pytest.param(*row, id=row[1].removeprefix("mail_threats_")) for row in FORGETTING],
)
def test_what_is_no_longer_read_is_forgotten(
    stand_in: Callable[[], Stand], name: str, collection: str, key: str, rows: list[tuple[dict[str, str], bool]]
) -> None:
    stand = stand_in()
    for row, _ in rows:
        stand.kv(collection).insert({"_key": row[key], **row})
    search = stand.conf("savedsearches", app=APP)[name]["search"]
    stand.search(search, now=TEN, app=APP)
    assert len(stand.kv(collection).documents()) == len(rows), "opened by hand it forgets nothing"
    stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    runs = list(stand.scheduler.run(TEN, TEN + 7 * 86400, rules=[name]))
    assert {run.error for run in runs} == {None}
    assert {row[key] for row in stand.kv(collection).documents()} == {row[key] for row, stays in rows if stays}


def test_days_on_which_somebody_changes_accounts_or_mailboxes_of_others_are_learned(
    stand_in: Callable[[], Stand],
) -> None:
    stand = stand_in()
    known = {"chain_step_key": "administers:it@contoso.com", "note": "20501 20509"}
    stand.kv("mail_threats_chain_steps").insert({"_key": "administers:it@contoso.com", **known})
    change = {"Operation": "Update user.", "ResultStatus": "Success", "UserId": "it@contoso.com"}
    mailbox = [{"Name": "Identity", "Value": "kim@contoso.com"}]
    index(
        stand,
        "o365:management:activity",
        {**change, "Id": "1", "ObjectId": "kim@contoso.com"},
        {**change, "Id": "2", "ObjectId": "self@contoso.com", "UserId": "self@contoso.com"},
        {**change, "Id": "3", "ObjectId": "lee@contoso.com", "UserId": "sync"},
        {"Operation": "Set-CASMailbox", "Id": "4", "UserId": "desk@contoso.com", "Parameters": mailbox},
        {"Operation": "Set-CASMailbox", "Id": "5", "UserId": "kim@contoso.com", "Parameters": mailbox},
    )
    run(stand, "Mail Threats - Directory Changes - Lookup Gen")
    rows = stand.search("| inputlookup mail_threats_chain_steps", earliest=0, latest="", app=APP).rows
    days = {str(row["chain_step_key"]): str(row["note"]) for row in rows}
    assert days == {"administers:it@contoso.com": "20501 20509 20515", "administers:desk@contoso.com": "20515"}


def test_the_name_of_a_renamed_account_is_learned_as_systems_on_premises_know_it(
    stand_in: Callable[[], Stand],
) -> None:
    stand = stand_in()
    change = {"displayName": "UserPrincipalName", "oldValue": '["eholm@contoso.com"]'}
    target = {"userPrincipalName": "ebba.holm@contoso.com", "modifiedProperties": [change]}
    index(stand, "azure:aad:audit", {"activityDisplayName": "Update user", "targetResources": [target]})
    run(stand, "Mail Threats - Directory Changes - Lookup Gen")
    (learned,) = stand.kv("mail_threats_directory_changes").documents()
    assert (learned["account"], learned["short_name"]) == ("eholm@contoso.com", "eholm")
    assert (learned["renamed_to"], float(str(learned["account_deleted"]))) == ("ebba.holm@contoso.com", TEN)
