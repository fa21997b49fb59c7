"""The searches an analyst opens by hand about mail: what they answer, and that they leave nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lab.rules import APP
from lab.scenarios.runner import Stand
from lab.splunk.spl.values import as_list

TEN = 1772532000.0  # 2026-03-03T10:00:00Z
SESSION = "22222222-2222-4222-8222-222222222222"
COMMON = {"CreationTime": "2026-03-03T10:00:00", "ResultStatus": "Succeeded", "OrganizationName": "contoso.com"}
READ = {
    "Id": "1",
    "Operation": "MailItemsAccessed",
    "UserId": "dana@contoso.com",
    "MailboxOwnerUPN": "dana@contoso.com",
    "ClientIPAddress": "203.0.113.9",
    "ClientInfoString": "Client=REST;;",
    "ClientAppId": "app1",
    "SessionId": SESSION,
    "OperationCount": 2,
    "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}],
    "Folders": [
        {
            "Path": "\\Inbox",
            "FolderItems": [
                {"InternetMessageId": "<a@example.com>", "SizeInBytes": 700},
                {"InternetMessageId": "<b@example.com>", "SizeInBytes": 300},
            ],
        }
    ],
}
SYNC = {
    **{name: value for name, value in READ.items() if name not in ("Folders", "OperationCount")},
    "Id": "2",
    "MailboxOwnerUPN": "lee@contoso.com",
    "OperationProperties": [{"Name": "MailAccessType", "Value": "Sync"}],
    "Item": {"ParentFolder": {"Name": "Inbox", "Path": "\\Inbox"}},
}
RULE = {
    "Id": "3",
    "Operation": "New-InboxRule",
    "UserId": "dana@contoso.com",
    "Parameters": [{"Name": "Name", "Value": "one"}, {"Name": "ForwardTo", "Value": "x@example.net"}],
}
HIDING = {
    "Id": "6",
    "Operation": "New-InboxRule",
    "UserId": "lee@contoso.com",
    "Parameters": [
        {"Name": "Name", "Value": "."},
        {"Name": "DeleteMessage", "Value": "True"},
        {"Name": "MarkAsRead", "Value": "False"},
    ],
}
GONE = {
    "Id": "7",
    "Operation": "Remove-InboxRule",
    "UserId": "kim@contoso.com",
    "Parameters": [{"Name": "Identity", "Value": "kim@contoso.com\\old"}],
}
ATTACHMENT = {
    **READ,
    "Id": "8",
    "Operation": "AttachmentAccess",
    "Folders": [
        {"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<b@example.com>", "SizeInBytes": 5_000_000}]}
    ],
}
EXPORT = {
    "Id": "4",
    "Operation": "SearchExported",
    "UserId": "legal@contoso.com",
    "ObjectId": "Case 7_Export",
    "Case": "Case 7",
    "ExchangeLocations": "lee@contoso.com",
}
GRANT = {
    "Id": "5",
    "Operation": "Add-MailboxPermission",
    "UserId": "admin@contoso.com",
    "ObjectId": "dana",
    "Parameters": [{"Name": "User", "Value": "lee@contoso.com"}, {"Name": "AccessRights", "Value": "FullAccess"}],
}


@pytest.fixture
def stand(stand_in: Callable[[], Stand]) -> Stand:
    """A stand-in with one record of each kind, the second delivery of one of them, and forwarding known."""
    made = stand_in()
    for record in (READ, SYNC, RULE, EXPORT, GRANT, READ, HIDING, GONE, ATTACHMENT):
        made.index.add(
            json.dumps({**COMMON, **record}), time=TEN, indextime=TEN, sourcetype="o365:management:activity",
            index="main", whole=True,
        )  # fmt: skip
    rule = "Mail Threats - Mail Forwarding - Rule"
    made.set_local("savedsearches", rule, {"disabled": "0"}, app=APP)
    list(made.scheduler.run(TEN, TEN + 3600, rules=[rule]))
    return made


def opened(stand: Stand, name: str, old: str = "", new: str = "") -> list[dict[str, Any]]:
    """The rows of a report over its own time range, what stands for the reader's own thing replaced."""
    settings = stand.conf("savedsearches", app=APP)[f"Mail Threats - {name} - Report"]  # type: ignore[attr-defined]
    search = settings["search"].replace(old, new) if old else settings["search"]
    found = stand.search(
        search, earliest=settings["dispatch.earliest_time"], latest="now", now=TEN + 7200, app=APP, user="admin"
    )
    assert [message.text for message in found.messages if message.level != "INFO"] == []
    return [dict(row) for row in found.rows]


def test_timeline_of_a_mailbox_names_what_was_done_to_it(stand: Stand) -> None:
    rows = opened(stand, "Mailbox Timeline", "mailbox@example.com", "dana@contoso.com")
    assert {row["operation"] for row in rows} == {"MailItemsAccessed", "AttachmentAccess", "New-InboxRule"}
    (read,) = [row for row in rows if row["mailbox"] == "dana@contoso.com" and row["operation"] == "MailItemsAccessed"]
    assert (str(read["records"]), str(read["items"])) == ("1", "2")


def test_live_mail_rules_tell_where_mail_goes(stand: Stand) -> None:
    (forward,) = [row for row in opened(stand, "Live Mail Rules") if row["rule_owner"] == "dana@contoso.com"]
    assert (forward["live"], forward["destination"]) == ("yes", "x@example.net")


def test_live_mail_rules_tell_what_hides_mail_and_not_what_was_removed(stand: Stand) -> None:
    rows = [row for row in opened(stand, "Live Mail Rules") if row["rule_owner"] != "dana@contoso.com"]
    told = [(row["live"], row["rule_owner"], row["rule_name"], as_list(row["does"])) for row in rows]
    assert told == [("yes", "lee@contoso.com", ".", ["DeleteMessage=True"])]


def test_applications_are_counted_by_mailboxes(stand: Stand) -> None:
    stand.kv("mail_threats_chain_steps").insert(
        {"_key": "app:app1|app_name", "chain_step_key": "app:app1|app_name", "note": "Mail Booster"}
    )
    (row,) = opened(stand, "Apps By Mailboxes")
    assert (row["app_id"], str(row["mailboxes"]), str(row["items"])) == ("app1", "2", "4")
    assert row["app_name"] == "Mail Booster", "named as in the consent"


def test_exports_name_case_and_mailboxes(stand: Stand) -> None:
    (row,) = opened(stand, "Mail Exports")
    assert (row["actor"], row["search_case"], row["mailboxes"]) == ("legal@contoso.com", "Case 7", "lee@contoso.com")


def test_session_shows_what_it_read_and_copied(stand: Stand) -> None:
    rows = opened(stand, "Session Reading", "00000000-0000-0000-0000-000000000000", SESSION)
    assert {row["mailbox"]: row["access_type"] for row in rows} == {
        "dana@contoso.com": "Bind",
        "lee@contoso.com": "Sync",
    }
    assert {str(row["bytes"]) for row in rows} == {"1000", "0", "5000000"}


def test_message_ids_are_listed_one_a_line_and_copied_folders_by_name(stand: Stand) -> None:
    rows = opened(stand, "Message Ids", "mailbox@example.com", "Dana@contoso.com")
    told = [(row["message_id"], str(row["attachments_opened"])) for row in rows]
    assert told == [("<a@example.com>", "0"), ("<b@example.com>", "1")]
    (copied,) = opened(stand, "Message Ids", "mailbox@example.com", "lee@contoso.com")
    assert copied["message_id"] == "whole folder \\Inbox"


def test_grants_are_listed_with_everyday_delegation(stand: Stand) -> None:
    for number, operation in enumerate(("UpdateFolderPermissions", "New-RoleGroup", "Set-ManagementRoleAssignment")):
        record = {**GRANT, "Id": f"g{number}", "Operation": operation, "UserId": "other@contoso.com"}
        stand.index.add(
            json.dumps({**COMMON, **record}), time=TEN, indextime=TEN, sourcetype="o365:management:activity",
            index="main", whole=True,
        )  # fmt: skip
    rows = opened(stand, "Mailbox Grants")
    assert len(rows) == 4
    (row,) = [row for row in rows if row["actor"] == "admin@contoso.com"]
    assert (row["actor"], row["operation"]) == ("admin@contoso.com", "Add-MailboxPermission")
    assert "FullAccess" in as_list(row["parameters"])[0]
