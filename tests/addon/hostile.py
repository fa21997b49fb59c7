"""Events that break what is careless: long ones, long arrays, odd text, parameters of any shape, no time at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

TENANT = "00000000-0000-4000-8000-00000000c0de"
NAMES = "Zoë Å «Ω» 名前 שלום \U0001f4e7 \u202eabc \\ \" ' ` $x$ | = , {} [] ##"
FILL = "x" * 200
MANY = 500


def samples() -> dict[str, str]:
    """File name to its text, one event a line."""
    written = {
        "o365_management_activity_hostile.samples": audit(),
        "entra_sign_ins_hostile.samples": sign_ins(),
        "directory_audits_hostile.samples": directory_audits(),
        "mail_threats_finding_hostile.samples": findings(),
        "mail_threats_health_hostile.samples": health(),
        "mail_threats_allowlist_hostile.samples": allowlist(),
    }
    return {name: "".join(f"{_line(event)}\n" for event in events) for name, events in written.items()}


def audit() -> Iterator[dict[str, Any]]:
    """Records of the Management Activity API. Keys that are needed stand at the end, behind 10,240 bytes."""
    items = [
        {"InternetMessageId": f"<{n}.{FILL}@example.com>", "Subject": NAMES, "SizeInBytes": n} for n in range(MANY)
    ]
    yield _audit({"Folders": [{"Path": NAMES, "FolderItems": items}]}, "MailItemsAccessed", 50, MailboxOwnerUPN=NAMES)
    yield _audit({"Folders": []}, "MailItemsAccessed", 50)
    padding = {"ExtendedProperties": [{"Name": f"P{n}", "Value": FILL} for n in range(MANY)]}
    yield _audit(padding, "UserLoggedIn", 15, ActorIpAddress="2001:db8::1")
    yield _audit(
        padding, "UserLoginFailed", 15, ClientIP="[2001:db8::1%eth0]:443", ErrorNumber="50034", LogonError=NAMES
    )
    parameters = [{"Name": f"Attribute{n}", "Value": FILL} for n in range(MANY)]
    yield _audit({"Parameters": parameters}, "Set-Mailbox", 1, ClientIP="192.0.2.1:1")
    yield _audit({"Parameters": [{"Name": "ForwardingSmtpAddress"}, {}]}, "Set-Mailbox", 1)
    yield _audit({"Parameters": []}, "New-InboxRule", 1)
    yield _audit({"Parameters": json.dumps(parameters)}, "New-InboxRule", 1)
    yield _audit({"Parameters": f"-Identity {NAMES}"}, "New-TransportRule", 18)
    yield _audit({"Parameters": ""}, "Remove-InboxRule", 1)
    yield _audit({}, NAMES, 1)
    yield {"Operation": None, "UserId": ""}


def sign_ins() -> Iterator[dict[str, Any]]:
    """Sign-ins of Microsoft Graph, with what a sign-in is told by at the end."""
    policies = [{"id": str(n), "displayName": f"{NAMES} {FILL}", "result": "notApplied"} for n in range(MANY)]
    yield {
        "id": "1",
        "appliedConditionalAccessPolicies": policies,
        "userDisplayName": NAMES,
        "createdDateTime": "2026-01-01T00:00:00Z",
        "status": {"errorCode": 50034, "failureReason": NAMES},
        "ipAddress": "2001:DB8::2",
        "appDisplayName": NAMES,
        "userPrincipalName": NAMES,
    }
    yield {"id": "2", "status": {"errorCode": 0}}
    yield {"id": "3", "userPrincipalName": "", "ipAddress": None, "status": {"errorCode": "0", "failureReason": ""}}


def directory_audits() -> Iterator[dict[str, Any]]:
    """Directory audits: five hundred changed properties, nobody who did it, no target."""
    properties = [{"displayName": NAMES, "oldValue": FILL, "newValue": FILL} for _ in range(MANY)]
    targets = [{"modifiedProperties": properties, "type": "User", "userPrincipalName": NAMES, "id": "u"}]
    yield {"targetResources": targets, "initiatedBy": None, "result": "failure", "id": "1", "operationType": "Update"}
    yield {"targetResources": [], "id": "2"}


def findings() -> Iterator[dict[str, Any]]:
    """Findings as rules write them, with as much evidence as one can have."""
    yield {
        "app": [NAMES] * MANY,
        "attempted": [f"{n}.{FILL}@example.com" for n in range(MANY)],
        "detection": "address_enumeration_by_source",
        "entity": "2001:db8::3",
        "entity_type": "address",
        "finding_id": "f" * 32,
        "finding_status": "new",
        "rule": "Mail Threats - Address Enumeration By Source - Rule",
        "severity": "critical",
        "technique": "T1114.002, T1114.003",
        "title": NAMES,
    }


def health() -> Iterator[dict[str, Any]]:
    """An input that had five hundred troubles."""
    errors = [{"message": NAMES, "advice": FILL, "reaction": "parked"} for _ in range(MANY)]
    yield {"component": "input", "errors": errors, "status": "error", "time": "2026-01-01T00:00:00Z"}
    yield {"component": "input", "errors": None, "status": "", "lag_s": "soon"}


def allowlist() -> Iterator[dict[str, Any]]:
    """An import of five hundred entries in one event, and a change without a time, a user or an entry."""
    changes = [{"before": None, "after": {"class": NAMES, "reason": FILL}, "entry": str(n)} for n in range(MANY)]
    yield {"component": "allowlist", "changes": changes, "action": "imported", "user": NAMES, "count": MANY}
    yield {"component": "allowlist", "changes": [{"before": None, "after": None}], "action": None, "user": ""}


def _audit(first: Mapping[str, Any], operation: str, record_type: int, **more: Any) -> dict[str, Any]:
    return {
        **first,
        **more,
        "Id": f"{operation}-{len(str(first))}",
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": record_type,
        "UserId": "Ann.Lee@contoso.com",
        "Workload": "Exchange",
    }


def _line(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
