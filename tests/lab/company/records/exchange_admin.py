"""Exchange cmdlets in the audit log: RecordType 1 (ExchangeAdmin), Parameters as a list of {Name, Value}.

Shape: "Exchange Admin schema" of the Office 365 Management Activity API; from public exports: ClientIP carries a port,
ResultStatus is the text True or False, Exchange's own work comes as NT AUTHORITY\\SYSTEM with UserType 3, no ClientIP
and ExternalAccess true, and its service host is spelled two ways.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from lab.company.records import draws
from lab.company.records.audit_envelope import ORGANIZATION, envelope
from lab.company.records.shape import Payload, pad

SYSTEM_ACTORS = (
    "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)",
    "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Servicehost)",
    "NT AUTHORITY\\SYSTEM (w3wp)",
    "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Management.ForwardSync)",
)
INBOX_RULE_OPERATIONS = ("New-InboxRule", "Set-InboxRule", "Enable-InboxRule", "Disable-InboxRule", "Remove-InboxRule")
OPERATIONS = (
    *INBOX_RULE_OPERATIONS,
    "Set-Mailbox",
    "New-TransportRule",
    "Set-TransportRule",
    "Enable-TransportRule",
    "Disable-TransportRule",
    "Remove-TransportRule",
    "New-JournalRule",
    "Set-JournalRule",
    "Enable-JournalRule",
    "Disable-JournalRule",
    "Remove-JournalRule",
    "New-RemoteDomain",
    "Set-HostedOutboundSpamFilterPolicy",
    "New-MailContact",
    "Set-MailContact",
    "Set-MailboxAuditBypassAssociation",
    "Set-AdminAuditLogConfig",
    "Set-OrganizationConfig",
    "Add-RoleGroupMember",
    "Set-RemoteDomain",
    "New-MailboxExportRequest",
    "Get-MailboxExportRequest",
    "New-MailboxImportRequest",
    "New-MoveRequest",
    "New-MigrationBatch",
    "New-MigrationEndpoint",
    "New-AcceptedDomain",
    "Set-AcceptedDomain",
    "New-OutboundConnector",
    "Set-OutboundConnector",
    "Remove-OutboundConnector",
    "Set-MailUser",
    "Add-DistributionGroupMember",
    "Remove-DistributionGroupMember",
    "Set-UnifiedGroup",
    "Add-UnifiedGroupLinks",
    "Remove-UnifiedGroupLinks",
    "Search-Mailbox",
    "New-MailboxSearch",
    "Add-MailboxPermission",
    "Remove-MailboxPermission",
    "Add-RecipientPermission",
    "Add-MailboxFolderPermission",
    "Set-MailboxFolderPermission",
    "New-ManagementRoleAssignment",
    "Set-MailboxAutoReplyConfiguration",
    "Set-User",
    "New-Mailbox",
    "Set-CASMailbox",
)
Parameters = Mapping[str, Any] | Sequence[Mapping[str, str]]


def exchange_admin(
    rng: Random,
    *,
    time: float,
    operation: str,
    actor: str,
    parameters: Parameters,
    src: str | None = None,
    object_id: str | None = None,
    mailbox: str | None = None,
    app_id: str = "",
    external: bool | None = None,
    result: str = "True",
    last: Sequence[str] = (),
    pad_to: int = 0,
) -> Payload:
    """One cmdlet. `actor` is a UPN or one of SYSTEM_ACTORS; `parameters` a mapping or a list of {Name, Value}; `src`
    an address (a port is drawn); `mailbox` names the object when `object_id` does not. ValueError for an unknown
    operation."""
    if operation not in OPERATIONS:
        raise ValueError(f"{operation!r} is no Exchange cmdlet of the lab; it knows {', '.join(OPERATIONS)}")
    system = actor.startswith("NT AUTHORITY")
    listed = parameter_list(parameters)
    host = draws.forest(rng)
    more: Payload = {}
    if src:
        more["ClientIP"] = draws.with_port(src, rng)
    more["ObjectId"] = object_id if object_id is not None else _object_id(operation, listed, mailbox or actor, host)
    payload = envelope(
        rng,
        time=time,
        operation=operation,
        record_type=1,
        workload="Exchange",
        user=actor,
        user_key=actor if system else draws.puid(actor),
        user_type=3 if system else 2,
        result=result,
        **more,
        AppId=app_id,
        ClientAppId=app_id if system else "",
        ExternalAccess=system if external is None else external,
        OrganizationName=ORGANIZATION,
        OriginatingServer=f"{draws.server_name(rng)} ({draws.server_version(rng)})",
        Parameters=listed,
        SessionId="" if system else draws.guid(rng),
    )
    if "Parameters" in last:
        payload["ModifiedObjectResolvedName"] = f"{host}/{ORGANIZATION}"
        pad(payload, last, pad_to, _lengthen_name)
    elif last or pad_to:
        pad(payload, last, pad_to, _add_words)
    return payload


def parameter_list(parameters: Parameters) -> list[dict[str, str]]:
    """Parameters as the audit log writes them: every value a text, True and False capitalised, lists joined by `;`."""
    if isinstance(parameters, Mapping):
        return [{"Name": name, "Value": _text(value)} for name, value in parameters.items()]
    return [dict(entry) for entry in parameters]


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ";".join(_text(item) for item in value)
    return str(value)


def _object_id(operation: str, parameters: list[dict[str, str]], mailbox: str, host: str) -> str:
    named = {entry["Name"]: entry.get("Value", "") for entry in parameters}
    path = f"{host}/Microsoft Exchange Hosted Organizations/{ORGANIZATION}"
    if operation in INBOX_RULE_OPERATIONS:
        return f"{path}/{draws.stable_guid('mailbox:' + mailbox)}\\{named.get('Name') or named.get('Identity', '')}"
    if operation.endswith("TransportRule"):
        return named.get("Name") or named.get("Identity", "")
    identity = named.get("Identity") or named.get("Mailbox") or mailbox
    return identity if "/" in identity else f"{path}/{draws.stable_guid('mailbox:' + identity)}"


def _lengthen_name(payload: Payload) -> None:
    """Lets ModifiedObjectResolvedName, the name of what the cmdlet changed, grow: it stands before what was moved."""
    payload["ModifiedObjectResolvedName"] += "/Operations"


def _add_words(payload: Payload) -> None:
    for entry in payload["Parameters"]:
        if entry["Name"] == "SubjectOrBodyContainsWords":
            entry["Value"] += ";" + "invoice;payment;remittance;statement;account;transfer;wire;bank"
            return
    payload["Parameters"].append({"Name": "SubjectOrBodyContainsWords", "Value": "invoice"})
