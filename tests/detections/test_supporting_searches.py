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


CLIENTS = "Mail Threats - Mailbox Clients - Lookup Gen"


def access(day: int, hour: int, items: int, identifier: str, src: str = "192.0.2.1") -> dict[str, Any]:
    return {
        "CreationTime": f"2026-03-{day:02}T{hour:02}:00:00",
        "Id": identifier,
        "Operation": "MailItemsAccessed",
        "UserId": "ServicePrincipal_1",
        "MailboxOwnerUPN": "x@contoso.com",
        "ClientAppId": "app1",
        "ClientIPAddress": src,
        "OperationCount": items,
    }


def test_what_is_usual_is_kept_a_day_at_a_time_and_told_twice_stays_the_same(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for record, hour in (
        (access(2, 10, 4, "1"), -24),
        (access(3, 9, 7, "2"), -1),
        (access(3, 9, 5, "3"), -1),
        (access(3, 10, 3, "4", "192.0.2.2"), 0),
        (access(3, 10, 3, "4", "192.0.2.2"), 0),
    ):
        index_at(stand, TEN + hour * 3600, record)
    stand.set_local("savedsearches", CLIENTS, {"disabled": "0"}, app=APP)
    list(stand.scheduler.run(TEN - 86400, TEN + 30000, rules=[CLIENTS]))
    kept = {str(row["client_key"]): row for row in stand.kv("mail_threats_mailbox_clients").documents()}
    assert kept["x@contoso.com|itself|app1"]["history"] == "20514:000000004 20515:000000012"
    assert kept["app|app1"]["history"] == "20514:000000001 20515:000000001"
    assert kept["items|app1"]["history"] == "20514:000000004 20515:000000015"
    assert kept["app|app1"]["address_history"] == "20514@192.0.2.1 20515@192.0.2.1 20515@192.0.2.2"
    assert kept["mailbox|x@contoso.com"]["history"] == "20514:000000004 20515:000000012"
    assert kept["mailbox|x@contoso.com"]["address_history"] == "20514@192.0.2.1 20515@192.0.2.1 20515@192.0.2.2"


def own(number: int, at: float, mailbox: str, src: str, folder: str | None = None) -> dict[str, Any]:
    """What an owner reads with Outlook on the web, or a folder that Outlook copies."""
    kind = "Sync" if folder else "Bind"
    return {
        "Id": f"{number}-{at}",
        "Operation": "MailItemsAccessed",
        "UserId": mailbox,
        "MailboxOwnerUPN": mailbox,
        "ClientAppId": "00000002-0000-0ff1-ce00-000000000000",
        "ClientIPAddress": src,
        "OperationCount": 3,
        "OperationProperties": [{"Name": "MailAccessType", "Value": kind}],
        **({"Item": {"ParentFolder": {"Name": folder, "Path": f"\\{folder}"}}} if folder else {}),
    }


def index_at(stand: Stand, time: float, record: dict[str, Any]) -> None:
    stand.index.add(
        json.dumps(record),
        time=time,
        indextime=time,
        sourcetype="o365:management:activity",
        index="main",
        whole=True,
    )


def learn(stand: Stand) -> None:
    stand.set_local("savedsearches", CLIENTS, {"disabled": "0"}, app=APP)
    list(stand.scheduler.run(TEN, TEN + 30000, rules=[CLIENTS]))


def usual(stand: Stand) -> dict[str, str]:
    return {str(row["client_key"]): str(row["history"]) for row in stand.kv("mail_threats_mailbox_clients").documents()}


def test_networks_are_the_company_s_by_those_who_read_there_and_folders_are_counted(
    stand_in: Callable[[], Stand],
) -> None:
    stand = stand_in()
    for number in range(3):
        index_at(stand, TEN + number, own(number, TEN, f"p{number}@contoso.com", f"192.0.2.{number + 1}"))
        index_at(stand, TEN + number, own(9 + number, TEN, "p0@contoso.com", "203.0.113.9", f"Folder {number}"))
    learn(stand)
    kept = usual(stand)
    assert kept["network|192.0.2"] == "20515:000000003"
    assert "network|203.0.113" not in kept
    assert kept["sync|p0@contoso.com"] == "20515:000000003"
    assert "sync|p1@contoso.com" not in kept


def test_addresses_that_several_owners_read_from_are_kept_beside_their_network(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for number, src in enumerate(("192.0.2.1", "192.0.2.1", "192.0.2.9")):
        index_at(stand, TEN + number, own(number, TEN, f"p{number}@contoso.com", src))
    learn(stand)
    kept = usual(stand)
    assert kept["network|192.0.2"] == "20515:000000003"
    assert kept["network|192.0.2.1"] == "20515:000000002"
    assert "network|192.0.2.9" not in kept


def test_a_session_in_which_another_s_mail_is_read_is_its_reader_s(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    shared = {"SessionId": "1A2B3C4D-0000-4000-8000-000000000000", "MailboxOwnerUPN": "sales@contoso.com"}
    index_at(stand, TEN, own(1, TEN, "x@contoso.com", "192.0.2.1"))
    index_at(stand, TEN + 60, own(2, TEN, "x@contoso.com", "192.0.2.1") | shared)
    learn(stand)
    kept = {str(row["client_key"]): row for row in stand.kv("mail_threats_mailbox_clients").documents()}
    assert kept["mailbox|x@contoso.com"]["session_history"] == "20515@1a2b3c4d"
    assert not kept["mailbox|sales@contoso.com"].get("session_history")


def test_the_system_a_session_began_on_is_remembered(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    exchange = {"resourceId": "00000002-0000-0ff1-ce00-000000000000"}
    systems = ("1A2B3C4D-0000", "Windows NT 10.0"), ("2A2B3C4D-0000", "iPhone"), ("1A2B3C4D-0000", "X11; Linux")
    for number, (session, system) in enumerate(systems):
        at = 60 * number
        browser = {"id": str(at), "sessionId": session, "userAgent": f"Mozilla/5.0 ({system})"}
        record = sign_in("x@contoso.com", createdDateTime=f"2026-03-03T10:0{number}:00Z", **browser, **exchange)
        given = {"time": TEN + at, "indextime": TEN + at, "sourcetype": "azure:aad:signin"}
        stand.index.add(json.dumps(record), index="main", whole=True, **given)
    run(stand, "Mail Threats - Remote Mailbox Collection - Rule")
    kept = {str(row["client_key"]): row for row in stand.kv("mail_threats_mailbox_clients").documents()}
    assert kept["browsers|x@contoso.com"]["session_history"] == "1a2b3c4d@Windows 2a2b3c4d@Apple's"


def test_addresses_of_a_line_that_speaks_ipv6_are_one_network(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for number in range(3):
        index_at(stand, TEN + number, own(number, TEN, "x@contoso.com", f"2001:db8:7:1::{number + 1}"))
    learn(stand)
    (document,) = (
        row
        for row in stand.kv("mail_threats_mailbox_clients").documents()
        if row["client_key"] == "mailbox|x@contoso.com"
    )
    assert document["address_history"] == "20515@2001:db8:7:1::/64"


def test_clients_sessions_and_hours_are_the_owner_s_and_hours_not_of_phones(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    phone = {"ClientInfoString": "Client=ActiveSync;UserAgent=Apple-iPhone14C2/2102.30;Action=x", "ClientAppId": ""}
    web = {"ClientInfoString": "Client=OWA;Action=ViaProxy", "SessionId": "1A2B3C4D-0000-4000-8000-000000000000"}
    program = {"ClientInfoString": "Client=REST;Client=RESTSystem;;", "UserId": "helper@contoso.com"}
    for number, more in enumerate((web, web, phone, program)):
        hour = 3600 * number if more is not web else 0
        index_at(stand, TEN + hour, own(number, TEN, "x@contoso.com", "192.0.2.1") | more)
    learn(stand)
    (kept,) = (
        row
        for row in stand.kv("mail_threats_mailbox_clients").documents()
        if row["client_key"] == "mailbox|x@contoso.com"
    )
    assert kept["client_history"] == "20515@activesync-apple-iphone:none 20515@owa:00000002"
    assert kept["session_history"] == "20515@1a2b3c4d"
    assert kept["hour_history"] == str(int(TEN) // 3600)


def test_sessions_of_one_program_that_read_at_once_are_counted_and_the_mailbox_is_known_by_its_guid(
    stand_in: Callable[[], Stand],
) -> None:
    stand = stand_in()
    sessions = {"1a2b3c4d": (0, 40), "2a2b3c4d": (20, 60), "3a2b3c4d": (61, 90), "4a2b3c4d": (5, 10)}
    web = {"ClientInfoString": "Client=OWA;Action=ViaProxy", "MailboxGuid": "AAAAAAAA-0000-4000-8000-000000000001"}
    office = {"ClientAppId": "d3590ed6-52b3-4102-aeff-aad2292ab01c"}
    for begin, minutes in sessions.items():
        more = web | {"SessionId": f"{begin}-0000-4000-8000-000000000000"} | (office if begin.startswith("4") else {})
        for minute in minutes:
            index_at(stand, TEN + 60 * minute, own(minute, TEN, "x@contoso.com", "192.0.2.1") | more)
    learn(stand)
    kept = {row["client_key"]: row for row in stand.kv("mail_threats_mailbox_clients").documents()}
    assert kept["mailbox|x@contoso.com"]["beside_history"] == "20515@owa:00000002:2 20515@owa:d3590ed6:1"
    assert kept["guid|aaaaaaaa-0000-4000-8000-000000000001"]["address_history"] == "20515@x@contoso.com"


BACKFILL = "Mail Threats - Mailbox Clients - Backfill"


def test_backfill_reads_a_day_a_run_and_then_nothing(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    stand.set_local("macros", "mail_threats_backfill_days", {"definition": "3"}, app=APP)
    for day in (0, 1, 3, 4, 5):
        index_at(stand, TEN - day * 86400, own(day, TEN, "x@contoso.com", "192.0.2.1"))
    stand.set_local("savedsearches", BACKFILL, {"disabled": "0"}, app=APP)
    runs = list(stand.scheduler.run(TEN, TEN + 6000, rules=[BACKFILL]))
    assert [run.error for run in runs] == [None] * 5
    kept = usual(stand)
    # Neither today, which the learner reads, nor what is older than was asked for.
    assert kept["mailbox|x@contoso.com"] == "20512:000000003 20514:000000003"
    assert kept["backfill"] == "20512"
    assert runs[-1].rows == []


def test_backfill_and_learner_keep_the_same(stand_in: Callable[[], Stand]) -> None:
    learned, filled = stand_in(), stand_in()
    for stand in (learned, filled):
        for day in range(3):
            index_at(stand, TEN - day * 86400, own(day, TEN, "x@contoso.com", "192.0.2.1"))
            index_at(stand, TEN - day * 86400, own(day + 9, TEN, "x@contoso.com", "192.0.2.1", "Inbox"))
    for stand, name, start in ((learned, CLIENTS, TEN - 3 * 86400), (filled, BACKFILL, TEN + 86400)):
        stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
        list(stand.scheduler.run(start, TEN + 90000 if stand is learned else start + 6000, rules=[name]))
    assert {key: days for key, days in usual(filled).items() if key != "backfill"} == usual(learned)


READERS = "Mail Threats - Mail File Readers - Lookup Gen"
READERS_BACKFILL = "Mail Threats - Mail File Readers - Backfill"
AGENT = "C:\\Program Files\\Agent\\agent.exe"


def store_read(
    stand: Stand, at: float, program: str = AGENT, *, user: str = "lee", maker: str = "", host: int = 1
) -> None:
    """A read of lee's archive on one of the hosts, as Defender reports it."""
    folder, _, name = program.rpartition("\\")
    record = {
        "ActionType": "SensitiveFileRead",
        "DeviceId": f"d{host}",
        "ReportId": at,
        "DeviceName": f"ws-{host}.contoso.com",
        "FolderPath": "C:\\Users\\lee\\Documents\\Outlook Files\\old.pst",
        "FileName": "old.pst",
        "InitiatingProcessFileName": name,
        "InitiatingProcessFolderPath": folder,
        "InitiatingProcessAccountName": user,
        "InitiatingProcessVersionInfoCompanyName": maker,
    }
    text = json.dumps(record)
    stand.index.add(text, time=at, indextime=at, sourcetype="mscs:azure:eventhub", index="main", whole=True)


def readers(stand: Stand) -> dict[str, dict[str, Any]]:
    return {str(row["reader_key"]): row for row in stand.kv("mail_threats_mail_file_readers").documents()}


def test_installed_programs_that_read_stores_are_kept_a_day_at_a_time(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    path = AGENT.lower()
    for day in range(2):
        for host in (1, 2):
            store_read(stand, TEN - day * 86400, user="system", maker="Agents, Inc.", host=host)
    # A stranger to the store, a tool, a program in a user's folder, the mail program itself: seen, not learned.
    store_read(stand, TEN, "C:\\Program Files\\Other\\other.exe", user="kim", host=3)
    store_read(stand, TEN, "C:\\Program Files\\7-Zip\\7z.exe", host=3)
    store_read(stand, TEN, "C:\\Users\\lee\\AppData\\Local\\x\\x.exe", host=3)
    store_read(stand, TEN, "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE", host=3)
    stand.set_local("savedsearches", READERS, {"disabled": "0"}, app=APP)
    list(stand.scheduler.run(TEN - 86400, TEN + 30000, rules=[READERS]))
    kept = readers(stand)
    assert set(kept) == {
        f"host|ws-1|{path}",
        f"host|ws-2|{path}",
        f"program|{path}",
        "watched|ws-1",
        "watched|ws-2",
        "watched|ws-3",
    }
    assert kept[f"host|ws-1|{path}"]["history"] == "20514:000000001 20515:000000001"
    assert kept[f"host|ws-1|{path}"]["maker_history"] == "20514@agents,_inc. 20515@agents,_inc."
    assert kept[f"program|{path}"]["history"] == "20514:000000002 20515:000000002"
    assert kept["watched|ws-3"]["history"] == "20515:000000004"


def store_written(stand: Stand, at: float, target: str, *, host: int, user: str = "CONTOSO\\adm_hd1") -> None:
    """A mail store that robocopy writes, as Sysmon 11 reports it."""
    data = {"Image": "C:\\Windows\\System32\\Robocopy.exe", "TargetFilename": target, "User": user}
    text = (
        "<Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>11</EventID>"
        f"<EventRecordID>{int(at)}{host}</EventRecordID><Computer>pc-{host}.contoso.com</Computer></System><EventData>"
        + "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in data.items())
        + "</EventData></Event>"
    )
    stand.index.add(text, time=at, indextime=at, sourcetype="XmlWinEventLog", index="main", whole=True)


def test_shares_that_an_account_copies_stores_to_are_kept_with_their_computers(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for host in (1, 2):
        store_written(stand, TEN, "\\\\NAS01.contoso.com\\NewPC$\\kim\\old.pst", host=host)
    store_written(stand, TEN - 86400, "\\\\nas01\\newpc$\\lee\\old.pst", host=3)
    # Not learned: an address, an administrative share, another domain's host, a web folder, a temporary share,
    # a disk, what is no store.
    for target in (
        "\\\\192.0.2.9\\in\\old.pst",
        "\\\\nas01\\c$\\x\\old.pst",
        "\\\\files.example.net\\in\\old.pst",
        "\\\\files@ssl\\in\\old.pst",
        "\\\\nas01\\temp\\old.pst",
        "D:\\old.pst",
        "\\\\nas01\\newpc$\\kim\\letter.msg",
    ):
        store_written(stand, TEN, target, host=4)
    stand.set_local("savedsearches", READERS, {"disabled": "0"}, app=APP)
    list(stand.scheduler.run(TEN - 86400, TEN + 30000, rules=[READERS]))
    kept = {key: row["history"] for key, row in readers(stand).items()}
    custom = "custom|adm_hd1|c:\\windows\\system32\\robocopy.exe|nas01/newpc$"
    assert kept == {custom: "20514:000000001 20515:000000002"}


def test_backfill_of_readers_keeps_what_the_learner_would_have(stand_in: Callable[[], Stand]) -> None:
    learned, filled = stand_in(), stand_in()
    for stand in (learned, filled):
        for day in range(3):
            store_read(stand, TEN - day * 86400)
    for stand, name, start in ((learned, READERS, TEN - 3 * 86400), (filled, READERS_BACKFILL, TEN + 86400)):
        stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
        list(stand.scheduler.run(start, TEN + 90000 if stand is learned else start + 6000, rules=[name]))
    histories = [{key: row["history"] for key, row in readers(stand).items()} for stand in (learned, filled)]
    assert histories[1].pop("backfill")
    assert histories[0] == histories[1]
    assert len(histories[0]) == 3


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
