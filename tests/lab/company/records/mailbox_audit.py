"""What happens inside mailboxes: ExchangeItem (2), ExchangeItemGroup (3) and ExchangeItemAggregated (50) records.

Shape: "Exchange Mailbox schema" of the Office 365 Management Activity API; "Use MailItemsAccessed to investigate
compromised accounts": Bind records gather about two minutes, OperationCount is the number of items, Sync means the
folder was copied; public exports for the keys and their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from lab.company.records import draws
from lab.company.records.audit_envelope import ORGANIZATION, envelope
from lab.company.records.shape import Payload, pad

OUTLOOK_WEB = "Client=OWA;Action=ViaProxy"
OUTLOOK_DESKTOP = "Client=MSExchangeRPC"
OUTLOOK_MOBILE = "Client=OutlookService;Outlook-iOS/2.0;"
REST = "Client=REST;Client=RESTSystem;;"
WEB_SERVICES = "Client=WebServices;ExchangeWebServices (ExchangeServicesClient/15.00.0913.015);"
_GROUP_OPERATIONS = ("HardDelete", "SoftDelete", "MoveToDeletedItems", "Move")
SEARCHES = ("SearchQueryInitiatedExchange", "SearchQueryInitiatedSharePoint")
_ITEM_OPERATIONS = ("Send", "SendAs", "SendOnBehalf", "Create", "Update", "MailboxLogin")


def mailbox_record(
    rng: Random,
    *,
    time: float,
    operation: str,
    record_type: int,
    actor: str,
    mailbox: str,
    client: str,
    src: str | None,
    app_id: str | None = None,
    api_id: str | None = None,
    logon_type: int | None = None,
    session_id: str | None = None,
    app_only: bool = False,
    **more: Any,
) -> Payload:
    """The keys all mailbox records share, then `more`.

    `actor` is the UPN that acts, `mailbox` the owner's UPN; LogonType is 0 for the owner and 2 (delegate) for others.
    An application without a user (`app_only`) comes as ServicePrincipal_<id> with UserType 5 and LogonType 0. `app_id`
    adds AppId, ClientAppId and AppAccessContext.
    """
    owner = actor.lower() == mailbox.lower()
    logon = logon_type if logon_type is not None else (0 if owner or app_only else 2)
    named = f"ServicePrincipal_{draws.stable_guid('sp:' + (app_id or ''))}" if app_only else actor
    head: Payload = {}
    if app_id:
        head["AppAccessContext"] = {
            **({} if app_only else {"AADSessionId": session_id or draws.guid(rng)}),
            "APIId": api_id or "00000003-0000-0000-c000-000000000000",
            "ClientAppId": app_id,
            "IssuedAtTime": draws.audit_time(time - rng.randrange(60, 3000)),
            "UniqueTokenId": draws.token(rng),
        }
    body = envelope(
        rng,
        time=time,
        operation=operation,
        record_type=record_type,
        workload="Exchange",
        user=named,
        user_key=app_id or "" if app_only else draws.puid(actor),
        user_type=5 if app_only else 0,
    )
    if app_id:
        body["AppId"] = app_id
        body["ClientAppId"] = app_id
    if src:
        body["ClientIPAddress"] = src
    body.update(
        ClientInfoString=client,
        ExternalAccess=False,
        InternalLogonType=0,
        LogonType=logon,
        LogonUserSid=draws.sid(actor),
        MailboxGuid=draws.stable_guid("mailbox:" + mailbox),
        MailboxOwnerSid=draws.sid(mailbox),
        MailboxOwnerUPN=mailbox,
        **more,
        OrganizationName=ORGANIZATION,
        OriginatingServer=f"{draws.server_name(rng)} ({draws.server_version(rng)})\r\n",
    )
    if client in (OUTLOOK_WEB, OUTLOOK_DESKTOP):
        body["SessionId"] = session_id or draws.guid(rng)
    if client == OUTLOOK_DESKTOP:
        body.update(
            ClientIP=src,
            ClientProcessName="OUTLOOK.EXE",
            ClientRequestId="{" + draws.guid(rng).upper() + "}",
            ClientVersion="16.0.17928.20216",
        )
    return head | body


def mail_items_bound(
    rng: Random,
    *,
    items: int = 1,
    folders: Mapping[str, int] | None = None,
    throttled: bool = False,
    long_ids: bool = True,
    item_bytes: int | None = None,
    operation: str = "MailItemsAccessed",
    last: Sequence[str] = (),
    pad_to: int = 0,
    **who: Any,
) -> Payload:
    """MailItemsAccessed, Bind: `items` messages read in about two minutes, in `folders` (path to count, default the
    inbox).

    `who` goes to mailbox_record (time, actor, mailbox, client, src, app_id...). An item with `long_ids` is about 450
    bytes, so 25 items make a record of 12 KB. `item_bytes` is the size of each item; without it sizes are drawn.
    AttachmentAccess, of the same record type, is the `operation` for attachments that were opened, an item each.
    """
    spread = dict(folders) if folders else {"\\Inbox": items}
    payload = mailbox_record(
        rng,
        operation=operation,
        record_type=50,
        OperationProperties=[
            {"Name": "MailAccessType", "Value": "Bind"},
            {"Name": "IsThrottled", "Value": str(throttled)},
        ],
        **who,
    )
    server = payload["OriginatingServer"].split(" ", 1)[0]
    payload["Folders"] = [
        {
            "FolderItems": [_item(rng, server, long_ids, item_bytes) for _ in range(count)],
            "Id": draws.entry_id(rng, "LgAAAAD", 60),
            "Path": path,
        }
        for path, count in spread.items()
    ]
    payload["OperationCount"] = sum(spread.values())
    if last or pad_to:
        # A folder without items: bytes, but no message more than were asked for.
        pad(payload, last, pad_to, lambda record: record["Folders"].append(_empty_folder(rng, len(record["Folders"]))))
    return payload


def mail_items_synced(
    rng: Random,
    *,
    folder: str = "Inbox",
    throttled: bool = False,
    last: Sequence[str] = (),
    pad_to: int = 0,
    **who: Any,
) -> Payload:
    """MailItemsAccessed, Sync: a client copied the folder `folder`; such a record names no messages."""
    payload = mailbox_record(
        rng,
        operation="MailItemsAccessed",
        record_type=50,
        OperationProperties=[
            {"Name": "MailAccessType", "Value": "Sync"},
            {"Name": "IsThrottled", "Value": str(throttled)},
        ],
        **who,
    )
    identifier = draws.entry_id(rng, "LgAAAAD", 60)
    parent = {"Id": identifier, "Name": folder, "Path": f"\\{folder}"}
    payload["Item"] = {"Id": identifier, "ParentFolder": parent}
    payload["OperationCount"] = 1
    if last or pad_to:
        pad(payload, last, pad_to, lambda record: _lengthen(record["Item"]))
    return payload


def mailbox_action(
    rng: Random, *, operation: str, folder: str = "Inbox", subject: str = "Weekly report", items: int = 1, **who: Any
) -> Payload:
    """Send, SendAs, SendOnBehalf, Create, Update, MailboxLogin (RecordType 2), or HardDelete, SoftDelete,
    MoveToDeletedItems, Move of `items` messages (RecordType 3)."""
    if operation in _GROUP_OPERATIONS:
        payload = mailbox_record(rng, operation=operation, record_type=3, **who)
        server = payload["OriginatingServer"].split(" ", 1)[0]
        place = {"Id": draws.entry_id(rng, "LgAAAAD", 60), "Path": f"\\{folder}"}
        payload["AffectedItems"] = [
            {
                "Id": draws.entry_id(rng),
                "InternetMessageId": draws.message_id(rng, server),
                "ParentFolder": place,
                "Subject": subject,
            }
            for _ in range(items)
        ]
        payload["CrossMailboxOperation"] = False
        payload["Folder"] = place
        return payload
    if operation not in _ITEM_OPERATIONS:
        raise ValueError(
            f"{operation!r} is no mailbox action; the lab knows {', '.join(_GROUP_OPERATIONS + _ITEM_OPERATIONS)}"
        )
    payload = mailbox_record(rng, operation=operation, record_type=2, **who)
    if operation != "MailboxLogin":
        server = payload["OriginatingServer"].split(" ", 1)[0]
        payload["Item"] = {
            "Id": "Unknown" if operation.startswith("Send") else draws.entry_id(rng),
            "InternetMessageId": draws.message_id(rng, server),
            "ParentFolder": {"Id": draws.entry_id(rng, "LgAAAAD", 60), "Path": f"\\{folder}"},
            "Subject": subject,
        }
    return payload


def search_query(rng: Random, *, operation: str, query: str, **who: Any) -> Payload:
    """What somebody looked for in mail or in SharePoint. Audit (Premium) alone records it, and only where
    SearchQueryInitiated is among the owner's audited actions (Microsoft Purview, "Set up Audit (Premium)").
    """
    exchange = operation == "SearchQueryInitiatedExchange"
    payload = mailbox_record(rng, operation=operation, record_type=105 if exchange else 106, **who)
    payload["Workload"] = "Exchange" if exchange else "SharePoint"
    payload["QueryText"] = query
    payload["QuerySource"] = "Mail" if exchange else "SharePoint"
    return payload


def _item(rng: Random, server: str, long_ids: bool, size: int | None) -> Payload:
    identifier, drawn = draws.message_id(rng, server), rng.randrange(3_000, 400_000)
    item: Payload = {"InternetMessageId": identifier, "SizeInBytes": drawn if size is None else size}
    if not long_ids:
        return item
    return {"Id": draws.entry_id(rng), "ImmutableId": draws.entry_id(rng, "LgAAAAB", 120), **item}


def _empty_folder(rng: Random, number: int) -> Payload:
    return {"FolderItems": [], "Id": draws.entry_id(rng, "LgAAAAD", 60), "Path": f"\\Archive\\Project {number:03}"}


def _lengthen(item: Payload) -> None:
    item["ParentFolder"]["Path"] += "\\Archive of closed projects"
