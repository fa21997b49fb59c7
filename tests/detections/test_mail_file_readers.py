"""What is learned of mail files: which programs read stores in place, and who copies them to which share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lab.rules import APP
from lab.scenarios.runner import Stand

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
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


def share_read(stand: Stand, at: float, account: str, share: str) -> None:
    """A store that an account reads or writes through a share of fs-1, as Security 5145 reports it."""
    data = {"SubjectUserName": account, "SubjectDomainName": "CONTOSO", "ShareName": f"\\\\*\\{share}"}
    data |= {"RelativeTargetName": "lee\\old.pst", "AccessMask": "0x2"}
    text = (
        "<Event><System><Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>5145</EventID>"
        f"<EventRecordID>{int(at)}{account}{share}</EventRecordID><Computer>fs-1.contoso.com</Computer></System>"
        "<EventData>" + "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in data.items())
    )
    stand.index.add(
        text + "</EventData></Event>", time=at, indextime=at, sourcetype="XmlWinEventLog", index="main", whole=True
    )


def test_service_accounts_that_handle_stores_through_shares_are_kept(stand_in: Callable[[], Stand]) -> None:
    stand = stand_in()
    for day in range(2):
        share_read(stand, TEN - day * 86400, "svc-mirror", "mirror$")
    # Not learned: a person, an administrative share.
    share_read(stand, TEN, "lee", "home$")
    share_read(stand, TEN, "svc-print", "C$")
    stand.set_local("savedsearches", READERS, {"disabled": "0"}, app=APP)
    list(stand.scheduler.run(TEN - 86400, TEN + 30000, rules=[READERS]))
    kept = {key: row["history"] for key, row in readers(stand).items()}
    assert kept == {"share|svc-mirror": "20514:000000001 20515:000000001"}


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
