"""What is learned of mailboxes: who reads them, with what, from where, on which days."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lab.rules import APP
from lab.scenarios.runner import Stand

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
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


def learn(stand: Stand, name: str = CLIENTS) -> None:
    stand.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    list(stand.scheduler.run(TEN, TEN + 30000, rules=[name]))


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
        signed = {"userPrincipalName": "x@contoso.com", "status": {"errorCode": 0}, **browser, **exchange}
        record = {"createdDateTime": f"2026-03-03T10:0{number}:00Z", "appId": "x", **signed}
        given = {"time": TEN + at, "indextime": TEN + at, "sourcetype": "azure:aad:signin"}
        stand.index.add(json.dumps(record), index="main", whole=True, **given)
    learn(stand, "Mail Threats - Remote Mailbox Collection - Rule")
    kept = {str(row["client_key"]): row for row in stand.kv("mail_threats_mailbox_clients").documents()}
    assert kept["browsers|x@contoso.com"]["session_history"] == "1a2b3c4d@-@Windows 2a2b3c4d@-@Apple's"


def test_a_session_that_began_where_nobody_was_is_kept_with_its_computer(stand_in: Callable[[], Stand]) -> None:
    """A computer never had, as the audit log and Entra tell it; one that the company manages; the owner's own place."""
    stand = stand_in()
    mail = "00000002-0000-0ff1-ce00-000000000000"
    agent = "Mozilla/5.0 (Windows NT 10.0)"
    own_days = {"history": "20513:000000020 20514:000000020", "address_history": "20514@192.0.2.1"}
    for key in ("mailbox|x@contoso.com", "mailbox|y@contoso.com"):
        stand.kv("mail_threats_mailbox_clients").insert({"_key": key, "client_key": key, **own_days})
    stand.kv("mail_threats_known_people").insert({
        "_key": "x", "person": "x@contoso.com", "device_days": "20512@c 20513@c 20514@r",
    })  # fmt: skip
    signed = [
        ("1a2b3c4d-1", "198.18.1.9", {"operatingSystem": "Windows"}, 14061),
        ("2a2b3c4d-1", "198.18.2.9", {"operatingSystem": "Windows", "deviceId": "d", "isManaged": True}, None),
        ("3a2b3c4d-1", "192.0.2.77", {"operatingSystem": "Windows"}, 14061),
    ]
    given = {"index": "main", "whole": True, "time": TEN, "indextime": TEN}
    for session, src, device, number in signed:
        record = {
            "id": session, "createdDateTime": "2026-03-03T10:00:00Z", "userPrincipalName": "x@contoso.com",
            "ipAddress": src, "sessionId": session, "userAgent": agent, "resourceId": mail, "status": {"errorCode": 0},
            "deviceDetail": device, "autonomousSystemNumber": number,
        }  # fmt: skip
        stand.index.add(json.dumps(record), sourcetype="azure:aad:signin", **given)
    audit = {
        "Id": "a", "Operation": "UserLoggedIn", "CreationTime": "2026-03-03T10:00:00", "UserId": "y@contoso.com",
        "ClientIP": "198.18.1.9", "ApplicationId": mail, "ExtendedProperties": [{"Name": "UserAgent", "Value": agent}],
        "DeviceProperties": [{"Name": "OS", "Value": "Windows10"}, {"Name": "SessionId", "Value": "4a2b3c4d-1"}],
    }  # fmt: skip
    of_laptop = [{"Name": "OS", "Value": "Windows10"}, {"Name": "SessionId", "Value": "2a2b3c4d-1"}]
    told_twice = audit | {
        "Id": "b", "UserId": "x@contoso.com", "ClientIP": "198.18.2.9", "DeviceProperties": of_laptop,
    }  # fmt: skip
    for record in (audit, told_twice):
        stand.index.add(json.dumps(record), sourcetype="o365:management:activity", **given)
    learn(stand, "Mail Threats - Remote Mailbox Collection - Rule")
    kept = {
        str(row["client_key"]): row.get("session_history")
        for row in stand.kv("mail_threats_mailbox_clients").documents()
    }
    minute = int(TEN) // 60
    assert set(str(kept["browsers|x@contoso.com"]).split(" ")) == {
        f"1a2b3c4d@{minute}@198.18.1@sun14061@Windows",
        f"2a2b3c4d@{minute}@198.18.2@sc-@Windows",
        "3a2b3c4d@u@Windows",
    }
    assert kept["browsers|y@contoso.com"] == f"4a2b3c4d@{minute}@198.18.1@su-@Windows"
    assert kept["begun_at|198.18.1.9"] == "20515@x@contoso.com@n 20515@y@contoso.com@-"
    assert "begun_at|198.18.2.9" not in kept


def test_second_factor_that_somebody_sets_anew_in_a_strange_place_is_remembered(stand_in: Callable[[], Stand]) -> None:
    """Not one of the help desk's, nor one of a place that its owner had; an entry twice told is one."""
    stand = stand_in()
    days = " ".join(f"{day}:000000020" for day in range(20507, 20515))
    own = [
        {"_key": key, "client_key": key, "history": days, "address_history": "20513@192.0.2.77 20514@192.0.2.77"}
        for key in ("mailbox|x@contoso.com", "mailbox|y@contoso.com")
    ]
    kept_before = {
        "_key": "factor|x@contoso.com",
        "client_key": "factor|x@contoso.com",
        "session_history": "29000000@203.0.113.9",
    }
    for row in (*own, kept_before):
        stand.kv("mail_threats_mailbox_clients").insert(row)
    for actor, account, src in (
        ("x@contoso.com", "x@contoso.com", "203.0.113.40"),
        ("x@contoso.com", "x@contoso.com", "203.0.113.40"),
        ("desk@contoso.com", "y@contoso.com", "203.0.113.41"),
        ("y@contoso.com", "y@contoso.com", "192.0.2.77"),
    ):
        record = {
            "activityDisplayName": "User registered security info", "activityDateTime": "2026-03-03T10:00:00Z",
            "result": "success", "initiatedBy": {"user": {"userPrincipalName": actor, "ipAddress": src}},
            "targetResources": [{"type": "User", "userPrincipalName": account}],
        }  # fmt: skip
        given = {"index": "main", "whole": True, "time": TEN, "indextime": TEN}
        stand.index.add(json.dumps(record), sourcetype="azure:aad:audit", **given)
    learn(stand, "Mail Threats - Remote Mailbox Collection - Rule")
    kept = {row["client_key"]: row for row in stand.kv("mail_threats_mailbox_clients").documents()}
    assert kept["factor|x@contoso.com"]["session_history"] == f"29000000@203.0.113.9 {int(TEN) // 60}@203.0.113.40"
    assert "factor|y@contoso.com" not in kept


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
